//! The times of the demo, relative to now and in the shop's zone.

use jiff::{RoundMode, Timestamp, ToSpan, Unit, Zoned, ZonedRound, tz::TimeZone};

/// The zone of the demo business.
pub(super) const TIME_ZONE: &str = "America/New_York";

pub(super) struct Clock {
    pub(super) now: Zoned,
}

impl Clock {
    pub(super) fn new(now: Timestamp) -> Result<Self, jiff::Error> {
        Ok(Self { now: now.to_zoned(TimeZone::get(TIME_ZONE)?) })
    }

    /// A full hour, so many days from today.
    pub(super) fn at(&self, days: i32, hour: i8) -> Result<Zoned, jiff::Error> {
        self.now.date().checked_add(days.days())?.at(hour, 0, 0, 0).to_zoned(self.now.time_zone().clone())
    }

    pub(super) fn minutes_ago(&self, minutes: i64) -> Result<Zoned, jiff::Error> {
        self.now.checked_sub(minutes.minutes())
    }

    /// So many minutes from now, if that is today; else today's first or last second.
    pub(super) fn today(&self, minutes: i64) -> Result<Zoned, jiff::Error> {
        let time = self.now.checked_add(minutes.minutes())?;
        Ok(time.clamp(self.now.start_of_day()?, last_second(&self.now)?))
    }

    /// The half hour that has begun so many minutes from now, among today's.
    pub(super) fn half_hour(&self, minutes: i64) -> Result<Zoned, jiff::Error> {
        begun_half_hour(&self.today(minutes)?)
    }

    /// The next half hour that is more than half an hour away, or today's last one.
    pub(super) fn soon(&self) -> Result<Zoned, jiff::Error> {
        self.half_hour(60)
    }

    /// 5 pm, or later today if that is less than half an hour away.
    pub(super) fn this_evening(&self) -> Result<Zoned, jiff::Error> {
        let later = self.now.checked_add(1.hour())?;
        Ok(begun_half_hour(&later)?.clamp(self.at(0, 17)?, last_second(&self.now)?))
    }
}

/// The hour before and the hour after the half hour of this time, as far as they are of its day.
pub(super) fn window_around(time: &Zoned) -> Result<(Zoned, Zoned), jiff::Error> {
    let half_hour = begun_half_hour(time)?;
    let (first, last) = (time.start_of_day()?, last_second(time)?);
    Ok((half_hour.checked_sub(1.hour())?.max(first), half_hour.checked_add(1.hour())?.min(last)))
}

fn begun_half_hour(time: &Zoned) -> Result<Zoned, jiff::Error> {
    time.round(ZonedRound::new().smallest(Unit::Minute).increment(30).mode(RoundMode::Trunc))
}

fn last_second(of: &Zoned) -> Result<Zoned, jiff::Error> {
    of.date().at(23, 59, 59, 0).to_zoned(of.time_zone().clone())
}
