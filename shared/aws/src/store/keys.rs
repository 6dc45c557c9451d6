//! The keys of the table, each made in one place.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::Item;
use portal_domain::{
    booking::{BookingId, BookingStatus},
    customer::CustomerId,
    dashboard::Cursor,
    link::LinkHash,
    time::basic_utc,
};

/// The name of the time-to-live attribute, in epoch seconds.
pub(super) const EXPIRES_AT: &str = "expires_at";

/// Rows of active bookings sort behind those of history, so that a descending read meets them first.
const ACTIVE: &str = "ROW#2#";
const HISTORY: &str = "ROW#1#";
const ROWS: &str = "ROW#";
const SIGN_INS: &str = "SIGNIN#";

fn key(pk: String, sk: impl Into<String>) -> Item {
    Item::from([("pk".into(), AttributeValue::S(pk)), ("sk".into(), AttributeValue::S(sk.into()))])
}

pub(super) fn customer_partition(customer: CustomerId) -> String {
    format!("CUSTOMER#{customer}")
}

pub(super) fn booking(id: &BookingId) -> Item {
    key(format!("BOOKING#{id}"), "BOOKING")
}

pub(super) fn confirmation(booking: &BookingId) -> Item {
    key(format!("BOOKING#{booking}"), "CONFIRMATION")
}

pub(super) fn row(customer: CustomerId, sort: &RowKey) -> Item {
    key(customer_partition(customer), sort.0.clone())
}

pub(super) fn dashboard(customer: CustomerId) -> Item {
    key(customer_partition(customer), "DASHBOARD")
}

pub(super) fn sign_in(customer: CustomerId, link: &LinkHash) -> Item {
    key(customer_partition(customer), format!("{SIGN_INS}{link}"))
}

pub(super) fn erased(customer: CustomerId) -> Item {
    key(customer_partition(customer), "ERASED")
}

pub(super) fn feedback(customer: CustomerId) -> Item {
    key(customer_partition(customer), "FEEDBACK")
}

pub(super) fn limit(subject: impl std::fmt::Display) -> Item {
    key(format!("LIMIT#{subject}"), "LIMIT")
}

/// A key no item has and every function may read.
pub(super) fn warm_up() -> Item {
    key("WARM_UP".into(), "WARM_UP")
}

pub(super) fn rows_prefix() -> AttributeValue {
    AttributeValue::S(ROWS.into())
}

pub(super) fn sign_ins_prefix() -> AttributeValue {
    AttributeValue::S(SIGN_INS.into())
}

/// The booking a row is of.
pub(super) fn booking_of_row(row: &Item) -> Option<BookingId> {
    BookingId::parse(row.get("sk")?.as_s().ok()?.rsplit_once('#')?.1)
}

/// Where a booking's row sorts among its customer's: active or history, then by start.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct RowKey(String);

impl RowKey {
    pub(super) fn new(status: BookingStatus, starts_at: Timestamp, id: &BookingId) -> Self {
        let part = if status.is_active() { ACTIVE } else { HISTORY };
        Self(format!("{part}{}#{id}", basic_utc(starts_at)))
    }

    /// The row of a past rental.
    pub(super) fn of_past(cursor: &Cursor) -> Self {
        Self(format!("{HISTORY}{}", cursor.as_str().replacen('~', "#", 1)))
    }
}
