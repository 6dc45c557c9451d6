//! Events out of files, in each of the forms in which people keep them.

use std::{
    fs,
    io::{Read, stdin},
    rc::Rc,
};

use jiff::Timestamp;
use portal_domain::{contract::found::kind_of, contract::table::SOURCE, time::second_of};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::terminal::Failure;

/// The name by which standard input is asked for.
const STANDARD_INPUT: &str = "-";

/// The detail-type of a detail that comes without one.
const BOOKING: &str = "booking.updated";
const ERASURE: &str = "customer.erased";

/// What a file is: how its events are kept together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    /// A request of PutEvents, `{"Entries": […]}`.
    Request,
    /// A list.
    List,
    /// One event.
    Single,
    /// A value on each line, or one after the other.
    JsonLines,
    /// Nothing that can be read.
    NoJson,
}

/// What an event is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// As PutEvents takes it: `Source`, `DetailType`, `Detail` as JSON in a string.
    Entry,
    /// The same, with `Detail` as an object, so that people can read it.
    ReadableEntry,
    /// As EventBridge hands it on: `source`, `detail-type`, `detail`.
    Envelope,
    /// What stands in `detail`, by itself.
    Detail,
    /// None of these.
    Unknown,
}

/// Where an event stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Position {
    /// The file as it was named; `-` is standard input.
    pub(crate) file: Rc<str>,
    /// Which of its events, counted from 1.
    pub(crate) index: usize,
}

/// An event of a file.
pub(crate) struct Given {
    pub(crate) place: Position,
    pub(crate) kind: Kind,
    /// The event as EventBridge would hand it on, if it were put now. Of what is no event it is the value itself.
    pub(crate) envelope: Value,
    /// Its detail as PutEvents takes it.
    pub(crate) detail: String,
    /// When it happened, where an entry says so; EventBridge stamps the others itself.
    pub(crate) time: Option<Timestamp>,
    /// The ARNs that an entry says it is about.
    pub(crate) resources: Vec<String>,
    /// Whether the detail-type is a guess.
    pub(crate) is_guessed: bool,
}

impl Given {
    /// The size of its entry in bytes, as PutEvents counts it
    /// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html>).
    pub(crate) fn size(&self) -> usize {
        let resources: usize = self.resources.iter().map(String::len).sum();
        let time = self.time.map_or(0, |_| 14);
        time + self.text("source").len() + self.text("detail-type").len() + self.detail.len() + resources
    }

    /// Without what was read of its detail, whose text is what is put: for who keeps many of them.
    pub(crate) fn into_text(mut self) -> Self {
        self.envelope["detail"] = Value::Null;
        self
    }

    /// A text of the envelope, such as its detail-type; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.envelope.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// A file that was read.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FileRead {
    /// As it was named; `-` is standard input.
    pub(crate) file: Rc<str>,
    /// How its events are kept together.
    pub(crate) form: Form,
    /// What they are written as, each once.
    pub(crate) kinds: Vec<Kind>,
    /// How many there are.
    pub(crate) events: usize,
}

/// Reads files, each as it is named on the command line. A detail without a type gets `detail_type`.
pub(crate) fn read(
    files: &[String],
    detail_type: Option<&str>,
    now: Timestamp,
) -> Result<(Vec<FileRead>, Vec<Given>), Failure> {
    let (mut read, mut events) = (Vec::new(), Vec::new());
    for file in files {
        let text = text_of(file)?;
        let name: Rc<str> = file.as_str().into();
        let (form, values) = values_in(text.strip_prefix('\u{feff}').unwrap_or(&text));
        let mut kinds = Vec::new();
        let count = values.len();
        for (at, value) in values.into_iter().enumerate() {
            let given = given(Position { file: name.clone(), index: at + 1 }, value, detail_type, now);
            if !kinds.contains(&given.kind) {
                kinds.push(given.kind);
            }
            events.push(given);
        }
        read.push(FileRead { file: name, form, kinds, events: count });
    }
    Ok((read, events))
}

fn text_of(file: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let done = match file {
        STANDARD_INPUT => stdin().lock().read_to_end(&mut bytes).map(drop),
        _ => fs::read(file).map(|read| bytes = read),
    };
    done.map_err(|error| {
        Failure::new(format!("{file} cannot be read: {error}"), "Name files that are there, or - for standard input.")
    })?;
    String::from_utf8(bytes).map_err(|_| {
        Failure::new(format!("{file} is not UTF-8"), format!("Convert it: iconv -f UTF-16 -t UTF-8 {file}"))
    })
}

/// The values that stand in a text. What is no JSON is a text.
fn values_in(text: &str) -> (Form, Vec<Value>) {
    match serde_json::from_str(text) {
        Ok(Value::Array(list)) => return (Form::List, list),
        Ok(Value::Object(mut request)) if matches!(request.get("Entries"), Some(Value::Array(_))) => {
            let Some(Value::Array(entries)) = request.remove("Entries") else { return (Form::Request, Vec::new()) };
            return (Form::Request, entries);
        }
        Ok(value) => return (Form::Single, vec![value]),
        Err(_) => {}
    }
    let one_after_the_other = serde_json::Deserializer::from_str(text).into_iter().collect::<Result<Vec<Value>, _>>();
    if let Ok(values) = one_after_the_other {
        return (Form::JsonLines, values);
    }
    let lines: Vec<Result<Value, &str>> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).map_err(|_| line))
        .collect();
    if lines.iter().any(|line| matches!(line, Ok(Value::Object(_)))) {
        (Form::JsonLines, lines.into_iter().map(|line| line.unwrap_or_else(Value::from)).collect())
    } else {
        (Form::NoJson, vec![Value::from(text)])
    }
}

/// A value as an event.
pub(crate) fn given(place: Position, mut value: Value, detail_type: Option<&str>, now: Timestamp) -> Given {
    let has = |names: &[&str]| value.is_object() && names.iter().any(|name| value.get(name).is_some());
    let time = || json!(second_of(now));
    let (kind, mut envelope, mut is_guessed) = if has(&["Detail", "DetailType", "Source"]) {
        let (is_text, detail) = match value["Detail"].take() {
            Value::String(text) => (true, serde_json::from_str(&text).unwrap_or(Value::String(text))),
            detail => (false, detail),
        };
        let mut envelope = Map::new();
        for (name, given) in [("source", &value["Source"]), ("detail-type", &value["DetailType"])] {
            if !given.is_null() {
                envelope.insert(name.to_owned(), given.clone());
            }
        }
        envelope.insert("time".to_owned(), time_of_entry(&value["Time"]).unwrap_or_else(time));
        envelope.insert("detail".to_owned(), detail);
        (if is_text { Kind::Entry } else { Kind::ReadableEntry }, Value::Object(envelope), false)
    } else if has(&["detail", "detail-type"]) {
        (Kind::Envelope, value.clone(), false)
    } else if has(&["metadata", "booking", "customer"]) {
        let is_erasure = value.get("booking").is_none() && value.get("customer").is_some();
        let guess = if is_erasure { ERASURE } else { BOOKING };
        let envelope = json!({"detail-type": detail_type.unwrap_or(guess), "detail": value.take()});
        (Kind::Detail, envelope, detail_type.is_none())
    } else {
        (Kind::Unknown, value.take(), false)
    };
    if matches!(kind, Kind::Envelope | Kind::Detail)
        && let Value::Object(fields) = &mut envelope
    {
        fields.entry("source").or_insert_with(|| SOURCE.into());
        fields.entry("time").or_insert_with(time);
    }
    is_guessed &= kind == Kind::Detail;
    let detail = envelope.get("detail").map(Value::to_string).unwrap_or_default();
    let own_time = value.get("Time").filter(|time| !time.is_null());
    let time = own_time.and_then(|_| envelope.get("time")?.as_str()?.parse().ok());
    let resources = value.get("Resources").and_then(Value::as_array).into_iter().flatten();
    let resources = resources.filter_map(|arn| arn.as_str().map(str::to_owned)).collect();
    Given { place, kind, envelope, detail, time, resources, is_guessed }
}

/// The time of an entry: seconds since 1970 as the SDKs write them, or RFC 3339; none where it is left out.
fn time_of_entry(time: &Value) -> Option<Value> {
    match time {
        Value::Null => None,
        Value::Number(seconds) => {
            let whole = seconds.as_f64().and_then(|seconds| Timestamp::from_second(seconds as i64).ok());
            Some(whole.map_or(Value::Null, |time| json!(time)))
        }
        given => Some(given.clone()),
    }
}

/// What a value is that is none of the kinds of event.
pub(crate) fn found(given: &Given) -> String {
    kind_of(Some(&given.envelope))
}
