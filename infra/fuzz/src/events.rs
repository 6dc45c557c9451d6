//! Events of the booking system, as EventBridge hands them on and as they are posted.

use jiff::Timestamp;
use portal_domain::{
    booking::Booking,
    contract::{Faults, table::SOURCE},
    events::{Accepted, Event, Hosts, Received, Refusal},
    posted::{self, Arrival},
};
use serde_json::{Value, json};

use crate::inputs::texts;

/// Texts this long and longer are a value's own, and no word of the contract's.
const TELLING: usize = 24;

/// How an event is written as JSON is nothing to its verdict; faults quote nothing; the checker and the types agree; what is
/// taken is kept as it was; and posted, it meets the same verdict.
pub(crate) fn read(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let hosts = || Hosts::parse("track.example.com, pay.example.com");
    let accepted = Accepted { business_id: None, tracking_hosts: hosts(), payment_hosts: hosts() };
    let now: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    let verdict = Event::read(text, &accepted, now);
    let value = match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        Err(error) => return assert_eq!(verdict.unwrap_err().faults, Faults::not_json(&error)),
    };
    let again = Event::read(&serde_json::to_string_pretty(&value).unwrap(), &accepted, now);
    assert_eq!(format!("{verdict:?}"), format!("{again:?}"), "the same event, written otherwise");
    match &verdict {
        Ok(Received { event: Event::Booking(event), .. }) => {
            let kept = serde_json::to_string(&event.booking).unwrap();
            assert_eq!(serde_json::from_str::<Booking>(&kept).unwrap(), event.booking, "kept otherwise than taken");
        }
        Ok(_) => {}
        Err(refusal) => quotes_nothing(refusal, &value, &accepted, now),
    }
    let (detail_type, detail) = (&value["detail-type"], &value["detail"]);
    let body = json!({"detail-type": detail_type, "detail": detail}).to_string();
    let arrival = Arrival { account: "123456789012", region: "us-east-1", at: now };
    let envelope =
        json!({"detail-type": detail_type, "detail": detail, "source": SOURCE, "time": "2027-01-01T00:00:00Z"});
    let posted = posted::read(body.as_bytes(), &accepted, arrival);
    let expected = Event::read(&envelope.to_string(), &accepted, now);
    assert_eq!(posted.is_ok(), expected.is_ok(), "posted, it meets another verdict");
}

fn quotes_nothing(refusal: &Refusal, value: &Value, accepted: &Accepted, now: Timestamp) {
    let (told, json) = (refusal.to_string(), value.to_string());
    assert!(
        !told.contains("what this release of the portal can read"),
        "the checker takes what the types do not: {told}"
    );
    let mut values = Vec::new();
    texts(value, &mut values);
    for value in values.into_iter().filter(|value| value.len() >= TELLING) {
        // The contract's own words may stand in an event, too: then they are told whatever stands there.
        let otherwise = json.replace(value, &"~".repeat(value.len()));
        let told_otherwise =
            Event::read(&otherwise, accepted, now).map_or_else(|refusal| refusal.to_string(), |_| String::new());
        assert!(!told.contains(value) || told_otherwise.contains(value), "a fault quotes a value: {told}");
    }
}
