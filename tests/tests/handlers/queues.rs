//! Queue messages as Lambda's pollers hand them on.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Context, Error, LambdaEvent};
use serde_json::{Value, json};

use crate::customers::fresh;

/// A message of a queue.
#[derive(Clone)]
pub(crate) struct Message {
    /// The same at every delivery.
    pub(crate) id: String,
    pub(crate) body: String,
    /// How often it has been delivered, this time included.
    pub(crate) deliveries: u32,
    pub(crate) queued_at: Timestamp,
}

/// A message that is delivered for the first time.
pub(crate) fn message(body: &Value) -> Message {
    Message { id: fresh("message"), body: body.to_string(), deliveries: 1, queued_at: Timestamp::now() }
}

/// A booking event as a rule hands it on.
pub(crate) fn event(detail_type: &str, detail: &Value) -> Message {
    message(&json!({
        "version": "0", "id": fresh("event"), "time": Timestamp::now(), "source": "golfcartops.bookings",
        "detail-type": detail_type, "detail": detail,
    }))
}

/// The ids of the messages that are to come again.
pub(crate) fn failed(answer: Result<SqsBatchResponse, Error>) -> Vec<String> {
    answer.unwrap().batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

/// A batch, with a minute to work it off.
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event>
pub(crate) fn batch(messages: &[Message]) -> LambdaEvent<SqsEvent> {
    let records = messages.iter().map(|message| {
        json!({
            "messageId": message.id,
            "receiptHandle": "a handle of no queue's",
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": message.deliveries.to_string(),
                "SentTimestamp": message.queued_at.as_millisecond().to_string(),
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
        })
    });
    let event = serde_json::from_value(json!({"Records": records.collect::<Vec<_>>()})).unwrap();
    let mut context = Context::default();
    context.deadline = (Timestamp::now() + SignedDuration::from_secs(60)).as_millisecond().try_into().unwrap();
    LambdaEvent::new(event, context)
}
