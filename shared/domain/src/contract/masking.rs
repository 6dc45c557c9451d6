//! An event as it may be shown to whoever need not know whose it is: its form, ids, times, numbers and states, but no text for
//! people and no name of a file. Of what the contract does not know there is nothing but its size.

use serde_json::{Map, Value};

use super::{
    Shape, formats,
    formats::{ADDRESS, FILE_KEY, LINK, OPAQUE},
    table::DetailType,
};
use crate::customer::EmailAddress;

/// The one text that names no person: what a booking is called.
const REFERENCE: &str = "reference";

/// A name that may stand in a log: with these characters it is neither an address nor a link.
pub(crate) fn loggable(value: &Value) -> Option<&str> {
    value.as_str().filter(|name| {
        (1..=128).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b))
    })
}

/// An event as EventBridge hands it on, masked: of its envelope detail-type, source and time, and the detail by the contract.
pub fn masked(envelope: &Value) -> Value {
    let text = |name: &str| envelope.get(name).and_then(Value::as_str).unwrap_or_default();
    let Some(detail_type) = DetailType::named(text("detail-type")) else { return size_of(envelope) };
    let detail = envelope.get("detail").map_or(Value::Null, |detail| masked_value(&detail_type.detail, detail));
    let mut shown =
        Map::from_iter([("detail-type".to_owned(), detail_type.name.into()), ("detail".to_owned(), detail)]);
    if let Some(source) = envelope.get("source") {
        shown.insert("source".to_owned(), loggable(source).map_or_else(|| size_of(source), Value::from));
    }
    if formats::TIME.takes(text("time")) {
        shown.insert("time".to_owned(), text("time").into());
    }
    shown.into()
}

fn masked_value(shape: &Shape, value: &Value) -> Value {
    match (shape, value) {
        (Shape::Object(fields), Value::Object(given)) => {
            let mut shown = Map::new();
            let mut unknown = Map::new();
            for (name, value) in given {
                match fields.iter().find(|field| field.name == name) {
                    Some(field) if field.name == REFERENCE && value.is_string() => {
                        shown.insert(name.clone(), value.clone());
                    }
                    Some(field) => {
                        shown.insert(name.clone(), masked_value(&field.shape, value));
                    }
                    None => {
                        unknown.insert(name.clone(), value.clone());
                    }
                }
            }
            if !unknown.is_empty() {
                shown.insert("(unknown fields)".to_owned(), size_of(&unknown.into()));
            }
            shown.into()
        }
        (Shape::List { of, .. }, Value::Array(list)) => list.iter().map(|value| masked_value(of, value)).collect(),
        (Shape::Format(format), Value::String(text)) if format.takes(text) => match format.expected {
            expected if expected == ADDRESS.expected => {
                EmailAddress::parse(text).map_or_else(|_| size_of(value), |address| address.masked().into())
            }
            expected if [OPAQUE, LINK, FILE_KEY].iter().any(|hidden| hidden.expected == expected) => size_of(value),
            _ => value.clone(),
        },
        (Shape::OneOf(words), Value::String(word)) if words.contains(&word.as_str()) => value.clone(),
        (_, Value::Null | Value::Bool(_)) | (Shape::Whole { .. } | Shape::Amount, Value::Number(_)) => value.clone(),
        _ => size_of(value),
    }
}

/// What stands for a value that is not shown.
fn size_of(value: &Value) -> Value {
    match value {
        Value::String(text) => format!("({} characters)", text.chars().count()),
        value => format!("({} bytes)", value.to_string().len()),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whose_an_event_is_does_not_show_wherever_it_stands() {
        for (what, detail, shown) in [
            (
                "a customer",
                json!({"booking": {"customer": {"email": "ana@example.com", "name": "Ana", "locale": "en-US"}}}),
                json!({"booking": {"customer": {"email": "a…a@example.com", "name": "(3 characters)", "locale": "en-US"}}}),
            ),
            (
                "an address that is none",
                json!({"booking": {"customer": {"email": "ana at example.com", "locale": "Ana Ruiz"}}}),
                json!({"booking": {"customer": {"email": "(18 characters)", "locale": "(8 characters)"}}}),
            ),
            (
                "where she lives",
                json!({"booking": {"fulfilment": {"method": "delivery", "address": "3 Ocean Ave"}}}),
                json!({"booking": {"fulfilment": {"method": "delivery", "address": "(11 characters)"}}}),
            ),
            (
                "a word that is none of those",
                json!({"booking": {"fulfilment": {"method": "to Ana"}, "revision": "Ana", "status": 7}}),
                json!({"booking": {"fulfilment": {"method": "(6 characters)"}, "revision": "(3 characters)", "status": "(1 bytes)"}}),
            ),
            (
                "ids, numbers and times",
                json!({"booking": {"booking_id": "bkg_1", "reference": "GCO-1", "revision": 3, "starts_at": "2026-07-10T09:00:00Z"}}),
                json!({"booking": {"booking_id": "bkg_1", "reference": "GCO-1", "revision": 3, "starts_at": "2026-07-10T09:00:00Z"}}),
            ),
            (
                "what a file is called, and a link",
                json!({"booking": {"documents": [{"file": {"key": "documents/bkg_1/ana.pdf"}}], "payment": {"url": "https://x/ana"}}}),
                json!({"booking": {"documents": [{"file": {"key": "(23 characters)"}}], "payment": {"url": "(13 characters)"}}}),
            ),
            (
                "fields of nobody's contract",
                json!({"ana@example.com": "Ana", "booking": "Ana"}),
                json!({"booking": "(3 characters)", "(unknown fields)": "(25 bytes)"}),
            ),
        ] {
            let event = json!({"detail-type": "booking.updated", "time": "Ana", "account": "Ana", "detail": detail});
            let expected = json!({"detail-type": "booking.updated", "detail": shown});
            assert_eq!(masked(&event), expected, "{what}");
        }
        assert_eq!(masked(&json!({"detail-type": "Ana"})), json!("(21 bytes)"));
    }
}
