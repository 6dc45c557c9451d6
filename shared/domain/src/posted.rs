//! Events that are posted, one or a list of up to ten, and the envelopes that EventBridge would have put them in.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, value::RawValue};

use crate::{
    contract::{Faults, table::SOURCE},
    events::{About, Accepted, Event},
    randomness::{NoRandomness, random},
};

/// The most events of one request: as many as PutEvents and SendMessageBatch take.
pub const MOST: usize = 10;

/// Where and when events arrive.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The account of the stack.
    pub account: &'a str,
    /// Its region.
    pub region: &'a str,
    /// When they arrive.
    pub at: Timestamp,
}

/// An event that keeps the contract, in the envelope that the rule would have delivered.
#[derive(Debug)]
pub struct Envelope {
    /// What names it in logs.
    pub about: About,
    /// The envelope as JSON. The detail in it is what was posted, byte by byte: so it is at most about 300 bytes larger.
    pub json: String,
}

/// A fault of one of the events: names the field and never its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FaultOf {
    /// Which event, counted from 0.
    pub index: usize,
    /// Where, for example `booking.starts_at`; empty for the event itself.
    pub field: String,
    /// What the contract says there.
    pub expected: String,
}

/// Why nothing of a request is taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// Some of it breaks the contract: every fault, at most 50 of each event, and how many more there are.
    #[error("events break the contract")]
    Faulty(Vec<FaultOf>, usize),
    /// No ids could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// An event as EventBridge hands it on.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>
#[derive(Serialize)]
struct AsHandedOn<'a> {
    version: &'a str,
    id: String,
    #[serde(rename = "detail-type")]
    detail_type: Option<&'a RawValue>,
    source: &'a str,
    account: &'a str,
    time: String,
    region: &'a str,
    resources: [&'a str; 0],
    detail: Option<&'a RawValue>,
}

/// Reads `{"detail-type": …, "detail": {…}}`, or a list of 1 to [`MOST`] of them. Where one breaks the contract, none is taken.
pub fn read(body: &[u8], accepted: &Accepted, arrival: Arrival<'_>) -> Result<Vec<Envelope>, NotTaken> {
    let (mut envelopes, mut faults, mut more) = (Vec::new(), Vec::new(), 0);
    for (index, posted) in list(body).map_err(|found| faulty(0, found))?.into_iter().enumerate() {
        let envelope = envelope(posted, arrival)?;
        match envelope.map(|json| (Event::read(&json, accepted, arrival.at), json)) {
            Some((Ok(received), json)) => envelopes.push(Envelope { about: received.about, json }),
            Some((Err(refusal), json)) => {
                // Where the envelope cannot be held, that is told by its place in what was posted.
                let unheld =
                    |text: &str| serde_json::from_str::<Value>(text).err().map(|error| Faults::not_json(&error));
                let found = unheld(&json).and_then(|_| unheld(posted.get())).unwrap_or(refusal.faults);
                more += found.more;
                faults.extend(told(index, found, "detail"));
            }
            None => faults.extend(told(index, Faults::one("", "an object of detail-type and detail"), "")),
        }
    }
    if faults.is_empty() { Ok(envelopes) } else { Err(NotTaken::Faulty(faults, more)) }
}

/// The events of a body as they were written.
fn list(body: &[u8]) -> Result<Vec<&RawValue>, Faults> {
    let not_json = |error: serde_json::Error| Faults::not_json(&error);
    let body: &RawValue = serde_json::from_slice(body).map_err(not_json)?;
    if !body.get().starts_with('[') {
        return Ok(vec![body]);
    }
    let list: Vec<&RawValue> = serde_json::from_str(body.get()).map_err(not_json)?;
    if (1..=MOST).contains(&list.len()) {
        Ok(list)
    } else {
        Err(Faults::one("", format_args!("one event, or a list of 1 to {MOST}")))
    }
}

/// The envelope of an event; none where that is no object.
fn envelope(posted: &RawValue, arrival: Arrival<'_>) -> Result<Option<String>, NoRandomness> {
    let Ok(fields) = serde_json::from_str::<BTreeMap<String, &RawValue>>(posted.get()) else { return Ok(None) };
    let envelope = AsHandedOn {
        version: "0",
        id: uuid::Builder::from_random_bytes(random()?).into_uuid().to_string(),
        detail_type: fields.get("detail-type").copied(),
        source: SOURCE,
        account: arrival.account,
        time: format!("{:.0}", arrival.at), // whole seconds, as the bus stamps them
        region: arrival.region,
        resources: [],
        detail: fields.get("detail").copied(),
    };
    // SQS takes no U+FFFE and U+FFFF (API reference, SendMessage). In JSON they can only stand in a text, and there be escaped.
    let escaped = |json: String| json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
    Ok(serde_json::to_string(&envelope).ok().map(escaped))
}

fn faulty(index: usize, faults: Faults) -> NotTaken {
    let more = faults.more;
    NotTaken::Faulty(told(index, faults, "").collect(), more)
}

/// The faults of an event, where the one of no field is told of `whole`.
fn told(index: usize, faults: Faults, whole: &str) -> impl Iterator<Item = FaultOf> {
    faults.listed.into_iter().map(move |fault| FaultOf {
        index,
        field: if fault.field.is_empty() { whole.to_owned() } else { fault.field },
        expected: fault.expected,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: &str = "2026-11-01T12:00:00.75Z";

    fn event() -> Value {
        json!({"detail-type": "booking.confirmed", "detail": {
            "metadata": {"event_id": "e", "schema_version": "1.1", "occurred_at": "2026-10-31T23:59:00Z"},
            "booking": {
                "booking_id": "bkg_1", "reference": "GCO-1", "revision": 1, "status": "confirmed",
                "customer": {"email": "ana@example.com", "name": "Ana"},
                "starts_at": "2026-07-10T09:00:00-04:00", "ends_at": "2026-07-14T17:00:00-04:00",
                "time_zone": "America/New_York", "carts": [{"asset_type": "6-Seater", "name": "Cart #14"}],
                "fulfilment": {"method": "pickup"}
            }
        }})
    }

    fn with(pointer: &str, value: Value) -> Value {
        let mut event = event();
        *event.pointer_mut(pointer).unwrap() = value;
        event
    }

    fn read(body: &str) -> Result<Vec<Envelope>, NotTaken> {
        let arrival = Arrival { account: "123456789012", region: "us-east-1", at: NOW.parse().unwrap() };
        super::read(body.as_bytes(), &Accepted::default(), arrival)
    }

    #[test]
    fn an_event_gets_the_envelope_that_the_bus_would_give_it() {
        let posted = event();
        let envelopes = read(&posted.to_string()).unwrap();
        let mut envelope: Value = serde_json::from_str(&envelopes[0].json).unwrap();
        let id = envelope["id"].take();
        assert_eq!(id.as_str().unwrap().len(), 36);
        let expected = json!({
            "version": "0", "id": null, "detail-type": "booking.confirmed", "source": "golfcartops.bookings",
            "account": "123456789012", "time": "2026-11-01T12:00:00Z", "region": "us-east-1", "resources": [],
            "detail": posted["detail"],
        });
        assert_eq!(envelope, expected);
        assert_eq!(envelopes[0].about.to_string(), "event e, booking.confirmed, booking bkg_1");
        let ten = Value::Array(vec![event(); MOST]).to_string();
        assert_eq!(read(&ten).unwrap().len(), MOST);
    }

    #[test]
    fn a_detail_is_handed_on_byte_by_byte_but_for_what_a_queue_cannot_hold() {
        let spaced = event().to_string().replace("\"Ana\"", "\"A\u{ffff}n\u{e9} \\u00e9\" ,  \"note\": 1e15");
        let json = read(&spaced).unwrap().remove(0).json;
        assert!(json.contains("\"A\\uffffn\u{e9} \\u00e9\" ,  \"note\": 1e15"), "{json}");
    }

    #[test]
    fn every_fault_of_every_event_is_told_with_its_index_and_nothing_is_taken() {
        let misspelt = with("/detail-type", json!("booking.confrimed"));
        let wrong = with("/detail/booking/status", json!("secret"));
        let deep =
            format!(r#"{{"detail-type": "booking.updated", "detail": {}1{}}}"#, "[".repeat(200), "]".repeat(200));
        let detail_type = "0 detail-type";
        for (body, told) in [
            (String::new(), "0 "),
            ("{".to_owned(), "0 "),
            ("\u{feff}{}".to_owned(), "0 "),
            ("[]".to_owned(), "0 "),
            (Value::Array(vec![event(); MOST + 1]).to_string(), "0 "),
            ("1".to_owned(), "0 "),
            ("null".to_owned(), "0 "),
            ("[[]]".to_owned(), "0 "),
            (r#"["booking.confirmed", {}]"#.to_owned(), "0 , 1 detail-type"),
            ("{}".to_owned(), detail_type),
            (misspelt.to_string(), detail_type),
            (with("/detail-type", json!(1)).to_string(), detail_type),
            (with("/detail", json!(null)).to_string(), "0 detail"),
            (with("/detail", json!("{}")).to_string(), "0 detail"),
            (deep, "0 detail"),
            (json!([event(), wrong]).to_string(), "1 booking.status"),
            (json!([wrong, event(), misspelt, wrong]).to_string(), "0 booking.status, 2 detail-type, 3 booking.status"),
            (with("/detail/booking/carts", json!([])).to_string(), "0 booking.carts"),
        ] {
            let Err(NotTaken::Faulty(faults, 0)) = read(&body) else { panic!("{body} was taken") };
            let fields: Vec<String> = faults.iter().map(|fault| format!("{} {}", fault.index, fault.field)).collect();
            assert_eq!(fields.join(", "), told, "{body}");
            assert!(faults.iter().all(|fault| !fault.expected.contains("secret") && !fault.expected.is_empty()));
        }
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place_in_what_was_posted() {
        let half = r#"{"detail-type": "booking.updated", "detail": {"name": "Ana \ud83d"}}"#;
        for (body, told) in [
            ("{\n  \"detail\": 1,\n}", "JSON (key must be a string at line 3 column 1)"),
            (half, "JSON (unexpected end of hex escape at line 1 column 66)"),
        ] {
            let Err(NotTaken::Faulty(faults, 0)) = read(body) else { panic!("{body} was taken") };
            assert_eq!(faults[0].expected, told);
        }
    }

    #[test]
    fn what_nobody_reads_hides_no_fault() {
        let wrong = with("/detail/booking/status", json!("secret")).to_string();
        let body = wrong.replacen('{', r#"{"note": "Ana \ud83d", "#, 1);
        let Err(NotTaken::Faulty(faults, 0)) = read(&body) else { panic!("{body} was taken") };
        assert_eq!(faults[0].field, "booking.status");
    }

    #[test]
    fn faults_beyond_fifty_of_an_event_are_counted() {
        let documents = json!(vec![json!({}); 40]);
        let mut event = event();
        event["detail"]["booking"]["documents"] = documents;
        let Err(NotTaken::Faulty(faults, more)) = read(&event.to_string()) else { panic!("it was taken") };
        assert_eq!(faults.len(), Faults::MOST);
        assert!(more > 0);
    }
}
