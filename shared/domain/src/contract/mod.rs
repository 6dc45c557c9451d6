//! The event contract as one table ([`table`]), read two ways: a checker finds every fault of an event, and [`schema`] says
//! the same as JSON Schema, which is what `infra/events/schemas` holds.
//!
//! What passes is left as the stored form reads it: `null` and unknown fields are gone, `3.0` is `3`. The stored form itself
//! ([`booking`](crate::booking)) knows no bounds: only what passed here becomes one.

use std::{fmt, ops::RangeInclusive};

use serde_json::Value;

pub(crate) mod formats;
pub mod found;
pub mod masking;
pub mod schema;
pub mod table;

use formats::Format;

/// What a value of the contract may be.
#[derive(Debug)]
pub enum Shape {
    /// A text for people, of at most so many characters, one of them visible.
    Text(usize),
    /// A string of a format of its own.
    Format(&'static Format),
    /// A whole number; `3.0` is one, as JSON Schema has it (Core §4.2.3).
    Whole {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// Money in the currency's minor unit (ISO 4217).
    Amount,
    /// True or false.
    Flag,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list.
    List {
        /// Its shortest.
        least: usize,
        /// Its longest.
        most: usize,
        /// What each element is.
        of: &'static Self,
    },
    /// An object. What it has besides these fields is ignored.
    Object(&'static [Field]),
}

impl Shape {
    /// Whether a value is as the contract says.
    pub fn takes(&self, value: &Value) -> bool {
        let mut faults = Faults::default();
        take(self, &mut value.clone(), "", &mut faults);
        faults.is_empty()
    }

    /// The least and the most of a whole number.
    fn bounds(&self) -> RangeInclusive<i64> {
        match self {
            Self::Whole { least, most } => *least..=*most,
            _ => -LARGEST_AMOUNT..=LARGEST_AMOUNT,
        }
    }
}

/// A field of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Whether it has to be there.
    pub needed: Needed,
    /// What it may be.
    pub shape: Shape,
    /// What it says, in one sentence.
    pub about: &'static str,
}

/// Whether a field has to be there.
#[derive(Debug, Clone, Copy)]
pub enum Needed {
    /// Always.
    Always,
    /// Never; `null` is the same as leaving it out.
    Never,
    /// Where another field of the same object has this value.
    Where(&'static str, &'static str),
}

/// The largest amount of money, either way.
pub const LARGEST_AMOUNT: i64 = 999_999_999_999;

/// Something in an event that is not as the contract says: names the field and never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, for example `booking.documents[3].issued_at`; empty for the event itself.
    pub field: String,
    /// What the contract says there.
    pub expected: String,
    /// Whether nothing is there at all.
    pub is_missing: bool,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = if self.field.is_empty() { "the event" } else { &self.field };
        let missing = if self.is_missing { "missing, " } else { "" };
        write!(f, "{field}: {missing}expected {}", self.expected)
    }
}

/// The faults of an event, as far as anybody reads on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// The first ones.
    pub listed: Vec<Fault>,
    /// How many more there are.
    pub more: usize,
}

impl Faults {
    /// The most that are listed: together they fit beside an event of 256 KiB into one message of SQS.
    pub const MOST: usize = 50;

    /// A single one.
    pub fn one(field: &str, expected: impl fmt::Display) -> Self {
        let mut faults = Self::default();
        faults.wrong(field, expected);
        faults
    }

    /// That it is no JSON, or none that can be held, such as half a character (RFC 8259 §8.2), with what is wrong and at which
    /// line and column. Nothing of the text is in it.
    pub fn not_json(error: &serde_json::Error) -> Self {
        Self::one("", format_args!("JSON ({error})"))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Adds what is there, but not as expected.
    pub(crate) fn wrong(&mut self, field: impl Into<String>, expected: impl fmt::Display) {
        self.add(field.into(), &expected, false);
    }

    /// Adds what is missing.
    fn missing(&mut self, field: String, expected: impl fmt::Display) {
        self.add(field, &expected, true);
    }

    fn add(&mut self, field: String, expected: &dyn fmt::Display, is_missing: bool) {
        if self.listed.len() < Self::MOST {
            self.listed.push(Fault { field, expected: expected.to_string(), is_missing });
        } else {
            self.more += 1;
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.listed.iter().enumerate() {
            write!(f, "{}{fault}", if i == 0 { "" } else { "; " })?;
        }
        if self.more == 0 { Ok(()) } else { write!(f, "; and {} more", self.more) }
    }
}

/// What a refusal says is expected.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(longest) => write!(f, "a text of 1 to {longest} characters"),
            Self::Format(format) => f.write_str(format.expected),
            Self::Whole { least, most } => write!(f, "a whole number from {least} to {most}"),
            Self::Amount => write!(
                f,
                "a whole number in the currency's minor unit, such as 18810 for $188.10, at most {LARGEST_AMOUNT} either way"
            ),
            Self::Flag => f.write_str("true or false"),
            Self::OneOf(values) => write!(f, "one of {}", values.join(", ")),
            Self::List { least, most, .. } => write!(f, "a list of {least} to {most}"),
            Self::Object(_) => f.write_str("an object"),
        }
    }
}

/// Compares `value` with `shape` and leaves of it what the contract knows. Faults are named from `at` on.
pub(crate) fn take(shape: &Shape, value: &mut Value, at: &str, faults: &mut Faults) {
    match (shape, &mut *value) {
        (Shape::Text(longest), Value::String(text)) if formats::is_text(text, *longest) => {}
        (Shape::Format(format), Value::String(text)) if format.takes(text) => {}
        (Shape::Whole { .. } | Shape::Amount, Value::Number(number)) => match whole(number, shape.bounds()) {
            Some(number) => *value = number.into(),
            None => faults.wrong(at, shape),
        },
        (Shape::Flag, Value::Bool(_)) => {}
        (Shape::OneOf(values), Value::String(text)) if values.contains(&text.as_str()) => {}
        (Shape::List { least, most, of }, Value::Array(list)) => {
            if !(*least..=*most).contains(&list.len()) {
                faults.wrong(at, shape);
            }
            for (i, element) in list.iter_mut().enumerate() {
                take(of, element, &format!("{at}[{i}]"), faults);
            }
        }
        (Shape::Object(fields), Value::Object(given)) => {
            given.retain(|name, value| !value.is_null() && fields.iter().any(|field| field.name == name));
            for field in *fields {
                let needed = match field.needed {
                    Needed::Always => true,
                    Needed::Never => false,
                    Needed::Where(other, is) => given.get(other).and_then(Value::as_str) == Some(is),
                };
                let at = if at.is_empty() { field.name.to_owned() } else { format!("{at}.{}", field.name) };
                match given.get_mut(field.name) {
                    Some(value) => take(&field.shape, value, &at, faults),
                    None if needed => faults.missing(at, &field.shape),
                    None => {}
                }
            }
        }
        _ => faults.wrong(at, shape),
    }
}

fn whole(number: &serde_json::Number, bounds: RangeInclusive<i64>) -> Option<i64> {
    /// 2^53 − 1: beyond it a fraction is not told from a whole number (RFC 8259 §6).
    const EXACT: f64 = 9_007_199_254_740_991.0;
    let exact = |number: f64| (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64);
    let number = number.as_i64().or_else(|| number.as_f64().and_then(exact))?;
    bounds.contains(&number).then_some(number)
}

#[cfg(test)]
mod tests;
