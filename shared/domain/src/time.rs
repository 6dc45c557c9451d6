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
