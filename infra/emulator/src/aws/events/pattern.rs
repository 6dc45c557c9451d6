//! Event patterns. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>

use regex::Regex;
use serde_json::{Map, Value};

/// What an event has to look like: every field matches, and of each `$or` at least one pattern.
pub(super) struct Pattern {
    fields: Vec<(String, Field)>,
    alternatives: Vec<Vec<Self>>,
}

enum Field {
    Nested(Pattern),
    /// At least one test holds.
    Leaf(Vec<Test>),
}

enum Test {
    Equals(Value),
    Text(TextTest),
    AnythingBut(Vec<Self>),
    Exists(bool),
    Numeric(Vec<(Comparison, f64)>),
}

enum TextTest {
    Prefix(String),
    PrefixIgnoringCase(String),
    Suffix(String),
    SuffixIgnoringCase(String),
    EqualsIgnoringCase(String),
    Wildcard(Regex),
}

#[derive(Clone, Copy)]
enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

impl Pattern {
    /// Reads a pattern, written as an object or as its JSON text; the error says what is not understood.
    pub(super) fn parse(written: &Value) -> Result<Self, String> {
        match written {
            Value::String(text) => {
                let written = serde_json::from_str(text).map_err(|error| format!("EventPattern: {error}"))?;
                Self::of_object(&written)
            }
            written => Self::of_object(written),
        }
    }

    /// Whether the event matches.
    pub(super) fn matches(&self, event: &Value) -> bool {
        self.fields.iter().all(|(name, field)| field.matches(event.get(name)))
            && self.alternatives.iter().all(|patterns| patterns.iter().any(|pattern| pattern.matches(event)))
    }

    fn of_object(written: &Value) -> Result<Self, String> {
        let object =
            written.as_object().filter(|object| !object.is_empty()).ok_or("EventPattern: not an object with fields")?;
        let mut pattern = Self { fields: Vec::new(), alternatives: Vec::new() };
        for (name, value) in object {
            match value {
                Value::Array(patterns) if name == "$or" => {
                    pattern.alternatives.push(patterns.iter().map(Self::of_object).collect::<Result<_, _>>()?);
                }
                Value::Array(tests) if tests.is_empty() => {
                    return Err(format!("EventPattern: {name}: an empty list matches nothing"));
                }
                Value::Array(tests) => {
                    let tests = tests.iter().map(|test| Test::parse(name, test)).collect::<Result<_, _>>()?;
                    pattern.fields.push((name.clone(), Field::Leaf(tests)));
                }
                Value::Object(_) => pattern.fields.push((name.clone(), Field::Nested(Self::of_object(value)?))),
                _ => {
                    return Err(format!("EventPattern: {name}: has to be an object or a list"));
                }
            }
        }
        Ok(pattern)
    }
}

impl Field {
    fn matches(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            // In a list of objects one of them has to match.
            (Self::Nested(pattern), Some(Value::Array(objects))) => {
                objects.iter().any(|object| pattern.matches(object))
            }
            (Self::Nested(pattern), value) => pattern.matches(value.unwrap_or(&Value::Null)),
            (Self::Leaf(tests), value) => tests.iter().any(|test| test.holds(value)),
        }
    }
}

impl Test {
    fn parse(name: &str, written: &Value) -> Result<Self, String> {
        let operators = match written {
            Value::Object(operators) => operators,
            Value::Array(_) => return Err(format!("EventPattern: {name}: a list within a list")),
            value => return Ok(Self::Equals(value.clone())),
        };
        let (operator, operand) =
            only_member(operators).ok_or_else(|| format!("EventPattern: {name}: one operator at a time"))?;
        let test = match (operator, operand) {
            ("exists", Value::Bool(exists)) => Some(Self::Exists(*exists)),
            ("numeric", Value::Array(comparisons)) => numeric(comparisons).map(Test::Numeric),
            ("anything-but", Value::Array(values)) if !values.is_empty() && values.iter().all(is_scalar) => {
                Some(Self::AnythingBut(values.iter().cloned().map(Test::Equals).collect()))
            }
            ("anything-but", Value::Object(operators)) => anything_but(operators),
            ("anything-but", value) if is_scalar(value) => Some(Self::AnythingBut(vec![Self::Equals(value.clone())])),
            (operator, operand) => TextTest::parse(operator, operand).map(Test::Text),
        };
        test.ok_or_else(|| format!("EventPattern: {name}: {written} is not known locally"))
    }

    fn holds(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            // Only a leaf exists, as EventBridge has it.
            (Self::Exists(exists), value) => value.is_some_and(|value| !value.is_object()) == *exists,
            (_, None) => false,
            (test, Some(Value::Array(values))) => values.iter().any(|value| test.holds(Some(value))),
            (Self::Equals(Value::Number(number)), Some(Value::Number(value))) => number.as_f64() == value.as_f64(),
            (Self::Equals(expected), Some(value)) => expected == value,
            (Self::Text(test), Some(value)) => value.as_str().is_some_and(|text| test.holds(text)),
            (Self::AnythingBut(tests), value) => !tests.iter().any(|test| test.holds(value)),
            (Self::Numeric(comparisons), Some(value)) => value
                .as_f64()
                .is_some_and(|value| comparisons.iter().all(|(comparison, bound)| comparison.holds(value, *bound))),
        }
    }
}

impl TextTest {
    fn parse(operator: &str, operand: &Value) -> Option<Self> {
        match (operator, operand) {
            ("prefix", Value::String(text)) => Some(Self::Prefix(text.clone())),
            ("suffix", Value::String(text)) => Some(Self::Suffix(text.clone())),
            ("equals-ignore-case", Value::String(text)) => Some(Self::EqualsIgnoringCase(text.to_lowercase())),
            ("wildcard", Value::String(text)) => wildcard(text).map(TextTest::Wildcard),
            ("prefix", Value::Object(inner)) => ignoring_case(inner).map(TextTest::PrefixIgnoringCase),
            ("suffix", Value::Object(inner)) => ignoring_case(inner).map(TextTest::SuffixIgnoringCase),
            _ => None,
        }
    }

    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::PrefixIgnoringCase(prefix) => text.to_lowercase().starts_with(prefix),
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::SuffixIgnoringCase(suffix) => text.to_lowercase().ends_with(suffix),
            Self::EqualsIgnoringCase(expected) => text.to_lowercase() == *expected,
            Self::Wildcard(expression) => expression.is_match(text),
        }
    }
}

impl Comparison {
    fn parse(sign: &Value) -> Option<Self> {
        match sign.as_str()? {
            "<" => Some(Self::Less),
            "<=" => Some(Self::LessOrEqual),
            "=" => Some(Self::Equal),
            ">=" => Some(Self::GreaterOrEqual),
            ">" => Some(Self::Greater),
            _ => None,
        }
    }

    fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Less => value < bound,
            Self::LessOrEqual => value <= bound,
            Self::Equal => value == bound,
            Self::GreaterOrEqual => value >= bound,
            Self::Greater => value > bound,
        }
    }
}

fn only_member(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut members = object.iter();
    let (name, value) = members.next()?;
    members.next().is_none().then_some((name, value))
}

fn is_scalar(value: &Value) -> bool {
    value.is_string() || value.is_number()
}

/// `anything-but` around another operator, with one text or a list of them.
fn anything_but(operators: &Map<String, Value>) -> Option<Test> {
    let (operator, operand) = only_member(operators)?;
    let operands = match operand {
        Value::Array(operands) => operands.as_slice(),
        operand => std::slice::from_ref(operand),
    };
    let tests = operands
        .iter()
        .map(|operand| TextTest::parse(operator, operand).map(Test::Text))
        .collect::<Option<Vec<_>>>()?;
    (!tests.is_empty()).then_some(Test::AnythingBut(tests))
}

fn ignoring_case(operators: &Map<String, Value>) -> Option<String> {
    match only_member(operators)? {
        ("equals-ignore-case", Value::String(text)) => Some(text.to_lowercase()),
        _ => None,
    }
}

fn numeric(written: &[Value]) -> Option<Vec<(Comparison, f64)>> {
    if written.is_empty() || written.len() > 4 || written.len() % 2 == 1 {
        return None;
    }
    written.chunks(2).map(|pair| Some((Comparison::parse(&pair[0])?, pair[1].as_f64()?))).collect()
}

/// `*` stands for any characters, `\*` and `\\` for themselves; `**` is not allowed.
fn wildcard(text: &str) -> Option<Regex> {
    let mut expression = String::from("(?s)^");
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' if characters.peek() == Some(&'*') => return None,
            '*' => expression.push_str(".*"),
            '\\' => expression
                .push_str(&regex::escape(&characters.next().filter(|next| matches!(next, '*' | '\\'))?.to_string())),
            other => expression.push_str(&regex::escape(&other.to_string())),
        }
    }
    expression.push('$');
    Regex::new(&expression).ok()
}
