//! Demo data: customers with different lives, told as their booking system would tell them, PDFs to S3 and events to the
//! bus.

use aws_credential_types::Credentials;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use jiff::Timestamp;
use sam_emulator::aws::{Aws, REGION, SECRET_ACCESS_KEY};
use serde_json::{Value, json};

mod booking;
mod clock;
mod customer;
mod customers;
mod data;
mod helvetica;
mod pdf;
mod plan;
mod samples;
mod story;
#[cfg(test)]
mod tests;

pub use customer::DemoCustomer;
pub use customers::CUSTOMERS;
pub use data::{Demo, DemoDocument, Error};
pub use samples::{SAMPLES, Sample};

use booking::{Booking, Document};
use clock::Clock;

/// The demo data as of `now`; the same for the same `now`.
pub fn demo(now: Timestamp) -> Result<Demo, Error> {
    let clock = Clock::new(now)?;
    let mut demo = Demo { events: Vec::new(), documents: vec![sample_document()?] };
    for customer in CUSTOMERS {
        (customer.life)(&clock, &mut demo)?;
    }
    demo.events.sort_by_cached_key(occurred_at);
    Ok(demo)
}

/// Uploads the PDFs to `bucket`, then publishes the events on `bus`.
pub async fn publish(aws: &Aws, bus: &str, bucket: &str, demo: Demo) -> Result<(), Error> {
    let s3 = s3_client(&aws.endpoints.s3);
    for DemoDocument { key, bytes } in demo.documents {
        s3.put_object()
            .bucket(bucket)
            .key(&key)
            .content_type("application/pdf")
            .body(bytes.into())
            .send()
            .await
            .map_err(|source| Error::Upload { key, source: Box::new(source) })?;
    }
    for events in demo.events.chunks(PUT_EVENTS_LIMIT) {
        let entries = events.iter().map(|event| entry(event, bus)).collect();
        let answer = aws.events.put_events(&Value::Array(entries));
        if answer["FailedEntryCount"] != json!(0) {
            return Err(Error::Refused(answer.to_string()));
        }
    }
    Ok(())
}

const PUT_EVENTS_LIMIT: usize = 10;

fn s3_client(endpoint: &str) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .credentials_provider(Credentials::new("demo", SECRET_ACCESS_KEY, None, None, "demo"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

fn entry(event: &Value, bus: &str) -> Value {
    json!({
        "Source": event["Source"],
        "DetailType": event["DetailType"],
        "Detail": event["Detail"].to_string(),
        "EventBusName": bus,
    })
}

/// The PDF that the contract's sample `document.issued` names, so that its download works too.
fn sample_document() -> Result<DemoDocument, Error> {
    let event: Value = serde_json::from_str(include_str!("../../events/samples/document.issued.json"))?;
    let detail = &event["Detail"]["booking"];
    let booking: Booking = serde_json::from_value(detail.clone())?;
    let document: Document = serde_json::from_value(detail["documents"][0].clone())?;
    let bytes = pdf::draw(&booking, &document.paper)?;
    Ok(DemoDocument { key: document.file.key, bytes })
}

fn occurred_at(event: &Value) -> Option<Timestamp> {
    event["Detail"]["metadata"]["occurred_at"].as_str()?.parse().ok()
}
