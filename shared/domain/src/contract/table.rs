//! The contract, version 1.1: every field of every event. To add one, see infra/events/README.md.

use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

use super::{
    Faults, Field, Needed, Shape,
    formats::{ADDRESS, CURRENCY, FILE_KEY, ID, LANGUAGE, LINK, OPAQUE, SHA256, TIME, VERSION, ZONE},
};

/// What a `Source` has to be.
pub const SOURCE: &str = "golfcartops.bookings";

/// The version that `metadata.schema_version` names.
pub const SCHEMA_VERSION: &str = "1.1";

/// The most characters of a text that has no bound of its own.
const LONG: usize = 10_000;

/// A detail-type, and what its detail is.
#[derive(Debug)]
pub struct DetailType {
    /// Its name.
    pub name: &'static str,
    /// When it is sent.
    pub about: &'static str,
    /// What the detail is.
    pub detail: Shape,
}

impl DetailType {
    /// The one of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        DETAIL_TYPES.iter().find(|known| known.name == name)
    }
}

/// All of them.
pub const DETAIL_TYPES: &[DetailType] = &[
    DetailType {
        name: "booking.confirmed",
        about: "A booking became certain. The only event that may send a confirmation mail.",
        detail: BOOKING_DETAIL,
    },
    DetailType { name: "booking.updated", about: "Anything about a booking changed.", detail: BOOKING_DETAIL },
    DetailType { name: "booking.cancelled", about: "A booking was cancelled.", detail: BOOKING_DETAIL },
    DetailType { name: "delivery.updated", about: "A delivery moved on.", detail: BOOKING_DETAIL },
    DetailType {
        name: "document.issued",
        about: "A document of a booking was issued, signed or replaced.",
        detail: BOOKING_DETAIL,
    },
    DetailType {
        name: "customer.erased",
        about: "Everything the portal holds of this customer is to be removed.",
        detail: Shape::Object(&[
            required("metadata", METADATA, "What the event says about itself."),
            required(
                "customer",
                Shape::Object(&[required("email", Shape::Format(&ADDRESS), "Whose data is removed.")]),
                "Who is erased.",
            ),
        ]),
    },
];

const BOOKING_DETAIL: Shape = Shape::Object(&[
    required("metadata", METADATA, "What the event says about itself."),
    required("booking", BOOKING, "The booking as it is now, whole, as its customer may see it."),
]);

const METADATA: Shape = Shape::Object(&[
    required("event_id", Shape::Format(&OPAQUE), "The sender's own id of this event. It appears in logs."),
    required(
        "schema_version",
        Shape::Format(&VERSION),
        "Version of this contract. A minor version only adds optional fields; an unknown major version is refused whole.",
    ),
    required(
        "occurred_at",
        MOMENT,
        "When it happened; counts at most as the time at which the bus got it. Events of a customer that occurred before that customer was erased are dropped.",
    ),
    optional(
        "notify",
        Shape::Flag,
        "Whether the customer shall be mailed a confirmation; false where it is left out. Only booking.confirmed heeds it.",
    ),
    optional(
        "business_id",
        Shape::Format(&ID),
        "Whose event it is, where several businesses share a bus: the stack's parameter BusinessId.",
    ),
]);

const MOMENT: Shape = Shape::Format(&TIME);
const NAME: Shape = Shape::Text(LONG);

const BOOKING: Shape = Shape::Object(&[
    required(
        "booking_id",
        Shape::Format(&ID),
        "Identifies the booking for ever. It appears in the portal's addresses.",
    ),
    required("reference", Shape::Text(200), "What people call the booking, as in GCO-4821."),
    required(
        "revision",
        Shape::Whole { least: 1, most: 9_007_199_254_740_991 },
        "Grows with every change of the booking. The lower revision loses, whenever it arrives. A system that counts no revisions sends the milliseconds of its updated_at.",
    ),
    required(
        "status",
        Shape::OneOf(&["pending", "confirmed", "checked_out", "overdue", "returned", "closed", "cancelled", "no_show"]),
        "Where the rental stands. It alone decides where the booking shows: pending, confirmed, checked_out and overdue are active, the others are history.",
    ),
    required("customer", CUSTOMER, "Whose booking it is. A changed address moves the booking to the other customer."),
    optional("location", LOCATION, "The shop that answers for the booking."),
    required("starts_at", MOMENT, "When the rental starts."),
    required("ends_at", MOMENT, "When the carts are due back, later than starts_at."),
    required("time_zone", Shape::Format(&ZONE), "The zone that all times of the booking are shown in."),
    required(
        "carts",
        Shape::List { least: 1, most: 50, of: &CART },
        "The carts of the booking, each named wherever the booking shows.",
    ),
    optional("add_ons", Shape::List { least: 0, most: 50, of: &ADD_ON }, "What is rented along with the carts."),
    required("fulfilment", FULFILMENT, "How the carts reach the customer."),
    optional("delivery", DELIVERY, "How the delivery is going."),
    optional("return", RETURN, "How the carts come back."),
    optional(
        "instructions",
        Shape::List { least: 0, most: 10, of: &INSTRUCTION },
        "What the customer should know or do, in the order shown.",
    ),
    optional("price", PRICE, "What the booking costs."),
    optional("payment", PAYMENT, "How the customer can pay what is due."),
    optional("payments", Shape::List { least: 0, most: 50, of: &PAID }, "What was paid, refunded or held so far."),
    optional(
        "documents",
        Shape::List { least: 0, most: 100, of: &DOCUMENT },
        "The booking's documents. Upload the file before the event that names it.",
    ),
]);

const CUSTOMER: Shape = Shape::Object(&[
    required(
        "email",
        Shape::Format(&ADDRESS),
        "Where the portal's mails go. Its local part is ASCII without quotes, of at most 64 characters; its domain has at least two labels and may be international.",
    ),
    required("name", NAME, "Who it is."),
    optional("greeting", Shape::Text(60), "How to greet the customer, as in Ana."),
    optional(
        "locale",
        Shape::Format(&LANGUAGE),
        "The customer's language: mails are written in it if it is English or Spanish, pages if the browser asks for neither.",
    ),
]);

const LOCATION: Shape = Shape::Object(&[
    required("name", NAME, "Name of the shop."),
    optional(
        "phone",
        NAME,
        "Its one phone number in international form, as in +1 912 555 0142. It is shown as it is written; what is no number for certain is no link to dial.",
    ),
    optional("address", NAME, "Its postal address on one line."),
]);

const CART: Shape = Shape::Object(&[
    required("asset_type", NAME, "What kind of cart it is, as in 6-Seater Premium."),
    required("name", NAME, "Which cart it is, as in Cart #14."),
    optional("seats", Shape::Whole { least: 1, most: 100 }, "How many people it seats."),
]);

const ADD_ON: Shape = Shape::Object(&[
    required("name", NAME, "What it is, as in Cooler."),
    required("quantity", Shape::Whole { least: 1, most: 1000 }, "How many of it."),
]);

const FULFILMENT: Shape = Shape::Object(&[
    required(
        "method",
        Shape::OneOf(&["delivery", "pickup"]),
        "delivery: brought to the address. pickup: fetched at the location.",
    ),
    Field {
        name: "address",
        needed: Needed::Where("method", "delivery"),
        shape: NAME,
        about: "Where the carts are brought, on one line. A delivery has one.",
    },
    optional("window_start", MOMENT, "Earliest time of the handover."),
    optional("window_end", MOMENT, "Latest time of the handover."),
]);

const DELIVERY: Shape = Shape::Object(&[
    required("status", Shape::OneOf(&["scheduled", "on_the_way", "delivered", "failed"]), "Where the delivery stands."),
    optional(
        "tracking_url",
        Shape::Format(&LINK),
        "The live tracking page, shown only while on_the_way. Unless it is https on one of the operator's tracking hosts it is dropped, and the rest of the event applies.",
    ),
    optional("eta", MOMENT, "When the carts are expected to arrive."),
    required("updated_at", MOMENT, "When this was last known to be true. The page shows its age."),
]);

const RETURN: Shape = Shape::Object(&[
    required(
        "method",
        Shape::OneOf(&["collection", "drop_off"]),
        "collection: the business fetches the carts. drop_off: the customer brings them.",
    ),
    optional("address", NAME, "Where they are collected or brought, on one line."),
    optional("window_start", MOMENT, "Earliest time of the return."),
    optional("window_end", MOMENT, "Latest time of the return."),
]);

const INSTRUCTION: Shape = Shape::Object(&[
    required(
        "stage",
        Shape::OneOf(&["before", "handover", "during", "return"]),
        "When it matters: before the rental, at the handover, during the rental, at the return.",
    ),
    required("text", Shape::Text(500), "What to know or do, in plain text."),
]);

const PRICE: Shape = Shape::Object(&[
    required(
        "currency",
        Shape::Format(&CURRENCY),
        "In which currency. Amounts are whole numbers of its minor unit: cents, not dollars.",
    ),
    required(
        "lines",
        Shape::List { least: 0, most: 100, of: &PRICE_LINE },
        "What makes up the total, in the order shown; empty where it is not itemised.",
    ),
    required(
        "total_minor",
        Shape::Amount,
        "Sum of the lines, where there are any. Where they add up to something else, no balance is shown.",
    ),
    required("paid_minor", Shape::Amount, "Paid so far. What is left of the total is the balance due."),
]);

const PRICE_LINE: Shape = Shape::Object(&[
    required("label", NAME, "What it is for."),
    required("amount_minor", Shape::Amount, "Its amount; negative for a discount or a refund."),
]);

const PAYMENT: Shape = Shape::Object(&[
    optional("note", Shape::Text(500), "How to pay, in plain text, as in: Pay at the shop, cash or card."),
    optional(
        "url",
        Shape::Format(&LINK),
        "Where to pay. Unless it is https on one of the operator's payment hosts it is dropped, and the rest of the event applies.",
    ),
]);

const PAID: Shape = Shape::Object(&[
    required("at", MOMENT, "When."),
    required("amount_minor", Shape::Amount, "How much, in the minor unit of the price's currency."),
    required("kind", Shape::OneOf(&["payment", "refund", "deposit_held", "deposit_released"]), "What it was."),
    optional("method", Shape::Text(40), "By what, as in Visa ending in 4242."),
]);

const DOCUMENT: Shape = Shape::Object(&[
    required(
        "document_id",
        Shape::Format(&ID),
        "Identifies the document within its booking. It appears in the portal's addresses.",
    ),
    required("kind", Shape::OneOf(&["agreement", "invoice", "receipt"]), "What kind of document it is."),
    required("title", NAME, "What the page calls it."),
    required("issued_at", MOMENT, "When it was issued."),
    optional("signed_at", MOMENT, "When the customer signed it."),
    required(
        "file",
        Shape::Object(&[
            required(
                "key",
                Shape::Format(&FILE_KEY),
                "Its S3 key in the stack's documents bucket, under documents/<booking_id>/ of this very booking.",
            ),
            required("size_bytes", Shape::Whole { least: 1, most: 1_000_000_000 }, "Its size in bytes."),
            optional("sha256", Shape::Format(&SHA256), "SHA-256 of its bytes."),
        ]),
        "The PDF.",
    ),
]);

const fn required(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, needed: Needed::Always, shape, about }
}

const fn optional(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, needed: Needed::Never, shape, about }
}

/// What no single field can say of a booking: compares fields as far as each by itself is as it should be.
pub(crate) fn compare(booking: &Value, faults: &mut Faults) {
    let time = |name: &str| booking.get(name)?.as_str()?.parse::<Timestamp>().ok();
    if let (Some(starts_at), Some(ends_at)) = (time("starts_at"), time("ends_at"))
        && ends_at <= starts_at
    {
        faults.wrong("booking.ends_at", "a time after starts_at");
    }
    let Some(home) = booking.get("booking_id").and_then(Value::as_str).filter(|id| ID.takes(id)) else { return };
    let mut ids = BTreeSet::new();
    for (i, document) in booking.get("documents").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let key = document.pointer("/file/key").and_then(Value::as_str).filter(|key| FILE_KEY.takes(key));
        if key.is_some_and(|key| key.split('/').nth(1) != Some(home)) {
            faults.wrong(format!("booking.documents[{i}].file.key"), FILE_KEY.expected);
        }
        let id = document.get("document_id").and_then(Value::as_str);
        if id.is_some_and(|id| !ids.insert(id)) {
            faults.wrong(
                format!("booking.documents[{i}].document_id"),
                "an id that no other document of the booking has",
            );
        }
    }
}
