//! What becomes of mails: bounces and complaints, from SES over EventBridge to the next mail that is not sent.

use std::{collections::HashMap, process::Command};

use aws_sdk_dynamodb::types::AttributeValue;
use portal_domain::customer::{CustomerId, EmailAddress};
use portal_tests::{Portal, soon};
use serde_json::{Value, json};

use crate::samples::confirmed;

const BOUNCING: &str = "bounce+ana@simulator.amazonses.com";
const COMPLAINING: &str = "complaint+ana@simulator.amazonses.com";

fn customer(address: &str) -> CustomerId {
    CustomerId::of(&EmailAddress::parse(address).unwrap())
}

async fn feedback(portal: &Portal, address: &str) -> Option<HashMap<String, AttributeValue>> {
    let pk = format!("CUSTOMER#{}", customer(address));
    let is_it =
        |item: &HashMap<_, AttributeValue>| item["pk"].as_s() == Ok(&pk) && item["sk"].as_s().unwrap() == "FEEDBACK";
    portal.items().await.into_iter().find(is_it)
}

/// Puts on the mail queue what a request for a link puts there, and waits until it has been worked off.
async fn want_link(portal: &Portal, address: &str) {
    let mail_request = json!({"mail": "sign_in", "customer": customer(address), "asked_at": jiff::Timestamp::now()});
    let send = portal.sqs().await.send_message().queue_url(portal.queue_url("MailQueue"));
    send.message_body(mail_request.to_string()).send().await.unwrap();
    portal.rests().await;
}

fn counted(portal: &Portal, metric: &str) -> usize {
    let lines = portal.stack.log().lines();
    let metrics = lines.iter().filter_map(|line| serde_json::from_str::<Value>(&line.line).ok());
    metrics
        .filter(|line| line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"] == metric && line[metric] == 1)
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_more_is_mailed_to_an_address_that_bounced_until_a_later_booking_event_names_it_again() {
    let portal = Portal::empty().await;
    let mut event = confirmed("bkg_1", BOUNCING, 1, true);
    portal.publish("booking.confirmed", &event).await;
    soon("the bounce to be noted", async || feedback(&portal, BOUNCING).await).await;
    assert_eq!(portal.mails_to(BOUNCING).await.len(), 1);

    want_link(&portal, BOUNCING).await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", "ben@example.com", 1, true)).await;
    portal.link_to("ben@example.com").await;
    assert_eq!(portal.mails_to(BOUNCING).await.len(), 1, "the second one is withheld");
    assert_eq!((counted(&portal, "Bounces"), counted(&portal, "MailsSuppressed")), (1, 1));

    // An event from before the bounce says nothing about it.
    event["booking"]["revision"] = json!(2);
    event["metadata"]["occurred_at"] = json!("2026-01-01T00:00:00Z");
    portal.publish("booking.updated", &event).await;
    portal.rests().await;
    want_link(&portal, BOUNCING).await;
    assert_eq!(portal.mails_to(BOUNCING).await.len(), 1);

    event["booking"]["revision"] = json!(3);
    event["metadata"]["occurred_at"] = json!("2099-01-01T00:00:00Z");
    portal.publish("booking.updated", &event).await;
    portal.rests().await;
    want_link(&portal, BOUNCING).await;
    assert_eq!(portal.mails_to(BOUNCING).await.len(), 2, "the address was named again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_say_the_same_to_an_address_that_bounced() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", BOUNCING, 1, true)).await;
    soon("the bounce to be noted", async || feedback(&portal, BOUNCING).await).await;
    let known = portal.person().post("/sign-in", &[("email", BOUNCING)]).await;
    let unknown = portal.person().post("/sign-in", &[("email", "nobody@example.com")]).await;
    assert!(known.is_like(&unknown), "{known:?}\n{unknown:?}");
    let calls = async |address: &str| {
        let before = portal.stack.aws.calls.all().len();
        portal.person().post("/sign-in", &[("email", address)]).await;
        let calls = portal.stack.aws.calls.all().split_off(before);
        let of_request = calls.into_iter().filter(|call| call.function.as_deref() == Some("RequestLink"));
        of_request.map(|call| (call.service, call.action)).collect::<Vec<_>>()
    };
    assert_eq!(calls(BOUNCING).await, calls("nobody@example.com").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_outlives_booking_events_and_ends_by_the_operators_command() {
    let portal = Portal::empty().await;
    let mut event = confirmed("bkg_1", COMPLAINING, 1, true);
    portal.publish("booking.confirmed", &event).await;
    soon("the complaint to be noted", async || feedback(&portal, COMPLAINING).await).await;
    event["booking"]["revision"] = json!(2);
    event["metadata"]["occurred_at"] = json!("2099-01-01T00:00:00Z");
    portal.publish("booking.updated", &event).await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", COMPLAINING, 1, true)).await;
    portal.rests().await;
    want_link(&portal, COMPLAINING).await;
    assert_eq!(portal.mails_to(COMPLAINING).await.len(), 1, "neither a link nor the second confirmation");
    assert_eq!(counted(&portal, "Complaints"), 1);
    assert!(is_suppressed(&portal, COMPLAINING).await);

    allow_mail(&portal, "Complaint+ana@Simulator.amazonses.com").await;
    assert!(!is_suppressed(&portal, COMPLAINING).await);
    want_link(&portal, COMPLAINING).await;
    assert_eq!(portal.mails_to(COMPLAINING).await.len(), 2);
}

async fn is_suppressed(portal: &Portal, address: &str) -> bool {
    let path = format!("{}/v2/email/suppression/addresses/{address}", portal.stack.aws.endpoints.ses);
    portal.person().download(&path).await.status() == 200
}

/// Runs the operator's command. The AWS command line is replaced by one that writes down its arguments, a call a line;
/// then the calls are made as written.
async fn allow_mail(portal: &Portal, address: &str) {
    let folder = tempfile::TempDir::new().unwrap();
    let calls = folder.path().join("calls");
    let stand_in = folder.path().join("aws");
    let table = portal.table();
    std::fs::write(
        &stand_in,
        format!(
            "#!/bin/sh\nif [ \"$1\" = cloudformation ]; then echo {table}; exit; fi\n\
             for argument; do printf '%s\\037' \"$argument\"; done >> {0}\necho >> {0}\n",
            calls.display()
        ),
    )
    .unwrap();
    assert!(Command::new("chmod").arg("+x").arg(&stand_in).status().unwrap().success());
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/operating/allow-mail.sh");
    let output = Command::new(script).args(["portal", address]).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let calls = std::fs::read_to_string(calls).unwrap();
    let calls: Vec<Vec<&str>> =
        calls.lines().map(|line| line.trim_end_matches('\u{1f}').split('\u{1f}').collect()).collect();
    let [suppression, update] = calls.as_slice() else { panic!("two calls: {calls:?}") };
    assert_eq!(suppression[..3], ["sesv2", "delete-suppressed-destination", "--email-address"]);
    let delete = format!("{}/v2/email/suppression/addresses/{}", portal.stack.aws.endpoints.ses, suppression[3]);
    let answer = portal.person().delete(&delete).await;
    assert!(answer.is_success(), "{answer}");
    assert_eq!(update[..2], ["dynamodb", "update-item"]);
    let option = |name: &str| update[update.iter().position(|argument| *argument == name).unwrap() + 1];
    let key: HashMap<String, HashMap<String, String>> = serde_json::from_str(option("--key")).unwrap();
    let update = portal.dynamodb().await.update_item().table_name(option("--table-name"));
    let key = key.into_iter().map(|(name, value)| (name, AttributeValue::S(value["S"].clone()))).collect();
    let update = update.set_key(Some(key)).update_expression(option("--update-expression"));
    update.send().await.unwrap();
}
