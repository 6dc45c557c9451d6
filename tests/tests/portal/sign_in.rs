//! Asking for a link, following it, and signing out.

use portal_tests::{Answer, Portal, soon};

use crate::samples::{arrived, confirmed};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_asks_for_a_link_follows_it_and_signs_out() {
    let portal = Portal::with_demo_data().await;
    let ana = portal.person();

    assert_eq!(ana.get("/").await.location(), "/sign-in");
    assert!(ana.get("/sign-in").await.body.contains("E-mail address"));

    let sent = ana.post("/sign-in", &[("email", " Ana@Example.com ")]).await;
    assert_eq!(sent.status, 200);
    assert!(sent.body.contains("Check your mail"));

    let link = portal.link_to("ana@example.com").await;
    let page = ana.get(&link).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("a…a@example.com"), "{}", page.body);

    let opened = ana.post(&link, &[]).await;
    assert_eq!((opened.status.as_u16(), opened.location()), (303, "/"));
    assert!(opened.header("set-cookie").contains("Secure"), "{opened:?}");

    let dashboard = ana.get("/").await;
    assert_eq!(dashboard.status, 200);
    for shown in
        ["Hello Ana", "Track your delivery", "Now", "Upcoming", "Past rentals", "Rental agreements", "Sign out"]
    {
        assert!(dashboard.body.contains(shown), "{shown}");
    }

    let out = ana.post("/sign-out", &[]).await;
    assert_eq!((out.status.as_u16(), out.location()), (303, "/sign-in?signed-out"));
    assert_eq!(ana.get("/").await.location(), "/sign-in");

    let dead = ana.get(&link).await;
    assert_eq!(dead.status, 410);
    assert!(dead.body.contains("has been used"), "{}", dead.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;

    assert_eq!(portal.person().post(&link, &[]).await.location(), "/bookings/bkg_1");
    let second = portal.person().post(&link, &[]).await;
    assert_eq!((second.status.as_u16(), second.header("set-cookie")), (410, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_link_offers_a_fresh_one_that_lands_on_the_same_booking() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;
    portal.person().post(&link, &[]).await;

    let other_browser = portal.person();
    let renewed = other_browser.post(&format!("{link}/renew"), &[]).await;
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    soon("the fresh link", async || (portal.mails_to("ana@example.com").await.len() == 2).then_some(())).await;
    let link = portal.link_to("ana@example.com").await;
    let page = other_browser.get(&link).await;
    assert!(page.body.contains(r#"data-opens="at-once""#), "the browser that asked need not click: {}", page.body);
    assert_eq!(other_browser.post(&link, &[]).await.location(), "/bookings/bkg_1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_click_where_one_is_signed_in_goes_on_to_the_portal() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;
    let ana = portal.person();
    ana.post(&link, &[]).await;
    assert_eq!(ana.get(&link).await.location(), "/bookings/bkg_1");
    assert_eq!(ana.post(&link, &[]).await.location(), "/bookings/bkg_1");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_in_as_another_customer_is_asked_first() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", "ben@example.com", 1, true)).await;
    let (anas, bens) = (portal.link_to("ana@example.com").await, portal.link_to("ben@example.com").await);

    let person = portal.person();
    person.post(&anas, &[]).await;
    let page = person.get(&bens).await;
    assert!(page.body.contains("Someone else is signed in here"), "{}", page.body);
    assert!(!page.body.contains("<script"), "it must not submit itself");
    person.post(&bens, &[]).await;
    assert!(person.get("/").await.body.contains("b…n@example.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_ends_the_session_in_every_browser() {
    let portal = Portal::empty().await;
    let phone = arrived(&portal, "bkg_1", "ana@example.com").await;
    let laptop = portal.signed_in("ana@example.com").await;
    assert_eq!(phone.get("/").await.status, 200);

    laptop.post("/sign-out", &[("everywhere", "1")]).await;
    assert_eq!(phone.get("/").await.location(), "/sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_has_ended_ends_nobody_else_s() {
    let portal = Portal::empty().await;
    let phone = arrived(&portal, "bkg_1", "ana@example.com").await;
    let laptop = portal.signed_in("ana@example.com").await;
    let stolen = laptop.cookie("__Host-session").unwrap();
    laptop.post("/sign-out", &[]).await;

    let thief = portal.person();
    thief.plant("__Host-session", &stolen);
    assert_eq!(thief.get("/").await.location(), "/sign-in");
    thief.post("/sign-out", &[("everywhere", "1")]).await;
    assert_eq!(phone.get("/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_sees_the_same_page_and_gets_no_mail() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, false)).await;
    soon("the booking", async || (portal.count_items("BOOKING").await == 1).then_some(())).await;
    // Whoever shares this network has asked before, so that the two that are compared find it alike.
    portal.person().post("/sign-in", &[("email", "neighbour@example.com")]).await;
    let unknown = portal.person().post("/sign-in", &[("email", "nobody@example.com")]).await;
    let known = portal.person().post("/sign-in", &[("email", "ana@example.com")]).await;
    assert_eq!(unknown.status, 200);
    assert_eq!((unknown.status, &unknown.body), (known.status, &known.body));
    assert_eq!(comparable_headers(&unknown), comparable_headers(&known));
    let actions = actions_by_request(&portal, "RequestLink").await;
    let [_, to_unknown, to_known] = actions.as_slice() else { panic!("three requests were made: {actions:?}") };
    assert!(!to_unknown.is_empty());
    assert_eq!(to_unknown, to_known);
    portal.rests().await;
    assert_eq!(portal.mails().await.len(), 1);
}

/// An answer's headers without what is another one in every answer: the date, the request's id, the random value of a cookie.
fn comparable_headers(answer: &Answer) -> Vec<(String, String)> {
    let headers = answer.headers.iter().filter(|(name, _)| !["date", "apigw-requestid"].contains(&name.as_str()));
    let mut headers: Vec<_> = headers
        .map(|(name, value)| {
            let value = value.to_str().unwrap();
            let shown = match value.split_once('=') {
                Some((cookie, rest)) if name == "set-cookie" => {
                    let (random, attributes) = rest.split_once(';').unwrap();
                    format!("{cookie}={} characters;{attributes}", random.len())
                }
                _ => value.to_owned(),
            };
            (name.to_string(), shown)
        })
        .collect();
    headers.sort();
    headers
}

/// What each request made a function ask AWS for, in the order of the requests: service, action and status.
async fn actions_by_request(portal: &Portal, function: &str) -> Vec<Vec<String>> {
    let calls = portal.local("calls").await;
    let mut requests = Vec::<(String, Vec<String>)>::new();
    for call in calls.as_array().unwrap().iter().filter(|call| call["function"] == function) {
        let Some(id) = call["request_id"].as_str() else { continue }; // made during init
        let action = format!("{} {} {}", call["service"], call["action"], call["status"]);
        match requests.iter_mut().find(|(of, _)| of == id) {
            Some((_, actions)) => actions.push(action),
            None => requests.push((id.to_owned(), vec![action])),
        }
    }
    requests.into_iter().map(|(_, actions)| actions).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sixth_request_within_an_hour_is_refused_and_a_repetition_is_not_counted() {
    let portal = Portal::empty().await;
    let person = portal.person();
    for _ in 0..3 {
        assert_eq!(person.post("/sign-in", &[("email", "ana@example.com")]).await.status, 200);
    }
    let counter =
        portal.items().await.into_iter().find(|item| item["pk"].as_s().unwrap().starts_with("LIMIT#CUSTOMER#"));
    let counter = counter.unwrap();
    assert_eq!(counter["count"].as_n().unwrap(), "1", "the second and third click were the first one's repetition");

    let update = portal.dynamodb().await.update_item().table_name(portal.table());
    let update = update.key("pk", counter["pk"].clone()).key("sk", counter["sk"].clone());
    let update = update.update_expression("SET #count = :five, last_at = :long_ago");
    let update = update.expression_attribute_names("#count", "count");
    let number = |n: &str| aws_sdk_dynamodb::types::AttributeValue::N(n.into());
    let update = update.expression_attribute_values(":five", number("5"));
    update.expression_attribute_values(":long_ago", number("0")).send().await.unwrap();

    let refused = person.post("/sign-in", &[("email", "ana@example.com")]).await;
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((3500..=3600).contains(&wait), "{wait}");
}
