//! What an import tells before it sends anything.

use std::collections::{BTreeMap, HashMap};

use portal_domain::money::Currency;
use serde::Serialize;

use super::{
    made::Problem,
    plan::{Booking, Line, Outcome as OfRow, Plan, Warning},
    report::{SHOWN, counts, in_words, more, others, show_lines, show_warnings},
};
use crate::{
    global::Global,
    terminal::{Mark, Outcome, Page, Report, counted, word},
};

/// How many bookings are shown as an example.
const EXAMPLES: usize = 5;

/// What would be done. `--json` prints these fields.
#[derive(Serialize)]
pub(super) struct Looked {
    file: String,
    /// How many rows it has.
    rows: usize,
    /// How many rows come to what.
    outcomes: BTreeMap<OfRow, usize>,
    /// How many bookings would be imported.
    bookings: usize,
    /// How many of them are of which status.
    statuses: BTreeMap<String, usize>,
    /// The first of them.
    examples: Vec<Example>,
    /// What is wrong with rows that are refused.
    problems: Vec<Problem>,
    /// What is imported, and somebody should look at.
    warnings: Vec<Warning>,
    /// Every row.
    lines: Vec<Line>,
    /// What sends them.
    #[serde(skip)]
    command: String,
    /// Whether nothing was sent because of what is refused.
    #[serde(skip)]
    is_refusal: bool,
}

/// A booking as it would be.
#[derive(Serialize)]
struct Example {
    line: usize,
    booking_id: String,
    status: String,
    /// Masked, unless `--show-addresses` is given.
    address: String,
    /// On the clocks of its zone.
    starts_at: String,
    ends_at: String,
    /// The names, up to 40 characters.
    carts: String,
    /// Such as `188.10 USD`; empty where there is no price.
    total: String,
}

impl Looked {
    /// Every row.
    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub(super) fn of(global: &Global, file: &str, plan: &Plan, command: String, is_refusal: bool) -> Self {
        let to_import = plan.bookings.iter().flat_map(|booking| booking.told(OfRow::ToImport, ""));
        let mut lines: Vec<Line> = plan.lines.iter().cloned().chain(to_import).collect();
        lines.sort_by_key(|line| line.line);
        let mut statuses = BTreeMap::new();
        for event in plan.bookings.iter().filter_map(Booking::event) {
            *statuses.entry(word(&event.booking.status)).or_default() += 1;
        }
        let example = |booking: &Booking| {
            let event = &booking.event()?.booking;
            let when = |at| event.time_zone.at(at).strftime("%Y-%m-%d %H:%M").to_string();
            let carts = event.carts.iter().map(|cart| cart.name.to_string());
            let total = event.price.as_ref().map(|price| amount(price.total_minor, price.currency));
            Some(Example {
                line: *booking.lines.first()?,
                booking_id: event.booking_id.to_string(),
                status: word(&event.status),
                address: global.shown(&event.customer.email),
                starts_at: when(event.starts_at),
                ends_at: when(event.ends_at),
                carts: shortened(&carts.collect::<Vec<_>>().join(", ")),
                total: total.unwrap_or_default(),
            })
        };
        Self {
            file: file.to_owned(),
            rows: plan.rows,
            outcomes: counts(&lines),
            bookings: plan.bookings.len(),
            statuses,
            examples: plan.bookings.iter().take(EXAMPLES).filter_map(example).collect(),
            problems: plan.problems.clone(),
            warnings: plan.warnings.clone(),
            lines,
            command,
            is_refusal,
        }
    }
}

/// Problems that are told in the same words are told once: the first of each, and of how many rows it is.
fn alike(problems: &[Problem]) -> Vec<(&Problem, usize)> {
    let mut told: Vec<(&Problem, usize)> = Vec::new();
    let mut places = HashMap::new();
    for problem in problems {
        let at = *places.entry(problem.to_string()).or_insert(told.len());
        match told.get_mut(at) {
            Some((_, rows)) => *rows += 1,
            None => told.push((problem, 1)),
        }
    }
    told
}

/// As much of a text as fits a column.
fn shortened(text: &str) -> String {
    const FITS: usize = 40;
    let shown: String = text.chars().take(FITS).collect();
    if shown.len() < text.len() { shown + "…" } else { shown }
}

fn amount(minor: i64, currency: Currency) -> String {
    let digits = currency.decimals() as usize;
    let text = format!("{:0>width$}", minor.unsigned_abs(), width = digits + 1);
    let (whole, fraction) = text.split_at(text.len() - digits);
    let point = if digits == 0 { "" } else { "." };
    format!("{}{whole}{point}{fraction} {}", if minor < 0 { "-" } else { "" }, currency.code())
}

impl Report for Looked {
    fn show(&self, page: &mut Page) {
        if self.rows == 0 {
            return page.headline(Some(Mark::Failure), format_args!("{} has no rows below its columns", self.file));
        }
        for outcome in [OfRow::Duplicate, OfRow::NoAddress] {
            show_lines(page, Mark::Note, outcome, &self.lines);
        }
        let problems = alike(&self.problems);
        for (problem, rows) in problems.iter().take(SHOWN) {
            let text = format!("{problem}{}", others(*rows));
            page.check(Mark::Failure, format_args!("line {}", problem.line), text);
        }
        more(page, problems.len());
        show_warnings(page, &self.warnings);
        if !self.examples.is_empty() {
            page.heading("The first bookings, as they would be");
            for Example { line, booking_id, status, address, starts_at, ends_at, carts, total } in &self.examples {
                let line = format!("line {line}");
                page.row(&[&line, booking_id, status, address, starts_at, ends_at, carts, total]);
            }
        }
        let statuses: Vec<String> = self.statuses.iter().map(|(status, count)| format!("{count} {status}")).collect();
        let mark = if self.outcome() == Outcome::Fine { Mark::Ok } else { Mark::Failure };
        page.line("");
        page.headline(
            Some(mark),
            format_args!("{} of {}: {}", counted(self.rows, "row"), self.file, in_words(&self.outcomes)),
        );
        if self.bookings == 0 {
            return page.advice("Nothing would be sent: mend the file or the map.");
        }
        let bookings = counted(self.bookings, "booking.confirmed event");
        page.line(format_args!("{bookings} would be sent, and nobody is mailed: {}", statuses.join(", ")));
        if self.is_refusal {
            page.advice(format_args!(
                "Nothing was sent. Mend the file or the map; or leave those rows out: {}",
                self.command
            ));
        } else {
            page.advice(format_args!("Send them: {}", self.command));
        }
    }

    fn outcome(&self) -> Outcome {
        let is_refused = self.outcomes.contains_key(&OfRow::Refused);
        if is_refused || self.rows == 0 { Outcome::FoundSomething } else { Outcome::Fine }
    }
}
