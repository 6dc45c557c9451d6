//! `map.toml`: which column of a file is which field of the contract, and how the file writes them.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use toml::{
    Spanned,
    de::{DeTable, Deserializer},
};

use super::{
    fields::{Field, Kind},
    keys::{Entry, Unusable, entries},
    money::Money,
    settings::{Carts, Csv, Revision},
    times::Times,
};

/// What a file means.
#[derive(Debug)]
pub(super) struct Map {
    pub(super) csv: Csv,
    pub(super) times: Times,
    pub(super) money: Money,
    pub(super) carts: Carts,
    pub(super) revision: Revision,
    /// In the order of the map.
    pub(super) columns: Vec<Columns>,
    /// Columns with what the price is made of, in the order of the map.
    pub(super) price_lines: Vec<PriceLine>,
    /// By field and word in lower case, what is meant.
    pub(super) words: HashMap<(String, String), String>,
    /// What a field is where no column says it, as the contract writes it.
    pub(super) defaults: Vec<(Field, Value)>,
}

/// A field and the columns that make it up.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) field: Field,
    pub(super) names: Vec<String>,
    /// The line of the map.
    pub(super) line: usize,
}

/// A line of the price.
#[derive(Debug)]
pub(super) struct PriceLine {
    /// As the customer reads it.
    pub(super) label: String,
    pub(super) column: String,
    /// The line of the map.
    pub(super) line: usize,
}

/// The sections that serde reads.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    #[serde(default)]
    csv: Csv,
    #[serde(default)]
    times: Times,
    #[serde(default)]
    money: Money,
    #[serde(default)]
    carts: Carts,
    #[serde(default)]
    revision: Revision,
}

impl Map {
    /// Reads a map; says the line and the key of the first thing that is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, Unusable> {
        let of_toml = |error| Unusable::of_toml(&error, text);
        let mut root = DeTable::parse(text).map_err(of_toml)?;
        let mut take = |name: &str| root.get_mut().remove(name).map(Spanned::into_inner);
        let [columns, price_lines, values, defaults] = ["columns", "price_lines", "values", "defaults"].map(&mut take);
        let Rules { csv, times, money, carts, revision } =
            Rules::deserialize(Deserializer::from(root)).map_err(of_toml)?;
        let keys = |name, section| entries(text, name, section).into_iter();
        Ok(Self {
            csv,
            times,
            money,
            carts,
            revision,
            columns: keys("columns", columns.as_ref()).map(|entry| columns_of(&entry)).collect::<Result<_, _>>()?,
            price_lines: keys("price_lines", price_lines.as_ref())
                .map(|entry| line_of(&entry))
                .collect::<Result<_, _>>()?,
            words: words_of(keys("values", values.as_ref()))?,
            defaults: keys("defaults", defaults.as_ref()).map(|entry| default_of(&entry)).collect::<Result<_, _>>()?,
        })
    }

    /// The columns that make up a field; none where no column does.
    pub(super) fn columns_of(&self, field: &str) -> Option<&Columns> {
        self.columns.iter().find(|columns| columns.field.name == field)
    }
}

fn columns_of(entry: &Entry<'_>) -> Result<Columns, Unusable> {
    let field = Field::named(&entry.name());
    let field = field.ok_or_else(|| entry.unusable("no field of a booking that a column can fill"))?;
    match entry.texts() {
        Some(names) if !names.is_empty() => Ok(Columns { field, names, line: entry.line }),
        _ => Err(entry.unusable("expected the name of a column, or a list of names")),
    }
}

fn line_of(entry: &Entry<'_>) -> Result<PriceLine, Unusable> {
    let column = entry.value.as_str().ok_or_else(|| entry.unusable("expected the name of a column"))?;
    Ok(PriceLine { label: entry.name(), column: column.to_owned(), line: entry.line })
}

fn words_of<'a>(entries: impl Iterator<Item = Entry<'a>>) -> Result<HashMap<(String, String), String>, Unusable> {
    let mut words = HashMap::new();
    for entry in entries {
        let (word, means) = word_of(&entry)?;
        if words.insert(word, means).is_some() {
            return Err(entry.unusable("stands there twice, in upper and lower case"));
        }
    }
    Ok(words)
}

fn word_of(entry: &Entry<'_>) -> Result<((String, String), String), Unusable> {
    let field = entry.path.split_last().and_then(|(word, field)| Some((word, Field::named(&field.join("."))?)));
    let (Some((word, field)), Some(means)) = (field, entry.value.as_str()) else {
        return Err(entry.unusable("expected a field of a booking, a word of the file, and what it means"));
    };
    match field.kind {
        Kind::Word(words) if !words.contains(&means) && !means.is_empty() => {
            Err(entry.unusable(&format!("expected one of {}", words.join(", "))))
        }
        _ => Ok(((field.name, word.trim().to_lowercase()), means.to_owned())),
    }
}

fn default_of(entry: &Entry<'_>) -> Result<(Field, Value), Unusable> {
    let field = Field::named(&entry.name());
    let field = field.ok_or_else(|| entry.unusable("no field of a booking that has one value"))?;
    let value = entry.scalar().ok_or_else(|| entry.unusable("expected a text or a whole number"))?;
    match field.fault_of(&value) {
        Some(expected) => Err(entry.unusable(&format!("expected {expected}"))),
        None => Ok((field, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_a_map_is_told_with_its_line_and_key() {
        for (map, told) in [
            (
                "[columns]\ncustomer.mail = \"E\"",
                "line 2: columns.customer.mail: no field of a booking that a column can fill",
            ),
            ("[columns]\n\nstatus = 3", "line 3: columns.status: expected the name of a column, or a list of names"),
            (
                "[columns]\ncustomer = \"Name\"",
                "line 2: columns.customer: no field of a booking that a column can fill",
            ),
            (
                "[values.fulfilment.method]\nhome = \"delivery\"\nshop = \"pick-up\"",
                "line 3: values.fulfilment.method.shop: expected one of delivery, pickup",
            ),
            (
                "[values.state]\nx = \"closed\"",
                "line 2: values.state.x: expected a field of a booking, a word of the file, and what it means",
            ),
            (
                "[columns]\nstatus = [\"State\", 5]",
                "line 2: columns.status: expected the name of a column, or a list of names",
            ),
            (
                "[values.status]\nOut = \"closed\"\nout = \"checked_out\"",
                "line 3: values.status.out: stands there twice, in upper and lower case",
            ),
            ("[defaults]\ncarts.seats = 4.5", "line 2: defaults.carts.seats: expected a text or a whole number"),
            ("[defaults]\ncarts.seats = \"4\"", "line 2: defaults.carts.seats: expected a whole number from 1 to 100"),
            (
                "[defaults]\ntime_zone = \"Eastern\"",
                "line 2: defaults.time_zone: expected a time zone of the IANA database, such as America/New_York",
            ),
            (
                "[defaults]\nfulfilment.method = \"pick-up\"",
                "line 2: defaults.fulfilment.method: expected one of delivery, pickup",
            ),
            (
                "[defaults]\nupdated_at = \"2026-07-10\"",
                "line 2: defaults.updated_at: expected RFC 3339 with offset, such as 2026-07-10T09:00:00-04:00",
            ),
            ("[price_lines]\nTax = [\"a\"]", "line 2: price_lines.Tax: expected the name of a column"),
            (
                "[times]\nzone = \"Eastern\"",
                "line 2: expected a time zone of the IANA database, such as America/New_York",
            ),
            (
                "\n[times]\nformats = [\"%Q\"]",
                "line 3: expected a format of strptime with a whole date, such as %m/%d/%Y %H:%M",
            ),
            (
                "[times]\nskipped = \"never\"",
                "line 2: unknown variant `never`, expected one of `earlier`, `later`, `refuse`",
            ),
            (
                "[money]\ndecimals = 2",
                "line 2: unknown field `decimals`, expected one of `currency`, `digits`, `decimal`, `unit`",
            ),
            (
                "[colums]",
                "line 1: unknown field `colums`, expected one of `csv`, `times`, `money`, `carts`, `revision`",
            ),
            ("[csv]\nheader_row = 0", "line 2: invalid value: integer `0`, expected a whole number above 0"),
            ("[csv]\nheader_row = \"2\"", "line 2: invalid type: string \"2\", expected a whole number above 0"),
            ("[money]\ndigits = 40", "line 2: expected how many digits the minor unit has, 0 to 4"),
            ("[revision]\nplus = -1", "line 2: invalid value: integer `-1`, expected a whole number, 0 or more"),
            ("[csv]\ndelimiter = \";;\"", "line 2: invalid value: string \";;\", expected a character"),
            ("[csv]\ndelimiter = ';", "line 2: invalid literal string, expected `'`"),
        ] {
            assert_eq!(Map::parse(map).map(drop).map_err(|error| error.to_string()), Err(told.to_owned()), "{map}");
        }
    }

    #[test]
    fn a_key_may_be_written_with_dots_or_as_a_table_and_keeps_its_place() {
        for text in [
            "[columns]\nstatus = \"S\"\ncustomer.name = [\"First\", \"Last\"]\ncustomer.email = \"E\"",
            "[columns]\nstatus = \"S\"\n[columns.customer]\nname = [\"First\", \"Last\"]\nemail = \"E\"",
        ] {
            let map = Map::parse(text).unwrap();
            let names: Vec<&str> = map.columns.iter().map(|columns| columns.field.name.as_str()).collect();
            assert_eq!(names, ["status", "customer.name", "customer.email"]);
            assert_eq!(map.columns_of("customer.name").unwrap().names, ["First", "Last"]);
        }
    }
}
