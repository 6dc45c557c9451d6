//! How often a link may be asked for.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::customer::CustomerId;

/// Requests are counted for an hour from the first one.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// A customer's request this soon after the last is the same request again.
pub const REPEAT_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// Whose requests are counted, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimitKey {
    /// Links asked for from a network address; of IPv6 the network counts (/64).
    Source(IpAddr),
    /// Links asked for with a customer's address.
    Customer(CustomerId),
    /// Links renewed from a network address.
    RenewingSource(IpAddr),
    /// Links of a customer renewed.
    RenewingCustomer(CustomerId),
}

/// A rule for one counter.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Requests within [`WINDOW`].
    pub requests: u32,
    /// Requests this soon after the last one do not count.
    pub repeat_within: Option<SignedDuration>,
}

impl Limit {
    /// For a network address: every request counts.
    pub fn for_a_source(requests: u32) -> Self {
        Self { requests, repeat_within: None }
    }

    /// For a customer: a second click is not a second request.
    pub fn for_a_customer(requests: u32) -> Self {
        Self { requests, repeat_within: Some(REPEAT_WITHIN) }
    }
}

/// A counter as the table keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// Requests so far in this window.
    pub count: u32,
    /// When the window ends, in whole seconds.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub window_ends: Timestamp,
    /// When the last request was counted, in whole seconds.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub last_at: Timestamp,
}

/// What a counter says to one more request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go ahead; it has been counted.
    Counted,
    /// The same request again; not counted.
    Repeated,
    /// Too many; try again after this time.
    Refused(SignedDuration),
}

impl Limit {
    /// What a live counter says at `now`; none if the request may be counted.
    pub fn objection(&self, counter: &Counter, now: Timestamp) -> Option<Verdict> {
        if self.repeat_within.is_some_and(|within| now.duration_since(counter.last_at) < within) {
            Some(Verdict::Repeated)
        } else if counter.count >= self.requests {
            // The clock that began the window may be a little ahead of this one.
            let seconds = counter.window_ends.as_second() - now.as_second();
            Some(Verdict::Refused(SignedDuration::from_secs(seconds.clamp(1, WINDOW.as_secs()))))
        } else {
            None
        }
    }
}
