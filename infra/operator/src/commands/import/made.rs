//! What a row says as a booking, and what is wrong with it.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::times::Note;

/// A row as a booking, as far as it can be read.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) line: usize,
    pub(super) booking: Value,
    /// When it was last changed, as the contract writes it.
    pub(super) occurred_at: Option<String>,
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<Note>,
}

impl Made {
    /// Adds what is wrong with a field, or with the row where `field` is empty.
    pub(super) fn refuse(
        &mut self,
        column: impl Into<String>,
        field: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        let (column, expected, found) = (column.into(), expected.into(), found.into());
        self.problems.push(Problem { line: self.line, column, field: field.to_owned(), expected, found });
    }

    /// A text of the booking; empty where there is none.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.booking.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    /// The line of the file on which the row begins, counted from 1.
    pub(super) line: usize,
    /// The column, or the columns that are joined.
    pub(super) column: String,
    /// The field of a booking, such as `customer.email`.
    pub(super) field: String,
    pub(super) expected: String,
    /// What stands there, by its kind and size; of a word that the map may give a meaning, the word.
    pub(super) found: String,
}

/// What is wrong with a row, in words.
pub(super) fn reason(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { column, field, expected, found, .. } = self;
        let field = if field.is_empty() { String::new() } else { format!(" ({field})") };
        write!(f, "{column}{field}: expected {expected}; found {found}")
    }
}
