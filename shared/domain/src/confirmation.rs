//! When a booking's confirmation mail is due.
//!
//! A `booking.confirmed` event with `notify` asks for it, once for each address. Asking only ever adds to a set, so
//! repetition and order of arrival do not matter. A mail answers every request made until it was begun.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{booking::Booking, customer::CustomerId};

/// What is known of a booking's confirmation mail.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The customers for whom a confirmation was asked for.
    #[serde(default)]
    pub asked: BTreeSet<CustomerId>,
    /// How many of those requests have been answered.
    #[serde(default)]
    pub answered: usize,
    /// The customers who were sent one.
    #[serde(default)]
    pub sent: BTreeSet<CustomerId>,
}

/// What to do about a confirmation that somebody asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Send it to the booking's customer.
    Send,
    /// Every request has been answered, or the customer has had the mail.
    Answered,
    /// Nothing is sent while the booking is not active or already over.
    NotDue,
}

impl Confirmation {
    /// What is due for `booking` at `now`.
    pub fn due(&self, booking: &Booking, now: Timestamp) -> Due {
        if self.asked.len() <= self.answered || self.sent.contains(&booking.owner()) {
            Due::Answered
        } else if booking.is_ahead(now) {
            Due::Send
        } else {
            Due::NotDue
        }
    }
}
