//! `infra/events/openapi.json` is held against the contract that it is written from, and against what the portal takes and answers.

use std::{collections::BTreeSet, fs, path::Path};

use jsonschema::Validator;
use portal_domain::{contract::table::DETAIL_TYPES, openapi};
use portal_tests::{
    Portal, Reply, Sender, event,
    samples::{confirmed, names, sample},
};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::webhook::ACCEPTED;

/// What a schema of the document says, with all that it refers to.
fn validator(document: &Value, schema: &Value) -> Validator {
    let mut whole = schema.clone();
    whole["components"] = document["components"].clone();
    jsonschema::draft202012::options().offline().should_validate_formats(true).build(&whole).unwrap()
}

fn of_request(document: &Value, path: &str) -> Validator {
    let body = &document["paths"][path]["post"]["requestBody"]["content"]["application/json"];
    validator(document, &body["schema"])
}

#[test]
fn the_schemas_stand_in_openapi_json_too() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/events/openapi.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&openapi::document()).unwrap());
    if std::env::var_os("REWRITE_SCHEMAS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let stands = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == text,
        "infra/events/openapi.json is not what shared/domain/src/openapi.rs says: run `make schemas`"
    );
}

/// Of several events what they have in common stands there once: here is seen that it is the same in all of them.
#[test]
fn every_sample_is_judged_by_openapi_json_as_by_its_schema() {
    let document = openapi::document();
    let (taken, valid) = (of_request(&document, "/events"), names(""));
    for name in &valid {
        let (detail_type, detail) = sample(name);
        let event = event(&detail_type, &detail);
        assert!(taken.is_valid(&event) && taken.is_valid(&json!([event, event])), "{name}");
        for other in DETAIL_TYPES.iter().filter(|other| other.name != detail_type) {
            let told_as = json!({"detail-type": other.name, "detail": detail});
            let alike = detail.get("customer").is_none() == (other.name != "customer.erased");
            assert_eq!(taken.is_valid(&told_as), alike, "{name} as {}", other.name);
        }
        assert!(!taken.is_valid(&json!(vec![event.clone(); 11])), "eleven of {name}");
        assert!(!taken.is_valid(&json!({"detail-type": "another", "detail": detail})), "{name} as another");
    }
    let refused: Vec<_> = names("invalid").into_iter().map(|name| sample(&format!("invalid/{name}"))).collect();
    let by_schema = |(kind, detail): &&(String, Value)| {
        let kind = DETAIL_TYPES.iter().find(|known| known.name == kind).unwrap();
        !jsonschema::is_valid(&portal_domain::contract::schema::of(kind), detail)
    };
    for (kind, detail) in refused.iter().filter(by_schema) {
        assert!(!taken.is_valid(&event(kind, detail)), "{kind}");
    }
    assert!(!taken.is_valid(&json!([])) && !taken.is_valid(&json!({})));
}

/// What the document says of an answer: a status that it knows, its content type, its headers and its body.
fn agrees(document: &Value, path: &str, reply: &Reply) -> bool {
    let status = reply.status.as_u16().to_string();
    let answer = &document["paths"][path]["post"]["responses"][&status];
    let answer = answer["$ref"].as_str().map_or(Some(answer), |place| document.pointer(place.trim_start_matches('#')));
    let Some(answer) = answer.filter(|answer| answer.is_object()) else { return false };
    let headers = answer["headers"].as_object();
    let has_headers = headers.is_none_or(|headers| headers.keys().all(|name| reply.headers.contains_key(name)));
    let media_type = &answer["content"][reply.headers[CONTENT_TYPE].to_str().unwrap()];
    has_headers && media_type.is_object() && validator(document, &media_type["schema"]).is_valid(&reply.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_one_that_openapi_json_describes() {
    let document = openapi::document();
    let portal = Portal::with_parameters(&ACCEPTED).await;
    let sender = Sender::of(&portal);
    let good = event("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, false));
    let bad = json!([good, {"detail-type": "booking.confirmed", "detail": {}}]);
    let promise = json!({"booking_id": "bkg_1", "document_id": "doc_1", "size_bytes": 3, "sha256": "9".repeat(64)});
    let large = " ".repeat(256 * 1024 + 1);
    let mut seen = BTreeSet::new();
    for (path, good, bad) in [("/events", &good, &bad), ("/events/documents", &promise, &json!({"size_bytes": 0}))] {
        assert!(of_request(&document, path).is_valid(good) && !of_request(&document, path).is_valid(bad), "{path}");
        let (body, mut as_text) = (good.to_string(), sender.signed(&good.to_string()));
        as_text.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        for (method, headers, body, expected) in [
            ("POST", sender.signed(&body), body.clone(), if path == "/events" { 202 } else { 200 }),
            ("POST", HeaderMap::new(), body.clone(), 401),
            ("PUT", sender.signed(&body), body.clone(), 405),
            ("POST", sender.signed(&large), large.clone(), 413),
            ("POST", as_text, body.clone(), 415),
            ("POST", sender.signed(&bad.to_string()), bad.to_string(), 422),
        ] {
            let reply = sender.send(method, path, headers, body).await;
            assert_eq!(reply.status, expected, "{path}");
            assert!(agrees(&document, path, &reply), "{path}: {reply:?}");
            seen.insert(expected);
        }
        // The control: an answer that is not described is told from the others.
        let elsewhere = sender.send("POST", "/events/elsewhere", HeaderMap::new(), "").await;
        assert!(!agrees(&document, path, &elsewhere), "{elsewhere:?}");
    }
    assert_eq!(seen.len(), 7);
}
