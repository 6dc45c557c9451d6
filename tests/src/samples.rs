//! Events for tests, made from the contract's own samples.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::{Person, Portal, soon};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/events/samples"))
}

/// A sample by its file name: (detail-type, detail).
pub fn sample(file: &str) -> (String, Value) {
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    let entry: Value = serde_json::from_str(&text).unwrap();
    (entry["DetailType"].as_str().unwrap().to_owned(), entry["Detail"].clone())
}

/// The names of all samples in a folder of the samples.
pub fn names(of: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder().join(of)).unwrap().map(|file| file.unwrap());
    let mut names: Vec<String> = files.map(|file| file.file_name().into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(".json"));
    names.sort();
    names
}

/// A confirmed booking of a customer, months ahead, without documents; asks for a confirmation mail if `notify`.
pub fn confirmed(id: &str, email: &str, revision: u64, notify: bool) -> Value {
    let (_, mut detail) = sample("booking.confirmed.json");
    detail["metadata"]["notify"] = json!(notify);
    detail["booking"]["booking_id"] = json!(id);
    detail["booking"]["reference"] = json!(format!("REF-{id}"));
    detail["booking"]["revision"] = json!(revision);
    detail["booking"]["customer"] = json!({"email": email, "name": "Test Customer"});
    detail["booking"]["documents"] = json!([]);
    detail
}

/// The event that erases a customer, later than any other of the samples.
pub fn erased(email: &str) -> Value {
    json!({
        "metadata": {"event_id": "e1", "schema_version": "1.1", "occurred_at": "2026-11-01T00:00:00Z"},
        "customer": {"email": email}
    })
}

/// Makes a booking of a customer known, without a mail.
pub async fn booked(portal: &Portal, id: &str, email: &str) {
    portal.publish("booking.confirmed", &confirmed(id, email, 1, false)).await;
    soon("the booking", async || (portal.count_items("BOOKING").await == 1).then_some(())).await;
}

/// Someone whose booking has just been confirmed, and who followed the link of that mail.
pub async fn arrived(portal: &Portal, id: &str, email: &str) -> Person {
    portal.publish("booking.confirmed", &confirmed(id, email, 1, true)).await;
    let person = portal.person();
    person.post(&portal.link_to(email).await, &[]).await;
    person
}
