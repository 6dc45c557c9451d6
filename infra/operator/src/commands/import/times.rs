//! Times as files write them: in formats of `strptime`, on the clocks of a zone.

use jiff::{
    Timestamp, Zoned,
    civil::DateTime,
    fmt::strtime,
    tz::{AmbiguousOffset, Offset, TimeZone},
};
use serde::{Deserialize, Deserializer, de::Error};

/// How a file writes times, as `[times]` says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Times {
    /// Formats of `strptime`, the first that fits (<https://docs.rs/jiff/latest/jiff/fmt/strtime>); without any, RFC 3339 with or
    /// without an offset.
    #[serde(default, deserialize_with = "formats")]
    formats: Vec<Format>,
    /// The zone of times without an offset, and of bookings that have no column for it.
    pub(super) zone: Option<Zone>,
    /// Which moment is meant by a time that the clocks show twice, when summer time ends.
    #[serde(default)]
    ambiguous: Rule,
    /// Which moment is meant by a time that the clocks skip, when summer time begins.
    #[serde(default)]
    skipped: Rule,
}

/// A format that writes what it can read again.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Format {
    format: String,
    /// A time that is written so.
    example: String,
}

impl TryFrom<String> for Format {
    type Error = String;

    fn try_from(format: String) -> Result<Self, String> {
        if ["%I", "%l"].iter().any(|hour| format.contains(hour)) && !format.to_lowercase().contains("%p") {
            return Err("expected %H for hours up to 24, or %p for morning and afternoon beside %I".to_owned());
        }
        let example = DateTime::constant(2026, 7, 25, 9, 0, 0, 0).in_tz("America/New_York");
        let example = example.map_err(|error| error.to_string())?;
        let written = strtime::format(&format, &example);
        let read = written.and_then(|text| strtime::parse(&format, &text)?.to_datetime().map(|_| text));
        read.map(|example| Self { format, example })
            .map_err(|_| "expected a format of strptime with a whole date, such as %m/%d/%Y %H:%M".to_owned())
    }
}

/// Formats of which no two read a text as different times, and the first would win unseen.
fn formats<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Format>, D::Error> {
    let formats = Vec::<Format>::deserialize(deserializer)?;
    let time = DateTime::constant(2026, 3, 4, 21, 0, 0, 0);
    let written = |format: &Format| strtime::format(&format.format, &time.in_tz("America/New_York").ok()?).ok();
    for one in &formats {
        let Some(text) = written(one) else { continue };
        for other in &formats {
            if let Some(read) = other.read(&text).and_then(|read| read.to_datetime().ok())
                && read.date() != time.date()
            {
                let (one, other) = (&one.format, &other.format);
                return Err(D::Error::custom(format!("{one} and {other} read one text as different days: keep one")));
            }
        }
    }
    Ok(formats)
}

impl Format {
    fn read(&self, text: &str) -> Option<strtime::BrokenDownTime> {
        // %Y takes two digits, too, and a format with %y may come after it.
        strtime::parse(&self.format, text).ok().filter(|read| read.year().is_none_or(|year| year > 99))
    }
}

/// A zone of the IANA database.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Zone(TimeZone);

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let zone = TimeZone::get(&name);
        zone.map(Self).map_err(|_| "expected a time zone of the IANA database, such as America/New_York".to_owned())
    }
}

impl Zone {
    pub(super) fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}

/// What is done with a time that the clocks show twice, or not at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Rule {
    Earlier,
    Later,
    #[default]
    Refuse,
}

/// What is to be told of a time that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Note {
    /// It has no offset, and the zone gave it one.
    OfTheZone,
    /// The clocks show it twice.
    Twice,
    /// The clocks skip it.
    Skipped,
}

impl Times {
    /// The moment, with the offset as it is written or as the zone has it then. Without, what was expected.
    pub(super) fn read(&self, text: &str, zone: Option<&Zone>) -> Result<(Zoned, Option<Note>), String> {
        match self.parse(text)? {
            Written::Moment(moment, offset) => Ok((moment.to_zoned(offset.to_time_zone()), None)),
            Written::Local(time) => {
                let Zone(zone) = zone.ok_or("an offset, or a zone under [times]")?;
                let ambiguous = zone.to_ambiguous_zoned(time);
                let (rule, note, what) = match ambiguous.offset() {
                    AmbiguousOffset::Unambiguous { .. } => (Rule::Earlier, Note::OfTheZone, ""),
                    AmbiguousOffset::Fold { .. } => (self.ambiguous, Note::Twice, "ambiguous"),
                    AmbiguousOffset::Gap { .. } => (self.skipped, Note::Skipped, "skipped"),
                };
                let moment = match rule {
                    Rule::Earlier => ambiguous.earlier(),
                    Rule::Later => ambiguous.later(),
                    Rule::Refuse => {
                        return Err(format!(
                            "a time that the clocks show once, or {what} = \"earlier\" or \"later\" under [times]"
                        ));
                    }
                };
                Ok((moment.map_err(|_| "a time of the years 1900 to 2199")?, Some(note)))
            }
        }
    }

    fn parse(&self, text: &str) -> Result<Written, String> {
        if self.formats.is_empty() {
            let moment = || Some(Written::Moment(text.parse().ok()?, strtime_offset(text)));
            let local = || text.parse().ok().map(Written::Local);
            return moment()
                .or_else(local)
                .ok_or_else(|| "a time as in 2026-07-25 09:00, or formats under [times]".to_owned());
        }
        let read = self.formats.iter().find_map(|format| {
            let read = format.read(text)?;
            match read.offset() {
                Some(offset) => Some(Written::Moment(read.to_timestamp().ok()?, offset)),
                None => read.to_datetime().ok().map(Written::Local),
            }
        });
        read.ok_or_else(|| {
            let examples: Vec<&str> = self.formats.iter().map(|format| format.example.as_str()).collect();
            format!("a time as in {}, of a day that there is", examples.join(" or "))
        })
    }
}

/// A time as it is written.
enum Written {
    Moment(Timestamp, Offset),
    Local(DateTime),
}

/// The offset of a time of RFC 3339.
fn strtime_offset(text: &str) -> Offset {
    let pieces = jiff::fmt::temporal::Pieces::parse(text).ok();
    pieces.and_then(|pieces| pieces.to_numeric_offset()).unwrap_or(Offset::UTC)
}

/// As the contract wants it.
pub(super) fn rfc3339(time: &Zoned) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_the_map_says() {
        let us = "formats = [\"%m/%d/%Y %I:%M %p\", \"%m/%d/%Y %H:%M\"]\nzone = \"America/New_York\"\n";
        let short = "formats = [\"%m/%d/%Y\", \"%m/%d/%y\"]\nzone = \"America/New_York\"\n";
        let german = "formats = [\"%d.%m.%Y %H:%M\"]\nzone = \"Europe/Berlin\"\n";
        let later = format!("{us}ambiguous = \"later\"\nskipped = \"later\"");
        let earlier = format!("{us}ambiguous = \"earlier\"\nskipped = \"earlier\"");
        let once =
            |rule| format!("a time that the clocks show once, or {rule} = \"earlier\" or \"later\" under [times]");
        let (twice, skipped) = (once("ambiguous"), once("skipped"));
        for (map, text, expected) in [
            (us, "6/11/2027 9:00 AM", Ok("2027-06-11T09:00:00-04:00")),
            (us, "06/11/2027 09:00 pm", Ok("2027-06-11T21:00:00-04:00")),
            (us, "01/11/2027 21:00", Ok("2027-01-11T21:00:00-05:00")),
            (us, "11.6.2027 9:00", Err("a time as in 07/25/2026 09:00 AM or 07/25/2026 09:00, of a day that there is")),
            (
                us,
                "02/30/2027 09:00",
                Err("a time as in 07/25/2026 09:00 AM or 07/25/2026 09:00, of a day that there is"),
            ),
            (us, "06/11/27 09:00", Err("a time as in 07/25/2026 09:00 AM or 07/25/2026 09:00, of a day that there is")),
            (short, "6/11/27", Ok("2027-06-11T00:00:00-04:00")),
            (short, "6/11/2027", Ok("2027-06-11T00:00:00-04:00")),
            (us, "11/01/2026 01:30", Err(twice.as_str())),
            (&earlier, "11/01/2026 01:30", Ok("2026-11-01T01:30:00-04:00")),
            (&later, "11/01/2026 01:30", Ok("2026-11-01T01:30:00-05:00")),
            (us, "03/14/2027 02:30", Err(skipped.as_str())),
            (&earlier, "03/14/2027 02:30", Ok("2027-03-14T01:30:00-05:00")),
            (&later, "03/14/2027 02:30", Ok("2027-03-14T03:30:00-04:00")),
            (german, "1.7.2027 9:05", Ok("2027-07-01T09:05:00+02:00")),
            ("formats = [\"%d %b %Y %H:%M %z\"]", "01 Jul 2027 09:00 +0530", Ok("2027-07-01T09:00:00+05:30")),
            ("", "2027-07-01T09:00:00-07:00", Ok("2027-07-01T09:00:00-07:00")),
            ("", "2027-07-01T09:00:00Z", Ok("2027-07-01T09:00:00+00:00")),
            ("zone = \"America/New_York\"", "2027-07-01 09:00", Ok("2027-07-01T09:00:00-04:00")),
            ("", "2027-07-01 09:00", Err("an offset, or a zone under [times]")),
            ("", "yesterday", Err("a time as in 2026-07-25 09:00, or formats under [times]")),
        ] {
            let times: Times = toml::from_str(map).unwrap();
            let read = times.read(text, times.zone.as_ref()).map(|(time, _)| rfc3339(&time));
            assert_eq!(read.as_deref().map_err(String::as_str), expected, "{map}: {text}");
        }
    }

    #[test]
    fn what_is_to_be_told_of_a_time_is_told() {
        let map = "zone = \"America/New_York\"\nambiguous = \"later\"\nskipped = \"later\"";
        let times: Times = toml::from_str(map).unwrap();
        for (text, note) in [
            ("2027-07-01T09:00:00Z", None),
            ("2027-07-01 09:00", Some(Note::OfTheZone)),
            ("2026-11-01 01:30", Some(Note::Twice)),
            ("2027-03-14 02:30", Some(Note::Skipped)),
        ] {
            assert_eq!(times.read(text, times.zone.as_ref()).unwrap().1, note, "{text}");
        }
    }

    #[test]
    fn a_format_that_cannot_be_read_again_is_refused() {
        for formats in [
            "\"%Q\"",
            "\"%H:%M\"",
            "\"%m/%d\"",
            "\"dates\"",
            "\"%m/%d/%Y %I:%M\"",
            "\"%m/%d/%Y\", \"%d/%m/%Y\"",
            "\"%m/%d/%Y\", \"%m/%d/%y\", \"%y/%m/%d\"",
        ] {
            assert!(toml::from_str::<Times>(&format!("formats = [{formats}]")).is_err(), "{formats}");
        }
    }
}
