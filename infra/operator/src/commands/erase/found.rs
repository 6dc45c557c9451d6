//! How much there is of a customer.

use std::fmt;

use portal_aws::store::Footprint;
use serde::Serialize;

use crate::{commands::dead_letters::Unseen, terminal::counted};

/// What was found of a customer.
pub(super) struct Found {
    pub(super) footprint: Footprint,
    pub(super) documents: usize,
    pub(super) dead_letters: usize,
    /// Dead letters that could not be looked at, whosever they are.
    pub(super) unseen: Unseen,
}

impl Found {
    pub(super) fn counts(&self) -> Counts {
        let Footprint { bookings, confirmations, sign_ins, others, .. } = &self.footprint;
        Counts {
            bookings: bookings.len(),
            documents: self.documents,
            sign_ins: *sign_ins,
            confirmations: confirmations.len(),
            others: *others,
            dead_letters: self.dead_letters,
        }
    }
}

/// How much there is of a customer, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    /// Bookings, each with its row.
    pub(super) bookings: usize,
    /// Documents in the bucket: every version and every delete marker.
    pub(super) documents: usize,
    /// Links and sessions.
    pub(super) sign_ins: usize,
    /// Confirmations that know the customer.
    pub(super) confirmations: usize,
    /// Other items of the table: a cached dashboard, a counter of requests, a bounce.
    pub(super) others: usize,
    /// Dead letters that name the address or the customer.
    pub(super) dead_letters: usize,
}

impl Counts {
    fn named(self) -> [(usize, &'static str); 6] {
        [
            (self.bookings, "booking"),
            (self.documents, "version of documents"),
            (self.sign_ins, "sign-in"),
            (self.confirmations, "confirmation"),
            (self.others, "other item"),
            (self.dead_letters, "dead letter"),
        ]
    }
}

/// `2 bookings, 1 sign-in`, or `nothing`.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some: Vec<String> = self.named().into_iter().filter(|(count, _)| *count > 0).map(shown).collect();
        if some.is_empty() { f.write_str("nothing here") } else { f.write_str(&some.join(", ")) }
    }
}

fn shown((count, what): (usize, &str)) -> String {
    match what.split_once(' ') {
        // The first word is the one that is counted.
        Some(("version", rest)) => format!("{} {rest}", counted(count, "version")),
        _ => counted(count, what),
    }
}
