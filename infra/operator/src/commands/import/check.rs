//! Each row is compared with the others of its booking, and each booking with the contract, by the portal's own checker.

use std::{collections::BTreeSet, rc::Rc};

use jiff::Timestamp;
use portal_domain::{
    booking::BookingId,
    contract::table::SCHEMA_VERSION,
    events::{Event, Received},
};
use serde_json::{Value, json};

use super::{
    fields::{CONFIRMED, cart_of, plain},
    groups::Group,
    made::{Made, Problem, reason},
    plan::{Basis, Booking, Line, Outcome, Plan},
    times::Note,
};
use crate::commands::events::{
    files::{Position, given},
    findings::{Weight, examine},
};

/// Decides what is to become of each row: rows without an address first, then of each booking the newest revision, checked as
/// the portal would.
pub(super) fn plan(made: Vec<Made>, basis: &Basis<'_>) -> Plan {
    let mut plan = Plan { rows: made.len(), ..Plan::default() };
    // Of each row once, however many of its times it is said of.
    let notes: BTreeSet<(usize, Note)> =
        made.iter().flat_map(|row| row.notes.iter().map(|note| (row.line, *note))).collect();
    let bookings = plan.group(made);
    let groups: Vec<Group> = bookings.into_iter().filter_map(|rows| plan.newest(rows, basis)).collect();
    plan.check(groups, basis);
    for (note, text) in [
        (Note::OfTheZone, "times without an offset were read on the clocks of their zone"),
        (Note::Twice, "times that the clocks show twice were read as [times] says: ambiguous"),
        (Note::Skipped, "times that the clocks skip were read as [times] says: skipped"),
    ] {
        notes.iter().filter(|(_, told)| *told == note).for_each(|(line, _)| plan.warn(*line, text));
    }
    plan.lines.sort_by_key(|line| line.line);
    plan.problems.sort_by_key(|problem| problem.line);
    plan.warnings.sort_by_key(|warning| warning.line);
    plan
}

impl Plan {
    /// Has the portal's own checker look at each booking.
    fn check(&mut self, groups: Vec<Group>, basis: &Basis<'_>) {
        let place: Rc<str> = basis.file.into();
        for mut group in groups {
            let line = group.first.line;
            let booking_id = BookingId::parse(group.first.text("/booking_id"));
            // One after the other, so that few are in memory in every form.
            let detail = detail(&mut group.first, basis.rules.accepted.business_id.as_deref());
            let given = given(Position { file: place.clone(), index: line }, detail, Some(CONFIRMED), basis.now);
            let (checked, findings) = examine(vec![given], basis.rules, basis.now);
            let mut faults = Vec::new();
            for finding in findings {
                match (finding.fault, finding.weight) {
                    (Some(fault), _) => {
                        let field = plain(&fault.field);
                        let column = basis.reader.column(&field);
                        let problem = Problem { line, column, field, expected: fault.expected, found: fault.found };
                        faults.push((cart_of(&fault.field), problem));
                    }
                    (None, Weight::Warning) => self.warn(line, &finding.text),
                    (None, _) => {}
                }
            }
            let faults =
                faults.into_iter().filter(|(_, fault)| group.problems.iter().all(|known| known.field != fault.field));
            let more: Vec<Problem> = faults.map(|(cart, fault)| group.at_its_row(cart, fault)).collect();
            group.problems.extend(more);
            let received = checked.into_iter().next().and_then(|checked| Some((checked.given, checked.received?)));
            match received.filter(|_| group.problems.is_empty()) {
                Some((given, received)) => {
                    if is_forgotten(&received, basis.now) {
                        self.warn(line, FORGOTTEN);
                    }
                    self.bookings.push(Booking {
                        lines: group.lines,
                        given: given.into_text(),
                        received,
                        remarks: Vec::new(),
                    });
                }
                None => {
                    let reason = reason(&group.problems);
                    self.lines.extend(group.lines.iter().map(|line| Line {
                        line: *line,
                        booking_id: booking_id.clone(),
                        outcome: Outcome::Refused,
                        reason: reason.clone(),
                    }));
                    self.problems.extend(group.problems);
                }
            }
        }
    }
}

/// A status that nobody changed any more.
const FORGOTTEN: &str =
    "is over for a month or more, and has the status of a rental that is not: its customer is asked to call";

fn is_forgotten(received: &Received, now: Timestamp) -> bool {
    match &received.event {
        Event::Booking(event) => {
            event.booking.status.is_active() && now.duration_since(event.booking.ends_at).as_hours() >= 30 * 24
        }
        Event::CustomerErased { .. } => false,
    }
}

/// The event that tells of a row, which gives its booking up: the same each time, so that a repetition changes nothing.
fn detail(row: &mut Made, business_id: Option<&str>) -> Value {
    let revision = row.booking.get("revision").map(Value::to_string).unwrap_or_default();
    let mut metadata = json!({
        "event_id": format!("import-{}-{revision}", row.text("/booking_id")),
        "schema_version": SCHEMA_VERSION, "occurred_at": row.occurred_at, "notify": false,
    });
    if let Some(business_id) = business_id {
        metadata["business_id"] = json!(business_id);
    }
    let mut detail = json!({"metadata": metadata});
    detail["booking"] = row.booking.take();
    detail
}
