//! Moments and the zones in which they are shown.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp, Zoned, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// `duration` after `moment`, or the end of time.
pub fn after(moment: Timestamp, duration: SignedDuration) -> Timestamp {
    moment.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// The whole second that a moment is in: what EventBridge stamps, logs have and signatures of AWS hold.
pub fn second_of(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

/// `20260710T130000Z`, the basic format of ISO 8601: sorts as text the way it sorts in time, and is RFC 5545's UTC.
pub fn basic_utc(moment: Timestamp) -> String {
    moment.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A time zone by its name in the IANA database.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(TimeZone);

/// The name is not one of the IANA database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time zone is not in the IANA database")]
pub struct NotAZone;

impl Zone {
    /// Where no zone is known.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// `moment` on the clocks of this zone.
    pub fn at(&self, moment: Timestamp) -> Zoned {
        moment.to_zoned(self.0.clone())
    }

    /// The moment at which this zone's clocks show a time; where they skip or repeat it, RFC 5545 §3.3.5 chooses. None beyond
    /// the years that there are moments of.
    pub fn moment(&self, local: DateTime) -> Option<Timestamp> {
        self.0.to_timestamp(local).ok()
    }

    /// Its name in the IANA database.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

impl FromStr for Zone {
    type Err = NotAZone;

    fn from_str(name: &str) -> Result<Self, NotAZone> {
        TimeZone::get(name).map(Self).map_err(|_| NotAZone)
    }
}

impl TryFrom<String> for Zone {
    type Error = NotAZone;

    fn try_from(name: String) -> Result<Self, NotAZone> {
        name.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_its_second_and_sorts_as_text() {
        let moment: Timestamp = "2026-07-10T13:00:05.9Z".parse().unwrap();
        assert_eq!(second_of(moment).to_string(), "2026-07-10T13:00:05Z");
        assert_eq!(basic_utc(moment), "20260710T130005Z");
    }

    #[test]
    fn a_zone_is_known_by_its_name_and_has_its_own_clocks() {
        let zone: Zone = "America/New_York".parse().unwrap();
        assert_eq!((zone.name(), Zone::UTC.name()), ("America/New_York", "UTC"));
        assert_eq!(format!("{zone:?}"), "Zone(America/New_York)");
        let read: Zone = String::from(zone.clone()).try_into().unwrap();
        assert!(read == zone && "Mars/Olympus".parse::<Zone>().is_err());
        for (local, moment) in [
            ("2026-07-10T09:00:00", Some("2026-07-10T13:00:00Z")),
            ("2026-03-08T02:30:00", Some("2026-03-08T07:30:00Z")), // is skipped
            ("2026-11-01T01:30:00", Some("2026-11-01T05:30:00Z")), // comes twice
            ("9999-12-31T23:59:59", None),
        ] {
            let moment = moment.map(|moment| moment.parse().unwrap());
            assert_eq!(zone.moment(local.parse().unwrap()), moment, "{local}");
        }
    }
}
