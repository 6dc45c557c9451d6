//! How a file is laid out: the short sections of a map.

use std::num::NonZeroUsize;

use serde::Deserialize;

/// What kind of file it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Csv {
    /// One character of ASCII.
    pub(super) delimiter: char,
    /// A label of the Encoding Standard (<https://encoding.spec.whatwg.org/#names-and-labels>). A byte order mark is never text.
    pub(super) encoding: String,
    /// Whether a cell may stand in quotes. Without, a quote is a character like others.
    pub(super) quotes: bool,
    /// The line with the names of the columns, counted from 1.
    pub(super) header_row: NonZeroUsize,
}

impl Default for Csv {
    fn default() -> Self {
        Self { delimiter: ',', encoding: "utf-8".to_owned(), quotes: true, header_row: NonZeroUsize::MIN }
    }
}

/// How a file says which carts a booking has.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Carts {
    /// What a row is.
    pub(super) row: Row,
    /// What stands between carts in one column.
    pub(super) separator: Option<String>,
}

/// What a row of the file is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Row {
    /// A booking.
    #[default]
    Booking,
    /// A cart: rows with the same booking are one, with a cart each.
    Cart,
}

/// How revisions are made.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Revision {
    /// What is added to each, in milliseconds where they come from `updated_at`: so an import with a corrected map replaces what
    /// one before it brought.
    pub(super) plus: u32,
}
