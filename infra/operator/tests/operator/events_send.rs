//! `portal events send` against a local stack.

use std::sync::{Arc, Mutex};

use crate::common::{Said, on, portal, with_endpoints};
use portal_tests::{
    Fate, Portal, Proxy,
    samples::{booked, confirmed, erased},
};
use serde_json::{Value, json};

const ANA: &str = "ana@example.com";

/// A detail whose event has this id.
fn named(event_id: &str, mut detail: Value) -> Value {
    detail["metadata"]["event_id"] = json!(event_id);
    detail
}

/// A PutEvents entry for a bus that is not there: the stack's own is meant all the same.
fn entry(detail_type: &str, detail: &Value) -> Value {
    json!({
        "Source": "golfcartops.bookings", "DetailType": detail_type, "Detail": detail.to_string(),
        "EventBusName": "elsewhere"
    })
}

/// Sends these and waits.
async fn sent(stack: &Portal, entries: &[Value]) -> Said {
    on(stack, &["events", "send", "-", "--yes", "--wait", "--json"], &json!(entries).to_string()).await
}

/// The outcome of each.
fn outcomes(sent: &Value) -> Vec<&str> {
    sent["events"].as_array().unwrap().iter().map(|event| event["outcome"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_is_followed_until_it_is_applied_stale_contradicted_or_dropped() {
    let stack = Portal::empty().await;
    let event = |id: &str, revision| named(&format!("{id}.{revision}"), confirmed(id, ANA, revision, false));
    let first: Vec<Value> = (1..=23).map(|i| entry("booking.confirmed", &event(&format!("bkg_{i}"), 2))).collect();
    let said = sent(&stack, &first).await.ended(0);
    let first = said.json();
    assert_eq!((&first["sent"], outcomes(&first)), (&json!(23), vec!["applied"; 23]));
    assert_eq!(first["bus"], stack.local("endpoints").await["bus"]);
    assert_eq!(stack.count_items("BOOKING").await, 23);
    assert!(said.stderr.contains("23 events, 23 booking.confirmed\n"), "{}", said.stderr);

    let mut other = named("other", confirmed("bkg_2", ANA, 2, false));
    other["booking"]["status"] = json!("cancelled");
    let mut late = named("late", confirmed("bkg_late", "eve@example.com", 1, true));
    late["metadata"]["occurred_at"] = json!("2026-10-01T00:00:00Z");
    stack.publish("customer.erased", &erased("eve@example.com")).await;
    stack.rests().await;
    let entries = [
        entry("booking.updated", &event("bkg_1", 1)),
        entry("booking.updated", &other),
        entry("booking.confirmed", &late),
        entry("customer.erased", &named("gone", erased("nobody@example.com"))),
    ];
    let second = sent(&stack, &entries).await.ended(1);
    second.never_says(&["ana@", "eve@", "nobody@"]);
    assert_eq!(outcomes(&second.json()), ["stale", "contradicted", "dropped", "applied"]);
    let advice = second.json()["advice"].clone();
    assert!(advice[0].as_str().unwrap().starts_with("Raise booking.revision"), "{advice}");
    assert!(!advice.to_string().contains("dead-letters"), "{advice}");
    let about = "up to 1 confirmation may be mailed; everything of 1 customer will be removed";
    assert!(second.stderr.contains(about), "{}", second.stderr);
    assert!(stack.mails().await.is_empty(), "none of them was due");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_where_one_would_be_refused_or_nobody_says_yes() {
    let stack = Portal::empty().await;
    let right = entry("booking.confirmed", &confirmed("bkg_1", ANA, 1, true));
    let mut wrong = confirmed("bkg_2", ANA, 1, true);
    wrong["booking"]["status"] = json!("rented");
    let both = json!([right, entry("booking.confirmed", &wrong)]).to_string();
    let refused = on(&stack, &["events", "send", "-", "--yes"], &both).await.ended(1);
    assert!(refused.stdout.contains("booking.status: expected one of"), "{}", refused.stdout);
    assert!(refused.stderr.contains("Nothing was sent."), "{}", refused.stderr);

    let asked = on(&stack, &["events", "send", "-"], &right.to_string()).await.ended(2);
    let stderr = asked.stderr;
    assert!(stderr.contains("account 000000000000, region us-east-1, stack portal"), "{stderr}");
    assert!(stderr.contains("1 event, 1 booking.confirmed; up to 1 confirmation may be mailed"), "{stderr}");
    assert!(stderr.contains("nobody can be asked: nothing was done"), "{stderr}");
    stack.rests().await;
    assert_eq!((stack.count_items("BOOKING").await, stack.mails().await.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_portal_refuses_all_the_same_is_told_with_the_reason() {
    let stack = Portal::empty().await;
    // A portal of another release, which does not know a status that this tool does.
    let proxy = Proxy::new(|call| {
        let detail = &mut call.input["Entries"][0]["Detail"];
        *detail = json!(detail.as_str().unwrap().replace(r#""status":"confirmed""#, r#""status":"rented""#));
        Fate::Pass
    })
    .await;
    proxy.leads_to(stack.local("endpoints").await["events"].as_str().unwrap());
    let endpoints = [("events", proxy.url.as_str()), ("logs", "http://127.0.0.1:1")];
    for (what, id, endpoints) in [("by the log", "e1", &endpoints[..1]), ("by the dead letter", "e2", &endpoints)] {
        let local = with_endpoints(&stack, endpoints).await;
        let event = entry("booking.confirmed", &named(id, confirmed("bkg_1", ANA, 1, false)));
        let arguments = ["events", "send", "-", "--yes", "--wait=5", "--json", "--local", &local];
        let told = portal(&arguments, &event.to_string()).await.ended(1).json();
        assert_eq!(outcomes(&told), ["refused"], "{what}: {told}");
        let text = told["events"][0]["text"].as_str().unwrap();
        assert!(text.starts_with("booking.status: expected one of "), "{what}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bus_does_not_take_is_put_again_and_named_in_the_end() {
    for (broken_calls, code, outcome) in [(2, 0, "applied"), (99, 1, "not_taken")] {
        let stack = Portal::empty().await;
        booked(&stack, "bkg_0", ANA).await;
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = calls.clone();
        let proxy = Proxy::new(move |call| {
            let mut seen = seen.lock().unwrap();
            let entries = call.input["Entries"].as_array_mut().unwrap();
            seen.push(entries.len());
            if seen.len() <= broken_calls {
                // The bus fails the first entry alone.
                entries[0].as_object_mut().unwrap().remove("Detail");
            }
            Fate::Pass
        })
        .await;
        proxy.leads_to(stack.local("endpoints").await["events"].as_str().unwrap());
        let local = with_endpoints(&stack, &[("events", &proxy.url)]).await;
        let entries: Vec<Value> = (1..=12)
            .map(|i| {
                entry("booking.confirmed", &named(&format!("e{i}"), confirmed(&format!("bkg_{i}"), ANA, 1, false)))
            })
            .collect();
        let arguments = ["events", "send", "-", "--yes", "--wait", "--json", "--local", &local];
        let said = portal(&arguments, &json!(entries).to_string()).await.ended(code);
        let told = said.json();
        assert_eq!((outcomes(&told)[0], outcomes(&told)[1]), (outcome, "applied"), "{told}");
        let calls = calls.lock().unwrap().clone();
        if code == 0 {
            assert_eq!(calls, [10, 1, 1, 2], "in tens, and again what failed");
        } else {
            assert_eq!(calls, [10, 1, 1, 1, 1, 2, 1, 1, 1, 1], "five times at most");
            assert_eq!((&told["sent"], &told["events"][0]["text"]), (&json!(10), &json!("InvalidArgument")));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_a_line_an_event() {
    let stack = Portal::empty().await;
    let event = entry("booking.confirmed", &confirmed("bkg_1", ANA, 1, false));
    let said = on(&stack, &["events", "send", "-", "--yes", "--wait"], &event.to_string()).await.ended(0);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(&said.stdout), "ok -:1 booking.confirmed bkg_1: applied: revision 1 stands ok 1 event: 1 applied");
    let repeated = on(&stack, &["events", "send", "-", "--yes", "--wait"], &event.to_string()).await.ended(0);
    assert!(words(&repeated.stdout).contains("stale: already there: revision 1 stands"), "{}", repeated.stdout);
    let again = on(&stack, &["events", "send", "-", "--yes"], &event.to_string()).await.ended(0);
    assert_eq!(words(&again.stdout), "ok -:1 booking.confirmed bkg_1: sent ok 1 event: 1 sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_https_events_are_posted_signed_in_tens_and_followed_however_few_are_taken_at_once() {
    let stack =
        Portal::with_parameters(&[("AcceptWebhooks", "true"), ("WebhookBurst", "2"), ("WebhookRate", "1")]).await;
    let events = (1..=33)
        .map(|i| entry("booking.confirmed", &named(&format!("e{i}"), confirmed(&format!("bkg_{i}"), ANA, 1, false))));
    let events = events.collect::<Vec<_>>();
    let arguments = ["events", "send", "-", "--over-https", "--yes", "--wait", "--json"];
    let said = on(&stack, &arguments, &json!(events).to_string()).await.ended(0);
    let told = said.json();
    let url = format!("{}/events", stack.url());
    assert_eq!((&told["sent"], &told["webhook"], outcomes(&told)), (&json!(33), &json!(url), vec!["applied"; 33]));
    assert!(said.stderr.contains(&format!("{url}: 33 events")), "{}", said.stderr);
    assert!(said.stderr.contains("did not take 10 events (429): again in 1 s."), "{}", said.stderr);
    said.never_says(&["whsec_", "v1,", "ana@"]);
    assert_eq!(stack.counted("EventsQueued"), 33);

    // While it is rotated either secret will do, whichever an instance knows.
    on(&stack, &["webhook-secret", "rotate", "--yes"], "").await.ended(0);
    let told = on(&stack, &arguments, &events[0].to_string()).await.ended(0).json();
    assert_eq!(told["sent"], 1);

    let without = on(&Portal::empty().await, &arguments, &events[0].to_string()).await.ended(2);
    assert!(without.stderr.contains("takes no events over HTTPS"), "{}", without.stderr);
}
