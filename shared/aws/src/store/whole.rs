//! What is only ever read and written whole is kept as one text of JSON: a page of bookings is read several times faster
//! than from DynamoDB's nested attributes. A text that cannot be read costs no more than itself.

use portal_domain::booking::BookingId;
use serde::{Deserialize, Serialize};

use super::{
    errors::Error,
    items::{Item, name},
};
use crate::unquoted::Unquoted;

/// A value as the text under which it is kept in the item of this key.
pub(super) fn text_of<T: Serialize>(key: &Item, value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Write { key: name(key), source: Unquoted::of(&error) })
}

/// What such a text says of a booking; none, and a word in the log with the field, where this release cannot read it.
pub(super) fn read_text<'a, T: Deserialize<'a>>(text: &'a str, booking: &BookingId) -> Option<T> {
    match serde_json::from_str(text) {
        Ok(value) => Some(value),
        Err(error) => {
            tracing::error!(%booking, field = field_of(text, &error).as_str(), "a booking in the table cannot be read");
            None
        }
    }
}

/// The last field that begins before the place of an error, or the one that is missing there; never what is in it.
fn field_of(text: &str, error: &serde_json::Error) -> String {
    let missing = error.to_string();
    if let Some(name) = missing.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        return name.to_owned();
    }
    let before = text.as_bytes().get(..error.column()).unwrap_or(text.as_bytes());
    let is_name = |name: &&[u8]| !name.is_empty() && name.iter().all(|b| b.is_ascii_lowercase() || *b == b'_');
    // Between a quotation mark and one before a colon stands a name, if it is of the letters that names have.
    let mut names = before.windows(2).enumerate().filter(|(_, end)| *end == b"\":").filter_map(|(end, _)| {
        let start = before[..end].iter().rposition(|b| *b == b'"')?;
        Some(&before[start + 1..end]).filter(is_name)
    });
    names.next_back().map_or("?".into(), |name| String::from_utf8_lossy(name).into_owned())
}

#[cfg(test)]
mod tests {
    use portal_domain::booking::Booking;

    use super::*;

    #[test]
    fn the_field_that_cannot_be_read_is_named_and_nothing_that_is_in_it() {
        for (text, field) in [
            (r#"{"booking_id": "bkg_1", "revision": "ana@example.com"}"#, "revision"),
            (r#"{"booking_id": "bkg_1", "customer": {"name": "Ana", "email": 7}}"#, "email"),
            (r#"{"customer": {"name": "x\": secret", "email": 7}}"#, "email"),
            (r#"{"booking_id": "bkg_1"}"#, "reference"),
            (r#"{"booking_id": "bkg"#, "booking_id"),
            ("", "?"),
        ] {
            let error = serde_json::from_str::<Booking>(text).unwrap_err();
            assert_eq!(field_of(text, &error), field, "{text}: {error}");
        }
    }
}
