//! Rows of one booking: the newest revision stands for it, alone or as a row for each cart, and the others are duplicates.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    made::{Made, Problem, reason},
    plan::{Basis, Outcome, Plan},
    settings::Row,
};

/// The rows of one booking.
pub(super) struct Group {
    /// The first of them, with the carts of all.
    pub(super) first: Made,
    /// The lines on which they begin; where each is a cart, in the order of the carts.
    pub(super) lines: Vec<usize>,
    pub(super) problems: Vec<Problem>,
}

impl Group {
    /// A fault of a cart, told of the row that the cart is from.
    pub(super) fn at_its_row(&self, cart: Option<usize>, fault: Problem) -> Problem {
        let line = cart.filter(|_| self.lines.len() > 1).and_then(|cart| self.lines.get(cart));
        Problem { line: line.copied().unwrap_or(fault.line), ..fault }
    }
}

impl Plan {
    /// The rows of each booking, in the order of the file. Rows of which nobody can tell the booking or the revision are refused.
    pub(super) fn group(&mut self, made: Vec<Made>) -> Vec<Vec<Made>> {
        let mut groups: Vec<Vec<Made>> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for row in made {
            let is_whole = row.booking.as_object().is_some_and(|booking| !booking.is_empty());
            if is_whole && row.text("/customer/email").is_empty() {
                self.tell(&row, Outcome::NoAddress, "the row names no address");
            } else if row.text("/booking_id").is_empty() && row.problems.is_empty() {
                groups.push(vec![row]); // the checker says what is missing
            } else if row.text("/booking_id").is_empty() || row.booking.get("revision").is_none() {
                self.tell(&row, Outcome::Refused, reason(&row.problems));
                self.problems.extend(row.problems);
            } else {
                let at = *places.entry(row.text("/booking_id").to_owned()).or_insert(groups.len());
                match groups.get_mut(at) {
                    Some(group) => group.push(row),
                    None => groups.push(vec![row]),
                }
            }
        }
        groups
    }

    /// Of the rows of one booking those with the newest revision; the others are duplicates.
    pub(super) fn newest(&mut self, rows: Vec<Made>, basis: &Basis<'_>) -> Option<Group> {
        let revision = |row: &Made| row.booking.get("revision").and_then(Value::as_i64);
        let newest = rows.iter().map(revision).max().flatten();
        let (newest, older): (Vec<Made>, Vec<Made>) = rows.into_iter().partition(|row| revision(row) == newest);
        let mut newest = newest.into_iter();
        let mut first = newest.next()?;
        for row in older {
            self.tell(&row, Outcome::Duplicate, format!("line {} has a newer revision", first.line));
        }
        let mut group = Group { lines: vec![first.line], problems: std::mem::take(&mut first.problems), first };
        for row in newest {
            let is_cart = basis.row == Row::Cart;
            match difference(&group.first.booking, &row.booking, is_cart) {
                None if is_cart
                    && !carts(&row.booking).iter().all(|cart| carts(&group.first.booking).contains(cart)) =>
                {
                    let all = [carts(&group.first.booking), carts(&row.booking)].concat();
                    group.first.booking["carts"] = Value::Array(all);
                    group.lines.push(row.line);
                    group.problems.extend(row.problems);
                }
                None => self.tell(&row, Outcome::Duplicate, format!("says the same as line {}", group.first.line)),
                Some(field) => {
                    let expected =
                        format!("what line {} says, which is of the same booking and revision", group.first.line);
                    let hint = if !is_cart && field == "carts" { ", or row = \"cart\" under [carts]" } else { "" };
                    let (column, found) = (basis.reader.column(&field), "something else".to_owned());
                    group.lines.push(row.line);
                    group.problems.push(Problem { line: row.line, column, field, expected: expected + hint, found });
                }
            }
        }
        Some(group)
    }
}

/// A booking's carts.
fn carts(booking: &Value) -> &[Value] {
    booking.get("carts").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The first field in which two rows of a booking differ; of carts, other than those.
fn difference(one: &Value, other: &Value, but_carts: bool) -> Option<String> {
    let (one, other) = (one.as_object()?, other.as_object()?);
    let names = one.keys().chain(other.keys());
    names.into_iter().find(|name| !(but_carts && *name == "carts") && one.get(*name) != other.get(*name)).cloned()
}
