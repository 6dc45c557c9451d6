//! What bounces and complaints of a customer's mails mean for later ones: whether they are suppressed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is known of mailing a customer. Each time only grows, so repetition and order of arrival do not matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// When a mail last came back for good.
    #[serde(default, with = "jiff::fmt::serde::timestamp::microsecond::optional")]
    pub bounced_at: Option<Timestamp>,
    /// When the booking system last named the address again since.
    #[serde(default, with = "jiff::fmt::serde::timestamp::microsecond::optional")]
    pub address_confirmed_at: Option<Timestamp>,
    /// When a mail was reported as spam.
    #[serde(default, with = "jiff::fmt::serde::timestamp::microsecond::optional")]
    pub complained_at: Option<Timestamp>,
}

/// Why nothing is mailed to a customer, in the words of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Suppressed {
    /// The address does not exist, as far as anybody knows.
    #[error("an earlier one came back")]
    Bounced,
    /// Its owner wants no mail. Only the operator takes this back.
    #[error("an earlier one was reported as spam")]
    Complained,
}

impl Suppression {
    /// Why nothing may be mailed, if so.
    pub fn suppressed(&self) -> Option<Suppressed> {
        match self.complained_at {
            Some(_) => Some(Suppressed::Complained),
            None => self.is_bounced().then_some(Suppressed::Bounced),
        }
    }

    /// Whether a booking event of `occurred_at` says anew that the address is right.
    pub fn is_cleared_by(&self, occurred_at: Timestamp) -> bool {
        self.is_bounced() && self.bounced_at < Some(occurred_at)
    }

    fn is_bounced(&self) -> bool {
        self.bounced_at.is_some() && self.bounced_at >= self.address_confirmed_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_bounce_is_cleared_by_a_later_booking_event_and_a_complaint_by_none() {
        let bounced = Suppression { bounced_at: Some(at(10)), ..Suppression::default() };
        assert_eq!(bounced.suppressed(), Some(Suppressed::Bounced));
        assert!(!bounced.is_cleared_by(at(9)) && !bounced.is_cleared_by(at(10)));
        assert!(bounced.is_cleared_by(at(11)));
        let cleared = Suppression { address_confirmed_at: Some(at(11)), ..bounced };
        assert_eq!(cleared.suppressed(), None);
        assert_eq!(Suppression { bounced_at: Some(at(12)), ..cleared }.suppressed(), Some(Suppressed::Bounced));
        let complained = Suppression { complained_at: Some(at(1)), ..cleared };
        assert_eq!(complained.suppressed(), Some(Suppressed::Complained));
    }
}
