//! Events over HTTPS: what is taken, what is refused, and how it is answered.

use jiff::{Timestamp, ToSpan};
use portal_tests::{
    Portal, Reply, Sender, event,
    samples::{confirmed, names, sample},
    soon,
};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};

pub(crate) const ACCEPTED: [(&str, &str); 1] = [("AcceptWebhooks", "true")];

/// What no answer to a program has: it is no page, and no browser's business.
pub(crate) fn is_for_programs(reply: &Reply) -> bool {
    let is_json =
        ["application/json", "application/problem+json"].contains(&reply.headers[CONTENT_TYPE].to_str().unwrap());
    let of_browsers = ["set-cookie", "access-control-allow-origin", "access-control-allow-methods", "location"];
    is_json && !of_browsers.iter().any(|name| reply.headers.contains_key(*name)) && !reply.body.contains('<')
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_over_https_ends_in_the_table_as_over_the_bus() {
    let (bus, https) = (Portal::empty().await, Portal::with_parameters(&ACCEPTED).await);
    let sender = Sender::of(&https);
    for name in names("") {
        let (detail_type, detail) = sample(&name);
        bus.publish(&detail_type, &detail).await;
        let reply = sender.event(&detail_type, &detail).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (202, json!({"queued": 1})), "{name}: {reply:?}");
        assert!(is_for_programs(&reply), "{reply:?}");
        bus.rests().await;
        https.rests().await;
    }
    let items = async |portal: &Portal| {
        let kinds = portal.items().await.into_iter().map(|item| item["sk"].as_s().unwrap().clone());
        // A sign-in sorts by the hash of its link.
        let mut kinds: Vec<String> = kinds.map(|sk| if sk.len() == 64 { "sign-in".into() } else { sk }).collect();
        kinds.sort();
        kinds
    };
    assert_eq!(items(&https).await, items(&bus).await);
    assert!(https.messages("BookingDeadLetters").await.is_empty());
    let told = &https.local("endpoints").await["webhook"];
    assert_eq!(told["url"], format!("{}/events", https.url()));
    assert!(told["secret"].as_str().unwrap().starts_with("whsec_"), "{told}");
    let page = https.person().get("/_local/").await;
    assert!(page.shows(told["secret"].as_str().unwrap()) && page.shows("curl -i http://localhost"), "{page:?}");
    // The bus has had none of them.
    assert_eq!(https.counted("EventsQueued"), names("").len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_taken_whole_or_not_at_all_and_again_without_any_change() {
    let portal = Portal::with_parameters(&ACCEPTED).await;
    let sender = Sender::of(&portal);
    let booking = |n: usize| event("booking.confirmed", &confirmed(&format!("bkg_{n}"), "ana@example.com", 1, false));
    let mut ten: Vec<Value> = (0..10).map(booking).collect();
    for _ in 0..2 {
        let reply = sender.post("/events", &json!(ten)).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (202, json!({"queued": 10})));
        portal.rests().await;
        assert_eq!(portal.count_items("BOOKING").await, 10);
    }
    assert_eq!((portal.counted("EventsApplied"), portal.counted("EventsStale")), (10, 10));

    // One of ten new ones has two faults: none of them is there afterwards, and both are told.
    ten = (10..20).map(booking).collect();
    ten[3]["detail"]["booking"]["status"] = json!("secret");
    ten[3]["detail"]["booking"].as_object_mut().unwrap().remove("starts_at");
    let reply = sender.post("/events", &json!(ten)).await;
    assert_eq!(reply.status, 422);
    let told = reply.json();
    let errors = told["errors"].as_array().unwrap().iter().map(|error| (&error["index"], &error["field"]));
    let expected = [(&json!(3), &json!("booking.status")), (&json!(3), &json!("booking.starts_at"))];
    let mut errors: Vec<_> = errors.collect();
    errors.sort_by_key(|(_, field)| field.to_string());
    assert_eq!(errors, [expected[1], expected[0]]);
    assert!(!reply.body.contains("secret") && !reply.body.contains("ana@"), "{reply:?}");
    portal.rests().await;
    assert_eq!(portal.count_items("BOOKING").await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_answered_in_json_tells_nothing_and_leaves_nothing() {
    let portal = Portal::with_parameters(&ACCEPTED).await;
    let sender = Sender::of(&portal);
    let stranger = Sender::with_secret(&portal, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let body = event("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, false)).to_string();
    let (now, as_sent) = (Timestamp::now(), sender.signed(&body));
    let at = |moment| sender.signed_at("msg_1", moment, body.as_bytes());
    let with = |name: &'static str, value: &str| {
        let mut headers = as_sent.clone();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        headers
    };
    let without = |name: &str| {
        let mut headers = as_sent.clone();
        headers.remove(name);
        headers
    };
    let mut twice = as_sent.clone();
    twice.append("webhook-id", HeaderValue::from_static("msg_1"));
    let large = format!("{body}{}", " ".repeat(256 * 1024));
    let no_json = sender.signed("{");
    let two_secrets =
        json!([{"detail-type": "booking.updated", "detail": {"metadata": {"event_id": "secret"}}}]).to_string();
    let cases: Vec<(&str, &str, HeaderMap, &str, u16)> = vec![
        ("POST", "/events", HeaderMap::new(), &body, 401),
        ("POST", "/events", without("webhook-id"), &body, 401),
        ("POST", "/events", without("webhook-timestamp"), &body, 401),
        ("POST", "/events", without("webhook-signature"), &body, 401),
        ("POST", "/events", twice, &body, 401),
        ("POST", "/events", with("webhook-signature", "v1,AAAA"), &body, 401),
        ("POST", "/events", stranger.signed(&body), &body, 401),
        ("POST", "/events", as_sent.clone(), "{}", 401),
        ("POST", "/events", as_sent.clone(), "", 401),
        ("POST", "/events", at(now - 6.minutes()), &body, 401),
        ("POST", "/events", at(now + 6.minutes()), &body, 401),
        ("POST", "/events/documents", HeaderMap::new(), "{}", 401),
        ("POST", "/events", without("content-type"), &body, 415),
        ("POST", "/events", with("content-type", "text/plain"), &body, 415),
        ("POST", "/events", with("content-type", "application/json+x"), &body, 415),
        ("POST", "/events", as_sent.clone(), &large, 413),
        ("POST", "/events", no_json, "{", 422),
        ("POST", "/events", sender.signed(""), "", 422),
        ("POST", "/events", sender.signed(&two_secrets), &two_secrets, 422),
        ("POST", "/events/documents", sender.signed("{}"), "{}", 422),
        ("GET", "/events", as_sent.clone(), "", 405),
        ("PUT", "/events", as_sent.clone(), &body, 405),
        ("OPTIONS", "/events", with("origin", "https://portal.example"), "", 405),
        ("GET", "/events/documents", HeaderMap::new(), "", 405),
        ("POST", "/events/bookings", as_sent.clone(), &body, 404),
        ("GET", "/events/documents/bkg_1", HeaderMap::new(), "", 404),
    ];
    for (method, path, headers, body, status) in cases {
        let reply = sender.send(method, path, headers, body.to_owned()).await;
        assert_eq!(reply.status, status, "{method} {path}: {reply:?}");
        assert!(is_for_programs(&reply), "{method} {path}: {reply:?}");
        let told = reply.json();
        assert_eq!(
            (&reply.headers[CONTENT_TYPE], &told["status"]),
            (&HeaderValue::from_static("application/problem+json"), &json!(status))
        );
        assert_eq!(reply.headers.get("allow").is_some_and(|allow| allow == "POST"), status == 405, "{reply:?}");
        assert!(!reply.body.contains("ana@") && !reply.body.contains("secret"), "{reply:?}");
        if status == 401 {
            assert_eq!(told["detail"], "The signature could not be verified.", "no answer says why");
        }
    }
    // A HEAD has no body, and a page's name in another case is another path.
    let head = sender.send("HEAD", "/events", HeaderMap::new(), "").await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (405, ""));

    portal.rests().await;
    assert_eq!(portal.count_items("BOOKING").await, 0);
    let lines: Vec<String> = portal.stack.log().lines().into_iter().map(|line| line.line).collect();
    for (reason, times) in [("missing header", 5), ("bad id", 1), ("bad signature", 4), ("too old", 1), ("too new", 1)]
    {
        let told = lines.iter().filter(|line| line.contains(&format!("\"reason\":\"{reason}\""))).count();
        assert_eq!(told, times, "{reason}: {lines:#?}");
    }
    assert_eq!(portal.counted("SignaturesRefused"), 12);
    let secret = portal_local::webhook::Webhook::of(&portal.stack).unwrap().secret;
    let leaks = ["ana@", "\"secret\"", "v1,", &secret[6..]];
    assert!(!lines.iter().any(|line| leaks.iter().any(|leak| line.contains(leak))), "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_taken_by_its_bytes_whatever_says_how_it_is_written() {
    let portal = Portal::with_parameters(&ACCEPTED).await;
    let sender = Sender::of(&portal);
    let mut detail = confirmed("bkg_1", "ana@example.com", 1, false);
    detail["booking"]["customer"]["name"] = json!("Ana Ru\u{ed}z \u{1f6fa}");
    let body = format!("\n {}\t", event("booking.confirmed", &detail));
    for content_type in ["application/json", "application/json; charset=utf-8", "Application/JSON;x=y"] {
        let mut headers = sender.signed(&body);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        // The origin of a page elsewhere is no matter here: what counts is the signature.
        headers.insert("origin", HeaderValue::from_static("https://elsewhere.example"));
        headers.insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
        let reply = sender.send("POST", "/events", headers, body.clone()).await;
        assert_eq!(reply.status, 202, "{content_type}: {reply:?}");
        assert!(is_for_programs(&reply), "{reply:?}");
    }
    // The largest that is taken.
    let mut full = body.clone();
    full.push_str(&" ".repeat(256 * 1024 - body.len()));
    let reply = sender.send("POST", "/events", sender.signed(&full), full).await;
    assert_eq!(reply.status, 202, "{reply:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_business_s_events_are_refused_here_as_they_are_behind_the_bus() {
    let portal = Portal::with_parameters(&[ACCEPTED[0], ("BusinessId", "tybee")]).await;
    let sender = Sender::of(&portal);
    for (id, status) in [(json!(null), 422), (json!("other"), 422), (json!("tybee"), 202)] {
        let mut detail = confirmed("bkg_1", "ana@example.com", 1, false);
        detail["metadata"]["business_id"] = id.clone();
        let reply = sender.event("booking.confirmed", &detail).await;
        assert_eq!(reply.status, status, "{id}: {reply:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_being_asked_for_there_is_no_such_path() {
    let portal = Portal::empty().await;
    let answer = portal.person().get("/events").await;
    assert_eq!(answer.status, 404);
    assert_eq!(portal.local("endpoints").await.get("webhook"), None);
    assert!(portal.stack.description.functions.iter().all(|function| function.logical_id != "ReceiveEvents"));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_at_once_are_held_back_by_api_gateway() {
    let portal = Portal::with_parameters(&[ACCEPTED[0], ("WebhookBurst", "2"), ("WebhookRate", "1")]).await;
    let sender = Sender::of(&portal);
    let mut last = None;
    for _ in 0..4 {
        last = Some(sender.post("/events", &json!({})).await);
    }
    let held_back = last.unwrap();
    assert_eq!((held_back.status.as_u16(), held_back.json()), (429, json!({"message": "Too Many Requests"})));
    // Pages have a throttle of their own.
    assert_eq!(portal.person().get("/sign-in").await.status, 200);
    soon("the next second", async || (sender.post("/events", &json!({})).await.status == 422).then_some(())).await;
}
