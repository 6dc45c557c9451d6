//! What stands where the contract says something else, told by its kind and its size: enough to see the mistake, and nothing of
//! the value, which may be anybody's name or address.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};
use serde_json::Value;

use super::formats::TIME;

/// What stands at a fault's field of an event as EventBridge hands it on.
pub fn found(envelope: &Value, field: &str) -> String {
    let pointer = match field {
        "source" | "time" | "detail-type" => format!("/{field}"),
        "" => "/detail".to_owned(),
        _ => format!("/detail/{}", field.replace(['.', '['], "/").replace(']', "")),
    };
    kind_of(envelope.pointer(&pointer))
}

/// The kind of a value and its size.
pub fn kind_of(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::Null) => "null".to_owned(),
        Some(Value::Bool(_)) => "true or false".to_owned(),
        Some(Value::Number(number)) => match number.to_string() {
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
                format!("a whole number of {}", counted(digits.len(), "digit"))
            }
            negative if number.is_i64() => {
                format!("a whole number below zero of {}", counted(negative.len() - 1, "digit"))
            }
            _ => "a number with a point".to_owned(),
        },
        Some(Value::String(text)) => kind_of_text(text),
        Some(Value::Array(list)) => format!("a list of {}", list.len()),
        Some(Value::Object(fields)) => format!("an object of {}", counted(fields.len(), "field")),
    }
}

fn kind_of_text(text: &str) -> String {
    let json = text.starts_with(['{', '[']).then(|| serde_json::from_str::<Value>(text));
    let is_number = || text.bytes().any(|b| b.is_ascii_digit()) && text.parse::<f64>().is_ok();
    let size = counted(text.chars().count(), "character");
    match text {
        "" => "an empty text".to_owned(),
        _ if text.trim().is_empty() => format!("white space of {size}"),
        _ if TIME.takes(text) => "a time".to_owned(),
        _ if text.parse::<Timestamp>().is_ok() => "a time in another form".to_owned(),
        _ if text.len() == "2026-07-10".len() && text.parse::<Date>().is_ok() => "a date without a time".to_owned(),
        _ if text.parse::<DateTime>().is_ok() => "a time without an offset".to_owned(),
        _ if let Some(Err(error)) = &json => format!("a text of {size} that is no JSON: {error}"),
        _ if json.is_some() => format!("JSON in a text of {size}"),
        _ if is_number() => format!("a number in a text of {size}"),
        _ if text.trim() != text => format!("a text of {size} with white space at an end"),
        _ => format!("a text of {size}"),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_told_by_its_kind_and_size() {
        for (value, told) in [
            (json!(null), "null"),
            (json!(true), "true or false"),
            (json!(0), "a whole number of 1 digit"),
            (json!(1_777_777_777_000_000_000_u64), "a whole number of 19 digits"),
            (json!(-20), "a whole number below zero of 2 digits"),
            (json!(188.1), "a number with a point"),
            (json!(""), "an empty text"),
            (json!(" \t"), "white space of 2 characters"),
            (json!("rented"), "a text of 6 characters"),
            (json!("ana@example.com "), "a text of 16 characters with white space at an end"),
            (json!("2026-05-03T14:03:22"), "a time without an offset"),
            (json!("2027-06-11 09:00"), "a time without an offset"),
            (json!("2027-06-11 09:00Z"), "a time in another form"),
            (json!("2027-06-15"), "a date without a time"),
            (json!("2027-06-15T09:00:00Z"), "a time"),
            (json!("6/11/2027 9:00 AM"), "a text of 17 characters"),
            (json!("6"), "a number in a text of 1 character"),
            (json!("inf"), "a text of 3 characters"),
            (json!("{}"), "JSON in a text of 2 characters"),
            (
                json!(r#"{"name":"Ana \ud83d"}"#),
                "a text of 21 characters that is no JSON: unexpected end of hex escape at line 1 column 20",
            ),
            (json!([]), "a list of 0"),
            (json!({"a": 1}), "an object of 1 field"),
        ] {
            assert_eq!(kind_of(Some(&value)), told, "{value}");
        }
    }

    #[test]
    fn a_fault_s_field_leads_to_the_value() {
        let envelope = json!({"source": 7, "detail": {"booking": {"documents": [{}, {"file": {"key": [1, 2]}}]}}});
        for (field, told) in [
            ("source", "a whole number of 1 digit"),
            ("time", "nothing"),
            ("", "an object of 1 field"),
            ("booking.documents[1].file.key", "a list of 2"),
            ("booking.documents[0].file.key", "nothing"),
            ("booking.revision", "nothing"),
        ] {
            assert_eq!(found(&envelope, field), told, "{field}");
        }
    }
}
