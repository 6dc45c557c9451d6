//! Booking events over the bus: what they make of the table and of the mails.

use portal_local::Options;
use portal_tests::{
    Call, Fate, Portal, Proxy, Service, functions_dir, readable,
    samples::{arrived, confirmed, erased, names, sample},
    soon,
};
use portal_views::messages::ENGLISH;
use serde_json::{Value, json};

use crate::{states::documents, template::edited};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_about_an_event_that_is_applied_is_counted() {
    let portal = Portal::empty().await;
    let mut odd = confirmed("bkg_1", "ana@example.com", 1, false);
    odd["metadata"]["occurred_at"] = json!("2098-01-01T00:00:00Z");
    let booking = &mut odd["booking"];
    booking["price"]["lines"] = json!([{"label": "Cart", "amount_minor": 18_810}]);
    booking["price"]["total_minor"] = json!(190);
    booking["payment"] = json!({"url": "https://evil.example/"});
    booking["documents"] = documents("bkg_1", &["invoice"]);
    portal.publish("booking.confirmed", &odd).await;
    portal.rests().await;
    odd["booking"]["status"] = json!("cancelled");
    portal.publish("booking.updated", &odd).await;
    portal.rests().await;
    for (metric, times) in [
        ("EventsContradicted", 1),
        ("EventsApplied", 1),
        ("EventsAhead", 2),
        ("PricesNotAddingUp", 2),
        ("LinksDropped", 2),
        ("DocumentsMissing", 1),
        ("EventsRefused", 0),
    ] {
        assert_eq!(portal.counted(metric), times, "{metric}");
    }
}

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
        let body: Value = serde_json::from_str(&letter.body.unwrap()).unwrap();
        let kind = body["detail-type"].as_str().unwrap();
        assert!(reason.starts_with(broken_field(kind)), "{kind}: {reason}");
        let (_, original) = sample(&format!("invalid/{kind}.json"));
        assert_eq!(body["detail"], original, "the event is whole");
    }
}

/// The field for which the invalid sample of a type is refused.
fn broken_field(kind: &str) -> &'static str {
    match kind {
        "booking.confirmed" => "booking.booking_id:",
        "booking.updated" => "booking.status:",
        "booking.cancelled" => "metadata.schema_version:",
        "delivery.updated" => "booking.delivery.updated_at:",
        "document.issued" => "booking.documents[0].file.key:",
        "customer.erased" => "customer.email: missing, expected",
        other => panic!("{other} has no invalid sample"),
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
    let anas = ana.get("/").await;
    assert!(!anas.body.contains("REF-bkg_1"), "{anas:?}");
    let ben = portal.signed_in("ben@example.com").await;
    let bens = ben.get("/").await;
    assert!(bens.body.contains("REF-bkg_1"), "{bens:?}");
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
    assert_eq!(mails.len(), 2, "{:?}", mails.iter().map(|mail| &mail["subject"]).collect::<Vec<_>>());
    let mail = &portal.mails_to("ana@example.com").await[0];
    assert!(mail["subject"].as_str().unwrap().contains("REF-bkg_1"), "{}", mail["subject"]);
    let html = mail["html"].as_str().unwrap();
    assert!(html.contains(ENGLISH.view_your_booking), "{}", readable(html));
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
    assert!(page.contains(ENGLISH.on_its_way) && !page.contains("evil.example"), "{}", readable(&page));

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
    portal.put_document(&key).await;
    portal.publish(&kind, &issued).await;
    soon("the booking", async || (portal.count_items("BOOKING").await == 1).then_some(())).await;
    portal.signed_in("erase.me@example.com").await;

    portal.publish("customer.erased", &erased("erase.me@example.com")).await;
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
    let marks: Vec<_> = items.iter().filter(|item| item["sk"].as_s().unwrap() == "ERASED").collect();
    let [erased] = marks.as_slice() else { panic!("one customer was erased: {marks:#?}") };
    let customer = erased["pk"].as_s().unwrap().strip_prefix("CUSTOMER#").unwrap();
    let of_the_erased: Vec<_> = pks.iter().filter(|pk| pk.contains(customer)).collect();
    assert_eq!(of_the_erased.len(), 1, "neither sign-ins nor counters are left: {of_the_erased:?}");
    let booking = format!("BOOKING#{}", issued["booking"]["booking_id"].as_str().unwrap());
    assert!(!pks.contains(&booking.as_str()), "{pks:?}");
    assert!(!format!("{items:?}").contains("erase.me"), "the address is nowhere in the table");
    assert!(format!("{items:?}").contains("ben@example.com"), "where it is, it would be found");

    // A late event may bring its documents with it: they go, too.
    portal.put_document(&key).await;
    portal.publish(&kind, &issued).await;
    portal.rests().await;
    assert!(portal.document_versions().await.is_empty(), "neither objects nor older versions of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_from_after_an_erasure_that_arrives_while_it_runs_keeps_its_booking_and_its_documents() {
    // However often the list is asked for, it comes only after the later event; an erasure that ran out of time goes on.
    let s3 = Proxy::new(|call: &mut Call| if call.action.starts_with("GET") { Fate::Hold } else { Fate::Pass }).await;
    let (_folder, path) =
        edited(&[("      Timeout: 30\n", "      Timeout: 8\n"), ("VisibilityTimeout: 180", "VisibilityTimeout: 8")]);
    let options = Options::new(path, functions_dir());
    let portal = Portal::start_behind(options, &[(Service::S3, &s3)]).await;
    let (kind, mut event) = sample("document.issued.json");
    let old = event["booking"]["documents"][0]["file"]["key"].as_str().unwrap().to_owned();
    let new = old.replace(".pdf", "-new.pdf");
    for key in [&old, &new] {
        portal.put_document(key).await;
    }
    portal.publish(&kind, &event).await;
    soon("the booking", async || (portal.count_items("BOOKING").await == 1).then_some(())).await;
    portal.publish("customer.erased", &erased(event["booking"]["customer"]["email"].as_str().unwrap())).await;
    s3.holds(1).await; // the booking is gone, its documents are not yet
    assert_eq!(portal.count_items("BOOKING").await, 0);
    event["metadata"]["occurred_at"] = json!("2026-11-02T00:00:00Z");
    event["booking"]["revision"] = json!(9);
    event["booking"]["documents"][0]["file"]["key"] = json!(new);
    portal.publish(&kind, &event).await;
    soon("the booking again", async || (portal.count_items("BOOKING").await == 1).then_some(())).await;
    s3.open();
    portal.rests().await;
    assert_eq!(portal.count_items("BOOKING").await, 1);
    assert_eq!(portal.document_versions().await, [new], "the document that the later event names, and none besides");
}

#[tokio::test(flavor = "multi_thread")]
async fn erasures_that_find_nothing_and_those_that_leave_something_are_counted() {
    let portal = Portal::empty().await;
    let counted = |metric: &str| {
        let name = format!("\"Metrics\":[{{\"Name\":\"{metric}\"");
        portal.stack.log().lines().iter().filter(|line| line.line.contains(&name)).count()
    };
    for (id, email) in [("bkg_1", "ana@example.com"), ("bkg_2", "ben@example.com")] {
        portal.publish("booking.confirmed", &confirmed(id, email, 1, false)).await;
    }
    portal.rests().await;
    let mut before_it_was_booked = erased("ana@example.com");
    before_it_was_booked["metadata"]["occurred_at"] = json!("2026-01-01T00:00:00Z");
    for (event, counts) in [
        (before_it_was_booked, [1, 0, 1]),
        (erased("ben@example.com"), [2, 0, 1]),
        (erased("nobody@example.com"), [3, 1, 1]),
        (erased("nobody@example.com"), [4, 1, 1]),
    ] {
        portal.publish("customer.erased", &event).await;
        portal.rests().await;
        assert_eq!(["CustomersErased", "ErasuresEmpty", "ErasuresPartial"].map(counted), counts, "{event}");
    }
}

/// 12 carts, 50 lines, 40 documents, every text as long as given.
fn large(id: &str, text: &str) -> Value {
    let mut event = confirmed(id, "ana@example.com", 1, true);
    let booking = &mut event["booking"];
    let document = |n: usize| {
        json!({"document_id": format!("d{n}"), "kind": "invoice", "title": text, "issued_at": "2027-05-03T00:00:00Z",
            "signed_at": "2027-05-03T00:00:00Z",
            "file": {"key": format!("documents/{id}/{n}.pdf"), "size_bytes": 9, "sha256": "0a".repeat(32)}})
    };
    booking["customer"]["name"] = json!(text);
    booking["carts"] = json!(vec![json!({"asset_type": text, "name": text, "seats": 6}); 12]);
    booking["add_ons"] = json!(vec![json!({"name": text, "quantity": 2}); 10]);
    booking["price"]["lines"] = json!(vec![json!({"label": text, "amount_minor": 1}); 50]);
    booking["documents"] = (0..40).map(document).collect();
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_sensible_booking_fits_and_one_beyond_the_table_s_limit_is_refused_with_the_reason() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &large("bkg_1", &"Ä".repeat(800))).await;
    portal.publish("booking.confirmed", &large("bkg_2", &"Ä".repeat(2000))).await;
    let letters = soon("the refusal", async || {
        Some(portal.messages("BookingDeadLetters").await).filter(|letters| !letters.is_empty())
    })
    .await;
    let reason = letters[0].message_attributes.as_ref().unwrap()["reason"].string_value.clone().unwrap();
    assert!(reason.starts_with("booking: expected at most 409600 bytes as kept, where it has "), "{reason}");
    let ana = portal.person();
    ana.post(&portal.link_to("ana@example.com").await, &[]).await;
    assert_eq!(ana.get("/").await.status, 200);
    let page = ana.get("/bookings/bkg_1").await;
    assert_eq!((page.status.as_u16(), page.body.matches("documents/d39").count()), (200, 1), "{page:?}");
    assert_eq!(portal.count_items("BOOKING").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_of_past_bookings_mails_nobody_and_keeps_to_the_rate_the_operator_sets() {
    let (_folder, path) = edited(&[("VisibilityTimeout: 180", "VisibilityTimeout: 30")]);
    let mut options = Options::new(path, functions_dir());
    options.parameters.insert("EventConcurrency".into(), "2".into());
    let portal = Portal::start(options).await;
    let events = |n: usize| {
        let mut event = confirmed(&format!("bkg_{n}"), &format!("c{}@example.com", n % 50), 1, n.is_multiple_of(2));
        match n % 3 {
            0 => event["booking"]["status"] = json!("closed"),
            // Over, though nobody has said so.
            1 => {
                event["booking"]["starts_at"] = json!("2020-06-11T09:00:00-04:00");
                event["booking"]["ends_at"] = json!("2020-06-15T17:00:00-04:00");
            }
            _ => event["metadata"]["notify"] = json!(false),
        }
        event
    };
    let bookings = std::env::var("IMPORT").map_or(120, |bookings| bookings.parse().unwrap());
    let started = std::time::Instant::now();
    for n in 0..bookings {
        portal.publish("booking.confirmed", &events(n)).await;
        assert!(portal.stack.lambda.instances("ProjectBookings").len() <= 2);
    }
    portal.rests_within(std::time::Duration::from_secs(500)).await;
    assert_eq!(portal.count_items("BOOKING").await, bookings);
    eprintln!("{bookings} bookings in {:.1?}", started.elapsed());
    assert!(portal.mails().await.is_empty());
    assert!(portal.stack.lambda.instances("ProjectBookings").len() <= 2);
    // The control: the same road does mail where there is something to confirm.
    portal.publish("booking.confirmed", &confirmed("bkg_new", "new@example.com", 1, true)).await;
    portal.link_to("new@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_page_takes_and_refuses_what_put_events_takes_and_refuses() {
    let portal = Portal::empty().await;
    let client = reqwest::Client::new();
    let bus = portal.stack.description.event_bus();
    let entry = |id: &str| {
        json!({"Source": "golfcartops.bookings", "DetailType": "booking.confirmed", "EventBusName": bus,
            "Detail": confirmed(id, "ana@example.com", 1, false).to_string()})
    };
    let mut not_json = entry("x");
    not_json["Detail"] = json!("{");
    let mut no_source = entry("x");
    no_source.as_object_mut().unwrap().remove("Source");
    let mut elsewhere = entry("x");
    elsewhere["EventBusName"] = json!("no-such-bus");
    let plain =
        |answer: Value| answer.to_string().replace(answer["Entries"][0]["EventId"].as_str().unwrap_or("?"), "id");
    for (n, entries) in [
        json!([entry("bkg_page")]),
        json!([not_json]),
        json!([no_source]),
        json!([elsewhere]),
        json!([]),
        json!(vec![entry("x"); 11]),
    ]
    .iter()
    .enumerate()
    {
        let page = client.post(format!("{}/_local/events", portal.url())).json(entries).send().await.unwrap();
        let command = client.post(&portal.stack.aws.endpoints.events).header("x-amz-target", "AWSEvents.PutEvents");
        let command = command.json(&json!({"Entries": entries})).send().await.unwrap();
        assert_eq!(page.status(), command.status(), "{n}");
        let (page, command): (Value, Value) = (page.json().await.unwrap(), command.json().await.unwrap());
        assert_eq!(plain(page), plain(command), "{n}");
    }
    soon("the booking", async || (portal.count_items("BOOKING").await == 1).then_some(())).await;
}
