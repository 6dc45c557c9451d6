//! Booking events over the bus: what they make of the table and of the mails.

use portal_tests::{Portal, soon};
use serde_json::{Value, json};

use crate::samples::{arrived, confirmed, names, sample};

#[tokio::test(flavor = "multi_thread")]
async fn every_valid_sample_is_applied_and_every_invalid_one_goes_whole_to_the_dead_letters() {
    let portal = Portal::empty().await;
    for name in names("") {
        let (kind, detail) = sample(&name);
        portal.publish(&kind, &detail).await;
    }
    let invalid = names("invalid");
    for name in &invalid {
        let (kind, detail) = sample(&format!("invalid/{name}"));
        portal.publish(&kind, &detail).await;
    }
    let letters = soon("all invalid samples in the dead letters", async || {
        let letters = portal.messages("BookingDeadLetters").await;
        (letters.len() == invalid.len()).then_some(letters)
    })
    .await;
    portal.rests().await;
    assert_eq!(portal.count_items("BOOKING").await, names("").len() - 1, "each but the erasure has its own booking");
    for letter in letters {
        let reason = letter.message_attributes.unwrap()["reason"].string_value.clone().unwrap();
        assert!(!reason.is_empty());
        let body: Value = serde_json::from_str(&letter.body.unwrap()).unwrap();
        let kind = body["detail-type"].as_str().unwrap();
        let (_, original) = sample(&format!("invalid/{kind}.json"));
        assert_eq!(body["detail"], original, "the event is whole");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newer_revision_wins_in_any_order_of_arrival() {
    let portal = Portal::empty().await;
    let (old, mut new) =
        (confirmed("bkg_1", "ana@example.com", 1, false), confirmed("bkg_1", "ana@example.com", 2, false));
    new["booking"]["status"] = json!("cancelled");
    portal.publish("booking.cancelled", &new).await;
    portal.rests().await;
    portal.publish("booking.updated", &old).await;
    portal.publish("booking.updated", &confirmed("bkg_2", "ana@example.com", 1, false)).await;
    portal.rests().await;
    let items = portal.items().await;
    let booking = items.iter().find(|item| item["pk"].as_s().unwrap() == "BOOKING#bkg_1").unwrap();
    assert_eq!(booking["revision"].as_n().unwrap(), "2");
    let rows = |part: &str| items.iter().filter(|item| item["sk"].as_s().unwrap().starts_with(part)).count();
    assert_eq!((rows("ROW#1#"), rows("ROW#2#")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_address_moves_the_booking_to_the_other_customer() {
    let portal = Portal::empty().await;
    let ana = arrived(&portal, "bkg_1", "ana@example.com").await;
    assert_eq!(ana.get("/bookings/bkg_1").await.status, 200);

    portal.publish("booking.updated", &confirmed("bkg_1", "ben@example.com", 2, false)).await;
    soon("the move", async || (ana.get("/bookings/bkg_1").await.status == 404).then_some(())).await;
    assert!(!ana.get("/").await.body.contains("REF-bkg_1"));
    let ben = portal.signed_in("ben@example.com").await;
    assert!(ben.get("/").await.body.contains("REF-bkg_1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_is_mailed_once_however_often_it_is_asked_for() {
    let portal = Portal::empty().await;
    let event = confirmed("bkg_1", "ana@example.com", 1, true);
    for _ in 0..5 {
        portal.publish("booking.confirmed", &event).await;
    }
    portal.publish("booking.confirmed", &confirmed("bkg_2", "ben@example.com", 1, false)).await;
    portal.publish("booking.confirmed", &confirmed("bkg_3", "carla@example.com", 1, true)).await;
    portal.rests().await;
    let mails = portal.mails().await;
    assert_eq!(mails.len(), 2, "{mails:#?}");
    let mail = &portal.mails_to("ana@example.com").await[0];
    assert!(mail["subject"].as_str().unwrap().contains("REF-bkg_1"));
    assert!(mail["html"].as_str().unwrap().contains("View Your Booking"));
    assert_eq!(mail["headers"]["Auto-Submitted"], "auto-generated");
    assert_eq!(mail["reply_to"], json!(["hello@tybeecarts.example"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracking_link_of_a_foreign_host_is_dropped_and_the_rest_applies() {
    let portal = Portal::empty().await;
    let mut event = confirmed("bkg_1", "ana@example.com", 1, true);
    let delivery =
        |url: &str| json!({"status": "on_the_way", "tracking_url": url, "updated_at": "2027-06-11T08:12:00-04:00"});
    event["booking"]["delivery"] = delivery("https://evil.example/d/1");
    portal.publish("booking.confirmed", &event).await;
    let ana = portal.person();
    ana.post(&portal.link_to("ana@example.com").await, &[]).await;
    let page = ana.get("/").await.body;
    assert!(page.contains("on its way") && !page.contains("evil.example"), "{page}");

    event["booking"]["revision"] = json!(2);
    event["booking"]["delivery"] = delivery("https://track.example.com/d/8f3");
    portal.publish("delivery.updated", &event).await;
    soon("the tracking link", async || {
        ana.get("/").await.body.contains("https://track.example.com/d/8f3").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_customer_leaves_nothing_and_does_not_come_back_with_a_late_event() {
    let portal = Portal::empty().await;
    let (kind, mut issued) = sample("document.issued.json");
    issued["booking"]["customer"] = json!({"email": "erase.me@example.com", "name": "Erase Me"});
    let key = issued["booking"]["documents"][0]["file"]["key"].as_str().unwrap().to_owned();
    let put = portal.s3().await.put_object().bucket(portal.bucket()).key(&key).body(b"%PDF-".to_vec().into());
    put.send().await.unwrap();
    portal.publish(&kind, &issued).await;
    soon("the booking", async || (portal.count_items("BOOKING").await == 1).then_some(())).await;
    portal.signed_in("erase.me@example.com").await;

    let erased = json!({
        "metadata": {"event_id": "e1", "schema_version": "1.0", "occurred_at": "2027-12-01T00:00:00Z"},
        "customer": {"email": "erase.me@example.com"}
    });
    portal.publish("customer.erased", &erased).await;
    soon("the erasure", async || (portal.count_items("BOOKING").await == 0).then_some(())).await;
    soon("the documents to go", async || {
        let list = portal.s3().await.list_objects_v2().bucket(portal.bucket()).send().await.unwrap();
        list.contents().is_empty().then_some(())
    })
    .await;
    portal.publish(&kind, &issued).await; // occurred before the erasure
    portal.publish("booking.confirmed", &confirmed("bkg_after", "ben@example.com", 1, true)).await;
    portal.rests().await;

    let items = portal.items().await;
    let pks: Vec<_> = items.iter().map(|item| item["pk"].as_s().unwrap().as_str()).collect();
    let erased: Vec<_> = items.iter().filter(|item| item["sk"].as_s().unwrap() == "ERASED").collect();
    let [erased] = erased.as_slice() else { panic!("one customer was erased: {erased:#?}") };
    let customer = erased["pk"].as_s().unwrap().strip_prefix("CUSTOMER#").unwrap();
    let of_the_erased: Vec<_> = pks.iter().filter(|pk| pk.contains(customer)).collect();
    assert_eq!(of_the_erased.len(), 1, "neither sign-ins nor counters are left: {of_the_erased:?}");
    let booking = format!("BOOKING#{}", issued["booking"]["booking_id"].as_str().unwrap());
    assert!(!pks.contains(&booking.as_str()), "{pks:?}");
}
