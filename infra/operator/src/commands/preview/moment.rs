//! The moment of a preview: one of RFC 3339, or a time on the clocks of the booking's zone.

use std::str::FromStr;

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};
use portal_domain::time::Zone;

/// The time on the day of a date alone: the morning, before most carts change hands.
pub(super) const MORNING: (i8, i8) = (8, 0);

/// When a preview takes place, as it stands on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Moment(Timestamp),
    Local(DateTime),
}

/// The text is no time.
#[derive(Debug, thiserror::Error)]
#[error("not a date such as 2027-06-11, a local time such as 2027-06-11T09:00, or a time with offset")]
pub(super) struct NotATime;

impl FromStr for At {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        if let Ok(moment) = text.parse() {
            return Ok(Self::Moment(moment));
        }
        // A date with a time reads as a date, too.
        let has_time = text.contains(['T', 't', ' ']);
        let local = if has_time { text.parse().ok() } else { text.parse().ok().map(morning) };
        local.map(Self::Local).ok_or(NotATime)
    }
}

impl At {
    /// The moment it is in a zone.
    pub(super) fn moment(self, zone: &Zone) -> Option<Timestamp> {
        match self {
            Self::Moment(moment) => Some(moment),
            Self::Local(local) => zone.moment(local),
        }
    }
}

/// The morning of a day.
pub(super) fn morning(day: Date) -> DateTime {
    let (hour, minute) = MORNING;
    day.at(hour, minute, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_an_offset_or_is_that_of_the_booking_s_zone() {
        let zone: Zone = "America/New_York".parse().unwrap();
        for (text, moment) in [
            ("2027-06-11T09:00:00-04:00", Some("2027-06-11T13:00:00Z")),
            ("2027-06-11T13:00:00Z", Some("2027-06-11T13:00:00Z")),
            ("2027-06-11T09:00", Some("2027-06-11T13:00:00Z")),
            ("2027-06-11 09:30:15", Some("2027-06-11T13:30:15Z")),
            ("2027-01-11T09:00", Some("2027-01-11T14:00:00Z")),
            ("2027-06-11", Some("2027-06-11T12:00:00Z")),
            // The clocks skip this hour.
            ("2027-03-14T02:30", Some("2027-03-14T07:30:00Z")),
            ("09:00", None),
            ("11.6.2027", None),
            ("2027-02-30", None),
            ("tomorrow", None),
            ("", None),
        ] {
            let read = text.parse::<At>().ok().and_then(|at| at.moment(&zone));
            assert_eq!(read, moment.map(|moment| moment.parse().unwrap()), "{text}");
        }
    }
}
