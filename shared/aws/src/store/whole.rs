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
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    // Only now, for it takes longer: where it is.
    let again: Result<T, _> = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text));
    let field = again.err().map(|error| error.path().to_string()).unwrap_or_default();
    tracing::error!(%booking, field, "a booking in the table cannot be read");
    None
}
