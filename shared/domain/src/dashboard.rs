//! A customer's dashboard: a row a booking, and places among past rentals.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    booking::{Booking, BookingId},
    change::Change,
    filed::UnreadableBooking,
    money::Price,
    progress::Progress,
    time::basic_utc,
};

/// A customer's rows: every active booking, and a page of past rentals.
#[derive(Debug, Default)]
pub struct Rows {
    /// Current and upcoming, soonest first.
    pub active: Vec<BookingRow>,
    /// Newest first.
    pub past: Vec<BookingRow>,
    /// Those of either that this release cannot read.
    pub unreadable: Vec<UnreadableBooking>,
    /// Where the next page of past rentals begins, if there is one.
    pub more: Option<Cursor>,
}

/// What the dashboard shows of a booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookingRow {
    /// The booking, without what a row does not show.
    pub booking: Booking,
    /// What was changed of it lately.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// When its delivery took its steps.
    #[serde(default, skip_serializing_if = "Progress::is_empty")]
    pub progress: Progress,
}

impl BookingRow {
    /// The row of a booking.
    pub fn new(booking: &Booking, change: Option<Change>, progress: Progress) -> Self {
        let without_lines = |price: Price| Price { lines: Vec::new(), ..price };
        let booking = Booking {
            add_ons: Vec::new(),
            instructions: Vec::new(),
            price: booking.price.clone().filter(Price::adds_up).map(without_lines),
            payment: None,
            payments: Vec::new(),
            ..booking.clone()
        };
        Self { booking, change, progress }
    }
}

/// A place among a customer's past rentals: the start and the id of the last one shown. Says nothing about whose they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(String);

impl Cursor {
    /// The place behind the booking of this start and id.
    pub fn behind(starts_at: Timestamp, id: &BookingId) -> Self {
        Self(format!("{}~{id}", basic_utc(starts_at)))
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
