//! The event `customer.erased` of the contract (infra/events), as this tool sends it.

use std::time::Duration;

use aws_sdk_eventbridge::{primitives::DateTime, types::PutEventsRequestEntry};
use jiff::Timestamp;
use portal_domain::{
    contract::table::{SCHEMA_VERSION, SOURCE},
    customer::EmailAddress,
};
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use crate::{stack::Stack, terminal::Failure};

/// How often an event is put that the bus does not take, and the first wait, which doubles each time.
const ATTEMPTS: u32 = 6;
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// Sends the erasure of everything up to `at`. PutEvents may answer without an error and not have taken the event
/// (EventBridge API Reference, "PutEvents"): then the same one is put again.
pub(super) async fn send(stack: &Stack, bus: &str, address: &EmailAddress, at: Timestamp) -> Result<(), Failure> {
    let mut metadata = json!({
        "event_id": format!("portal-erase-{}", Uuid::new_v4()), "schema_version": SCHEMA_VERSION, "occurred_at": at,
    });
    if let Some(business_id) = stack.parameter("BusinessId") {
        metadata["business_id"] = json!(business_id);
    }
    let detail = json!({"metadata": metadata, "customer": {"email": address}}).to_string();
    let entry = PutEventsRequestEntry::builder()
        .source(SOURCE)
        .detail_type("customer.erased")
        .detail(detail)
        .event_bus_name(bus)
        .time(DateTime::from_secs(at.as_second()))
        .build();
    let client = stack.events()?;
    let mut wait = FIRST_WAIT;
    let mut code = String::new();
    for attempt in 1..=ATTEMPTS {
        let put = client.put_events().entries(entry.clone()).send().await;
        let put = put.map_err(|error| Failure::of_call("events:PutEvents", &error))?;
        if put.failed_entry_count == 0 {
            return Ok(());
        }
        code = put.entries.unwrap_or_default().pop().and_then(|entry| entry.error_code).unwrap_or_default();
        if attempt < ATTEMPTS {
            anstream::eprintln!("The bus did not take the event ({code}): again in {} ms.", wait.as_millis());
            sleep(wait).await;
            wait *= 2;
        }
    }
    Err(Failure::of_code("events:PutEvents", &code))
}
