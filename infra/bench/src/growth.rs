//! The dashboard of a customer with ten bookings, and of one with ten thousand, against the local DynamoDB itself; the
//! bookings arrive as an operator imports them, over the bus.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use portal_local::Stack;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    progress::progress,
    report::Growth,
    requests::{Customer, HttpEvent, SignIns},
    result::Result,
    statistics::Series,
};

const FEW: usize = 10;
const MANY: usize = 10_000;

/// Of all bookings, those that are still to come.
const ACTIVE: usize = 3;

/// The most entries `PutEvents` takes.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
const ENTRIES: usize = 10;

/// An import that has not moved on for so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Warm runs of each dashboard.
const RUNS: usize = 300;

/// Measures both dashboards in turn.
pub(crate) async fn measure(stack: &Stack, customer: &Customer) -> Result<Growth> {
    stack.aws.dynamodb.set_latency(Duration::ZERO);
    let mails = stack.aws.ses.mails().len();
    let sign_ins = SignIns::of(stack).await?;
    let mut sides = Vec::new();
    let mut import = Duration::ZERO;
    for (address, bookings) in [("few@example.com", FEW), ("many@example.com", MANY)] {
        let events: Vec<_> = (0..bookings).map(|number| booking(&customer.event, address, number)).collect();
        import = import_all(stack, &events).await?;
        let session = sign_ins.session(address).await?;
        sides.push((HttpEvent::dashboard(&session).payload(), Series::default()));
    }
    let mails = stack.aws.ses.mails().len() - mails;
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
    Ok(Growth { few: FEW, few_ms, many: MANY, many_ms, import_s: import.as_secs_f64(), import_mails: mails })
}

/// Publishes the events, and waits until all of them have been applied.
async fn import_all(stack: &Stack, events: &[Value]) -> Result<Duration> {
    let begun = Instant::now();
    for entries in events.chunks(ENTRIES) {
        let entries: Vec<_> = entries.iter().map(|detail| entry(stack, detail)).collect();
        let answer = stack.aws.events.put_events(&json!(entries));
        if answer["FailedEntryCount"] != 0 {
            return Err(format!("the bus answered {answer}").into());
        }
    }
    let (mut left, mut moved_on) = (events.len(), Instant::now());
    while left > 0 {
        progress(&format!("\rbookings to import: {left:<6}"));
        sleep(Duration::from_millis(20)).await;
        // In all queues: a dead letter would stay.
        let now = stack.aws.sqs.messages();
        if now < left {
            (left, moved_on) = (now, Instant::now());
        } else if moved_on.elapsed() > PATIENCE {
            return Err(format!("an import came to a halt with {left} bookings to go").into());
        }
    }
    progress("\n");
    Ok(begun.elapsed())
}

fn entry(stack: &Stack, detail: &Value) -> Value {
    json!({
        "EventBusName": stack.description.event_bus(),
        "Source": "golfcartops.bookings",
        "DetailType": "booking.confirmed",
        "Detail": detail.to_string(),
    })
}

/// An event that tells of a customer's booking of this number; the first ones are still to come.
pub(crate) fn booking(model: &Value, address: &str, number: usize) -> Value {
    let mut detail = model.clone();
    let day = i64::try_from(number).unwrap_or_default() + 1;
    let is_active = number < ACTIVE;
    let starts_at = Timestamp::now() + SignedDuration::from_hours(24 * if is_active { day } else { -day });
    // A past rental mails nobody, though its event asks for it.
    detail["metadata"]["notify"] = json!(!is_active);
    let booking = &mut detail["booking"];
    booking["booking_id"] = json!(format!("bkg_{}_{number}", address.split('@').next().unwrap_or_default()));
    booking["customer"]["email"] = json!(address);
    booking["status"] = json!(if is_active { "confirmed" } else { "returned" });
    booking["starts_at"] = json!(starts_at);
    booking["ends_at"] = json!(starts_at + SignedDuration::from_hours(8));
    booking["documents"] = json!([]);
    detail
}
