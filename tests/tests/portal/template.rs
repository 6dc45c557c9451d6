//! The template is the one source: what is changed in a copy of it takes effect.

use aws_sdk_dynamodb::types::AttributeValue;
use portal_local::{Options, start};
use portal_tests::{Portal, functions_dir, samples::confirmed, soon, template};
use serde_json::json;

use crate::webhook::ACCEPTED;

pub(crate) use portal_tests::edited;

async fn portal_of(edits: &[(&str, &str)]) -> Portal {
    let (_folder, path) = edited(edits);
    Portal::start(Options::new(path, functions_dir())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_route_takes_effect() {
    let portal = portal_of(&[("Method: GET, Path: /sign-in", "Method: GET, Path: /welcome")]).await;
    assert_eq!(portal.person().get("/welcome").await.status, 200);
    assert_ne!(portal.person().get("/sign-in").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_ttl_attribute_takes_effect() {
    for (edits, expires) in
        [(vec![], "expires_at"), (vec![("AttributeName: expires_at", "AttributeName: gone_at")], "gone_at")]
    {
        let portal = portal_of(&edits).await;
        let dynamodb = portal.dynamodb().await;
        for attribute in ["expires_at", "gone_at"] {
            let put = dynamodb.put_item().table_name(portal.table()).item("pk", AttributeValue::S(attribute.into()));
            let put =
                put.item("sk", AttributeValue::S("X".into())).item(attribute, AttributeValue::N("1000000000".into()));
            put.send().await.unwrap();
        }
        portal.stack.aws.dynamodb.delete_expired().unwrap();
        let left: Vec<_> = portal.items().await.iter().map(|item| item["pk"].as_s().unwrap().clone()).collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert_ne!(left[0], expires);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_environment_variable_takes_effect() {
    let portal = portal_of(&[("BUSINESS_NAME: !Ref BusinessName", "BUSINESS_NAME: Another Name")]).await;
    let page = portal.person().get("/sign-in").await;
    assert!(page.body.contains("Another Name"), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_visibility_time_out_takes_effect() {
    let portal = portal_of(&[("VisibilityTimeout: 180 #", "VisibilityTimeout: 77 #")]).await;
    let sqs = portal.sqs().await;
    let get = sqs.get_queue_attributes().queue_url(portal.queue_url("MailQueue")).attribute_names("All".into());
    let attributes = get.send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes[&"VisibilityTimeout".into()], "77");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_event_pattern_takes_effect() {
    let pattern = "- {source: [golfcartops.bookings]}";
    let narrower = "- {source: [golfcartops.bookings], detail-type: [booking.updated]}";
    let portal = portal_of(&[(pattern, narrower)]).await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, false)).await;
    portal.publish("booking.updated", &confirmed("bkg_2", "ben@example.com", 1, false)).await;
    soon("the one booking", async || (portal.count_items("BOOKING").await == 1).then_some(())).await;
    portal.rests().await;
    assert_eq!(portal.items_of("BOOKING#bkg_2", "BOOKING").await.len(), portal.count_items("BOOKING").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_stack_s_own_bus_every_other_source_lies_among_the_dead_letters() {
    let entry =
        |bus: &str| json!([{"Source": "somewhere.else", "DetailType": "t", "Detail": "{}", "EventBusName": bus}]);
    let portal = Portal::empty().await;
    let events = &portal.stack.aws.events;
    assert_eq!(events.put_events(&entry(portal.stack.description.event_bus()))["FailedEntryCount"], 0);
    let dead = portal.messages("BookingDeadLetters").await;
    let [dead] = dead.as_slice() else { panic!("{dead:?}") };
    assert!(dead.body().unwrap().contains("somewhere.else"), "{dead:?}");
    assert!(events.unmatched().is_empty());

    // What else is on a bus that serves others is none of the portal's business.
    for bus in ["shared", "default"] {
        let mut options = Options::new(template(), functions_dir());
        options.parameters.insert("EventBusName".into(), bus.into());
        let portal = Portal::start(options).await;
        let events = &portal.stack.aws.events;
        assert_eq!(events.put_events(&entry(bus))["FailedEntryCount"], 0);
        assert!(portal.messages("BookingDeadLetters").await.is_empty());
        assert_eq!(events.unmatched().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_business_id_keeps_the_events_of_other_businesses_away() {
    for (business_id, kept_away) in [("", 0), ("dunes", 2)] {
        let mut options = Options::new(template(), functions_dir());
        options.parameters.insert("BusinessId".into(), business_id.into());
        let portal = Portal::start(options).await;
        for metadata in [
            json!({"business_id": "dunes"}),
            json!({"business_id": null}),
            json!({}),
            json!({"business_id": "other"}),
            json!({"business_id": "Dunes"}),
        ] {
            portal.publish("booking.confirmed", &json!({"metadata": metadata})).await;
        }
        let unmatched = portal.stack.aws.events.unmatched();
        assert_eq!(unmatched.len(), kept_away, "{business_id}: {unmatched:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intrinsic_that_is_not_understood_refuses_to_start() {
    for intrinsic in ["!ImportValue other-stack-table", "{\"Fn::Cidr\": [a, b, c]}"] {
        let (_folder, path) = edited(&[("TABLE: !Ref Table", &format!("TABLE: {intrinsic}"))]);
        let refusal = start(Options::new(path, functions_dir())).await.err().expect("it must not start").to_string();
        let name = if intrinsic.starts_with('!') { "ImportValue" } else { "Fn::Cidr" };
        assert!(refusal.contains(name), "{refusal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_breaks_its_pattern_refuses_to_start() {
    let mut options = Options::new(template(), functions_dir());
    options.parameters.insert("BrandColor".into(), "green".into());
    let refusal = start(options).await.err().expect("it must not start").to_string();
    assert!(refusal.contains("BrandColor"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_route_of_the_template_reaches_its_function() {
    let portal = Portal::with_parameters(&ACCEPTED).await;
    let mut reached = 0;
    for function in portal.stack.description.functions.clone() {
        for route in &function.routes {
            let key = route.key();
            let (method, path) = key.split_once(' ').unwrap_or(("GET", "/no-such-page"));
            let (method, path) = (method.replace("ANY", "PUT"), path.replace("{proxy+}", "p/q"));
            let path =
                path.replace("{token}", &"A".repeat(64)).replace("{booking_id}", "b").replace("{document_id}", "d");
            let before = answered(&portal, &function.logical_id).await;
            let headers = [("sec-fetch-site", "same-origin")];
            let answer = portal.person().request(method.parse().unwrap(), &path, Some(&[]), &headers).await;
            assert!(answer.status.as_u16() < 500, "{key}: {answer:?}");
            soon("the function to be the one that answers", async || {
                (answered(&portal, &function.logical_id).await == before + 1).then_some(())
            })
            .await;
            reached += 1;
        }
    }
    assert!(reached >= 13, "{reached}");
}

async fn answered(portal: &Portal, function: &str) -> usize {
    let invocations = portal.local("invocations").await;
    invocations.as_array().unwrap().iter().filter(|invocation| invocation["function"] == function).count()
}
