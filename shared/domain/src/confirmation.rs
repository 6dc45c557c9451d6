//! When a booking's confirmation mail is due.
//!
//! A `booking.confirmed` event with `notify` asks for it, once for each address. Asking only ever adds to a set, so
//! repetition and order of arrival do not matter. A mail answers every request made until it was begun.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{booking::FiledBooking, customer::CustomerId};

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
    pub fn due(&self, FiledBooking { owner, booking, .. }: &FiledBooking, now: Timestamp) -> Due {
        if self.asked.len() <= self.answered || self.sent.contains(owner) {
            Due::Answered
        } else if booking.is_ahead(now) {
            Due::Send
        } else {
            Due::NotDue
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booking::{Booking, BookingStatus};

    const ENDS_AT: &str = "2027-06-14T21:00:00Z";

    #[test]
    fn a_confirmation_is_due_once_for_each_address_while_the_booking_is_ahead() {
        let sample = include_str!("../../../infra/events/samples/booking.confirmed.json");
        let mut sample: serde_json::Value = serde_json::from_str(sample).unwrap();
        let booking: Booking = serde_json::from_value(sample["Detail"]["booking"].take()).unwrap();
        let booking = Booking { ends_at: ENDS_AT.parse().unwrap(), ..booking };
        let (owner, other) = (CustomerId::from_bytes([1; 16]), CustomerId::from_bytes([2; 16]));

        let asked = |asked: &[CustomerId], answered, sent: &[CustomerId]| Confirmation {
            asked: asked.iter().copied().collect(),
            answered,
            sent: sent.iter().copied().collect(),
        };
        let (before, after) = ("2027-06-14T20:59:59Z", ENDS_AT);
        for (what, confirmation, status, now, due) in [
            ("nobody asked", asked(&[], 0, &[]), BookingStatus::Confirmed, before, Due::Answered),
            ("asked", asked(&[owner], 0, &[]), BookingStatus::Confirmed, before, Due::Send),
            ("asked before it is confirmed", asked(&[owner], 0, &[]), BookingStatus::Pending, before, Due::Send),
            ("asked of one that is out", asked(&[owner], 0, &[]), BookingStatus::CheckedOut, before, Due::Send),
            ("asked and sent", asked(&[owner], 1, &[owner]), BookingStatus::Confirmed, before, Due::Answered),
            ("sent, the count lost", asked(&[owner], 0, &[owner]), BookingStatus::Confirmed, before, Due::Answered),
            (
                "moved to the owner since",
                asked(&[other, owner], 1, &[other]),
                BookingStatus::Confirmed,
                before,
                Due::Send,
            ),
            (
                "moved back to the owner",
                asked(&[owner, other], 1, &[owner]),
                BookingStatus::Confirmed,
                before,
                Due::Answered,
            ),
            ("refused by SES", asked(&[owner], 1, &[]), BookingStatus::Confirmed, before, Due::Answered),
            ("over", asked(&[owner], 0, &[]), BookingStatus::Confirmed, after, Due::NotDue),
            ("cancelled", asked(&[owner], 0, &[]), BookingStatus::Cancelled, before, Due::NotDue),
            ("returned", asked(&[owner], 0, &[]), BookingStatus::Returned, before, Due::NotDue),
        ] {
            let filed = FiledBooking { owner, booking: Booking { status, ..booking.clone() }, change: None };
            assert_eq!(confirmation.due(&filed, now.parse().unwrap()), due, "{what}");
        }
    }
}
