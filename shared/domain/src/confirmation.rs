//! When a booking's confirmation mail is due, and if it is not, why.
//!
//! A `booking.confirmed` event with `notify` asks for it, once for each address. Asking is idempotent: it only ever
//! adds to a set, so repetition and order of arrival do not matter. A mail answers every request made until it was
//! begun. Only an erasure takes a customer out again.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{customer::CustomerId, filed::FiledBooking, suppression::Suppressed};

/// What is known of a booking's confirmation mail.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The customers for whom a confirmation was asked for.
    #[serde(default)]
    pub asked: BTreeSet<CustomerId>,
    /// Those of them whose request has been answered.
    #[serde(default)]
    pub answered: BTreeSet<CustomerId>,
    /// The customers who were sent one.
    #[serde(default)]
    pub sent: BTreeSet<CustomerId>,
    /// How often an erasure took a customer out of these sets.
    #[serde(default)]
    pub erasures: u64,
}

/// What to do about a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Send it to the booking's customer.
    Send,
    /// Send nothing.
    Not(NotDue),
}

/// Why a confirmation is not sent, in the words of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDue {
    /// No event asked for it.
    #[error("it was not asked for")]
    NotAsked,
    /// Every request has been answered, or the customer has had the mail.
    #[error("it was sent or answered before")]
    Answered,
    /// Cancelled or history.
    #[error("the booking is not active")]
    NotActive,
    /// The rental has ended, though nobody said so.
    #[error("the booking is over")]
    Over,
    /// An earlier mail to the customer says so.
    #[error("mail to the customer is suppressed: {0}")]
    Suppressed(Suppressed),
    /// What asked for it, or the booking itself, was erased.
    #[error("the booking or its customer was erased")]
    Erased,
}

impl Confirmation {
    /// What is due for `booking` at `now`.
    pub fn due(&self, FiledBooking { owner, booking, .. }: &FiledBooking, now: Timestamp) -> Due {
        if self.asked.is_empty() {
            Due::Not(NotDue::NotAsked)
        } else if self.asked.is_subset(&self.answered) || self.sent.contains(owner) {
            Due::Not(NotDue::Answered)
        } else if !booking.status.is_active() {
            Due::Not(NotDue::NotActive)
        } else if !booking.is_ahead(now) {
            Due::Not(NotDue::Over)
        } else {
            Due::Send
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        booking::{Booking, BookingStatus},
        progress::Progress,
    };

    const ENDS_AT: &str = "2027-06-14T21:00:00Z";

    #[test]
    fn a_confirmation_is_due_once_for_each_address_while_the_booking_is_ahead_and_else_says_why_not() {
        use BookingStatus::{Cancelled, CheckedOut, Closed, Confirmed, NoShow, Overdue, Pending, Returned};
        use NotDue::{Answered, NotActive, NotAsked, Over};

        let sample = include_str!("../../../infra/events/samples/booking.confirmed.json");
        let mut sample: serde_json::Value = serde_json::from_str(sample).unwrap();
        let booking: Booking = serde_json::from_value(sample["Detail"]["booking"].take()).unwrap();
        let booking = Booking { ends_at: ENDS_AT.parse().unwrap(), ..booking };
        let (owner, other) = (CustomerId::from_bytes([1; 16]), CustomerId::from_bytes([2; 16]));

        let (before, after) = ("2027-06-14T20:59:59Z", ENDS_AT);
        let (nobody, me, them, both) = (&[][..], &[owner][..], &[other][..], &[owner, other][..]);
        // Who was asked for, whose request was answered, who was sent one; what is due to the owner.
        for (what, [asked, answered, sent], status, now, due) in [
            ("nobody asked", [nobody, nobody, nobody], Confirmed, before, Due::Not(NotAsked)),
            ("nobody asked, and it is over", [nobody, nobody, nobody], Cancelled, after, Due::Not(NotAsked)),
            ("who asked was erased", [nobody, nobody, them], Confirmed, before, Due::Not(NotAsked)),
            ("asked", [me, nobody, nobody], Confirmed, before, Due::Send),
            ("asked before it is confirmed", [me, nobody, nobody], Pending, before, Due::Send),
            ("asked of one that is out", [me, nobody, nobody], CheckedOut, before, Due::Send),
            ("asked of one that should be back", [me, nobody, nobody], Overdue, before, Due::Send),
            ("asked and sent", [me, me, me], Confirmed, before, Due::Not(Answered)),
            ("sent, the answer lost", [me, nobody, me], Confirmed, before, Due::Not(Answered)),
            ("asked, sent and over", [me, me, me], Cancelled, after, Due::Not(Answered)),
            ("refused by SES", [me, me, nobody], Confirmed, before, Due::Not(Answered)),
            ("moved here before it was answered", [them, nobody, nobody], Confirmed, before, Due::Send),
            ("moved here, and asked for since", [both, them, them], Confirmed, before, Due::Send),
            ("moved back, asked for elsewhere since", [both, me, me], Confirmed, before, Due::Not(Answered)),
            ("as many were answered, others than asked", [me, them, nobody], Confirmed, before, Due::Send),
            ("over", [me, nobody, nobody], Confirmed, after, Due::Not(Over)),
            ("cancelled", [me, nobody, nobody], Cancelled, before, Due::Not(NotActive)),
            ("returned", [me, nobody, nobody], Returned, before, Due::Not(NotActive)),
            ("closed, and over", [me, nobody, nobody], Closed, after, Due::Not(NotActive)),
            ("not picked up", [me, nobody, nobody], NoShow, before, Due::Not(NotActive)),
        ] {
            let set = |customers: &[CustomerId]| customers.iter().copied().collect();
            let confirmation =
                Confirmation { asked: set(asked), answered: set(answered), sent: set(sent), erasures: 0 };
            let booking = Booking { status, ..booking.clone() };
            let filed = FiledBooking { owner, booking, change: None, progress: Progress::default() };
            assert_eq!(confirmation.due(&filed, now.parse().unwrap()), due, "{what}");
        }
    }

    #[test]
    fn every_reason_has_words() {
        for (reason, words) in [
            (NotDue::NotAsked, "it was not asked for"),
            (NotDue::Answered, "it was sent or answered before"),
            (NotDue::NotActive, "the booking is not active"),
            (NotDue::Over, "the booking is over"),
            (NotDue::Suppressed(Suppressed::Bounced), "mail to the customer is suppressed: an earlier one came back"),
            (
                NotDue::Suppressed(Suppressed::Complained),
                "mail to the customer is suppressed: an earlier one was reported as spam",
            ),
            (NotDue::Erased, "the booking or its customer was erased"),
        ] {
            assert_eq!(reason.to_string(), words);
        }
    }
}
