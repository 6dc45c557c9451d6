//! The contract as JSON Schema, draft 2020-12: one schema for each detail-type, with nothing to look up elsewhere.

use serde_json::{Map, Value, json};

use super::{
    Field, LARGEST_AMOUNT, Needed, Shape,
    formats::{Format, VISIBLE},
    table::{DetailType, SCHEMA_VERSION},
};

/// The name of a detail-type's schema: that of its file, and its `$id`.
pub fn file_name(detail_type: &DetailType) -> String {
    format!("{}.schema.json", detail_type.name)
}

/// The schema of the detail of events of this type.
pub fn of(detail_type: &DetailType) -> Value {
    let mut schema = described(&detail_type.detail, Needed::Always);
    let about = format!(
        "Detail of {}, version {SCHEMA_VERSION}. {} Unknown fields are ignored.",
        detail_type.name, detail_type.about
    );
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("$id".into(), json!(file_name(detail_type)));
    schema.insert("title".into(), json!(detail_type.name));
    schema.insert("description".into(), json!(about));
    Value::Object(schema)
}

/// The schema of a value that has to be there.
pub(crate) fn of_shape(shape: &Shape) -> Value {
    Value::Object(described(shape, Needed::Always))
}

/// What the schema says of a value; where it need not be there, it may be `null`.
fn described(shape: &Shape, needed: Needed) -> Map<String, Value> {
    let (kind, said) = match shape {
        Shape::Text(longest) => ("string", json!({"pattern": VISIBLE, "maxLength": longest})),
        Shape::Format(format) => ("string", of_format(format)),
        Shape::Whole { least, most } => ("integer", json!({"minimum": least, "maximum": most})),
        Shape::Amount => ("integer", json!({"minimum": -LARGEST_AMOUNT, "maximum": LARGEST_AMOUNT})),
        Shape::Flag => ("boolean", json!({})),
        Shape::OneOf(values) => ("string", json!({"enum": values})),
        Shape::List { least, most, of } => {
            ("array", json!({"minItems": least, "maxItems": most, "items": described(of, Needed::Always)}))
        }
        Shape::Object(fields) => ("object", of_object(fields)),
    };
    let Value::Object(mut said) = said else { return Map::new() };
    if matches!(needed, Needed::Always) {
        said.insert("type".into(), json!(kind));
    } else {
        said.insert("type".into(), json!([kind, "null"]));
        if let Some(Value::Array(values)) = said.get_mut("enum") {
            values.push(Value::Null);
        }
    }
    said
}

fn of_format(Format { pattern, example, length: (shortest, longest), format, .. }: &Format) -> Value {
    let mut said = json!({"minLength": shortest, "maxLength": longest, "examples": [example]});
    if let Some(pattern) = pattern {
        said["pattern"] = json!(pattern);
    }
    if let Some(format) = format {
        said["format"] = json!(format);
    }
    said
}

fn of_object(fields: &[Field]) -> Value {
    let required: Vec<&str> =
        fields.iter().filter(|field| matches!(field.needed, Needed::Always)).map(|field| field.name).collect();
    let properties = fields.iter().map(|field| {
        let mut said = described(&field.shape, field.needed);
        said.insert("description".into(), json!(field.about));
        (field.name.to_owned(), Value::Object(said))
    });
    let mut said = json!({"properties": properties.collect::<Map<_, _>>()});
    if !required.is_empty() {
        said["required"] = json!(required);
    }
    for field in fields {
        if let Needed::Where(other, is) = field.needed {
            said["if"] = json!({"properties": {other: {"const": is}}});
            said["then"] = json!({"required": [field.name], "properties": {field.name: {"not": {"type": "null"}}}});
        }
    }
    said
}
