//! A row of a file becomes a booking of the contract, as the map says.

use jiff::{SignedDuration, Timestamp};
use portal_domain::contract::found::kind_of;
use serde_json::{Value, json};

use super::{
    fields::{Field, Kind, UPDATED_AT},
    header,
    made::Made,
    map::Map,
    price,
    table::Row,
    times::{Note, Zone, rfc3339},
};

/// How far the clock that wrote a file may be ahead of this one.
const CLOCKS_DIFFER_BY: SignedDuration = SignedDuration::from_mins(5);

/// A map, and where its columns are in a file.
pub(super) struct Reader<'a> {
    map: &'a Map,
    columns: Vec<(&'a Field, Vec<usize>)>,
    price_lines: Vec<(&'a str, usize)>,
    width: usize,
    now: Timestamp,
}

impl<'a> Reader<'a> {
    /// Finds the columns of a map in a file that is read at `now`; without one, says the line of the map.
    pub(super) fn new(map: &'a Map, names: &[String], now: Timestamp) -> Result<Self, String> {
        let find = |name: &str, line| header::find(names, name).map_err(|problem| format!("line {line}: {problem}"));
        for field in ["booking_id", "customer.email"] {
            if map.columns_of(field).is_none() && map.defaults.iter().all(|(default, _)| default.name != field) {
                return Err(format!("no column for {field} under [columns], which every booking has"));
            }
        }
        let columns = map.columns.iter().map(|columns| {
            let at = columns.names.iter().map(|name| find(name, columns.line)).collect::<Result<_, String>>()?;
            Ok((&columns.field, at))
        });
        let lines = map.price_lines.iter().map(|line| Ok((line.label.as_str(), find(&line.column, line.line)?)));
        Ok(Self {
            map,
            columns: columns.collect::<Result<_, String>>()?,
            price_lines: lines.collect::<Result<_, String>>()?,
            width: names.len(),
            now,
        })
    }

    /// What the file calls a field.
    pub(super) fn column(&self, field: &str) -> String {
        let quoted = |names: &[String]| {
            names.iter().map(|name| format!("\u{201c}{name}\u{201d}")).collect::<Vec<_>>().join(" + ")
        };
        match self.map.columns_of(field) {
            Some(columns) => quoted(&columns.names),
            None if field.starts_with("price.lines") => "the columns of [price_lines]".to_owned(),
            None if self.map.defaults.iter().any(|(default, _)| default.name == field) => "[defaults]".to_owned(),
            None => {
                let below =
                    self.map.columns.iter().filter(|columns| {
                        columns.field.name.strip_prefix(field).is_some_and(|rest| rest.starts_with('.'))
                    });
                let below: Vec<String> = below.map(|columns| quoted(&columns.names)).collect();
                if below.is_empty() { "neither a column nor [defaults]".to_owned() } else { below.join(", ") }
            }
        }
    }

    /// A row as a booking.
    pub(super) fn read(&self, row: &Row) -> Made {
        let mut made =
            Made { line: row.line, booking: json!({}), occurred_at: None, problems: Vec::new(), notes: Vec::new() };
        if row.cells.len() != self.width {
            let expected = format!("{} columns, as the header has", self.width);
            made.refuse("the row", "", expected, row.cells.len().to_string());
            return made;
        }
        if let Some((at, rows)) = row.swallowed {
            let column = self.columns.iter().find(|(_, columns)| columns.contains(&at));
            let column = column.map_or_else(|| format!("column {}", at + 1), |(field, _)| self.column(&field.name));
            let found = format!("as many lines and delimiters as {} rows have", rows + 1);
            made.refuse(column, "", "a text of its own: a quote in it may close rows later", found);
            return made;
        }
        let zone = self.columns.iter().find(|(field, _)| field.name == "time_zone");
        let zone = zone.map(|(field, at)| self.text(field, at, row)).or_else(|| self.default_text("time_zone"));
        let zone = zone.and_then(|name| Zone::try_from(name).ok()).or_else(|| self.map.times.zone.clone());
        let carts = self.count_carts(row);
        for (field, at) in &self.columns {
            let text = self.text(field, at, row);
            let parts = self.parts(field, &text);
            for cart in 0..if field.is_of_a_cart() { carts } else { 1 } {
                let Some(part) = parts.get(if parts.len() == 1 { 0 } else { cart }) else {
                    self.refuse(&mut made, field, format!("a value for each of {carts} carts, or one for all"), &text);
                    break;
                };
                self.fill(&mut made, field, cart, part, zone.as_ref());
            }
        }
        price::add_lines(&mut made, self.map, &self.price_lines, row);
        self.complete(&mut made, zone.as_ref());
        made
    }

    /// The cells of a field, joined by a space, in an address by a comma.
    fn text(&self, field: &Field, at: &[usize], row: &Row) -> String {
        let between = if field.name.ends_with("address") { ", " } else { " " };
        let cells = at.iter().filter_map(|at| row.cells.get(*at)).filter(|cell| !cell.is_empty());
        let on_one_line = cells.map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" "));
        on_one_line.collect::<Vec<_>>().join(between)
    }

    fn default_text(&self, field: &str) -> Option<String> {
        let default = self.map.defaults.iter().find(|(default, _)| default.name == field);
        default.and_then(|(_, value)| value.as_str().map(str::to_owned))
    }

    fn parts(&self, field: &Field, text: &str) -> Vec<String> {
        match &self.map.carts.separator {
            Some(separator) if field.is_of_a_cart() => {
                text.split(separator.as_str()).map(|part| part.trim().to_owned()).collect()
            }
            _ => vec![text.to_owned()],
        }
    }

    fn count_carts(&self, row: &Row) -> usize {
        let of_carts = self.columns.iter().filter(|(field, _)| field.is_of_a_cart());
        of_carts.map(|(field, at)| self.parts(field, &self.text(field, at, row)).len()).max().unwrap_or(1)
    }

    /// Puts what a text means into a field; nothing where it is empty.
    fn fill(&self, made: &mut Made, field: &Field, cart: usize, text: &str, zone: Option<&Zone>) {
        let meant = self.map.words.get(&(field.name.clone(), text.to_lowercase())).map_or(text, String::as_str);
        if meant.is_empty() {
            return;
        }
        match self.value(field, meant, zone) {
            Ok((_, Some(Time { text, moment, note }))) if field.name == UPDATED_AT => {
                made.notes.extend(note);
                self.changed(made, moment, text);
            }
            Ok((value, time)) => {
                made.notes.extend(time.and_then(|time| time.note));
                field.put(&mut made.booking, cart, value);
            }
            Err(expected) => self.refuse(made, field, expected, meant),
        }
    }

    /// When the row was last changed; its milliseconds are the revision where no column is. One that is still to come would keep
    /// every later change out.
    fn changed(&self, made: &mut Made, moment: Timestamp, text: String) {
        if moment.duration_since(self.now) > CLOCKS_DIFFER_BY {
            let column = self.column(UPDATED_AT);
            made.refuse(column, UPDATED_AT, "a moment that has passed", "one that is still to come");
            return;
        }
        made.occurred_at = Some(text);
        if self.map.columns_of("revision").is_none() {
            made.booking["revision"] = json!(moment.as_millisecond());
        }
    }

    fn value(&self, field: &Field, text: &str, zone: Option<&Zone>) -> Result<(Value, Option<Time>), String> {
        let value = match field.kind {
            Kind::Text => json!(text),
            Kind::Whole => json!(text.parse::<i64>().map_err(|_| "a whole number")?),
            Kind::Amount => json!(self.map.money.read(text).ok_or_else(|| self.map.money.expected())?),
            Kind::Word(words) => {
                let word = text.to_lowercase().replace([' ', '-'], "_");
                let name = &field.name;
                let is_known = words.contains(&word.as_str());
                let word = is_known.then_some(word);
                json!(word.ok_or_else(|| format!("{}, or a word under [values.{name}]", words.join(", ")))?)
            }
            Kind::Time => {
                let (time, note) = self.map.times.read(text, zone)?;
                let text = rfc3339(&time);
                return Ok((json!(text), Some(Time { text, moment: time.timestamp(), note })));
            }
        };
        Ok((value, None))
    }

    fn refuse(&self, made: &mut Made, field: &Field, expected: String, text: &str) {
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '/');
        let found = match field.kind {
            Kind::Word(_) if text.chars().count() <= 30 && text.chars().all(is_word) => {
                format!("\u{201c}{text}\u{201d}")
            }
            _ => kind_of(Some(&json!(text))),
        };
        made.refuse(self.column(&field.name), &field.name, expected, found);
    }

    /// What no column says.
    fn complete(&self, made: &mut Made, zone: Option<&Zone>) {
        let has_price =
            ["/price/total_minor", "/price/lines"].iter().any(|field| made.booking.pointer(field).is_some());
        for (field, value) in &self.map.defaults {
            if field.name == UPDATED_AT {
                let is_missing =
                    made.occurred_at.is_none() && made.problems.iter().all(|known| known.field != UPDATED_AT);
                if let Some(text) = value.as_str().filter(|_| is_missing)
                    && let Ok(moment) = text.parse()
                {
                    self.changed(made, moment, text.to_owned());
                }
            } else if has_price || !field.name.starts_with("price.") {
                let carts = made.booking.get("carts").and_then(Value::as_array).map_or(1, Vec::len);
                for cart in 0..if field.is_of_a_cart() { carts } else { 1 } {
                    if !field.is_in(&made.booking, cart) {
                        field.put(&mut made.booking, cart, value.clone());
                    }
                }
            }
        }
        if let Some(zone) = zone.filter(|_| made.booking.get("time_zone").is_none()) {
            made.booking["time_zone"] = json!(zone.name());
        }
        price::complete(made, self.map, has_price);
        if let Some(revision) = made.booking.get("revision").and_then(Value::as_i64) {
            made.booking["revision"] = json!(revision + i64::from(self.map.revision.plus));
        }
        if made.occurred_at.is_none() && made.problems.iter().all(|problem| problem.field != UPDATED_AT) {
            let expected = "when the row was last changed, in a column or under [defaults]";
            made.refuse(self.column(UPDATED_AT), UPDATED_AT, expected, "nothing");
        }
    }
}

/// A time that was read.
struct Time {
    /// As the contract writes it.
    text: String,
    moment: Timestamp,
    note: Option<Note>,
}
