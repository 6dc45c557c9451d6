//! Booking events: what they do to the table, the mail queue, the dead letters and the documents.

use std::{
    collections::BTreeSet,
    slice,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use portal_aws::store::Lease;
use portal_domain::{
    booking::BookingStatus,
    config::Environment,
    customer::CustomerId,
    rate_limit::{Limit, RateLimitKey, Verdict},
};
use portal_tests::{
    Call, Fate, Proxy,
    samples::{confirmed, sample},
};
use project_bookings::ProjectBookings;
use serde_json::{Value, json};

use crate::{
    customers::{Customer, Life, about, fresh, id},
    http::asked,
    queues::{Message, batch, event, failed, message},
    stack::{Stack, logged, on_the_stack, variable},
};

impl Stack {
    pub(crate) async fn project_bookings(&self, messages: &[Message]) -> Vec<String> {
        failed(self.project_bookings.handle(batch(messages)).await)
    }

    /// Revision and owner of a booking; none if it is not there.
    pub(crate) async fn revision(&self, booking: &str) -> Option<(u64, CustomerId)> {
        self.store.booking(&id(booking)).await.unwrap().map(|filed| (filed.booking.revision, filed.owner))
    }

    /// How many messages ask for the confirmation of a booking since this was called last.
    pub(crate) async fn confirmations(&self, booking: &str) -> usize {
        self.messages("MailQueue", booking).await.len()
    }

    /// The reason of each event about a booking that was put aside since this was called last.
    async fn reasons(&self, booking: &str) -> Vec<String> {
        let letters = self.messages("BookingDeadLetters", booking).await;
        let reason = |letter: &aws_sdk_sqs::types::Message| {
            letter.message_attributes.as_ref().unwrap()["reason"].string_value.clone().unwrap()
        };
        letters.iter().map(reason).collect()
    }

    async fn documents_of(&self, booking: &str) -> usize {
        let home = format!("documents/{booking}/");
        self.portal.document_versions().await.iter().filter(|key| key.starts_with(&home)).count()
    }
}

#[test]
fn an_event_of_each_type_makes_its_booking_what_it_says() {
    on_the_stack(async |stack| {
        for (file, status, documents, confirmations) in [
            ("booking.confirmed.json", BookingStatus::Confirmed, 0, 1),
            ("booking.updated.json", BookingStatus::Confirmed, 0, 0),
            ("booking.cancelled.json", BookingStatus::Cancelled, 0, 0),
            ("delivery.updated.json", BookingStatus::Confirmed, 0, 0),
            ("document.issued.json", BookingStatus::Confirmed, 1, 0),
        ] {
            let (customer, booking) = (stack.customer(), fresh("bkg_"));
            let (detail_type, detail) = (sample(file).0, about(file, &booking, &customer));
            assert_eq!(stack.project_bookings(&[event(&detail_type, &detail)]).await, [""; 0], "{file}");
            let filed = stack.store.booking(&id(&booking)).await.unwrap().unwrap();
            assert_eq!((filed.owner, filed.booking.status), (customer.id, status), "{file}");
            assert_eq!(filed.booking.revision, detail["booking"]["revision"], "{file}");
            assert_eq!(filed.booking.documents.len(), documents, "{file}");
            assert_eq!(stack.confirmations(&booking).await, confirmations, "{file}");
            assert_eq!(stack.reasons(&booking).await, [""; 0], "{file}");
        }
    });
}

#[test]
fn the_newest_revision_stands_and_a_confirmation_is_asked_for_while_it_is_due() {
    const CONFIRMED: &str = "booking.confirmed";
    const UPDATED: &str = "booking.updated";
    on_the_stack(async |stack| {
        // Each event: its type, the revision, whether it says `notify`, and whose the booking is.
        for (what, events, revision, owner, confirmations) in [
            ("asks", vec![(CONFIRMED, 1, true, 0)], 1, 0, 1),
            ("does not ask", vec![(CONFIRMED, 1, false, 0)], 1, 0, 0),
            ("only a confirmation asks", vec![(UPDATED, 1, true, 0)], 1, 0, 0),
            ("the same again", vec![(CONFIRMED, 1, true, 0), (CONFIRMED, 1, true, 0)], 1, 0, 2),
            ("newer", vec![(CONFIRMED, 1, false, 0), (UPDATED, 2, false, 0)], 2, 0, 0),
            ("newer, and still due", vec![(CONFIRMED, 1, true, 0), (UPDATED, 2, false, 0)], 2, 0, 2),
            ("older", vec![(UPDATED, 5, false, 0), (UPDATED, 4, false, 0)], 5, 0, 0),
            ("no newer, of somebody else", vec![(UPDATED, 5, false, 0), (UPDATED, 5, false, 1)], 5, 0, 0),
            ("older, and asks", vec![(UPDATED, 5, false, 0), (CONFIRMED, 4, true, 0)], 5, 0, 1),
            ("moved", vec![(CONFIRMED, 1, false, 0), (UPDATED, 2, false, 1)], 2, 1, 0),
            ("older, of who had it before", vec![(UPDATED, 2, false, 1), (CONFIRMED, 1, false, 0)], 2, 1, 0),
        ] {
            let (customers, booking) = ([stack.customer(), stack.customer()], fresh("bkg_"));
            for (detail_type, revision, notify, whose) in &events {
                let detail = confirmed(&booking, &customers[*whose].address, *revision, *notify);
                assert_eq!(stack.project_bookings(&[event(detail_type, &detail)]).await, [""; 0], "{what}");
            }
            assert_eq!(stack.revision(&booking).await, Some((revision, customers[owner].id)), "{what}");
            assert_eq!(stack.confirmations(&booking).await, confirmations, "{what}");
            for (customer, has_it) in customers.iter().zip([owner == 0, owner == 1]) {
                let address = stack.store.newest_addressee(customer.id).await.unwrap().map(|to| to.address);
                assert_eq!(address.is_some(), has_it, "{what}");
            }
        }
    });
}

#[test]
fn a_confirmation_is_not_asked_for_once_the_booking_is_not_ahead() {
    on_the_stack(async |stack| {
        for (status, ends_at, confirmations, why) in [
            ("pending", "2099-01-02T00:00:00Z", 1, [""; 0].as_slice()),
            ("confirmed", "2099-01-02T00:00:00Z", 1, &[]),
            ("checked_out", "2099-01-02T00:00:00Z", 1, &[]),
            ("cancelled", "2099-01-02T00:00:00Z", 0, &["the booking is not active"]),
            ("returned", "2099-01-02T00:00:00Z", 0, &["the booking is not active"]),
            ("confirmed", "2020-01-02T00:00:00Z", 0, &["the booking is over"]),
        ] {
            let booking = fresh("bkg_");
            let mut detail = confirmed(&booking, &stack.customer().address, 1, true);
            detail["booking"]["status"] = json!(status);
            detail["booking"]["starts_at"] = json!("2020-01-01T00:00:00Z");
            detail["booking"]["ends_at"] = json!(ends_at);
            assert_eq!(stack.project_bookings(&[event("booking.confirmed", &detail)]).await, [""; 0]);
            assert_eq!(stack.confirmations(&booking).await, confirmations, "{status} until {ends_at}");
            assert_eq!(why_not(&booking), why, "{status} until {ends_at}");
        }
    });
}

/// What the log says of confirmations of a booking that are not sent.
fn why_not(booking: &str) -> Vec<String> {
    let lines = logged("a confirmation is not sent", booking);
    lines.iter().map(|line| line["fields"]["reason"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_event_that_asks_for_a_confirmation_and_leads_to_no_mail_says_why() {
    on_the_stack(async |stack| {
        for (what, detail_type, notify, sent, erased, why) in [
            ("asks", "booking.confirmed", true, false, false, [""; 0].as_slice()),
            ("asks for none", "booking.confirmed", false, true, false, &[]),
            ("cannot ask", "booking.updated", true, true, false, &[]),
            ("was sent", "booking.confirmed", true, true, false, &["it was sent or answered before"]),
            (
                "of before an erasure",
                "booking.confirmed",
                true,
                false,
                true,
                &["the booking or its customer was erased"],
            ),
            ("of before an erasure, asks for none", "booking.confirmed", false, false, true, &[]),
        ] {
            let (customer, booking) = (stack.customer(), fresh("bkg_"));
            let mut detail = confirmed(&booking, &customer.address, 1, notify);
            detail["metadata"]["occurred_at"] = json!(EARLIER);
            if sent {
                let mut asks = detail.clone();
                asks["metadata"]["notify"] = json!(true);
                stack.project("booking.confirmed", &asks).await;
                let mail = message(&json!({"mail": "confirmation", "booking": booking}));
                assert_eq!(failed(stack.send_mail.handle(batch(&[mail])).await), [""; 0], "{what}");
                assert_eq!(stack.mails_to(&customer.address).len(), 1, "{what}");
            }
            if erased {
                assert_eq!(stack.project_bookings(&[erasure(&customer)]).await, [""; 0], "{what}");
            }
            stack.project(detail_type, &detail).await;
            assert_eq!(why_not(&booking), why, "{what}");
        }
    });
}

#[test]
fn what_breaks_the_contract_is_put_aside_with_the_reason_and_changes_nothing() {
    const CONFIRMED: &str = "booking.confirmed";
    on_the_stack(async |stack| {
        type Change = fn(&mut Value);
        for (detail_type, change, reason) in [
            ("booking.renamed", (|_| ()) as Change, "detail-type: expected one of booking.confirmed, "),
            (
                CONFIRMED,
                |detail| detail["metadata"]["schema_version"] = json!("2.0"),
                "metadata.schema_version: expected major version 1",
            ),
            (
                CONFIRMED,
                |detail| drop(detail.as_object_mut().unwrap().remove("metadata")),
                "metadata: missing, expected an object",
            ),
            (
                CONFIRMED,
                |detail| detail["booking"]["documents"] = foreign_document(),
                "booking.documents[0].file.key: ",
            ),
            (CONFIRMED, too_large, "booking: expected at most 409600 bytes as kept"),
        ] {
            let (customer, booking) = stack.customer_with_booking().await;
            let mut detail = confirmed(&booking, &customer.address, 2, true);
            change(&mut detail);
            let other = fresh("bkg_");
            let beside = event(CONFIRMED, &confirmed(&other, &customer.address, 1, false));
            let refused = event(detail_type, &detail);
            assert_eq!(stack.project_bookings(&[refused.clone(), beside]).await, [""; 0], "{reason}");
            let letters = stack.messages("BookingDeadLetters", &booking).await;
            let [letter] = letters.as_slice() else { panic!("{reason}: {} dead letters", letters.len()) };
            assert_eq!(letter.body(), Some(refused.body.as_str()), "{reason}: whole");
            let given = letter.message_attributes.as_ref().unwrap()["reason"].string_value().unwrap();
            assert!(given.starts_with(reason), "{reason}: {given}");
            assert_eq!(stack.revision(&booking).await, Some((1, customer.id)), "{reason}");
            assert_eq!(stack.confirmations(&booking).await, 0, "{reason}");
            assert_eq!(stack.revision(&other).await, Some((1, customer.id)), "{reason}: the other one is applied");
        }
    });
}

fn foreign_document() -> Value {
    json!([{"document_id": "d", "kind": "invoice", "title": "Invoice", "issued_at": "2027-05-03T00:00:00Z",
            "file": {"key": "documents/bkg_of_others/d.pdf", "size_bytes": 9}}])
}

/// As the contract says, but more than the table keeps.
fn too_large(detail: &mut Value) {
    let cart = json!({"asset_type": "Ä".repeat(2000), "name": "Ä".repeat(2000)});
    let line = json!({"label": "Ä".repeat(2000), "amount_minor": 1});
    detail["booking"]["carts"] = json!(vec![cart; 50]);
    detail["booking"]["price"]["lines"] = json!(vec![line; 50]);
}

#[test]
fn an_event_that_cannot_be_applied_now_comes_again() {
    on_the_stack(async |stack| {
        let without_table: fn(&str) -> _ = |name| if name == "TABLE" { Some("gone".into()) } else { variable(name) };
        let without_mail_queue: fn(&str) -> _ = |name| variable(if name == "MAIL_QUEUE_URL" { "TABLE" } else { name });
        let without_dead_letters: fn(&str) -> _ =
            |name| variable(if name == "DEAD_LETTER_QUEUE_URL" { "TABLE" } else { name });
        for (what, look_up, detail_type) in [
            ("no table", without_table, "booking.confirmed"),
            ("no table", without_table, "customer.erased"),
            ("no mail queue", without_mail_queue, "booking.confirmed"),
            ("nowhere to put it aside", without_dead_letters, "booking.renamed"),
        ] {
            let env = Environment::new(look_up);
            let function = ProjectBookings::start(&env).await.unwrap();
            let (customer, booking) = (stack.customer(), fresh("bkg_"));
            let mut detail = confirmed(&booking, &customer.address, 1, true);
            detail["customer"] = json!({"email": customer.address});
            let message = event(detail_type, &detail);
            assert_eq!(
                failed(function.handle(batch(slice::from_ref(&message))).await),
                [message.id.as_str()],
                "{what}"
            );
            // Where it is applied at last, nothing of it is lost.
            assert_eq!(stack.project_bookings(&[message]).await, [""; 0], "{what}");
            let asks = usize::from(detail_type == "booking.confirmed");
            assert_eq!(stack.confirmations(&booking).await, asks, "{what}, {detail_type}");
        }
    });
}

#[test]
fn a_link_of_an_event_is_kept_as_browsers_read_it_if_its_host_is_allowed() {
    on_the_stack(async |stack| {
        for (link, kept) in [
            ("https://track.example.com/d/1", Some("https://track.example.com/d/1")),
            ("Https://track.example.com/d/1", Some("https://track.example.com/d/1")),
            ("https://TRACK.example.com/d/../1", Some("https://track.example.com/1")),
            ("https:track.example.com", Some("https://track.example.com/")),
            ("https://track.example.com\\@evil.example/", None),
            ("https:\\\\track.example.com/d/1", None),
            ("https://track.example.com.evil.example/d/1", None),
            ("https://evil.example/track.example.com", None),
            ("http://track.example.com/d/1", None),
            ("https://somebody@track.example.com/d/1", None),
            ("javascript:alert(1)", None),
        ] {
            let (customer, booking) = (stack.customer(), fresh("bkg_"));
            let mut detail = about("delivery.updated.json", &booking, &customer);
            detail["booking"]["delivery"]["tracking_url"] = json!(link);
            detail["booking"]["payment"] = json!({"url": link.replace("track", "pay").replace("TRACK", "pay")});
            stack.project("delivery.updated", &detail).await;
            let filed = stack.store.booking(&id(&booking)).await.unwrap().unwrap().booking;
            assert_eq!(filed.delivery.unwrap().tracking_url.as_deref(), kept, "{link}");
            let pays = kept.map(|kept| kept.replace("track", "pay"));
            assert_eq!(filed.payment.unwrap().url, pays, "{link}");
            let session = stack.keep(&customer, Life::Used).await.cookie();
            let page = asked("GET /bookings/{booking_id}").at("booking_id", &booking).cookie(&session);
            let page = stack.dashboard(&page).await.body;
            assert_eq!(page.contains("href=\"https://track."), kept.is_some(), "{link}");
            assert!(kept.is_none_or(|kept| page.contains(&format!("href=\"{kept}\""))), "{link}: {page}");
            assert!(!page.contains("evil.example"), "{link}: {page}");
        }
    });
}

/// When the events of a case occurred; that of the erasure is in between.
const EARLIER: &str = "2026-05-01T00:00:00Z";
const ERASED: &str = "2026-05-15T00:00:00Z";
const LATER: &str = "2026-06-01T00:00:00Z";

fn erasure(customer: &Customer) -> Message {
    erasure_of(customer, ERASED)
}

fn erasure_of(customer: &Customer, occurred_at: &str) -> Message {
    event(
        "customer.erased",
        &json!({"metadata": {"event_id": "e", "schema_version": "1.0", "occurred_at": occurred_at},
                "customer": {"email": customer.address}}),
    )
}

/// A confirmed booking that asks for its confirmation, as of [`EARLIER`].
fn asked_for(booking: &str, customer: &Customer, revision: u64) -> Value {
    let mut detail = confirmed(booking, &customer.address, revision, true);
    detail["metadata"]["occurred_at"] = json!(EARLIER);
    detail
}

#[test]
fn an_erasure_takes_what_occurred_before_it_in_whatever_order_events_arrive() {
    on_the_stack(async |stack| {
        // When the booking's event occurred; whether it comes before the erasure; what is left of booking and documents.
        for (what, occurred_at, comes_first, is_left) in [
            ("an earlier one", EARLIER, true, false),
            ("an earlier one, late", EARLIER, false, false),
            ("one of that very moment", ERASED, true, false),
            ("one of that very moment, late", ERASED, false, false),
            ("a later one", LATER, true, true),
            ("a later one, in order", LATER, false, true),
        ] {
            let (customer, other, booking) = (stack.customer(), stack.customer(), fresh("bkg_"));
            let mut detail = about("document.issued.json", &booking, &customer);
            detail["metadata"]["occurred_at"] = json!(occurred_at);
            stack.portal.put_document(&format!("documents/{booking}/doc_sample_agreement.pdf")).await;
            let others = fresh("bkg_");
            stack.project("booking.updated", &confirmed(&others, &other.address, 1, false)).await;

            let mut events = [erasure(&customer), event("document.issued", &detail)];
            if comes_first {
                events.reverse();
            }
            for message in events {
                assert_eq!(stack.project_bookings(&[message]).await, [""; 0], "{what}");
            }
            assert_eq!(stack.revision(&booking).await, is_left.then_some((2, customer.id)), "{what}");
            assert_eq!(stack.store.newest_addressee(customer.id).await.unwrap().is_some(), is_left, "{what}");
            assert_eq!(stack.documents_of(&booking).await, usize::from(is_left), "{what}");
            assert_eq!(stack.revision(&others).await, Some((1, other.id)), "{what}: of somebody else");
            assert_eq!(stack.reasons(&booking).await, [""; 0], "{what}");
        }
    });
}

#[test]
fn an_erasure_takes_all_traces_but_that_a_customer_wants_no_mail() {
    on_the_stack(async |stack| {
        let at: Timestamp = EARLIER.parse().unwrap();
        for (what, bounced, complained) in
            [("neither", false, false), ("a bounce", true, false), ("a complaint", false, true), ("both", true, true)]
        {
            let (customer, booking) = (stack.customer(), fresh("bkg_"));
            let mut detail = confirmed(&booking, &customer.address, 1, true);
            detail["metadata"]["occurred_at"] = json!(EARLIER);
            stack.project("booking.confirmed", &detail).await;
            let (session, link) = (stack.keep(&customer, Life::Used).await, stack.keep(&customer, Life::Fresh).await);
            let key = RateLimitKey::Customer(customer.id);
            stack.store.count_request(key, &Limit::FOR_A_CUSTOMER, Timestamp::now()).await.unwrap();
            if bounced {
                stack.store.bounced(customer.id, at).await.unwrap();
            }
            if complained {
                stack.store.complained(customer.id, at).await.unwrap();
            }
            // However often it comes.
            for _ in 0..2 {
                assert_eq!(stack.project_bookings(&[erasure(&customer)]).await, [""; 0], "{what}");
            }
            assert!(stack.store.newest_addressee(customer.id).await.unwrap().is_none(), "{what}");
            assert!(stack.store.standing(&id(&booking)).await.unwrap().is_none(), "{what}");
            assert!(stack.sign_in(&session).await.is_none() && stack.sign_in(&link).await.is_none(), "{what}");
            let counted = stack.store.count_request(key, &Limit::FOR_A_CUSTOMER, Timestamp::now()).await.unwrap();
            assert_eq!(counted, Verdict::Counted, "{what}: a second request would be a repetition");
            let suppression = stack.store.suppression(customer.id).await.unwrap();
            assert_eq!((suppression.bounced_at, suppression.complained_at), (None, complained.then_some(at)), "{what}");
        }
    });
}

#[test]
fn nothing_is_held_up_by_a_clock_that_runs_ahead() {
    on_the_stack(async |stack| {
        let now = Timestamp::now();
        let got = |hours_ago: i64, message: Message| {
            let mut envelope: Value = serde_json::from_str(&message.body).unwrap();
            envelope["time"] = json!(now - SignedDuration::from_hours(hours_ago));
            Message { body: envelope.to_string(), ..message }
        };
        let ahead = json!(now + SignedDuration::from_hours(10));

        // An erasure stamped ten hours ahead takes what came before it, and nothing of what comes an hour later.
        let (customer, booking) = stack.customer_with_booking().await;
        let mut erasure: Value = serde_json::from_str(&erasure(&customer).body).unwrap();
        erasure["detail"]["metadata"]["occurred_at"] = ahead.clone();
        let erasure = Message { body: erasure.to_string(), ..message(&json!({})) };
        let mut later = confirmed(&booking, &customer.address, 2, true);
        later["metadata"]["occurred_at"] = json!(now);
        let later = event("booking.confirmed", &later);
        assert_eq!(stack.project_bookings(&[got(1, erasure)]).await, [""; 0]);
        assert_eq!(stack.project_bookings(&[got(0, later)]).await, [""; 0]);
        assert_eq!(stack.revision(&booking).await, Some((2, customer.id)));
        assert_eq!(stack.confirmations(&booking).await, 1);
        stack.send_confirmation(&booking).await;
        assert_eq!(stack.mails_to(&customer.address).len(), 1);
        let session = stack.keep(&customer, Life::Used).await.cookie();
        let shown = stack.dashboard(&asked("GET /").cookie(&session)).await;
        assert!(shown.body.contains(&booking), "{shown:?}");

        // A bounce after an event that was stamped ahead still stops mail.
        let mut stamped = confirmed(&booking, &customer.address, 3, false);
        stamped["metadata"]["occurred_at"] = ahead.clone();
        assert_eq!(stack.project_bookings(&[got(0, event("booking.updated", &stamped))]).await, [""; 0]);
        stack.store.bounced(customer.id, now + SignedDuration::from_secs(60)).await.unwrap();
        assert!(stack.store.suppression(customer.id).await.unwrap().suppressed().is_some());

        // A change that was stamped ahead is news from when the bus got it.
        let (customer, booking) = stack.customer_with_booking().await;
        let mut moved = confirmed(&booking, &customer.address, 2, false);
        moved["metadata"]["occurred_at"] = json!("2098-01-01T00:00:00Z");
        moved["booking"]["ends_at"] = json!("2027-06-16T17:00:00-04:00");
        assert_eq!(stack.project_bookings(&[got(3, event("booking.updated", &moved))]).await, [""; 0]);
        let change = stack.store.booking(&id(&booking)).await.unwrap().unwrap().change.unwrap();
        assert!(change.is_news(now) && !change.is_news(now + SignedDuration::from_hours(7 * 24)));
        // And a later one shows in its turn.
        let mut dearer = confirmed(&booking, &customer.address, 3, false);
        dearer["metadata"]["occurred_at"] = json!(now);
        dearer["booking"]["ends_at"] = moved["booking"]["ends_at"].clone();
        dearer["booking"]["price"]["total_minor"] = json!(60_000);
        assert_eq!(stack.project_bookings(&[got(0, event("booking.updated", &dearer))]).await, [""; 0]);
        let change = stack.store.booking(&id(&booking)).await.unwrap().unwrap().change.unwrap();
        assert!(change.at == now && change.dates.is_some() && change.total.is_some(), "{change:?}");
    });
}

#[test]
fn when_a_delivery_took_its_steps_is_kept_with_the_booking_and_its_row() {
    on_the_stack(async |stack| {
        // Each event: the revision, the delivery's status, the hour at which it occurred, and whose the booking is.
        for (what, events, steps) in [
            ("no delivery", vec![(1, "", 6, 0)], json!({})),
            (
                "step by step",
                vec![(1, "scheduled", 6, 0), (2, "on_the_way", 7, 0)],
                json!({"scheduled": 6, "on_the_way": 7}),
            ),
            ("news of the same step", vec![(1, "on_the_way", 6, 0), (2, "on_the_way", 7, 0)], json!({"on_the_way": 6})),
            ("a repetition", vec![(1, "on_the_way", 6, 0), (1, "on_the_way", 7, 0)], json!({"on_the_way": 6})),
            (
                "an older one, late",
                vec![(2, "on_the_way", 7, 0), (1, "scheduled", 6, 0)],
                json!({"scheduled": 6, "on_the_way": 7}),
            ),
            (
                "one that occurred before",
                vec![(1, "on_the_way", 7, 0), (2, "on_the_way", 6, 0)],
                json!({"on_the_way": 6}),
            ),
            ("begun anew", vec![(1, "failed", 6, 0), (2, "scheduled", 7, 0)], json!({"scheduled": 7, "failed": 6})),
            ("left out", vec![(1, "delivered", 6, 0), (2, "", 7, 0)], json!({"delivered": 6})),
            (
                "booked under another address first",
                vec![(1, "scheduled", 6, 1), (2, "on_the_way", 7, 0)],
                json!({"scheduled": 6, "on_the_way": 7}),
            ),
        ] {
            let (customers, booking) = ([stack.customer(), stack.customer()], fresh("bkg_"));
            let at = |hour: u64| format!("2026-05-03T{hour:02}:00:00Z");
            for (revision, status, hour, whose) in events {
                let mut detail = confirmed(&booking, &customers[whose].address, revision, false);
                detail["metadata"]["occurred_at"] = json!(at(hour));
                if !status.is_empty() {
                    detail["booking"]["delivery"] = json!({"status": status, "updated_at": at(23)});
                }
                stack.project("delivery.updated", &detail).await;
            }
            let steps = steps.as_object().unwrap().iter();
            let steps: Value = steps.map(|(step, hour)| (step.clone(), json!(at(hour.as_u64().unwrap())))).collect();
            let filed = stack.store.booking(&id(&booking)).await.unwrap().unwrap();
            assert_eq!(json!(filed.progress), steps, "{what}");
            let session = stack.keep(&customers[0], Life::Used).await;
            let shown = stack.store.own_rows(&session.session_with(&session), Timestamp::now()).await.unwrap();
            assert_eq!(json!(shown.unwrap().1.active[0].progress), steps, "{what}: on the dashboard");
            assert_eq!(logged("an event says something else", &booking), [Value::Null; 0], "{what}: no contradiction");
        }
    });
}

/// What has happened to a customer's one booking before the erasure.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Past {
    Booked,
    MovedAway,
    MovedAwayAndMailedThere,
    MailedWithoutAskingAndMovedAway,
    AskedOfAnothersBooking,
    MovedAwayAndBack,
    UnreadableBooking,
    UnreadableRow,
    RowWithoutABooking,
    RowOfAnothersBooking,
    RowThatNamesNoBooking,
    UnreadableSignIn,
    Complained,
    CachedDashboardAlone,
    ItemOfAnotherRelease,
}

impl Stack {
    pub(crate) async fn send_confirmation(&self, booking: &str) {
        let mail = message(&json!({"mail": "confirmation", "booking": booking}));
        assert_eq!(failed(self.send_mail.handle(batch(&[mail])).await), [""; 0]);
    }

    /// Makes `past` happen to the booking; `other` is the customer to or from whom it moves.
    async fn live_through(&self, past: Past, customer: &Customer, other: &Customer, booking: &str) {
        let asks = async |whose: &Customer, revision| {
            self.project("booking.confirmed", &asked_for(booking, whose, revision)).await;
        };
        let moves = async |to: &Customer, revision| {
            self.project("booking.updated", &asked_for(booking, to, revision)).await;
        };
        let partition = format!("CUSTOMER#{}", customer.id);
        match past {
            Past::Booked => asks(customer, 1).await,
            Past::MovedAway => {
                asks(customer, 1).await;
                moves(other, 2).await;
            }
            Past::MovedAwayAndMailedThere => {
                asks(customer, 1).await;
                self.send_confirmation(booking).await;
                asks(other, 2).await;
                self.send_confirmation(booking).await;
            }
            Past::MailedWithoutAskingAndMovedAway => {
                asks(other, 1).await;
                moves(customer, 2).await;
                self.send_confirmation(booking).await;
                assert_eq!(self.mails_to(&customer.address).len(), 1);
                moves(other, 3).await;
            }
            Past::AskedOfAnothersBooking => {
                moves(other, 2).await;
                asks(customer, 1).await;
            }
            Past::MovedAwayAndBack => {
                asks(customer, 1).await;
                moves(other, 2).await;
                moves(customer, 3).await;
            }
            Past::UnreadableBooking => {
                asks(customer, 1).await;
                self.overwrite(&format!("BOOKING#{booking}"), "BOOKING", "booking", "{\"half").await;
            }
            Past::UnreadableRow => {
                asks(customer, 1).await;
                let row = self.portal.items_of(&partition, "ROW#").await.pop().unwrap();
                self.overwrite(&partition, row["sk"].as_s().unwrap(), "row", "no row").await;
            }
            Past::RowWithoutABooking => self.overwrite(&partition, "ROW#2#20260101T000000Z#gone", "row", "{}").await,
            Past::RowOfAnothersBooking => {
                asks(other, 1).await;
                self.overwrite(&partition, &format!("ROW#2#20260101T000000Z#{booking}"), "row", "{}").await;
            }
            Past::RowThatNamesNoBooking => self.overwrite(&partition, "ROW#2#no booking", "row", "{}").await,
            Past::UnreadableSignIn => {
                self.overwrite(&format!("SIGNINS#{}", customer.id), "a hash", "made_at", "x").await;
            }
            Past::Complained => {
                asks(customer, 1).await;
                self.store.complained(customer.id, EARLIER.parse().unwrap()).await.unwrap();
                self.store.bounced(customer.id, EARLIER.parse().unwrap()).await.unwrap();
            }
            Past::CachedDashboardAlone => self.overwrite(&partition, "DASHBOARD", "change_id", "1").await,
            Past::ItemOfAnotherRelease => self.overwrite(&partition, "PREFERENCES", "name", "Ana").await,
        }
    }
}

#[test]
fn an_erasure_leaves_nothing_of_a_customer_in_the_whole_table_but_that_and_a_complaint() {
    use Past::{
        AskedOfAnothersBooking, Booked, CachedDashboardAlone, Complained, ItemOfAnotherRelease,
        MailedWithoutAskingAndMovedAway, MovedAway, MovedAwayAndBack, MovedAwayAndMailedThere, RowOfAnothersBooking,
        RowThatNamesNoBooking, RowWithoutABooking, UnreadableBooking, UnreadableRow, UnreadableSignIn,
    };
    on_the_stack(async |stack| {
        // How many bookings and confirmations it says it removed, and which sets of the confirmation are left.
        for (past, bookings, confirmations, left) in [
            (Booked, 1, 1, [""; 0].as_slice()),
            (MovedAway, 0, 1, &[]),
            (MovedAwayAndMailedThere, 0, 1, &["answered", "asked", "sent"]),
            (MailedWithoutAskingAndMovedAway, 0, 1, &["answered", "asked"]),
            (AskedOfAnothersBooking, 0, 1, &[]),
            (MovedAwayAndBack, 1, 1, &[]),
            (UnreadableBooking, 1, 1, &[]),
            (UnreadableRow, 1, 1, &[]),
            (RowWithoutABooking, 0, 0, &[]),
            (RowOfAnothersBooking, 0, 0, &["asked"]),
            (RowThatNamesNoBooking, 0, 0, &[]),
            (UnreadableSignIn, 0, 0, &[]),
            (Complained, 1, 1, &[]),
            (CachedDashboardAlone, 0, 0, &[]),
            (ItemOfAnotherRelease, 0, 0, &[]),
        ] {
            let (customer, other, booking) = (stack.customer(), stack.customer(), fresh("bkg_"));
            stack.live_through(past, &customer, &other, &booking).await;
            assert_ne!(stack.left_of(&customer).await, [""; 0], "{past:?}: what is there is found");
            // However often it comes.
            for _ in 0..2 {
                assert_eq!(stack.project_bookings(&[erasure(&customer)]).await, [""; 0], "{past:?}");
                let complaint = (past == Complained).then_some("SUPPRESSION#@ SUPPRESSION");
                let expected: Vec<_> = ["CUSTOMER#@ ERASED"].into_iter().chain(complaint).collect();
                assert_eq!(stack.left_of(&customer).await, expected, "{past:?}");
            }
            let of_the_other = stack.portal.items_of(&format!("BOOKING#{booking}"), "CONFIRMATION").await.pop();
            let mut sets: Vec<_> = of_the_other.iter().flatten().filter(|(_, value)| value.is_ss()).collect();
            sets.sort_by_key(|(name, _)| *name);
            assert!(sets.iter().all(|(_, set)| *set.as_ss().unwrap() == [other.id.to_string()]), "{past:?}: {sets:?}");
            assert_eq!(sets.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), left, "{past:?}");
            let said = &logged("a customer was erased", &customer.id.to_string());
            let counted = |line: &Value| ["bookings", "confirmations"].map(|name| line["fields"][name].clone());
            assert_eq!(counted(&said[0]), [json!(bookings), json!(confirmations)], "{past:?}");
            assert_eq!(counted(&said[1]), [json!(0), json!(0)], "{past:?}: again");
        }
    });
}

#[test]
fn an_erasure_says_how_much_it_removed_and_warns_once_where_that_was_nothing_or_not_all() {
    const NOTHING: &str = "an erasure found nothing";
    const LATER_ONES: &str = "an erasure left bookings that occurred later";
    const ELSEWHERE: &str = "2026-05-10T00:00:00Z";
    on_the_stack(async |stack| {
        // When each booking of the customer occurred; when the erasures did; what is said of each: bookings, documents,
        // sign-ins; the warnings, the second with the number of bookings.
        for (what, bookings, erasures, removed, nothing, left) in [
            ("a booking", vec![EARLIER], vec![ERASED], vec![[1, 2, 1]], 0, vec![]),
            ("two, again", vec![EARLIER, EARLIER], vec![ERASED, ERASED], vec![[2, 4, 1], [0, 0, 0]], 0, vec![]),
            ("nobody", vec![], vec![ERASED], vec![[0, 0, 0]], 1, vec![]),
            ("nobody, again", vec![], vec![ERASED, ERASED], vec![[0, 0, 0]; 2], 1, vec![]),
            ("nobody, and later", vec![], vec![ERASED, LATER], vec![[0, 0, 0]; 2], 2, vec![]),
            ("nobody, and earlier", vec![], vec![ERASED, ELSEWHERE], vec![[0, 0, 0]; 2], 1, vec![]),
            ("a later one", vec![LATER], vec![ERASED], vec![[0, 0, 1]], 0, vec![1]),
            ("both, again", vec![LATER, EARLIER, LATER], vec![ERASED, ERASED], vec![[1, 2, 1], [0, 0, 0]], 0, vec![2]),
            ("a later one, and then that", vec![LATER], vec![ERASED, LATER], vec![[0, 0, 1], [1, 2, 0]], 0, vec![1]),
        ] {
            let customer = stack.customer();
            for occurred_at in &bookings {
                let booking = fresh("bkg_");
                let mut detail = about("document.issued.json", &booking, &customer);
                detail["metadata"]["occurred_at"] = json!(occurred_at);
                stack.project("document.issued", &detail).await;
                for file in ["doc_sample_agreement.pdf", "another.pdf"] {
                    stack.portal.put_document(&format!("documents/{booking}/{file}")).await;
                }
            }
            if !bookings.is_empty() {
                stack.keep(&customer, Life::Fresh).await;
            }
            for occurred_at in erasures {
                assert_eq!(stack.project_bookings(&[erasure_of(&customer, occurred_at)]).await, [""; 0], "{what}");
            }
            let id = customer.id.to_string();
            let numbers =
                |line: &Value| ["bookings", "documents", "sign_ins"].map(|name| line["fields"][name].as_u64().unwrap());
            let said: Vec<_> = logged("a customer was erased", &id).iter().map(numbers).collect();
            assert_eq!(said, removed, "{what}");
            let warnings = [logged(NOTHING, &id), logged(LATER_ONES, &id)];
            assert!(warnings.iter().flatten().all(|line| line["level"] == "WARN"), "{what}");
            assert_eq!(warnings[0].len(), nothing, "{what}");
            let stayed: Vec<_> = warnings[1].iter().map(|line| line["fields"]["later_bookings"].clone()).collect();
            assert_eq!(stayed, left, "{what}");
        }
    });
}

#[test]
fn an_erasure_that_was_cut_short_goes_on_and_does_not_say_that_it_found_nothing() {
    on_the_stack(async |stack| {
        let without_bucket: fn(&str) -> _ =
            |name| if name == "DOCUMENTS_BUCKET" { Some("no-such-bucket".into()) } else { variable(name) };
        let function = ProjectBookings::start(&Environment::new(without_bucket)).await.unwrap();
        let (customer, booking) = (stack.customer(), fresh("bkg_"));
        stack.project("booking.confirmed", &asked_for(&booking, &customer, 1)).await;
        stack.portal.put_document(&format!("documents/{booking}/agreement.pdf")).await;
        let message = erasure(&customer);
        assert_eq!(
            failed(function.handle(batch(slice::from_ref(&message))).await),
            [message.id.as_str()],
            "its documents could not be removed"
        );
        assert_eq!((stack.revision(&booking).await, stack.documents_of(&booking).await), (None, 1));
        assert_eq!(stack.project_bookings(&[message]).await, [""; 0]);
        assert_eq!(stack.documents_of(&booking).await, 0);
        assert_eq!(stack.left_of(&customer).await, ["CUSTOMER#@ ERASED"]);
        assert_eq!(logged("an erasure found nothing", &customer.id.to_string()), [Value::Null; 0]);
    });
}

#[test]
fn a_booking_that_outlives_an_erasure_keeps_its_confirmation() {
    on_the_stack(async |stack| {
        for (what, is_sent) in [("not sent yet", false), ("sent", true)] {
            let (customer, booking) = (stack.customer(), fresh("bkg_"));
            stack.project("booking.confirmed", &asked_for(&booking, &customer, 1)).await;
            if is_sent {
                stack.send_confirmation(&booking).await;
            }
            let mut later = asked_for(&booking, &customer, 2);
            later["metadata"]["occurred_at"] = json!(LATER);
            stack.project("booking.updated", &later).await;
            let before = stack.store.standing(&id(&booking)).await.unwrap();
            assert_eq!(stack.project_bookings(&[erasure(&customer)]).await, [""; 0], "{what}");
            assert_eq!(stack.store.standing(&id(&booking)).await.unwrap(), before, "{what}");
            stack.send_confirmation(&booking).await;
            assert_eq!(stack.mails_to(&customer.address).len(), 1, "{what}: one mail in all");
            assert_eq!(stack.project_bookings(&[erasure_of(&customer, LATER)]).await, [""; 0], "{what}");
            assert_eq!(stack.left_of(&customer).await, ["CUSTOMER#@ ERASED"], "{what}");
        }
    });
}

/// The address of a DynamoDB that answers so many calls and refuses all others.
static FAILING: OnceLock<String> = OnceLock::new();
static CALLS_LEFT: AtomicUsize = AtomicUsize::new(usize::MAX);

#[test]
fn an_erasure_that_ends_after_any_of_its_calls_is_whole_once_it_has_come_again() {
    on_the_stack(async |stack| {
        let proxy = Proxy::new(|_: &mut Call| {
            let left = CALLS_LEFT.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            if left.is_ok() { Fate::Pass } else { Fate::Refuse(400, "AccessDeniedException") }
        })
        .await;
        proxy.leads_to(&stack.portal.stack.aws.endpoints.dynamodb);
        FAILING.set(proxy.url.clone()).unwrap();
        let through: fn(&str) -> _ =
            |name| if name == "AWS_ENDPOINT_URL_DYNAMODB" { FAILING.get().cloned() } else { variable(name) };
        let function = ProjectBookings::start(&Environment::new(through)).await.unwrap();
        let mut calls = 0;
        loop {
            let (customer, other) = (stack.customer(), stack.customer());
            let (booking, moved) = (fresh("bkg_"), fresh("bkg_"));
            stack.live_through(Past::MovedAwayAndMailedThere, &customer, &other, &moved).await;
            stack.live_through(Past::Booked, &customer, &other, &booking).await;
            for id in [&booking, &moved] {
                stack.portal.put_document(&format!("documents/{id}/agreement.pdf")).await;
            }
            CALLS_LEFT.store(calls, Ordering::SeqCst);
            let message = erasure(&customer);
            let cut_short = failed(function.handle(batch(slice::from_ref(&message))).await);
            assert_eq!(stack.project_bookings(&[message]).await, [""; 0], "after {calls} calls");
            assert_eq!(stack.left_of(&customer).await, ["CUSTOMER#@ ERASED"], "after {calls} calls");
            assert_eq!([stack.documents_of(&booking).await, stack.documents_of(&moved).await], [0, 1], "{calls} calls");
            assert_eq!(stack.revision(&moved).await, Some((2, other.id)), "after {calls} calls");
            let mark = stack.portal.items_of(&format!("CUSTOMER#{}", customer.id), "ERASED").await.pop().unwrap();
            assert!(!mark.contains_key("documents_of"), "after {calls} calls: nothing is left to do");
            assert_eq!(logged("an erasure found nothing", &customer.id.to_string()), [Value::Null; 0], "{calls} calls");
            if cut_short.is_empty() {
                break;
            }
            calls += 1;
        }
        assert!(calls > 15, "an erasure takes more than {calls} calls");
    });
}

#[test]
fn documents_go_with_whose_they_are_and_with_nobody_else() {
    /// What comes last, and finds two files in the booking's folder: one that the customer's event names, one it does not.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Last {
        VoidEvent,
        Erasure,
    }
    /// Under whom the booking stands then.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Stands {
        Nowhere,
        UnderThem,
        UnderThemWhoNameIt,
        UnderThemUnreadable,
        UnderAnother,
        UnderAnotherWhoNamesIt,
        UnderAnotherUnreadable,
    }
    use Stands::{
        Nowhere, UnderAnother, UnderAnotherUnreadable, UnderAnotherWhoNamesIt, UnderThem, UnderThemUnreadable,
        UnderThemWhoNameIt,
    };
    const NAMED: &str = "doc_sample_agreement.pdf";
    const OTHER: &str = "other.pdf";
    on_the_stack(async |stack| {
        for (last, stands, left) in [
            (Last::VoidEvent, Nowhere, [OTHER].as_slice()),
            (Last::VoidEvent, UnderThem, &[OTHER]),
            (Last::VoidEvent, UnderThemWhoNameIt, &[NAMED, OTHER]),
            (Last::VoidEvent, UnderAnother, &[NAMED, OTHER]),
            (Last::VoidEvent, UnderAnotherWhoNamesIt, &[NAMED, OTHER]),
            (Last::Erasure, Nowhere, &[]),
            (Last::Erasure, UnderThem, &[NAMED, OTHER]),
            (Last::Erasure, UnderThemUnreadable, &[]),
            (Last::Erasure, UnderAnother, &[NAMED, OTHER]),
            (Last::Erasure, UnderAnotherUnreadable, &[NAMED, OTHER]),
        ] {
            let (customer, other, booking) = (stack.customer(), stack.customer(), fresh("bkg_"));
            let theirs = |revision: u64, occurred_at: &str, whose: &Customer| {
                let mut detail = about("document.issued.json", &booking, whose);
                detail["metadata"] = json!({"event_id": "e", "schema_version": "1.0", "occurred_at": occurred_at});
                detail["booking"]["revision"] = json!(revision);
                detail
            };
            let first = theirs(1, EARLIER, &customer);
            stack.project("document.issued", &first).await;
            if last == Last::VoidEvent && matches!(stands, UnderThem | UnderThemWhoNameIt) {
                assert_eq!(stack.project_bookings(&[erasure(&customer)]).await, [""; 0]);
            }
            let mut second = match stands {
                Nowhere | UnderThemUnreadable => None,
                UnderThem | UnderThemWhoNameIt => Some(theirs(2, LATER, &customer)),
                _ => Some(theirs(2, EARLIER, &other)),
            };
            if let Some(second) = &mut second {
                if !matches!(stands, UnderThemWhoNameIt | UnderAnotherWhoNamesIt) {
                    second["booking"]["documents"] = json!([]);
                }
                stack.project("booking.updated", second).await;
            }
            if let UnderThemUnreadable | UnderAnotherUnreadable = stands {
                stack.overwrite(&format!("BOOKING#{booking}"), "BOOKING", "booking", "no JSON").await;
            }
            if last == Last::VoidEvent {
                assert_eq!(stack.project_bookings(&[erasure(&customer)]).await, [""; 0], "{stands:?}");
            }
            for file in [NAMED, OTHER] {
                stack.portal.put_document(&format!("documents/{booking}/{file}")).await;
            }
            let message = match last {
                Last::VoidEvent => {
                    let mut asks = first.clone();
                    asks["metadata"]["notify"] = json!(true);
                    event("booking.confirmed", &asks)
                }
                Last::Erasure => erasure(&customer),
            };
            assert_eq!(stack.project_bookings(&[message]).await, [""; 0], "{last:?}, {stands:?}");
            let mut files = stack.portal.document_versions().await;
            let home = format!("documents/{booking}/");
            files.retain(|key| key.starts_with(&home));
            files.sort();
            let names: Vec<_> = files.iter().map(|key| key.strip_prefix(&home).unwrap()).collect();
            assert_eq!(names, left, "{last:?}, {stands:?}");
        }
    });
}

#[test]
fn who_is_erased_while_their_confirmation_is_mailed_is_not_noted_again() {
    on_the_stack(async |stack| {
        for (what, moves, sent_to_them, left) in [
            ("the booking goes, too", false, true, [""; 0].as_slice()),
            ("it has moved on", true, true, &["answered", "asked"]),
            ("it has moved on, and was mailed there", true, false, &["answered", "asked", "sent"]),
        ] {
            let (customer, other, booking) = (stack.customer(), stack.customer(), fresh("bkg_"));
            stack.project("booking.confirmed", &asked_for(&booking, &customer, 1)).await;
            if moves {
                stack.project("booking.confirmed", &asked_for(&booking, &other, 2)).await;
            }
            let (id, now) = (id(&booking), Timestamp::now());
            let lease = stack.store.lease_confirmation(&id, "a message", SignedDuration::ZERO, now).await.unwrap();
            let Lease::Held(leased) = lease else { panic!("{what}: {lease:?}") };
            assert_eq!(stack.project_bookings(&[erasure(&customer)]).await, [""; 0], "{what}");
            let sent_to = if sent_to_them { customer.id } else { other.id };
            stack.store.confirmation_answered(&id, &leased, Some(sent_to)).await.unwrap();
            assert_eq!(stack.left_of(&customer).await, ["CUSTOMER#@ ERASED"], "{what}");
            let confirmation = stack.portal.items_of(&format!("BOOKING#{booking}"), "CONFIRMATION").await.pop();
            let sets = confirmation.iter().flatten().filter(|(_, value)| value.is_ss());
            let sets: BTreeSet<_> = sets.map(|(name, _)| name.as_str()).collect();
            assert_eq!(sets.into_iter().collect::<Vec<_>>(), left, "{what}");
        }
    });
}

#[test]
fn a_booking_that_has_no_room_for_what_it_was_is_changed_without_a_word() {
    on_the_stack(async |stack| {
        let (customer, booking) = (stack.customer(), fresh("bkg_"));
        // The item has room for long names once, and for short ones twice: as they are, and as they were before.
        for (length, has_a_note) in [(1500, false), (100, true)] {
            let carts = |n: usize| json!(vec![json!({"asset_type": "Ä".repeat(length), "name": format!("{n}")}); 50]);
            let first = stack.revision(&booking).await.map_or(1, |(revision, _)| revision + 1);
            for revision in [first, first + 1] {
                let mut detail = confirmed(&booking, &customer.address, revision, false);
                detail["booking"]["carts"] = carts(revision.try_into().unwrap());
                detail["booking"]["add_ons"] = json!(vec![json!({"name": "Ä".repeat(length), "quantity": 1}); 50]);
                stack.project("booking.updated", &detail).await;
                assert_eq!(stack.revision(&booking).await, Some((revision, customer.id)), "{length}");
            }
            let filed = stack.store.booking(&id(&booking)).await.unwrap().unwrap();
            assert_eq!(filed.change.is_some(), has_a_note, "{length}");
        }
    });
}

#[test]
fn what_cannot_be_read_by_its_attributes_keeps_an_erasure_coming_and_nothing_else_of_the_customer() {
    on_the_stack(async |stack| {
        for (what, booking_of) in [("a booking", "BOOKING"), ("a confirmation", "CONFIRMATION")] {
            let (customer, other) = (stack.customer(), stack.customer());
            let (broken, whole) = (fresh("bkg_"), fresh("bkg_"));
            for booking in [&broken, &whole] {
                stack.project("booking.confirmed", &asked_for(booking, &customer, 1)).await;
                stack.portal.put_document(&format!("documents/{booking}/agreement.pdf")).await;
            }
            if booking_of == "CONFIRMATION" {
                stack.project("booking.updated", &asked_for(&broken, &other, 2)).await;
            }
            let attribute = if booking_of == "BOOKING" { "occurred_at" } else { "asked" };
            stack.overwrite(&format!("BOOKING#{broken}"), booking_of, attribute, "x").await;
            let session = stack.keep(&customer, Life::Used).await;

            let message = erasure(&customer);
            let failed = stack.project_bookings(slice::from_ref(&message)).await;
            assert_eq!(failed, [message.id.as_str()], "{what}: it comes again");
            assert_eq!(stack.revision(&whole).await, None, "{what}");
            assert_eq!(stack.documents_of(&whole).await, 0, "{what}");
            assert!(stack.sign_in(&session).await.is_none(), "{what}");

            // Once somebody has seen to it, the erasure is whole.
            let item = stack.portal.items_of(&format!("BOOKING#{broken}"), booking_of).await.pop().unwrap();
            stack.portal.remove(&item).await;
            assert_eq!(stack.project_bookings(&[message]).await, [""; 0], "{what}");
            assert_eq!(stack.left_of(&customer).await, ["CUSTOMER#@ ERASED"], "{what}");
        }
    });
}
