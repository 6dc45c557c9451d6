//! A booking as it is filed: under the customer whose it is, with what was changed of it lately, and when its delivery
//! took its steps.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    booking::{Booking, BookingId},
    change::Change,
    customer::CustomerId,
    progress::Progress,
    text::Text,
};

/// A filed booking.
#[derive(Debug, Clone, PartialEq)]
pub struct FiledBooking {
    /// Whose it is.
    pub owner: CustomerId,
    /// The booking.
    pub booking: Booking,
    /// What was changed of it lately.
    pub change: Option<Change>,
    /// When its delivery took its steps.
    pub progress: Progress,
}

/// A filed booking of which this release can read no more than whose it is and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableBooking {
    /// Whose it is.
    pub owner: CustomerId,
    /// The booking system's id.
    pub booking_id: BookingId,
    /// What people call it.
    pub reference: Text,
}

/// The hash of a stored form, by which other content of the same revision is recognised.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash([u8; 32]);

crate::hash::written_in_hex!(ContentHash);

impl ContentHash {
    /// The SHA-256 of a stored form.
    pub fn of(stored: &str) -> Self {
        Self(Sha256::digest(stored).into())
    }
}
