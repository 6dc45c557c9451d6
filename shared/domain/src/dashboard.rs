//! A customer's dashboard: a row a booking, and places among past rentals.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    booking::{Booking, BookingId, BookingStatus, Cart, Customer, Delivery, Document, Fulfilment, Location},
    money::Price,
    text::Text,
    time::{Zone, basic_utc},
};

/// A customer's rows: every active booking, and a page of past rentals.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Rows {
    /// Current and upcoming, soonest first.
    pub active: Vec<BookingRow>,
    /// Newest first.
    pub past: Vec<BookingRow>,
    /// Where the next page of past rentals begins, if there is one.
    pub more: Option<Cursor>,
}

/// What the dashboard shows of a booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in Booking")]
pub struct BookingRow {
    pub booking_id: BookingId,
    pub reference: Text,
    pub status: BookingStatus,
    pub customer: Customer,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub time_zone: Zone,
    pub carts: Vec<Cart>,
    pub fulfilment: Fulfilment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// Without its lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
    /// When the business last changed the booking, as far as events of changes say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
}

impl BookingRow {
    /// The row of a booking that was last changed then.
    pub fn new(booking: &Booking, changed_at: Option<Timestamp>) -> Self {
        let booking = booking.clone();
        Self {
            booking_id: booking.booking_id,
            reference: booking.reference,
            status: booking.status,
            customer: booking.customer,
            location: booking.location,
            starts_at: booking.starts_at,
            ends_at: booking.ends_at,
            time_zone: booking.time_zone,
            carts: booking.carts,
            fulfilment: booking.fulfilment,
            delivery: booking.delivery,
            price: booking.price.map(|price| Price { lines: Vec::new(), ..price }),
            documents: booking.documents,
            changed_at,
        }
    }
}

/// A place among a customer's past rentals: the start and the id of the last one shown. Says nothing about whose they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(String);

impl Cursor {
    /// The place behind `row`.
    pub fn behind(row: &BookingRow) -> Self {
        Self(format!("{}~{}", basic_utc(row.starts_at), row.booking_id))
    }

    /// Reads what [`Cursor::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (start, id) = text.split_once('~')?;
        let is_start = start.len() == 16 && start.bytes().all(|b| b.is_ascii_digit() || b == b'T' || b == b'Z');
        (is_start && BookingId::parse(id).is_some()).then(|| Self(text.to_owned()))
    }

    /// The cursor as it stands in a page's address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
