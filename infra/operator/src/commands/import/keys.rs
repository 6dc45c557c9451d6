//! The keys of a map, whether they are written with dots or as tables, and where they stand.

use serde_json::{Value, json};
use toml::de::{DeTable, DeValue, Error};

/// Why a map cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {text}")]
pub(super) struct Unusable {
    line: usize,
    text: String,
}

impl Unusable {
    /// What is no TOML, or has a key that no section has.
    pub(super) fn of_toml(error: &Error, text: &str) -> Self {
        let line = line(text, error.span().map_or(0, |span| span.start));
        let text = error.message().trim().replace('\n', ", ");
        let text = text.replace("expected a nonzero usize", "expected a whole number above 0");
        Self { line, text: text.replace("expected u32", "expected a whole number, 0 or more") }
    }
}

/// A key and its value.
pub(super) struct Entry<'a> {
    section: &'a str,
    pub(super) path: Vec<String>,
    pub(super) value: &'a DeValue<'a>,
    /// The line of the map, counted from 1.
    pub(super) line: usize,
}

impl Entry<'_> {
    /// The key with dots.
    pub(super) fn name(&self) -> String {
        self.path.join(".")
    }

    pub(super) fn unusable(&self, what: &str) -> Unusable {
        Unusable { line: self.line, text: format!("{}.{}: {what}", self.section, self.name()) }
    }

    /// A text, or the texts of a list; none of what is neither.
    pub(super) fn texts(&self) -> Option<Vec<String>> {
        match self.value.as_array() {
            Some(list) => list.iter().map(|text| text.get_ref().as_str().map(str::to_owned)).collect(),
            None => Some(vec![self.value.as_str()?.to_owned()]),
        }
    }

    /// A text or a whole number.
    pub(super) fn scalar(&self) -> Option<Value> {
        let number = || Some(json!(self.value.as_integer()?.as_str().parse::<i64>().ok()?));
        self.value.as_str().map(Value::from).or_else(number)
    }
}

/// The keys of a section with all that is below them, in the order of the map.
pub(super) fn entries<'a>(text: &str, section: &'a str, value: Option<&'a DeValue<'a>>) -> Vec<Entry<'a>> {
    let mut found = Vec::new();
    match value.map(|value| (value, value.as_table())) {
        Some((_, Some(table))) => add(text, section, table, &[], &mut found),
        Some((value, None)) => found.push(Entry { section, path: Vec::new(), value, line: 1 }),
        None => {}
    }
    found.sort_by_key(|entry| entry.line);
    found
}

fn add<'a>(text: &str, section: &'a str, table: &'a DeTable<'a>, path: &[String], entries: &mut Vec<Entry<'a>>) {
    for (key, value) in table.iter() {
        let path = [path, &[key.get_ref().to_string()]].concat();
        match value.get_ref().as_table() {
            Some(table) => add(text, section, table, &path, entries),
            None => entries.push(Entry { section, path, value: value.get_ref(), line: line(text, key.span().start) }),
        }
    }
}

/// The line of a place in a text, counted from 1.
fn line(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).matches('\n').count() + 1
}
