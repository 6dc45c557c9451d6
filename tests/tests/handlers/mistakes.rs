//! Mistakes that people make when they write a sender: what each is told, and what the table holds afterwards.

use portal_tests::{readable, samples::confirmed};
use portal_views::messages::ENGLISH;
use serde_json::{Value, json};

use crate::{
    customers::{Life, fresh, id},
    http::asked,
    queues::{Message, event},
    stack::{Stack, logged, on_the_stack},
};

const TIME: &str = "expected RFC 3339 with offset, such as 2026-07-10T09:00:00-04:00";
const AMOUNT: &str =
    "expected a whole number in the currency's minor unit, such as 18810 for $188.10, at most 999999999999 either way";
const STATUS: &str = "expected one of pending, confirmed, checked_out, overdue, returned, closed, cancelled, no_show";
const ADDRESS: &str = "expected one bare email address, such as ana@example.com";
const ID: &str = "expected an id of 1 to 64 of A-Z a-z 0-9 _ -";
const LONG_TEXT: &str = "expected a text of 1 to 10000 characters";
const KEY: &str = "expected a key under documents/<booking_id>/ without empty parts, dots alone or control characters";

/// What a sender did: at this place of the event stands this instead, or nothing.
type Slip = (&'static str, Option<Value>);

fn is(place: &'static str, value: Value) -> Slip {
    (place, Some(value))
}

fn without(place: &'static str) -> Slip {
    (place, None)
}

/// The event with the slips in it.
fn with(message: &Message, slips: &[Slip]) -> Message {
    let mut envelope: Value = serde_json::from_str(&message.body).unwrap();
    for (place, value) in slips {
        let (parent, name) = place.rsplit_once('/').unwrap();
        let parent = envelope.pointer_mut(parent).unwrap_or_else(|| panic!("{place}"));
        match (parent, value) {
            (Value::Object(fields), Some(value)) => drop(fields.insert(name.into(), value.clone())),
            (Value::Object(fields), None) => assert!(fields.remove(name).is_some(), "{place}"),
            (Value::Array(list), Some(value)) => list[name.parse::<usize>().unwrap()] = value.clone(),
            _ => panic!("{place}"),
        }
    }
    Message { body: envelope.to_string(), ..message.clone() }
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

/// What is refused: the slips, and all the sender is told.
fn refused() -> Vec<(&'static str, Vec<Slip>, Vec<String>)> {
    let document = |at: &str, key: &str| {
        json!({"document_id": "d1", "kind": "invoice", "title": "Invoice", "issued_at": at,
            "file": {"key": key, "size_bytes": 9}})
    };
    let good = "2026-05-03T00:00:00Z";
    let told = |field: &str, expected: &str| format!("{field}: {expected}");
    let missing = |field: &str, expected: &str| format!("{field}: missing, {expected}");
    let b = |rest: &str, expected: &str| vec![told(&format!("booking.{rest}"), expected)];
    vec![
        (
            "another source",
            vec![is("/source", json!("golfcartops"))],
            vec![told("source", "expected golfcartops.bookings")],
        ),
        (
            "a misspelt detail-type",
            vec![is("/detail-type", json!("booking.canceled"))],
            vec![told(
                "detail-type",
                "expected one of booking.confirmed, booking.updated, booking.cancelled, delivery.updated, document.issued, customer.erased",
            )],
        ),
        (
            "a time of next year on the envelope",
            vec![is("/time", json!("2099-01-01T00:00:00Z"))],
            vec![told("time", "expected a time at most 5 minutes ahead of the portal's clock")],
        ),
        ("no metadata", vec![without("/detail/metadata")], vec![missing("metadata", "expected an object")]),
        (
            "no event id",
            vec![without("/detail/metadata/event_id")],
            vec![missing("metadata.event_id", "expected a text of 1 to 128 characters")],
        ),
        (
            "a number as event id",
            vec![is("/detail/metadata/event_id", json!(17))],
            vec![told("metadata.event_id", "expected a text of 1 to 128 characters")],
        ),
        (
            "a version as a number",
            vec![is("/detail/metadata/schema_version", json!(1.1))],
            vec![told("metadata.schema_version", "expected 1.0 or 1.1")],
        ),
        (
            "a version without minor",
            vec![is("/detail/metadata/schema_version", json!("1"))],
            vec![told("metadata.schema_version", "expected 1.0 or 1.1")],
        ),
        (
            "a version of next year",
            vec![is("/detail/metadata/schema_version", json!("2.0"))],
            vec![told("metadata.schema_version", "expected major version 1, the only one understood")],
        ),
        (
            "a time without offset",
            vec![is("/detail/metadata/occurred_at", json!("2026-05-03T14:03:22"))],
            vec![told("metadata.occurred_at", TIME)],
        ),
        (
            "a Unix time",
            vec![is("/detail/metadata/occurred_at", json!(1_777_777_777))],
            vec![told("metadata.occurred_at", TIME)],
        ),
        (
            "yes for true",
            vec![is("/detail/metadata/notify", json!("yes"))],
            vec![told("metadata.notify", "expected true or false")],
        ),
        (
            "1 for true",
            vec![is("/detail/metadata/notify", json!(1))],
            vec![told("metadata.notify", "expected true or false")],
        ),
        (
            "a business id with a space",
            vec![is("/detail/metadata/business_id", json!("Tybee Carts"))],
            vec![told("metadata.business_id", ID)],
        ),
        ("no booking", vec![without("/detail/booking")], vec![missing("booking", "expected an object")]),
        (
            "the booking as a string of JSON",
            vec![is("/detail/booking", json!("{\"booking_id\": \"bkg\"}"))],
            vec![told("booking", "expected an object")],
        ),
        (
            "the detail as a string of JSON",
            vec![is("/detail", json!("{}"))],
            vec![told("the event", "expected an object")],
        ),
        ("a slash in the id", vec![is("/detail/booking/booking_id", json!("2026/4711"))], b("booking_id", ID)),
        ("a number as id", vec![is("/detail/booking/booking_id", json!(4711))], b("booking_id", ID)),
        (
            "an empty reference",
            vec![is("/detail/booking/reference", json!(""))],
            b("reference", "expected a text of 1 to 200 characters"),
        ),
        (
            "no reference",
            vec![is("/detail/booking/reference", Value::Null)],
            vec![missing("booking.reference", "expected a text of 1 to 200 characters")],
        ),
        (
            "no revision",
            vec![without("/detail/booking/revision")],
            vec![missing("booking.revision", "expected a whole number from 1 to 9007199254740991")],
        ),
        (
            "revision 0",
            vec![is("/detail/booking/revision", json!(0))],
            b("revision", "expected a whole number from 1 to 9007199254740991"),
        ),
        (
            "a revision beyond 2^53",
            vec![is("/detail/booking/revision", json!(9_007_199_254_740_992_u64))],
            b("revision", "expected a whole number from 1 to 9007199254740991"),
        ),
        (
            "a revision in nanoseconds",
            vec![is("/detail/booking/revision", json!(1_777_777_777_000_000_000_u64))],
            b("revision", "expected a whole number from 1 to 9007199254740991"),
        ),
        (
            "a revision as text",
            vec![is("/detail/booking/revision", json!("3"))],
            b("revision", "expected a whole number from 1 to 9007199254740991"),
        ),
        ("a status of one's own", vec![is("/detail/booking/status", json!("rented"))], b("status", STATUS)),
        ("American spelling", vec![is("/detail/booking/status", json!("canceled"))], b("status", STATUS)),
        ("a status in capitals", vec![is("/detail/booking/status", json!("CONFIRMED"))], b("status", STATUS)),
        (
            "no address",
            vec![without("/detail/booking/customer/email")],
            vec![missing("booking.customer.email", ADDRESS)],
        ),
        ("an empty address", vec![is("/detail/booking/customer/email", json!(""))], b("customer.email", ADDRESS)),
        (
            "a name around the address",
            vec![is("/detail/booking/customer/email", json!("Ana <ana@example.com>"))],
            b("customer.email", ADDRESS),
        ),
        (
            "two addresses",
            vec![is("/detail/booking/customer/email", json!("ana@example.com,ben@example.com"))],
            b("customer.email", ADDRESS),
        ),
        (
            "a space behind the address",
            vec![is("/detail/booking/customer/email", json!("ana@example.com "))],
            b("customer.email", ADDRESS),
        ),
        (
            "a phone number as address",
            vec![is("/detail/booking/customer/email", json!("+1 912 555 0142"))],
            b("customer.email", ADDRESS),
        ),
        ("no name", vec![is("/detail/booking/customer/name", json!(" "))], b("customer.name", LONG_TEXT)),
        (
            "the customer as a list",
            vec![is("/detail/booking/customer", json!([]))],
            b("customer", "expected an object"),
        ),
        (
            "a language in words",
            vec![is("/detail/booking/customer/locale", json!("English (US)"))],
            b("customer.locale", "expected a BCP 47 language tag, such as en-US"),
        ),
        (
            "a language with an underscore",
            vec![is("/detail/booking/customer/locale", json!("en_US"))],
            b("customer.locale", "expected a BCP 47 language tag, such as en-US"),
        ),
        (
            "a long greeting",
            vec![is("/detail/booking/customer/greeting", json!("A".repeat(61)))],
            b("customer.greeting", "expected a text of 1 to 60 characters"),
        ),
        ("a local time", vec![is("/detail/booking/starts_at", json!("2027-06-11 09:00"))], b("starts_at", TIME)),
        (
            "a time in words of here",
            vec![is("/detail/booking/starts_at", json!("6/11/2027 9:00 AM"))],
            b("starts_at", TIME),
        ),
        (
            "a digit of full width",
            vec![is("/detail/booking/starts_at", json!("２026-07-10T09:00:00Z"))],
            b("starts_at", TIME),
        ),
        ("a date alone", vec![is("/detail/booking/ends_at", json!("2027-06-15"))], b("ends_at", TIME)),
        ("February 30", vec![is("/detail/booking/ends_at", json!("2028-02-30T09:00:00-05:00"))], b("ends_at", TIME)),
        (
            "an end before the start",
            vec![is("/detail/booking/ends_at", json!("2027-06-01T09:00:00-04:00"))],
            b("ends_at", "expected a time after starts_at"),
        ),
        (
            "a zone by its letters",
            vec![is("/detail/booking/time_zone", json!("Eastern Time"))],
            b("time_zone", "expected a time zone of the IANA database, such as America/New_York"),
        ),
        (
            "an offset as zone",
            vec![is("/detail/booking/time_zone", json!("-04:00"))],
            b("time_zone", "expected a time zone of the IANA database, such as America/New_York"),
        ),
        ("no carts", vec![is("/detail/booking/carts", json!([]))], b("carts", "expected a list of 1 to 50")),
        ("a number of carts", vec![is("/detail/booking/carts", json!(2))], b("carts", "expected a list of 1 to 50")),
        (
            "51 carts",
            vec![is("/detail/booking/carts", json!(vec![json!({"asset_type": "a", "name": "b"}); 51]))],
            b("carts", "expected a list of 1 to 50"),
        ),
        ("a cart as text", vec![is("/detail/booking/carts/0", json!("Cart #14"))], b("carts[0]", "expected an object")),
        (
            "seats as text",
            vec![is("/detail/booking/carts/0/seats", json!("6"))],
            b("carts[0].seats", "expected a whole number from 1 to 100"),
        ),
        (
            "0 of an extra",
            vec![is("/detail/booking/add_ons/0/quantity", json!(0))],
            b("add_ons[0].quantity", "expected a whole number from 1 to 1000"),
        ),
        (
            "American spelling of fulfilment",
            vec![without("/detail/booking/fulfilment"), is("/detail/booking/fulfillment", json!({"method": "pickup"}))],
            vec![missing("booking.fulfilment", "expected an object")],
        ),
        (
            "a delivery to nowhere",
            vec![is("/detail/booking/fulfilment", json!({"method": "delivery"}))],
            vec![missing("booking.fulfilment.address", LONG_TEXT)],
        ),
        (
            "a delivery to null",
            vec![is("/detail/booking/fulfilment", json!({"method": "delivery", "address": null}))],
            vec![missing("booking.fulfilment.address", LONG_TEXT)],
        ),
        (
            "a method of one's own",
            vec![is("/detail/booking/fulfilment", json!({"method": "pick-up"}))],
            b("fulfilment.method", "expected one of delivery, pickup"),
        ),
        (
            "a delivery status of one's own",
            vec![is("/detail/booking/delivery", json!({"status": "en_route", "updated_at": good}))],
            b("delivery.status", "expected one of scheduled, on_the_way, delivered, failed"),
        ),
        (
            "a way back of one's own",
            vec![is("/detail/booking/return", json!({"method": "pickup"}))],
            b("return.method", "expected one of collection, drop_off"),
        ),
        (
            "dollars with a point",
            vec![is("/detail/booking/price/total_minor", json!(188.1))],
            b("price.total_minor", AMOUNT),
        ),
        (
            "money as text",
            vec![is("/detail/booking/price/paid_minor", json!("$188.10"))],
            b("price.paid_minor", AMOUNT),
        ),
        (
            "a currency in small letters",
            vec![is("/detail/booking/price/currency", json!("usd"))],
            b("price.currency", "expected a currency of ISO 4217 in capital letters, such as USD"),
        ),
        (
            "a price without its lines",
            vec![without("/detail/booking/price/lines")],
            vec![missing("booking.price.lines", "expected a list of 0 to 100")],
        ),
        (
            "a payment of a kind of one's own",
            vec![is("/detail/booking/payments", json!([{"at": good, "amount_minor": 1, "kind": "charge"}]))],
            b("payments[0].kind", "expected one of payment, refund, deposit_held, deposit_released"),
        ),
        (
            "11 instructions",
            vec![is("/detail/booking/instructions", json!(vec![json!({"stage": "before", "text": "x"}); 11]))],
            b("instructions", "expected a list of 0 to 10"),
        ),
        (
            "a document of another booking",
            vec![is("/detail/booking/documents", json!([document(good, "documents/bkg_other/a.pdf")]))],
            b("documents[0].file.key", KEY),
        ),
        (
            "a document by its URL",
            vec![is("/detail/booking/documents", json!([document(good, "https://files.example.com/a.pdf")]))],
            b("documents[0].file.key", KEY),
        ),
        (
            "everything at once",
            vec![
                is("/detail/metadata/occurred_at", json!("yesterday")),
                is("/detail/booking/status", json!("rented")),
                is("/detail/booking/carts/0/seats", json!(0)),
                is("/detail/booking/documents", json!([document("today", "a.pdf")])),
                without("/detail/booking/time_zone"),
            ],
            vec![
                told("metadata.occurred_at", TIME),
                told("booking.status", STATUS),
                missing("booking.time_zone", "expected a time zone of the IANA database, such as America/New_York"),
                told("booking.carts[0].seats", "expected a whole number from 1 to 100"),
                told("booking.documents[0].issued_at", TIME),
                told("booking.documents[0].file.key", KEY),
            ],
        ),
    ]
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
