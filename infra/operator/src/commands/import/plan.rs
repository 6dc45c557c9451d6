//! What is to become of each row, before anything is sent and after.

use jiff::Timestamp;
use portal_domain::{
    booking::BookingId,
    events::{BookingEvent, Event, Received},
};
use serde::Serialize;

use super::{
    made::{Made, Problem},
    rows::Reader,
    settings::Row,
};
use crate::commands::events::{files::Given, findings::Rules};

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// It is to be imported.
    ToImport,
    /// The portal has its booking now.
    Imported,
    /// The portal had its booking before, of this revision or a newer one.
    AlreadyThere,
    /// Another row stands for its booking.
    Duplicate,
    /// It names no address, and so no customer.
    NoAddress,
    /// It breaks the contract, contradicts another row, or the portal did not take it.
    Refused,
    /// It was not sent, or nothing was seen of it.
    Failed,
}

/// A row of the file and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// The line of the file on which the row begins, counted from 1.
    pub(super) line: usize,
    /// None where the row names none that may be one.
    pub(super) booking_id: Option<BookingId>,
    pub(super) outcome: Outcome,
    /// More about it in words; never a value of the file.
    pub(super) reason: String,
}

/// A booking that is to be imported.
pub(super) struct Booking {
    /// The rows it is made of.
    pub(super) lines: Vec<usize>,
    pub(super) given: Given,
    pub(super) received: Received,
    /// What somebody should know of it before it is sent.
    pub(super) remarks: Vec<&'static str>,
}

impl Booking {
    /// The event.
    pub(super) fn event(&self) -> Option<&BookingEvent> {
        match &self.received.event {
            Event::Booking(event) => Some(event),
            Event::CustomerErased { .. } => None,
        }
    }

    /// What becomes of each of its rows.
    pub(super) fn told(&self, outcome: Outcome, reason: &str) -> impl Iterator<Item = Line> {
        let booking_id = self.received.about.booking_id.clone();
        let reason = [reason].into_iter().filter(|reason| !reason.is_empty()).chain(self.remarks.iter().copied());
        let reason = reason.collect::<Vec<_>>().join("; ");
        let line =
            move |line: &usize| Line { line: *line, booking_id: booking_id.clone(), outcome, reason: reason.clone() };
        self.lines.iter().map(line)
    }
}

/// Something that somebody should look at, though it is imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Warning {
    pub(super) text: String,
    /// How many rows it is said of.
    pub(super) rows: usize,
    /// The first of them.
    pub(super) line: usize,
}

/// What is to become of all rows.
#[derive(Default)]
pub(super) struct Plan {
    /// How many rows the file has.
    pub(super) rows: usize,
    /// Rows that are not imported.
    pub(super) lines: Vec<Line>,
    /// What is wrong with those that are refused.
    pub(super) problems: Vec<Problem>,
    pub(super) bookings: Vec<Booking>,
    pub(super) warnings: Vec<Warning>,
}

/// What the rows of a file are compared with.
pub(super) struct Basis<'a> {
    pub(super) file: &'a str,
    pub(super) reader: &'a Reader<'a>,
    pub(super) row: Row,
    pub(super) rules: &'a Rules,
    pub(super) now: Timestamp,
}

impl Plan {
    pub(super) fn tell(&mut self, row: &Made, outcome: Outcome, reason: impl Into<String>) {
        let booking_id = BookingId::parse(row.text("/booking_id"));
        self.lines.push(Line { line: row.line, booking_id, outcome, reason: reason.into() });
    }

    pub(super) fn warn(&mut self, line: usize, text: &str) {
        match self.warnings.iter_mut().find(|warning| warning.text == text) {
            Some(warning) => warning.rows += 1,
            None => self.warnings.push(Warning { text: text.to_owned(), rows: 1, line }),
        }
    }
}
