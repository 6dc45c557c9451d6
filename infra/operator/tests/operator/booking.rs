//! `portal booking` against a local stack.

use crate::common::{on, portal};
use portal_tests::{
    Portal,
    samples::{confirmed, sample},
    soon,
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_told_with_its_stage_its_changes_its_confirmation_and_its_files() {
    let stack = Portal::empty().await;
    let (kind, event) = sample("document.issued.json");
    let booking = &event["booking"];
    let (id, address) = (booking["booking_id"].as_str().unwrap(), booking["customer"]["email"].as_str().unwrap());
    stack.publish(&kind, &event).await;
    soon("the booking", async || (stack.count_items("BOOKING").await == 1).then_some(())).await;

    // The file is missing, then of another size, then as promised.
    let (key, size) =
        (booking["documents"][0]["file"]["key"].as_str().unwrap(), &booking["documents"][0]["file"]["size_bytes"]);
    let missing = on(&stack, &["booking", id, "--json"], "").await.ended(1);
    missing.never_says(&[address]);
    let told = missing.json();
    assert_eq!((&told["documents"][0]["bytes"], &told["documents"][0]["promised_bytes"]), (&json!(null), size));
    assert_eq!((&told["revision"], &told["details"]["status"]), (&booking["revision"], &booking["status"]));
    stack.put_document(key).await;
    let other = on(&stack, &["booking", id], "").await.ended(1);
    assert!(other.stdout.contains("5 bytes, where the event says"), "{}", other.stdout);
    let bytes = vec![b' '; usize::try_from(size.as_u64().unwrap()).unwrap()];
    stack.put_file(key, &bytes).await;
    on(&stack, &["booking", id], "").await.ended(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_and_whether_a_confirmation_was_sent_is_told() {
    let stack = Portal::empty().await;
    stack.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    stack.link_to("ana@example.com").await;
    let mut later = confirmed("bkg_1", "ana@example.com", 2, false);
    later["booking"]["ends_at"] = json!("2099-01-01T12:00:00Z");
    stack.publish("booking.updated", &later).await;
    stack.rests().await;
    let told = on(&stack, &["booking", "bkg_1"], "").await.ended(0).stdout;
    for expected in
        ["ok  REF-bkg_1 (bkg_1): confirmed", "dates (were ", "sent (asked 1, answered 1)", "a…a@example.com"]
    {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let unknown = on(&stack, &["booking", "bkg_2"], "").await.ended(2);
    assert!(unknown.stderr.contains("portal why --booking bkg_2"), "{}", unknown.stderr);
    let odd = portal(&["booking", "--local", stack.url(), "--", "-x"], "").await.ended(2);
    let advised = format!("portal why --booking=-x --local {}", stack.url());
    assert!(odd.stderr.contains(&advised), "{}", odd.stderr);
    on(&stack, &["why", "--booking=-x"], "").await.ended(1);
    let no_id = on(&stack, &["booking", "not an id"], "").await.ended(2);
    assert!(!no_id.stderr.contains("account"), "nothing is asked: {}", no_id.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_about_what_stands_or_was_said_against_it_is_a_warning() {
    let stack = Portal::empty().await;
    let publish = async |kind, event| {
        stack.publish(kind, &event).await;
        stack.rests().await;
    };
    publish("booking.confirmed", confirmed("bkg_1", "ana@example.com", 1, false)).await;
    publish("booking.confirmed", confirmed("bkg_10", "ana@example.com", 1, false)).await;
    on(&stack, &["booking", "bkg_1"], "").await.ended(0);

    let mut contradicting = confirmed("bkg_1", "ana@example.com", 1, false);
    contradicting["booking"]["status"] = json!("cancelled");
    publish("booking.updated", contradicting).await;
    let told = on(&stack, &["booking", "bkg_1"], "").await.ended(1).stdout;
    assert!(told.contains("warning  REF-bkg_1") && told.contains("says something else of revision 1"), "{told}");
    let why = on(&stack, &["why", "--booking", "bkg_1"], "").await.stdout;
    assert!(why.contains("says something else of revision 1: what came first stays"), "{why}");
    on(&stack, &["booking", "bkg_10"], "").await.ended(0);

    let mut odd = confirmed("bkg_1", "ana@example.com", 2, false);
    odd["metadata"]["event_id"] = json!("odd");
    odd["booking"]["price"]["total_minor"] = json!(1);
    odd["booking"]["payment"] = json!({"url": "https://elsewhere.example/pay"});
    publish("booking.updated", odd).await;
    let told = on(&stack, &["booking", "bkg_1", "--json"], "").await.ended(1).json();
    let texts: Vec<&str> =
        told["warnings"].as_array().unwrap().iter().map(|warning| warning["text"].as_str().unwrap()).collect();
    assert!(texts[0].starts_with("booking.price.lines do not add up"), "{texts:?}");
    assert!(texts[1].starts_with("booking.payment.url is dropped"), "{texts:?}");
    assert_eq!(texts.len(), 2, "{texts:?}");
    let why = on(&stack, &["why", "--booking", "bkg_1"], "").await.stdout;
    assert!(why.contains("do not add up") && why.contains("payment.url is dropped"), "{why}");
}
