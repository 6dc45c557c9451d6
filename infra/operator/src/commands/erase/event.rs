//! The event `customer.erased` of the contract (infra/events), as this tool sends it.

use jiff::Timestamp;
use portal_domain::{
    contract::table::{SCHEMA_VERSION, SOURCE},
    customer::EmailAddress,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    commands::events::{
        files::{Position, given},
        put::{IN_ORDER, put},
    },
    stack::Stack,
    terminal::Failure,
};

/// Sends the erasure of everything up to `at`, a whole second.
pub(super) async fn send(stack: &Stack, bus: &str, address: &EmailAddress, at: Timestamp) -> Result<(), Failure> {
    let mut metadata = json!({
        "event_id": format!("portal-erase-{}", Uuid::new_v4()), "schema_version": SCHEMA_VERSION, "occurred_at": at,
    });
    if let Some(business_id) = stack.parameter("BusinessId") {
        metadata["business_id"] = json!(business_id);
    }
    let detail = json!({"metadata": metadata, "customer": {"email": address}});
    // What occurred counts at most as the entry's time: with its own, no clock that runs ahead is a hindrance.
    let entry = json!({"Source": SOURCE, "DetailType": "customer.erased", "Detail": detail, "Time": at.as_second()});
    let event = given(Position { file: "the erasure".into(), index: 1 }, entry, None, at);
    match put(stack, bus, &[&event], IN_ORDER).await?.into_iter().flatten().next() {
        Some(code) => Err(Failure::of_code("events:PutEvents", &code)),
        None => Ok(()),
    }
}
