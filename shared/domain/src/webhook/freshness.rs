//! When a secret that is kept elsewhere is to be read again, and for how long what was read is good.

use jiff::{SignedDuration, Timestamp};

/// What was read is read again once it is so old.
pub const READ_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// Asking again has to wait so long, whether for a bad signature or because the last time failed.
const ASK_AT_MOST_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// What could not be read again is good for so long: a fault of an hour costs no event, and a secret that somebody ended
/// does not outlive that.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(1);

/// When a secret was last read, and last asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Freshness {
    read_at: Option<Timestamp>,
    asked_at: Option<Timestamp>,
}

impl Freshness {
    /// Whether what was read may be used.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.read_at.is_some_and(|at| now.duration_since(at) < GOOD_FOR)
    }

    /// Whether to ask before a request is looked at: where there is nothing good, or it is old.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let is_old = self.read_at.is_none_or(|at| now.duration_since(at) >= READ_EVERY);
        !self.is_good(now) || (is_old && self.may_ask(now))
    }

    /// Whether to ask because of a signature that no known secret made: it may have been rotated since.
    pub fn may_ask(&self, now: Timestamp) -> bool {
        self.asked_at.is_none_or(|at| now.duration_since(at) >= ASK_AT_MOST_EVERY)
    }

    /// Notes that it was asked for, and whether it was read.
    pub fn note(&mut self, now: Timestamp, was_read: bool) {
        self.asked_at = Some(now);
        if was_read {
            self.read_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_every_five_minutes_and_asked_for_at_most_once_a_minute() {
        const READ: &[(i64, bool)] = &[(0, true)];
        const THEN_FAILED: &[(i64, bool)] = &[(0, true), (300, false)];
        // What was noted, the second of now; whether it is good, due, and may be asked for after a bad signature.
        for (noted, now, is_good, is_due, may_ask) in [
            (&[][..], 0, false, true, true),
            (&[(0, false)], 1, false, true, false),
            (READ, 0, true, false, false),
            (READ, 59, true, false, false),
            (READ, 60, true, false, true),
            (READ, 299, true, false, true),
            (READ, 300, true, true, true),
            (THEN_FAILED, 301, true, false, false),
            (THEN_FAILED, 360, true, true, true),
            (&[(0, true), (300, true)], 301, true, false, false),
            (&[(0, true), (3590, false)], 3599, true, false, false),
            (&[(0, true), (3590, false)], 3600, false, true, false),
        ] {
            let at = |second| Timestamp::from_second(second).unwrap();
            let mut freshness = Freshness::default();
            noted.iter().for_each(|(second, was_read)| freshness.note(at(*second), *was_read));
            let now = at(now);
            let told = (freshness.is_good(now), freshness.is_due(now), freshness.may_ask(now));
            assert_eq!(told, (is_good, is_due, may_ask), "{noted:?} at {now}");
        }
    }
}
