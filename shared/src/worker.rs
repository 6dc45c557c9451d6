//! How a function works off a batch of queue messages.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_http::Error;

use crate::logs::settled;

/// Works on each message in turn. A message that fails is named in the answer, so that it alone comes again.
pub async fn each(
    batch: SqsEvent,
    work: impl AsyncFn(&SqsMessage) -> Result<(), Error>,
) -> Result<SqsBatchResponse, Error> {
    let mut response = SqsBatchResponse::default();
    for message in &batch.records {
        let message_id = message.message_id.as_deref().unwrap_or_default();
        if let Err(error) = settled(work(message)).await {
            tracing::warn!(message_id, error = %crate::logs::chain(error.as_ref()), "a message failed and will come again");
            response.add_failure(message_id);
        }
    }
    Ok(response)
}
