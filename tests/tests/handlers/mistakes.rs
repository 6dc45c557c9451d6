//! Mistakes that people make when they write a sender: what each is told, and what the table holds afterwards.

use portal_tests::{
    mistakes::{self, Slip, is, refused},
    readable,
    samples::confirmed,
};
use portal_views::messages::ENGLISH;
use serde_json::{Value, json};

use crate::{
    customers::{Life, fresh, id},
    http::asked,
    queues::{Message, event},
    stack::{Stack, logged, on_the_stack},
};

/// The message with the slips in it.
fn with(message: &Message, slips: &[Slip]) -> Message {
    let envelope: Value = serde_json::from_str(&message.body).unwrap();
    Message { body: mistakes::with(&envelope, slips).to_string(), ..message.clone() }
}

impl Stack {
    /// What the sender of an event about this booking is told: the reason at the dead letter; nothing if it is applied.
    async fn told(&self, message: &Message, booking: &str) -> Option<String> {
        assert_eq!(self.project_bookings(std::slice::from_ref(message)).await, [""; 0]);
        let mut letters = self.messages("BookingDeadLetters", booking).await;
        let letter = letters.pop()?;
        assert!(letters.is_empty(), "one letter");
        assert_eq!(letter.body(), Some(message.body.as_str()), "it is put aside whole");
        let attributes = letter.message_attributes.unwrap();
        let attribute = |name: &str| attributes.get(name).and_then(|attribute| attribute.string_value.clone());
        let envelope: Value = serde_json::from_str(&message.body).unwrap();
        let text = |place: &str| envelope.pointer(place).and_then(Value::as_str).map(str::to_owned);
        if let Some(event_id) = attribute("event_id") {
            assert_eq!(Some(event_id), text("/detail/metadata/event_id"));
        }
        if let Some(booking_id) = attribute("booking_id") {
            assert_eq!(Some(booking_id), text("/detail/booking/booking_id"));
        }
        attribute("reason")
    }
}

#[test]
fn a_sender_is_told_every_mistake_and_the_table_stays_as_it_was() {
    let refused = refused();
    assert!(refused.len() >= 60, "{}", refused.len());
    on_the_stack(async |stack| {
        for (what, slips, faults) in refused {
            let (customer, booking) = stack.customer_with_booking().await;
            let mut detail = confirmed(&booking, &customer.address, 2, true);
            // So that the dead letter is found whatever becomes of the booking's id.
            detail["note"] = serde_json::json!(booking);
            let sent = event("booking.confirmed", &detail);
            let mut sent = with(&sent, &slips);
            if !sent.body.contains(&booking) {
                sent = with(&sent, &[is("/note", json!(booking))]);
            }
            let told = stack.told(&sent, &booking).await;
            assert_eq!(told.as_deref(), Some(faults.join("; ").as_str()), "{what}");
            assert_eq!(stack.revision(&booking).await, Some((1, customer.id)), "{what}");
        }
    });
}

#[test]
fn an_event_that_was_refused_is_applied_once_it_is_put_right() {
    on_the_stack(async |stack| {
        let (customer, booking) = stack.customer_with_booking().await;
        let right = event("booking.confirmed", &confirmed(&booking, &customer.address, 2, true));
        let wrong = with(&right, &[is("/detail/booking/status", json!("rented"))]);
        assert!(stack.told(&wrong, &booking).await.is_some());
        assert_eq!(stack.confirmations(&booking).await, 0);
        assert_eq!(stack.told(&right, &booking).await, None);
        assert_eq!(stack.revision(&booking).await, Some((2, customer.id)));
        assert_eq!(stack.confirmations(&booking).await, 1);
    });
}

/// What is taken though it is odd, and what the table then holds at a place of the booking.
#[test]
fn what_is_odd_but_clear_is_taken() {
    on_the_stack(async |stack| {
        for (what, slips, place, holds) in [
            ("null for an optional field", vec![is("/detail/booking/location", Value::Null)], "/location", None),
            ("null for a list", vec![is("/detail/booking/add_ons", Value::Null)], "/add_ons", None),
            ("null for notify", vec![is("/detail/metadata/notify", Value::Null)], "/revision", Some(json!(2))),
            ("a field of one's own", vec![is("/detail/booking/internal_note", json!("x"))], "/internal_note", None),
            (
                "a whole number with a point",
                vec![is("/detail/booking/carts/0/seats", json!(4.0))],
                "/carts/0/seats",
                Some(json!(4)),
            ),
            (
                "a small t and z",
                vec![is("/detail/booking/ends_at", json!("2027-06-15t21:00:00z"))],
                "/ends_at",
                Some(json!("2027-06-15T21:00:00Z")),
            ),
            (
                "an address in capitals",
                vec![is("/detail/booking/customer/greeting", json!("ANA"))],
                "/customer/greeting",
                Some(json!("ANA")),
            ),
            (
                "the largest revision",
                vec![is("/detail/booking/revision", json!(9_007_199_254_740_991_u64))],
                "/revision",
                Some(json!(9_007_199_254_740_991_u64)),
            ),
            (
                "milliseconds as revision",
                vec![is("/detail/booking/revision", json!(1_777_777_777_123_u64))],
                "/revision",
                Some(json!(1_777_777_777_123_u64)),
            ),
            (
                "a version of next month",
                vec![is("/detail/metadata/schema_version", json!("1.9"))],
                "/revision",
                Some(json!(2)),
            ),
            (
                "a payment link of a foreign host",
                vec![is("/detail/booking/payment", json!({"url": "https://evil.example/"}))],
                "/payment/url",
                None,
            ),
            (
                "dollars in the total, cents in the lines",
                vec![is("/detail/booking/price/total_minor", json!(557))],
                "/price/total_minor",
                Some(json!(557)),
            ),
            (
                "a clock that is a year ahead",
                vec![is("/detail/metadata/occurred_at", json!("2098-01-01T00:00:00Z"))],
                "/revision",
                Some(json!(2)),
            ),
        ] {
            let (customer, booking) = stack.customer_with_booking().await;
            let sent = event("booking.confirmed", &confirmed(&booking, &customer.address, 2, false));
            assert_eq!(stack.told(&with(&sent, &slips), &booking).await, None, "{what}");
            let filed = stack.store.booking(&id(&booking)).await.unwrap().unwrap();
            let kept = serde_json::to_value(&filed.booking).unwrap();
            assert_eq!(kept.pointer(place).cloned(), holds, "{what}");
        }
    });
}

const ODD: &str = "an event is applied, but somebody should look at it";
const CONTRADICTED: &str = "an event says something else of a revision that is known";
const MISSING: &str = "a document is named whose file was not uploaded";

#[test]
fn what_is_odd_is_said_once_in_the_log_with_what_names_the_event() {
    on_the_stack(async |stack| {
        let document = |booking: &str, name: &str| {
            json!([{"document_id": name, "kind": "invoice", "title": "Invoice", "issued_at": "2026-05-03T00:00:00Z",
                "file": {"key": format!("documents/{booking}/{name}.pdf"), "size_bytes": 9}}])
        };
        let nothing = || is("/detail/booking/payment", Value::Null);
        for (what, slip, said) in [
            ("nothing", nothing(), None),
            (
                "a clock ahead",
                is("/detail/metadata/occurred_at", json!("2098-01-01T00:00:00Z")),
                Some((ODD, "metadata.occurred_at")),
            ),
            ("a sum", is("/detail/booking/price/total_minor", json!(557)), Some((ODD, "booking.price.lines"))),
            (
                "a payment link",
                is("/detail/booking/payment", json!({"url": "https://evil.example/"})),
                Some((ODD, "booking.payment.url")),
            ),
            (
                "a tracking link",
                is(
                    "/detail/booking/delivery",
                    json!({"status": "on_the_way", "updated_at": "2026-05-03T00:00:00Z", "tracking_url": "https://evil.example/"}),
                ),
                Some((ODD, "booking.delivery.tracking_url")),
            ),
            ("a revision used twice", is("/detail/booking/revision", json!(1)), Some((CONTRADICTED, ""))),
            ("a missing file", is("/detail/booking/documents", json!("missing")), Some((MISSING, ""))),
            ("an empty file", is("/detail/booking/documents", json!("empty")), Some((MISSING, ""))),
            ("a file that is there", is("/detail/booking/documents", json!("there")), None),
        ] {
            let (customer, booking) = stack.customer_with_booking().await;
            let sent = event("booking.updated", &confirmed(&booking, &customer.address, 2, false));
            let sent = with(&sent, &[nothing(), slip]);
            let mut envelope: Value = serde_json::from_str(&sent.body).unwrap();
            let documents = &mut envelope["detail"]["booking"]["documents"];
            if let Some(name) = documents.as_str().map(str::to_owned) {
                *documents = document(&booking, &name);
            }
            if envelope["detail"]["booking"]["revision"] == json!(1) {
                envelope["detail"]["booking"]["status"] = json!("cancelled");
            }
            stack.portal.put_document(&format!("documents/{booking}/there.pdf")).await;
            stack.portal.put_file(&format!("documents/{booking}/empty.pdf"), b"").await;
            let sent = Message { body: envelope.to_string(), ..sent };
            assert_eq!(stack.told(&sent, &booking).await, None, "{what}");
            let lines: Vec<Value> =
                [ODD, CONTRADICTED, MISSING].iter().flat_map(|message| logged(message, &booking)).collect();
            let Some((message, warning)) = said else {
                assert_eq!(lines, [Value::Null; 0], "{what}");
                continue;
            };
            let [line] = lines.as_slice() else { panic!("{what}: {lines:?}") };
            assert_eq!(line["level"], "WARN", "{what}");
            assert!(line["fields"]["message"].as_str().unwrap().starts_with(message), "{what}: {line}");
            assert!(line["fields"]["warning"].as_str().unwrap_or_default().starts_with(warning), "{what}: {line}");
            let about = format!("event evt_sample_confirmed, booking.updated, booking {booking}");
            assert_eq!(line["fields"]["about"], json!(about), "{what}");
        }
    });
}

#[test]
fn where_sums_disagree_no_balance_is_shown_or_mailed() {
    on_the_stack(async |stack| {
        for (what, total, paid, tells) in [
            ("dollars as the total", 557, 55_747, ""),
            ("dollars as the total, not paid", 557, 0, ""),
            ("the sum of the lines", 55_747, 0, ENGLISH.balance_due),
            ("paid too much", 55_747, 60_000, ENGLISH.credit),
        ] {
            let (customer, booking) = (stack.customer(), fresh("bkg_"));
            let mut detail = confirmed(&booking, &customer.address, 1, true);
            detail["booking"]["price"]["total_minor"] = json!(total);
            detail["booking"]["price"]["paid_minor"] = json!(paid);
            stack.project("booking.confirmed", &detail).await;
            stack.send_confirmation(&booking).await;
            let cookie = stack.keep(&customer, Life::Used).await.cookie();
            let own = asked("GET /bookings/{booking_id}").at("booking_id", &booking);
            let mut seen = Vec::new();
            for ask in [asked("GET /"), own] {
                seen.push(readable(&stack.dashboard(&ask.cookie(&cookie)).await.body));
            }
            seen.push(stack.mails_to(&customer.address)[0].text.clone());
            let anywhere = |text: &str| seen.iter().any(|seen| seen.contains(text));
            for money in [ENGLISH.balance_due, ENGLISH.credit] {
                assert_eq!(anywhere(money), money == tells, "{what}: {money}: {seen:?}");
            }
        }
    });
}

#[test]
fn of_two_events_of_one_revision_the_first_stays() {
    on_the_stack(async |stack| {
        let (customer, booking) = (stack.customer(), fresh("bkg_"));
        let mut detail = confirmed(&booking, &customer.address, 1, false);
        stack.project("booking.confirmed", &detail).await;
        detail["booking"]["status"] = json!("cancelled");
        stack.project("booking.updated", &detail).await;
        let filed = stack.store.booking(&id(&booking)).await.unwrap().unwrap();
        assert_eq!(filed.booking.status, portal_domain::booking::BookingStatus::Confirmed);
    });
}
