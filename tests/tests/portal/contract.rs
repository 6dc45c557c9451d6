//! The event contract stands twice: as JSON Schema for the booking system, and as types in the portal. Here the one is
//! held against the other, at every bound, with every sample, and with mutations of all of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use jsonschema::{Registry, Validator};
use portal_domain::events::{Event, TrackingHosts};
use portal_tests::samples::{names, sample};
use serde_json::{Map, Value, json};

/// What only the portal refuses, because no schema can say it.
const BEYOND_SCHEMA: &[&str] = &[
    "booking.ends_at: must be after starts_at",
    "booking.documents.file.key: must lie under",
    "booking.documents.document_id: must be unique",
    "booking.time_zone: ",      // which zones there are
    "booking.customer.email: ", // which domains are names, and where dots may stand
    "customer.email: ",
    "at: not as the contract says", // days that a month does not have
];

fn schemas() -> BTreeMap<String, Value> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/events/schemas");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().trim_end_matches(".schema.json").to_owned();
            (name, serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap())
        })
        .collect()
}

struct Contract {
    schemas: BTreeMap<String, Value>,
    validators: BTreeMap<String, Validator>,
}

impl Contract {
    fn read() -> Self {
        let schemas = schemas();
        let resources = schemas.values().map(|schema| (schema["$id"].as_str().unwrap(), schema));
        let registry = Registry::new().extend(resources).unwrap().prepare().unwrap();
        let validators = schemas.iter().map(|(name, schema)| {
            let options = jsonschema::options().offline().should_validate_formats(true).with_registry(&registry);
            (name.clone(), options.build(schema).unwrap())
        });
        let validators = validators.collect();
        Self { schemas: schemas.clone(), validators }
    }

    /// What the schema says, and what the portal says.
    fn ask(&self, kind: &str, detail: &Value) -> (bool, Result<(), String>) {
        let envelope = json!({"detail-type": kind, "detail": detail}).to_string();
        let portal =
            Event::parse(&envelope, &TrackingHosts::default()).map(drop).map_err(|refusal| refusal.to_string());
        (self.validators[kind].is_valid(detail), portal)
    }

    /// Asserts that both say the same, unless the portal refuses what no schema can say.
    fn agrees_on(&self, kind: &str, detail: &Value, what: &str) -> bool {
        match self.ask(kind, detail) {
            (true, Ok(())) => true,
            (false, Err(_)) => false,
            (true, Err(refusal)) => {
                let known = BEYOND_SCHEMA.iter().any(|beyond| refusal.contains(beyond));
                assert!(known, "{kind}, {what}: the schema allows what the portal refuses: {refusal}");
                false
            }
            (false, Ok(())) => {
                let why = self.validators[kind].iter_errors(detail).next().unwrap().to_string();
                panic!("{kind}, {what}: the portal takes what the schema refuses: {why:.300}");
            }
        }
    }
}

/// Every place in a value, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| places(value, &format!("{at}/{name}"), found)),
        Value::Array(list) => list.iter().enumerate().for_each(|(i, value)| places(value, &format!("{at}/{i}"), found)),
        _ => {}
    }
}

/// A detail in which every field of the contract has a value, out of all samples and what they leave out.
fn full() -> (String, Value) {
    let (kind, mut detail) = sample("booking.confirmed.json");
    for name in names("") {
        let (_, other) = sample(&name);
        let Some(fields) = other["booking"].as_object() else { continue };
        for (field, value) in fields {
            detail["booking"].as_object_mut().unwrap().entry(field).or_insert_with(|| value.clone());
        }
    }
    let id = detail["booking"]["booking_id"].as_str().unwrap().to_owned();
    let booking = &mut detail["booking"];
    booking["customer"]["locale"] = json!("en-US");
    booking["delivery"] = json!({"status": "on_the_way", "tracking_url": "https://track.example.com/d/1",
        "eta": "2027-06-11T08:40:00-04:00", "updated_at": "2027-06-11T08:12:00.5Z"});
    booking["documents"] = json!([{"document_id": "d", "kind": "receipt", "title": "Receipt",
        "issued_at": "2027-06-01T00:00:00Z", "signed_at": "2027-06-01T00:00:00Z",
        "file": {"key": format!("documents/{id}/d.pdf"), "size_bytes": 1, "sha256": "0a".repeat(32)}}]);
    (kind, detail)
}

#[test]
fn every_sample_is_judged_alike_by_schema_and_portal() {
    let contract = Contract::read();
    for name in names("") {
        let (kind, detail) = sample(&name);
        assert!(contract.agrees_on(&kind, &detail, &name), "{name} is valid");
    }
    for name in names("invalid") {
        let (kind, detail) = sample(&format!("invalid/{name}"));
        assert!(!contract.agrees_on(&kind, &detail, &name), "{name} is invalid");
    }
    let (kind, detail) = full();
    assert!(contract.agrees_on(&kind, &detail, "every field"));
}

/// Every bound of every schema, at the bound and one beyond it.
#[test]
fn at_every_bound_of_a_schema_the_portal_says_the_same() {
    let contract = Contract::read();
    let (kind, detail) = full();
    let mut fields = BTreeMap::new();
    collect(&contract, &contract.schemas[&kind], "", &mut fields);
    let mut bounds = 0;
    for (pointer, schema) in &fields {
        let mut try_it = |value: Value, allowed: bool, bound: &str| {
            let mut changed = detail.clone();
            *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is in every_field")) = value;
            let said = contract.agrees_on(&kind, &changed, &format!("{pointer}, {bound}, allowed: {allowed}"));
            let beyond =
                schema.get("pattern").is_some() || pointer.ends_with("time_zone") || pointer.ends_with("email");
            assert!(said == allowed || (allowed && beyond), "{pointer}: {bound} allowed: {allowed}");
            bounds += 1;
        };
        let current = detail.pointer(pointer).unwrap();
        if let Some(longest) = schema.get("maxLength").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()) {
            let fit = |length: usize| {
                let text = current.as_str().unwrap();
                json!(format!("{text}{}", "a".repeat(length - text.chars().count())))
            };
            try_it(fit(longest), true, "maxLength");
            try_it(fit(longest + 1), false, "maxLength");
        }
        if schema.get("minLength").is_some() || schema.get("pattern").is_some() {
            try_it(json!(""), false, "empty");
        }
        if schema.get("pattern").is_some() {
            try_it(json!(" \t"), false, "blank");
        }
        for (bound, beyond) in [("minimum", -1), ("maximum", 1)] {
            if let Some(number) = schema.get(bound).and_then(Value::as_i64) {
                let is_revision_or_bound = json!(number);
                try_it(is_revision_or_bound, true, bound);
                try_it(json!(number + beyond), false, bound);
                try_it(json!(number as f64 + 0.5), false, "a fraction");
            }
        }
        if schema.get("type") == Some(&json!("integer")) {
            try_it(json!(3.0), true, "a whole number with a point");
        }
        for (bound, beyond) in [("minItems", -1_i64), ("maxItems", 1)] {
            if let Some(count) = schema.get(bound).and_then(Value::as_i64) {
                let of = |count: i64| (0..count).map(|i| numbered(&current[0], i)).collect::<Vec<_>>();
                try_it(json!(of(count)), true, bound);
                try_it(json!(of(count + beyond)), false, bound);
            }
        }
        for choice in schema.get("enum").and_then(Value::as_array).into_iter().flatten() {
            try_it(choice.clone(), true, "enum");
            try_it(json!(format!("{}x", choice.as_str().unwrap())), false, "enum");
        }
        try_it(Value::Null, false, "null");
    }
    assert!(fields.len() > 50 && bounds > 200, "{} fields, {bounds} bounds", fields.len());
}

/// Documents have ids of their own.
fn numbered(element: &Value, i: i64) -> Value {
    let mut element = element.clone();
    if let Some(id) = element.get_mut("document_id") {
        *id = json!(format!("d{i}"));
    }
    element
}

/// Every field a schema describes, by its place in [`full`], with what the schema says of it.
fn collect(contract: &Contract, schema: &Value, at: &str, found: &mut BTreeMap<String, Map<String, Value>>) {
    let (home, schema) = (schema, schema.clone());
    walk(contract, home, &schema, at, found);
}

fn walk(contract: &Contract, home: &Value, schema: &Value, at: &str, found: &mut BTreeMap<String, Map<String, Value>>) {
    let (home, schema) = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => resolve(contract, home, reference),
        None => (home.clone(), schema.clone()),
    };
    if !at.is_empty() {
        found.insert(at.to_owned(), schema.as_object().unwrap().clone());
    }
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        walk(contract, &home, property, &format!("{at}/{name}"), found);
    }
    if let Some(items) = schema.get("items") {
        walk(contract, &home, items, &format!("{at}/0"), found);
    }
}

fn resolve(contract: &Contract, home: &Value, reference: &str) -> (Value, Value) {
    let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    let home = if file.is_empty() { home.clone() } else { contract.schemas[file.trim_end_matches(".json")].clone() };
    let schema = home.pointer(pointer).unwrap().clone();
    (home, schema)
}

/// Values that fields may meet in the wild.
fn odd_values() -> Vec<Value> {
    let texts = [
        "",
        " ",
        "x",
        "ana@example.com",
        " ana@example.com",
        "ana@example",
        "ana@bücher.example",
        "ana@a。b",
        "a..b@example.com",
        "2027-06-11T09:00:00-04:00",
        "2027-06-11t09:00:00z",
        "2027-06-11 09:00:00Z",
        "2027-06-11T09:00:00",
        "2027-06-11T09:00:60Z",
        "2027-06-11T24:00:00Z",
        "2027-02-30T09:00:00Z",
        "2027-06-11T09:00:00+24:00",
        "2027-06-11T09:00:00.1234567890Z",
        "2027-06-11T09:00:00.Z",
        "2027-06-11T09:00Z",
        "20270611T090000Z",
        "2027-06-11T09:00:00-04:00[America/New_York]",
        "1899-06-11T09:00:00Z",
        "9999-12-31T23:59:59Z",
        "America/New_York",
        "america/new_york",
        "Mars/Phobos",
        "UTC",
        "EST5EDT",
        "Etc/GMT+5",
        "../etc/passwd",
        "USD",
        "usd",
        "US",
        "confirmed",
        "delivery",
        "pickup",
        "1.0",
        "1.99",
        "1",
        "1.",
        "2.0",
        "1.0.0",
        "en",
        "e",
        "en-US-x",
        "documents/bkg_sample_confirmed/a.pdf",
        "documents/bkg_sample_confirmed/../a.pdf",
        "documents/other/a.pdf",
        "documents/bkg_sample_confirmed/a\nb.pdf",
        "\u{0}",
        "\u{feff}",
        "\u{2028}",
        "🛺",
        "-",
        "_",
        "a b",
    ];
    let numbers = ["0", "1", "-1", "1.5", "1e3", "1e400", "9007199254740992", "18446744073709551616", "-0.0", "101"];
    let mut values: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    values.extend(numbers.iter().filter_map(|number| serde_json::from_str(number).ok()));
    values.extend([json!(null), json!(true), json!([]), json!({}), json!([1]), json!("x".repeat(3000))]);
    values
}

/// Every place of every sample, left out, and replaced by every odd value: tens of thousands of details.
#[test]
fn whatever_a_field_holds_schema_and_portal_say_the_same() {
    let contract = Contract::read();
    let mut details = vec![full()];
    details.extend(names("").iter().map(|name| sample(name)));
    let (mut taken, mut refused) = (0, BTreeSet::new());
    for (kind, detail) in &details {
        let mut found = Vec::new();
        places(detail, "", &mut found);
        for pointer in found.iter().filter(|pointer| !pointer.is_empty()) {
            let mut without = detail.clone();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            if let Some(fields) = without.pointer_mut(parent).unwrap().as_object_mut() {
                fields.remove(name);
                contract.agrees_on(kind, &without, &format!("{pointer} left out"));
            }
            for odd in odd_values() {
                let mut changed = detail.clone();
                *changed.pointer_mut(pointer).unwrap() = odd.clone();
                if contract.agrees_on(kind, &changed, &format!("{pointer} is {odd:.60}")) {
                    taken += 1;
                } else {
                    refused.insert((kind, pointer.clone(), odd.to_string()));
                }
            }
        }
    }
    assert!(taken > 1000 && refused.len() > 10_000, "{taken} taken, {} refused", refused.len());
}
