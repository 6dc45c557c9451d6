//! The dashboard of a customer with ten bookings, and of one with ten thousand, against the local DynamoDB itself.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use portal_local::Stack;
use serde_json::{Value, json};

use crate::Result;
use crate::report::Growth;
use crate::requests::{Customer, HttpEvent, SignIns, apply, envelope};
use crate::statistics::Series;

const FEW: usize = 10;
const MANY: usize = 10_000;

/// Of all bookings, those that are still to come.
const ACTIVE: usize = 3;

/// Events in one batch, and batches at work side by side.
const BATCH: usize = 100;

/// Warm runs of each dashboard.
const RUNS: usize = 300;

/// Measures both dashboards in turn.
pub(crate) async fn measure(stack: &Stack, customer: &Customer) -> Result<Growth> {
    stack.aws.dynamodb.set_latency(Duration::ZERO);
    let sign_ins = SignIns::of(stack).await?;
    let mut sides = Vec::new();
    for (address, bookings) in [("few@example.com", FEW), ("many@example.com", MANY)] {
        let events: Vec<_> = (0..bookings).map(|number| booking(&customer.event, address, number)).collect();
        for (number, events) in events.chunks(BATCH).enumerate() {
            eprint!("\r{address} gets bookings: {} of {bookings} ", number * BATCH);
            apply(stack, events).await?;
        }
        eprintln!();
        let session = sign_ins.session(address).await?;
        sides.push((HttpEvent::dashboard(&session).payload(), Series::default()));
    }
    for run in 0..=RUNS {
        for (payload, times) in &mut sides {
            let begun = Instant::now();
            let answer = stack.lambda.invoke("Dashboard", payload.clone()).await?;
            let took = begun.elapsed().as_secs_f64() * 1000.0;
            let answer: Value = serde_json::from_slice(&answer)?;
            if answer["statusCode"] != 200 {
                return Err(format!("the dashboard answered {answer}").into());
            }
            // The first one is cold.
            if run > 0 {
                times.push(took);
            }
        }
    }
    let [few_ms, many_ms] = [0, 1].map(|side: usize| sides.get(side).map_or(0.0, |(_, times)| times.median()));
    Ok(Growth { few: FEW, few_ms, many: MANY, many_ms })
}

/// An event that tells of a customer's booking of this number; the first ones are still to come.
fn booking(model: &Value, address: &str, number: usize) -> Value {
    let mut detail = model.clone();
    let day = i64::try_from(number).unwrap_or_default() + 1;
    let is_active = number < ACTIVE;
    let starts_at = Timestamp::now() + SignedDuration::from_hours(24 * if is_active { day } else { -day });
    let booking = &mut detail["booking"];
    booking["booking_id"] = json!(format!("bkg_{}_{number}", address.len()));
    booking["customer"]["email"] = json!(address);
    booking["status"] = json!(if is_active { "confirmed" } else { "returned" });
    booking["starts_at"] = json!(starts_at);
    booking["ends_at"] = json!(starts_at + SignedDuration::from_hours(8));
    booking["documents"] = json!([]);
    envelope(&json!("booking.updated"), &detail)
}
