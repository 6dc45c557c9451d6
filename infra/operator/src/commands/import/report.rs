//! What an import tells after it has sent everything, and of every row.

use std::{collections::BTreeMap, fs, io::ErrorKind};

use serde::Serialize;

use super::plan::{Line, Outcome as OfRow, Warning};
use crate::{
    stack::Place,
    terminal::{Failure, Mark, Outcome, Page, Report, counted, word},
};

/// How many rows of a kind people are shown; `--json` and `--report` have all.
pub(super) const SHOWN: usize = 12;

/// What was done. `--json` prints these fields.
#[derive(Serialize)]
pub(super) struct Done {
    #[serde(flatten)]
    pub(super) place: Place,
    pub(super) file: String,
    /// How many rows it has.
    pub(super) rows: usize,
    /// How many rows came to what.
    pub(super) outcomes: BTreeMap<OfRow, usize>,
    /// What was imported, and somebody should look at.
    pub(super) warnings: Vec<Warning>,
    /// How many seconds sending and waiting took.
    pub(super) seconds: f64,
    /// Every row.
    pub(super) lines: Vec<Line>,
    /// The same command, which goes on with what is missing.
    #[serde(skip)]
    pub(super) command: String,
    /// What says more of what was refused or not seen.
    #[serde(skip)]
    pub(super) look: String,
}

/// How many rows come to what.
pub(super) fn counts(lines: &[Line]) -> BTreeMap<OfRow, usize> {
    let mut counts = BTreeMap::new();
    lines.iter().for_each(|line| *counts.entry(line.outcome).or_default() += 1);
    counts
}

/// The columns of a report, by which it is known.
const COLUMNS: [&str; 4] = ["line", "booking_id", "outcome", "reason"];

/// Whether there is nothing at a path, or an earlier report.
fn may_be_replaced(file: &str) -> bool {
    match fs::symlink_metadata(file) {
        Err(error) => error.kind() == ErrorKind::NotFound,
        Ok(found) if !found.is_file() => false,
        Ok(_) => fs::read(file).is_ok_and(|text| text.starts_with(COLUMNS.join(",").as_bytes())),
    }
}

/// Writes every row with what became of it: line, booking, outcome and reason, and no address. Replaces an earlier report, and no
/// other file.
pub(super) fn write(file: &str, lines: &[Line]) -> Result<(), Failure> {
    if !may_be_replaced(file) {
        let problem = format!("{file} is no report of an import, and stays");
        return Err(Failure::new(problem, "Name another file: --report report.csv"));
    }
    let written = || {
        let mut report = csv::Writer::from_path(file)?;
        report.write_record(COLUMNS)?;
        for Line { line, booking_id, outcome, reason } in lines {
            let booking = booking_id.as_ref().map(ToString::to_string).unwrap_or_default();
            report.write_record([&line.to_string(), &booking, &word(outcome), reason])?;
        }
        report.flush().map_err(csv::Error::from)
    };
    written().map_err(|error| Failure::cannot(&format!("write {file}"), &error))
}

/// The rows of an outcome, the first of them by their lines.
pub(super) fn show_lines(page: &mut Page, mark: Mark, outcome: OfRow, lines: &[Line]) {
    let of = lines.iter().filter(|line| line.outcome == outcome);
    for Line { line, booking_id, reason, .. } in of.clone().take(SHOWN) {
        let booking = booking_id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
        page.check(mark, format_args!("line {line}"), format_args!("{}{booking}: {reason}", word(&outcome)));
    }
    more(page, of.count());
}

/// What somebody should look at, the first row of each.
pub(super) fn show_warnings(page: &mut Page, warnings: &[Warning]) {
    for Warning { text, rows, line } in warnings {
        page.check(Mark::Warning, format_args!("line {line}"), format_args!("{text}{}", others(*rows)));
    }
}

/// Of how many rows the same is said, where it is more than one.
pub(super) fn others(rows: usize) -> String {
    if rows > 1 { format!("; the first of {rows}") } else { String::new() }
}

pub(super) fn more(page: &mut Page, count: usize) {
    if count > SHOWN {
        page.line(format_args!("             and {} more: --report FILE.csv has every row", count - SHOWN));
    }
}

pub(super) fn in_words(outcomes: &BTreeMap<OfRow, usize>) -> String {
    let words = outcomes.iter().map(|(outcome, count)| format!("{count} {}", word(outcome)));
    words.collect::<Vec<_>>().join(", ")
}

impl Report for Done {
    fn show(&self, page: &mut Page) {
        for (mark, outcome) in [
            (Mark::Note, OfRow::Duplicate),
            (Mark::Note, OfRow::NoAddress),
            (Mark::Failure, OfRow::Refused),
            (Mark::Failure, OfRow::Failed),
        ] {
            show_lines(page, mark, outcome, &self.lines);
        }
        let mark = if self.outcome() == Outcome::Fine { Mark::Ok } else { Mark::Failure };
        let (rows, seconds) = (counted(self.rows, "row"), self.seconds);
        page.headline(
            Some(mark),
            format_args!("{rows} of {} in {seconds:.0} s: {}", self.file, in_words(&self.outcomes)),
        );
        if self.outcomes.contains_key(&OfRow::Failed) {
            page.advice(format_args!("Go on with what is missing: {}", self.command));
            page.advice(format_args!("See what lies among the dead letters: {}", self.look));
        }
    }

    fn outcome(&self) -> Outcome {
        let is_wrong = [OfRow::Refused, OfRow::Failed].iter().any(|outcome| self.outcomes.contains_key(outcome));
        if is_wrong { Outcome::FoundSomething } else { Outcome::Fine }
    }
}
