//! Mistakes that people make when they write a sender, with all that each is told. What the portal says of them at the dead
//! letter and what `portal events check` says before are held against this one list.

use serde_json::{Value, json};

const TIME: &str = "expected RFC 3339 with offset, such as 2026-07-10T09:00:00-04:00";
const AMOUNT: &str =
    "expected a whole number in the currency's minor unit, such as 18810 for $188.10, at most 999999999999 either way";
const STATUS: &str = "expected one of pending, confirmed, checked_out, overdue, returned, closed, cancelled, no_show";
const ADDRESS: &str = "expected one bare email address, such as ana@example.com";
const ID: &str = "expected an id of 1 to 64 of A-Z a-z 0-9 _ -";
const LONG_TEXT: &str = "expected a text of 1 to 10000 characters";
const KEY: &str = "expected a key under documents/<booking_id>/ without empty parts, dots alone or control characters";

/// What a sender did: at this place of the event stands this instead, or nothing.
pub type Slip = (&'static str, Option<Value>);

/// Something else stands there.
pub fn is(place: &'static str, value: Value) -> Slip {
    (place, Some(value))
}

/// Nothing stands there.
pub fn without(place: &'static str) -> Slip {
    (place, None)
}

/// The event, as EventBridge hands it on, with the slips in it.
pub fn with(envelope: &Value, slips: &[Slip]) -> Value {
    let mut envelope = envelope.clone();
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
    envelope
}

/// What is refused: the slips, and all the sender is told.
pub fn refused() -> Vec<(&'static str, Vec<Slip>, Vec<String>)> {
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
