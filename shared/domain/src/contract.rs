//! The bounds of the event contract, for the fields of a booking to name. `infra/events/schemas` says the same in JSON
//! Schema, and `tests/tests/portal/contract.rs` holds the one against the other at every bound.

use std::fmt;

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

use crate::{
    customer::{EmailAddress, is_invisible},
    text::Text,
};

/// An optional value where the field is there at all: `null` is no value of the contract.
pub(crate) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A text of at most so many characters, where every other may have [`Text::LONGEST`].
pub(crate) fn short<'de, D: Deserializer<'de>, const LONGEST: usize>(deserializer: D) -> Result<Text, D::Error> {
    let text = Text::deserialize(deserializer)?;
    if text.as_str().chars().count() > LONGEST { Err(D::Error::custom("too long")) } else { Ok(text) }
}

/// A string of 1 to so many characters that is not for people.
pub(crate) fn opaque<'de, D: Deserializer<'de>, const LONGEST: usize>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let fits = (1..=LONGEST).contains(&text.chars().count());
    fits.then_some(text).ok_or_else(|| D::Error::custom("too long or empty"))
}

/// An optional string of at most so many characters that is not for people.
pub(crate) fn given_opaque<'de, D: Deserializer<'de>, const LONGEST: usize>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.chars().count() > LONGEST { Err(D::Error::custom("too long")) } else { Ok(Some(text)) }
}

/// A list of `LEAST` to `MOST`.
pub(crate) fn list<'de, D, T, const LEAST: usize, const MOST: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let list = Vec::<T>::deserialize(deserializer)?;
    let fits = (LEAST..=MOST).contains(&list.len());
    fits.then_some(list).ok_or_else(|| D::Error::custom("too many or too few"))
}

/// A whole number from `LEAST` to `MOST`; `3.0` is one, as JSON Schema has it (Core §4.2.3).
pub(crate) fn whole<'de, D, N, const LEAST: i64, const MOST: i64>(deserializer: D) -> Result<N, D::Error>
where
    D: Deserializer<'de>,
    N: TryFrom<i64>,
{
    let number = deserializer.deserialize_i64(Whole)?;
    let fits = (LEAST..=MOST).contains(&number);
    let number = fits.then_some(number).and_then(|number| N::try_from(number).ok());
    number.ok_or_else(|| D::Error::custom("out of range"))
}

/// An optional whole number from `LEAST` to `MOST`.
pub(crate) fn given_whole<'de, D, N, const LEAST: i64, const MOST: i64>(deserializer: D) -> Result<Option<N>, D::Error>
where
    D: Deserializer<'de>,
    N: TryFrom<i64>,
{
    whole::<D, N, LEAST, MOST>(deserializer).map(Some)
}

struct Whole;

impl Visitor<'_> for Whole {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<i64, E> {
        number.try_into().map_err(|_| E::custom("out of range"))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<i64, E> {
        let is_whole = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_991.0;
        if is_whole { Ok(number as i64) } else { Err(E::custom("not a whole number")) }
    }
}

/// A moment of the years 1900 to 2199 as RFC 3339 writes it, with an offset and at most nanoseconds.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    let time = if is_time(&text) { text.parse().ok() } else { None };
    time.ok_or_else(|| D::Error::custom("not a time with offset"))
}

/// An optional moment.
pub(crate) fn given_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    time(deserializer).map(Some)
}

fn is_time(text: &str) -> bool {
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    let below = |part: &str, limit: u32| digits(part, 2) && part.parse::<u32>().is_ok_and(|number| number < limit);
    let (Some(date), Some(rest)) = (text.get(..11), text.get(11..)) else { return false };
    let (Some(clock), Some(rest)) = (rest.get(..8), rest.get(8..)) else { return false };
    let (fraction, offset) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())),
        None => ("0", rest),
    };
    let offset_fits = match offset.split_at_checked(1) {
        Some(("Z" | "z", "")) => true,
        Some(("+" | "-", offset)) => offset.split_once(':').is_some_and(|(h, m)| below(h, 24) && below(m, 60)),
        _ => false,
    };
    ["19", "20", "21"].contains(&&date[..2])
        && date.ends_with(['T', 't'])
        && (1..=9).contains(&fraction.len())
        && clock.get(6..).is_some_and(|seconds| below(seconds, 60))
        && offset_fits
}

/// A language: letters, then parts of letters and digits (BCP 47), of at most 35 characters.
pub(crate) fn given_language<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text>, D::Error> {
    let text = Text::deserialize(deserializer)?;
    let mut parts = text.as_str().split('-');
    let fits = text.as_str().len() <= 35
        && parts
            .next()
            .is_some_and(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic()))
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if fits { Ok(Some(text)) } else { Err(D::Error::custom("not a language")) }
}

/// A bare address: what a form forgives, such as white space around it, an event does not hold.
pub(crate) fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EmailAddress, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_bare = text.chars().count() <= 254
        && !text.contains(is_invisible)
        && text.rsplit_once('@').is_some_and(|(_, domain)| domain.contains('.'));
    let address = if is_bare { EmailAddress::parse(&text).ok() } else { None };
    address.ok_or_else(|| D::Error::custom("not an address"))
}

/// 64 lower-case hexadecimal digits.
pub(crate) fn given_sha256<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let fits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if fits { Ok(Some(text)) } else { Err(D::Error::custom("not a SHA-256")) }
}
