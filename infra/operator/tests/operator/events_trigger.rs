//! `portal events trigger` and `portal events clean` against a local stack.

use crate::common::{Said, on};
use portal_tests::{
    Portal, readable,
    samples::{booked, confirmed, sample},
    soon,
};
use serde_json::{Value, json};

const ME: &str = "operator@example.com";

/// A portal whose tracking links lead to one host.
async fn stack() -> Portal {
    Portal::with_parameters(&[("TrackingHosts", "track.example.com,other.example.com")]).await
}

async fn trigger(stack: &Portal, arguments: &[&str]) -> Said {
    let said =
        on(stack, &[&["events", "trigger", "--yes", "--json"], arguments].concat(), "Operator@example.com\n").await;
    said.never_says(&["perator@"]);
    said
}

async fn clean(stack: &Portal, code: i32) -> Value {
    let said = on(stack, &["events", "clean", "--yes", "--json"], "operator@example.com\n").await.ended(code);
    said.never_says(&["operator@"]);
    said.json()
}

/// The booking as it stands.
async fn standing(stack: &Portal, id: &str) -> Value {
    let filed = stack.store().await.booking(&id.to_owned().try_into().unwrap()).await.unwrap().unwrap();
    serde_json::to_value(filed.booking).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rental_is_told_from_its_confirmation_to_its_end_and_removed_again() {
    let stack = stack().await;
    let first = trigger(&stack, &["booking.confirmed", "--at", "2027-06-11T09:00:00-04:00"]).await.ended(0);
    assert!(first.stderr.contains("one confirmation mail to o…r@example.com"), "{}", first.stderr);
    let first = first.json();
    let id = first["booking_id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("test_"), "{id}");
    assert_eq!(first["outcome"], "applied");
    let booking = standing(&stack, &id).await;
    assert!(booking["reference"].as_str().unwrap().starts_with("TEST-"), "{booking}");
    assert_eq!(
        (&booking["starts_at"], &booking["time_zone"]),
        (&json!("2027-06-11T13:00:00Z"), &json!("America/New_York"))
    );
    let me = stack.person();
    me.post(&stack.link_to(ME).await, &[]).await;

    for (step, detail_type, place, value) in [
        ("booking.updated", "booking.updated", "/ends_at", json!("2027-06-16T13:00:00Z")),
        ("document.issued", "document.issued", "/documents/0/document_id", json!("agreement-1")),
        ("document.issued", "document.issued", "/documents/1/document_id", json!("agreement-2")),
        (
            "delivery.updated",
            "delivery.updated",
            "/delivery/tracking_url",
            json!(format!("https://track.example.com/{id}")),
        ),
        ("delivered", "delivery.updated", "/delivery/status", json!("delivered")),
        ("checked_out", "booking.updated", "/status", json!("checked_out")),
        ("returned", "booking.updated", "/status", json!("returned")),
        ("booking.cancelled", "booking.cancelled", "/status", json!("cancelled")),
    ] {
        let told = trigger(&stack, &[step]).await.ended(0);
        assert!(
            told.stderr.contains("it causes no mail, and a change of what o…r@example.com sees"),
            "{}",
            told.stderr
        );
        let told = told.json();
        assert_eq!((&told["booking_id"], &told["detail_type"]), (&json!(id), &json!(detail_type)), "{step}");
        assert_eq!(standing(&stack, &id).await.pointer(place), Some(&value), "{step}");
    }
    assert_eq!(standing(&stack, &id).await["revision"], 9);
    let document = me.get(&format!("/bookings/{id}/documents/agreement-1")).await;
    let document = me.download(document.header("location")).await.bytes().await.unwrap();
    assert!(document.starts_with(b"%PDF-") && document.ends_with(b"%%EOF"), "a PDF");
    assert_eq!(stack.mails_to(ME).await.len(), 1);

    let second = trigger(&stack, &["booking.confirmed"]).await.ended(0).json();
    assert_ne!(second["booking_id"], json!(id), "a confirmation is of a new booking");
    soon("its mail", async || (stack.mails_to(ME).await.len() == 2).then_some(())).await;
    stack.rests().await;
    assert!(readable(&me.get("/").await.body).contains("TEST-"));

    let cleaned = clean(&stack, 0).await;
    assert_eq!(cleaned["removed"].as_array().unwrap().len(), 2, "{cleaned}");
    assert_eq!((&cleaned["documents"], &cleaned["left"]), (&json!(2), &json!([])));
    assert!(!readable(&me.get("/").await.body).contains("TEST-"));
    assert_eq!(stack.document_versions().await, [""; 0]);
    let left: Vec<String> = stack.items().await.iter().map(|item| item["sk"].as_s().unwrap().clone()).collect();
    assert!(!left.iter().any(|sk| ["BOOKING", "CONFIRMATION"].contains(&sk.as_str())), "{left:?}");
    assert!(!left.iter().any(|sk| sk.contains("test_")), "{left:?}");
    assert_eq!(clean(&stack, 0).await["removed"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_step_begins_a_rental_where_there_is_none() {
    let stack = stack().await;
    let told = trigger(&stack, &["delivery.updated"]).await.ended(0).json();
    let booking = standing(&stack, told["booking_id"].as_str().unwrap()).await;
    assert_eq!(booking["delivery"]["status"], "on_the_way");
    stack.rests().await;
    assert!(stack.mails().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_told_of_test_bookings_alone() {
    let mixed = stack().await;
    booked(&mixed, "bkg_1", ME).await;
    trigger(&mixed, &["booking.updated"]).await.ended(0);
    let refused = trigger(&mixed, &["customer.erased"]).await.ended(2);
    assert!(refused.stderr.contains("has bookings that are no test"), "{}", refused.stderr);
    assert!(refused.stderr.contains(&format!("portal events clean --local {}", mixed.url())), "{}", refused.stderr);
    mixed.rests().await;
    assert_eq!(mixed.count_items("BOOKING").await, 2);

    let stack = stack().await;
    trigger(&stack, &["booking.confirmed"]).await.ended(0);
    let told = trigger(&stack, &["customer.erased"]).await.ended(0);
    assert!(told.stderr.contains("the removal of everything of o…r@example.com: 1 booking, "), "{}", told.stderr);
    assert_eq!((&told.json()["outcome"], stack.count_items("BOOKING").await), (&json!("applied"), 0));
}

/// Whatever a real booking is called, and however many lie around it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_real_booking_is_ever_touched() {
    let stack = stack().await;
    let (_, mut issued) = sample("document.issued.json");
    issued["booking"]["customer"]["email"] = json!(ME);
    let real = issued["booking"]["booking_id"].as_str().unwrap().to_owned();
    let key = issued["booking"]["documents"][0]["file"]["key"].as_str().unwrap().to_owned();
    stack.put_document(&key).await;
    stack.publish("document.issued", &issued).await;
    // A real booking of a system that calls its own bookings so, and somebody else's test booking.
    for (id, address) in [("test_drive_1", ME), ("bkg_2", "ana@example.com")] {
        stack.publish("booking.confirmed", &confirmed(id, address, 1, true)).await;
    }
    stack.put_document("documents/test_drive_1/a.pdf").await;
    on(&stack, &["events", "trigger", "--yes", "booking.confirmed"], "ana@example.com\n").await.ended(0);
    stack.rests().await;
    soon("two confirmations and the test's", async || (stack.mails().await.len() >= 3).then_some(())).await;
    stack.rests().await;
    let items = async || {
        let mut items: Vec<String> = stack
            .items()
            .await
            .iter()
            .map(|item| {
                let mut fields: Vec<String> = item.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
                fields.sort();
                fields.join(", ")
            })
            .collect();
        items.retain(|item| !item.contains("DASHBOARD"));
        items.sort();
        items
    };
    let (before, documents) = (items().await, stack.document_versions().await);

    let told = trigger(&stack, &["booking.updated"]).await.ended(0).json();
    assert_ne!(told["booking_id"], "test_drive_1", "a real booking is not gone on with");
    trigger(&stack, &["document.issued"]).await.ended(0);
    let cleaned = clean(&stack, 1).await;
    assert_eq!((&cleaned["removed"], &cleaned["left"]), (&json!([told["booking_id"]]), &json!(["test_drive_1"])));
    stack.rests().await;
    assert_eq!(items().await, before);
    assert_eq!(stack.document_versions().await, documents);
    assert!(standing(&stack, &real).await.is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_happens_unless_somebody_says_yes() {
    let stack = stack().await;
    for arguments in [&["events", "trigger", "booking.confirmed"][..], &["events", "trigger", "document.issued"]] {
        let asked = on(&stack, arguments, "operator@example.com\n").await.ended(2);
        assert!(asked.stderr.contains("account 000000000000, region us-east-1, stack portal"), "{}", asked.stderr);
        assert!(asked.stderr.contains("nobody can be asked: nothing was done"), "{}", asked.stderr);
    }
    let wrong = on(&stack, &["events", "trigger", "booking.canceled"], "").await.ended(2);
    assert!(wrong.stderr.contains("booking.cancelled"), "{}", wrong.stderr);
    stack.rests().await;
    assert_eq!((stack.items().await.len(), stack.document_versions().await.len()), (0, 0));
    trigger(&stack, &["booking.updated"]).await.ended(0);
    let asked = on(&stack, &["events", "clean"], "operator@example.com\n").await.ended(2);
    assert!(
        asked.stderr.contains("1 test booking of o…r@example.com with all documents will be removed."),
        "{}",
        asked.stderr
    );
    assert_eq!(stack.count_items("BOOKING").await, 1);
}
