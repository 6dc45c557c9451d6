//! How a function works off a batch of queue messages.

use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};
use tracing::Instrument;

use crate::{catch_panic::catch_panic, logs::chain, metrics::Metric};

/// What is kept of the function's time for saying which messages are to come again.
const RESERVE: Duration = Duration::from_secs(3);

/// Works on the messages of a batch, up to `at_once` side by side, and answers with a partial batch response. A message
/// that fails, or is not done shortly before the function's time is up, is named there, so that it alone comes again.
/// It is also counted, since to Lambda such a batch is a success.
pub async fn each(
    batch: LambdaEvent<SqsEvent>,
    at_once: usize,
    work: impl AsyncFn(&SqsMessage) -> Result<(), Error>,
) -> Result<SqsBatchResponse, Error> {
    let left = batch.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    let until = tokio::time::Instant::now() + left.saturating_sub(RESERVE);
    let work = &work;
    let outcomes: Vec<Option<&str>> = stream::iter(&batch.payload.records)
        .map(async |message| {
            let message_id = message.message_id.as_deref().unwrap_or_default();
            // A span of level ERROR passes every log level, so each line of the log names its message.
            let span = tracing::error_span!("message", message_id);
            let in_time = tokio::time::timeout_at(until, catch_panic(work(message)).instrument(span.clone()));
            match in_time.await.unwrap_or_else(|_| Err("the function's time is up".into())) {
                Ok(()) => None,
                Err(error) => {
                    let error = chain(error.as_ref());
                    tracing::warn!(parent: &span, error, "a message failed and will come again");
                    Metric::MessagesFailed.count();
                    Some(message_id)
                }
            }
        })
        .buffer_unordered(at_once)
        .collect()
        .await;
    let mut response = SqsBatchResponse::default();
    outcomes.into_iter().flatten().for_each(|message_id| response.add_failure(message_id));
    Ok(response)
}

/// How often the queue has delivered a message, this time included.
pub fn deliveries(message: &SqsMessage) -> u32 {
    message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// When the queue took a message, by the clock of SQS; none if it does not say.
pub fn queued_at(message: &SqsMessage) -> Option<Timestamp> {
    let milliseconds = message.attributes.get("SentTimestamp")?.parse().ok()?;
    Timestamp::from_millisecond(milliseconds).ok()
}
