//! Booking events: what they do to the table, the mail queue, the dead letters and the documents.

use std::slice;

use jiff::Timestamp;
use portal_domain::{
    booking::BookingStatus,
    config::Environment,
    customer::CustomerId,
    rate_limit::{Limit, RateLimitKey, Verdict},
};
use portal_tests::samples::{confirmed, sample};
use project_bookings::ProjectBookings;
use serde_json::{Value, json};

use crate::{
    customers::{Customer, Life, about, fresh, id},
    queues::{Message, batch, event, failed, message},
    stack::{Stack, logged, on_the_stack, variable},
};

impl Stack {
    async fn project_bookings(&self, messages: &[Message]) -> Vec<String> {
        failed(self.project_bookings.handle(batch(messages)).await)
    }

    /// Revision and owner of a booking; none if it is not there.
    async fn revision(&self, booking: &str) -> Option<(u64, CustomerId)> {
        self.store.booking(&id(booking)).await.unwrap().map(|filed| (filed.booking.revision, filed.owner))
    }

    /// How many messages ask for the confirmation of a booking since this was called last.
    async fn confirmations(&self, booking: &str) -> usize {
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
                let row = stack.store.newest_row(customer.id).await.unwrap();
                assert_eq!(row.is_some(), has_it, "{what}");
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
            ("booking.renamed", (|_| ()) as Change, "detail-type: not one of this contract"),
            (
                CONFIRMED,
                |detail| detail["metadata"]["schema_version"] = json!("2.0"),
                "metadata.schema_version: only major",
            ),
            (
                CONFIRMED,
                |detail| drop(detail.as_object_mut().unwrap().remove("metadata")),
                ".: missing field `metadata`",
            ),
            (CONFIRMED, |detail| detail["booking"]["status"] = json!("lost"), "booking.status: "),
            (CONFIRMED, |detail| detail["booking"]["revision"] = json!(0), "booking.revision: "),
            (CONFIRMED, |detail| detail["booking"]["customer"]["email"] = json!("ana"), "booking.customer.email: "),
            (CONFIRMED, |detail| detail["booking"]["carts"] = json!([]), "booking.carts: "),
            (
                CONFIRMED,
                |detail| detail["booking"]["ends_at"] = json!("2020-01-01T00:00:00Z"),
                "booking.ends_at: must be",
            ),
            (
                CONFIRMED,
                |detail| detail["booking"]["documents"] = foreign_document(),
                "booking.documents.file.key: must",
            ),
            (CONFIRMED, too_large, "booking: of "),
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
fn a_tracking_link_is_kept_if_its_host_is_allowed() {
    on_the_stack(async |stack| {
        for (link, is_kept) in [
            ("https://track.example.com/d/1", true),
            ("https://track.example.com.evil.example/d/1", false),
            ("https://evil.example/track.example.com", false),
            ("http://track.example.com/d/1", false),
            ("https://somebody@track.example.com/d/1", false),
            ("javascript:alert(1)", false),
        ] {
            let (customer, booking) = (stack.customer(), fresh("bkg_"));
            let mut detail = about("delivery.updated.json", &booking, &customer);
            detail["booking"]["delivery"]["tracking_url"] = json!(link);
            stack.project("delivery.updated", &detail).await;
            let delivery = stack.store.booking(&id(&booking)).await.unwrap().unwrap().booking.delivery.unwrap();
            assert_eq!(delivery.tracking_url, is_kept.then(|| link.to_owned()), "{link}");
        }
    });
}

/// When the events of a case occurred; that of the erasure is in between.
const EARLIER: &str = "2026-05-01T00:00:00Z";
const ERASED: &str = "2026-05-15T00:00:00Z";
const LATER: &str = "2026-06-01T00:00:00Z";

fn erasure(customer: &Customer) -> Message {
    event(
        "customer.erased",
        &json!({"metadata": {"event_id": "e", "schema_version": "1.0", "occurred_at": ERASED},
                "customer": {"email": customer.address}}),
    )
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
            assert_eq!(stack.store.newest_row(customer.id).await.unwrap().is_some(), is_left, "{what}");
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
            assert!(stack.store.newest_row(customer.id).await.unwrap().is_none(), "{what}");
            assert!(stack.store.standing(&id(&booking)).await.unwrap().is_none(), "{what}");
            assert!(stack.sign_in(&session).await.is_none() && stack.sign_in(&link).await.is_none(), "{what}");
            let counted = stack.store.count_request(key, &Limit::FOR_A_CUSTOMER, Timestamp::now()).await.unwrap();
            assert_eq!(counted, Verdict::Counted, "{what}: a second request would be a repetition");
            let suppression = stack.store.suppression(customer.id).await.unwrap();
            assert_eq!((suppression.bounced_at, suppression.complained_at), (None, complained.then_some(at)), "{what}");
        }
    });
}
