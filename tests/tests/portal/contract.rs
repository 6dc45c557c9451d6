//! The event contract is one table in the domain. Here it is held against all that has to say the same: the JSON Schemas
//! that senders validate with, in every sample and at every bound; the types that bookings are kept in; and version 1.0,
//! which must not break.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use jsonschema::{Registry, Validator};
use portal_domain::{
    contract::{
        Needed, Shape, schema,
        table::{DETAIL_TYPES, DetailType},
    },
    events::{Accepted, Event, Refusal},
};
use portal_tests::samples::{names, sample};
use serde_json::{Map, Value, json};

/// What only the portal refuses, because no schema can say it: that a booking ends before it starts, of which booking a
/// file is, that two documents have one id, which time zones there are, which domains are names and where dots may stand.
const BEYOND_SCHEMA: &str = include_str!("../../beyond-schema.txt");

fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The contract as senders read it.
struct Contract {
    schemas: BTreeMap<&'static str, Value>,
    validators: BTreeMap<&'static str, Validator>,
}

impl Contract {
    fn read() -> Self {
        let schemas: BTreeMap<_, _> = DETAIL_TYPES
            .iter()
            .map(|kind| (kind.name, read(&in_project("infra/events/schemas").join(schema::file_name(kind)))))
            .collect();
        let validator = |schema| jsonschema::options().offline().should_validate_formats(true).build(schema).unwrap();
        let validators = schemas.iter().map(|(name, schema)| (*name, validator(schema))).collect();
        Self { schemas, validators }
    }

    /// Asserts that schema and portal say the same, unless the portal refuses what no schema can say.
    fn agrees_on(&self, kind: &str, detail: &Value, what: &str) -> bool {
        match (self.validators[kind].is_valid(detail), told(kind, detail)) {
            (true, Ok(())) => true,
            (false, Err(_)) => false,
            (true, Err(refusal)) => {
                let refusal = refusal.to_string();
                let known = BEYOND_SCHEMA.lines().any(|beyond| refusal.contains(beyond));
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

/// What the portal says.
fn told(kind: &str, detail: &Value) -> Result<(), Refusal> {
    received(kind, detail).map(drop)
}

fn received(kind: &str, detail: &Value) -> Result<Event, Refusal> {
    let envelope = json!({"source": "golfcartops.bookings", "time": "2026-11-01T00:00:00Z", "detail-type": kind,
        "detail": detail});
    let now: Timestamp = "2026-11-01T00:00:01Z".parse().unwrap();
    Event::read(&envelope.to_string(), &Accepted::default(), now).map(|received| received.event)
}

/// A value that has every field of the table.
fn example(shape: &Shape) -> Value {
    match shape {
        Shape::Text(_) => json!("Text"),
        Shape::Format(format) => json!(format.example),
        Shape::Whole { least, .. } => json!(least),
        Shape::Amount => json!(18810),
        Shape::Flag => json!(true),
        Shape::OneOf(values) => json!(values[0]),
        Shape::List { of, .. } => json!([example(of)]),
        Shape::Object(fields) => {
            fields.iter().map(|field| (field.name.to_owned(), example(&field.shape))).collect::<Map<_, _>>().into()
        }
    }
}

/// A detail that has every field of its type.
fn full(kind: &DetailType) -> Value {
    let mut detail = example(&kind.detail);
    if let Some(ends_at) = detail.pointer_mut("/booking/ends_at") {
        *ends_at = json!("2026-07-14T17:00:00-04:00");
    }
    detail
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

/// Every field of a detail, without the numbers of list elements.
fn fields(detail: &Value) -> BTreeSet<String> {
    let mut found = Vec::new();
    places(detail, "", &mut found);
    let named = |place: &String| {
        let parts = place.split('/').filter(|part| part.parse::<usize>().is_err());
        parts.collect::<Vec<_>>().join(".").trim_start_matches('.').to_owned()
    };
    found.iter().map(named).filter(|name| !name.is_empty()).collect()
}

#[test]
fn the_schemas_say_what_the_table_says() {
    let folder = in_project("infra/events/schemas");
    let rewrite = std::env::var_os("REWRITE_SCHEMAS").is_some();
    let mut expected = BTreeSet::new();
    for kind in DETAIL_TYPES {
        let path = folder.join(schema::file_name(kind));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema::of(kind)).unwrap());
        if rewrite {
            fs::write(&path, &text).unwrap();
        }
        assert!(!text.contains("$ref"), "a tool that looks nothing up can read it");
        let stands = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            stands == text,
            "infra/events/schemas/{} is not what shared/domain/src/contract/table.rs says: run `make schemas`",
            schema::file_name(kind)
        );
        expected.insert(schema::file_name(kind));
    }
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.collect::<BTreeSet<_>>(), expected, "and no other file stands there");
}

#[test]
fn every_field_of_the_table_is_kept_by_the_types() {
    for kind in DETAIL_TYPES {
        let detail = full(kind);
        let Event::Booking(event) = received(kind.name, &detail).unwrap() else { continue };
        let kept = fields(&json!({"booking": serde_json::to_value(&event.booking).unwrap()}));
        let mut missing = fields(&detail);
        missing.retain(|field| field.starts_with("booking") && !kept.contains(field));
        // Links are dropped here: no host is in TrackingHosts or PaymentHosts.
        missing.retain(|field| !["booking.delivery.tracking_url", "booking.payment.url"].contains(&field.as_str()));
        assert!(
            missing.is_empty(),
            "shared/domain/src/contract/table.rs has fields that shared/domain/src/booking.rs does not keep: {missing:?}"
        );
    }
}

#[test]
fn every_field_of_the_table_is_in_a_sample() {
    let shown: BTreeSet<String> = names("").iter().flat_map(|name| fields(&sample(name).1)).collect();
    for kind in DETAIL_TYPES {
        let missing: Vec<_> = fields(&full(kind)).difference(&shown).cloned().collect();
        assert!(missing.is_empty(), "no sample of infra/events/samples shows these fields: {missing:?}");
    }
}

#[test]
fn every_sample_is_judged_alike_by_schema_and_portal() {
    let contract = Contract::read();
    for name in names("") {
        let (kind, detail) = sample(&name);
        assert_eq!(detail["metadata"]["schema_version"], portal_domain::contract::table::SCHEMA_VERSION, "{name}");
        assert!(contract.agrees_on(&kind, &detail, &name), "{name} is valid");
    }
    for name in names("invalid") {
        let (kind, detail) = sample(&format!("invalid/{name}"));
        assert!(!contract.agrees_on(&kind, &detail, &name), "{name} is invalid");
    }
    for kind in DETAIL_TYPES {
        assert!(contract.agrees_on(kind.name, &full(kind), "every field"));
    }
}

/// The list for whoever adds a field names files that are there, and the checks that tell what was forgotten.
#[test]
fn the_list_to_add_a_field_is_true() {
    let readme = fs::read_to_string(in_project("infra/events/README.md")).unwrap();
    let (_, list) = readme.split_once("## To add a field\n").expect("infra/events/README.md has a list");
    let list = list.split("\n## ").next().unwrap();
    let this = include_str!("contract.rs");
    let named: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    let (files, rest): (Vec<&str>, Vec<&str>) = named.iter().partition(|name| name.contains('/'));
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        assert!(in_project(file).exists(), "{file}");
    }
    let checks: Vec<&&str> = rest.iter().filter(|name| name.contains('_') && name.to_lowercase() == **name).collect();
    assert!(checks.len() >= 4, "{checks:?}");
    for check in checks {
        assert!(this.contains(&format!("fn {check}()")), "{check}");
    }
}

/// Whatever kept 1.0 keeps 1.1, and a reader of 1.0 takes what a sender of 1.1 sends, but for `null`, which nobody has to
/// send.
#[test]
fn version_1_0_is_not_broken() {
    let contract = Contract::read();
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract-1.0");
    let files = |folder: &str| {
        let files = fs::read_dir(frozen.join(folder)).unwrap().map(|file| file.unwrap().path());
        files.map(|path| read(&path)).collect::<Vec<_>>()
    };
    let samples = files("samples");
    assert_eq!(samples.len(), DETAIL_TYPES.len());
    for entry in samples {
        let kind = entry["DetailType"].as_str().unwrap();
        assert_eq!(entry["Detail"]["metadata"]["schema_version"], "1.0");
        assert!(contract.agrees_on(kind, &entry["Detail"], "a sample of 1.0"), "{kind}");
    }

    let schemas = files("schemas");
    let resources = schemas.iter().map(|schema| (schema["$id"].as_str().unwrap(), schema));
    let registry = Registry::new().extend(resources).unwrap().prepare().unwrap();
    let options = jsonschema::options().offline().should_validate_formats(true).with_registry(&registry);
    for kind in DETAIL_TYPES {
        let schema = schemas.iter().find(|schema| schema["title"] == kind.name).unwrap();
        let older = options.build(schema).unwrap();
        let mut detail = full(kind);
        let valid = older.iter_errors(&detail).map(|error| error.to_string()).collect::<Vec<_>>();
        assert!(valid.is_empty(), "{}: {valid:?}", kind.name);
        // The control: the frozen schema refuses what is wrong.
        detail["metadata"]["event_id"] = json!(1);
        assert!(!older.is_valid(&detail));
    }
}

/// Every bound of every schema, at the bound and one beyond it.
#[test]
fn at_every_bound_of_a_schema_the_portal_says_the_same() {
    let contract = Contract::read();
    let kind = DetailType::named("booking.confirmed").unwrap();
    let detail = full(kind);
    let mut fields = BTreeMap::new();
    collect(&contract.schemas[kind.name], "", &mut fields);
    let mut bounds = 0;
    for (pointer, schema) in &fields {
        let mut try_it = |value: Value, allowed: bool, bound: &str| {
            let mut changed = detail.clone();
            *changed.pointer_mut(pointer).unwrap() = value;
            let said = contract.agrees_on(kind.name, &changed, &format!("{pointer}, {bound}, allowed: {allowed}"));
            let beyond = schema.get("examples").is_some() || pointer.ends_with("_at");
            assert!(said == allowed || (allowed && beyond), "{pointer}: {bound} allowed: {allowed}");
            bounds += 1;
        };
        let current = detail.pointer(pointer).unwrap();
        if let Some(longest) = schema.get("maxLength").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()) {
            let fit = |length: usize| {
                let text: String = current.as_str().unwrap().chars().take(length).collect();
                json!(format!("{text}{}", "a".repeat(length - text.chars().count())))
            };
            try_it(fit(longest), true, "maxLength");
            try_it(fit(longest + 1), false, "maxLength");
        }
        if schema.get("pattern").is_some() {
            try_it(json!(""), false, "empty");
            try_it(json!(" \t"), false, "blank");
            if schema.get("examples").is_some() {
                try_it(json!(format!("{}\n", current.as_str().unwrap())), false, "a line break behind it");
            }
        }
        for (bound, beyond) in [("minimum", -1), ("maximum", 1)] {
            if let Some(number) = schema.get(bound).and_then(Value::as_i64) {
                try_it(json!(number), true, bound);
                try_it(json!(number + beyond), false, bound);
                try_it(json!(number as f64 + 0.5), false, "a fraction");
            }
        }
        let kinds = schema.get("type").unwrap();
        let is = |name: &str| kinds == name || kinds.as_array().is_some_and(|kinds| kinds.contains(&json!(name)));
        if is("integer") {
            try_it(json!(3.0), true, "a whole number with a point");
        }
        for (bound, beyond) in [("minItems", -1_i64), ("maxItems", 1)] {
            if let Some(count) = schema.get(bound).and_then(Value::as_i64) {
                let of = |count: i64| (0..count).map(|i| numbered(&current[0], i)).collect::<Vec<_>>();
                try_it(json!(of(count)), true, bound);
                if count + beyond >= 0 {
                    try_it(json!(of(count + beyond)), false, bound);
                }
            }
        }
        for choice in schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            try_it(json!(choice), true, "enum");
            try_it(json!(format!("{choice}x")), false, "enum");
        }
        let is_conditional = pointer == "/booking/fulfilment/address";
        try_it(Value::Null, is("null") && !is_conditional, "null");
    }
    assert!(fields.len() > 70 && bounds > 300, "{} fields, {bounds} bounds", fields.len());
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
fn collect(schema: &Value, at: &str, found: &mut BTreeMap<String, Map<String, Value>>) {
    if !at.is_empty() {
        found.insert(at.to_owned(), schema.as_object().unwrap().clone());
    }
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        collect(property, &format!("{at}/{name}"), found);
    }
    if let Some(items) = schema.get("items") {
        collect(items, &format!("{at}/0"), found);
    }
}

/// What the table needs, an object's schema requires; what it does not, may be `null`.
#[test]
fn what_need_not_be_there_may_be_null() {
    fn look(shape: &Shape, value: &mut Value) {
        match (shape, value) {
            (Shape::Object(fields), Value::Object(given)) => {
                for field in *fields {
                    match field.needed {
                        Needed::Never => given.insert(field.name.into(), Value::Null).map(drop).unwrap_or_default(),
                        _ => look(&field.shape, given.get_mut(field.name).unwrap()),
                    }
                }
            }
            (Shape::List { of, .. }, Value::Array(list)) => list.iter_mut().for_each(|value| look(of, value)),
            _ => {}
        }
    }
    let contract = Contract::read();
    for kind in DETAIL_TYPES {
        let mut detail = full(kind);
        look(&kind.detail, &mut detail);
        assert!(contract.agrees_on(kind.name, &detail, "null wherever it may be"), "{}", kind.name);
    }
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
        "2027-02-29T09:00:00Z",
        "2028-02-29T09:00:00Z",
        "2027-06-11T09:00:00+24:00",
        "2027-06-11T09:00:00.1234567890Z",
        "2027-06-11T09:00:00.Z",
        "2027-06-11T09:00Z",
        "２027-06-11T09:00:00Z",
        "2é27-06-11T09:00:00-04:00",
        ".ana@example.com",
        "ana.@example.com",
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
        "documents/bkg_4821/a.pdf",
        "documents/bkg_4821/../a.pdf",
        "documents/other/a.pdf",
        "documents/bkg_4821/a\nb.pdf",
        "documents/bkg_4821//a.pdf",
        "documents/bkg_4821/",
        "2026-07-10T09:00:00-04:00\n",
        "\u{85}",
        "\u{1f}",
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
    let mut details: Vec<(String, Value)> = ["booking.confirmed", "customer.erased"]
        .map(|kind| (kind.to_owned(), full(DetailType::named(kind).unwrap())))
        .into();
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
