//! SQS event source mappings: batches of messages invoke functions, as Lambda's pollers do it.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use axum::body::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};

use crate::{
    aws::{Message, REGION, Sqs},
    lambda::{InvokeError, Lambda},
    template::QueueSource,
};

/// Batches at work at the same time where the template names no maximum: Lambda begins with five.
const CONCURRENT_BATCHES: usize = 5;

/// The most messages one receive gives.
const RECEIVE_LIMIT: usize = 10;

/// Invokes `function` with the queue's messages until it is aborted, each batch after the delay.
pub(crate) async fn poll(source: QueueSource, function: String, sqs: Sqs, lambda: Lambda, delay: Duration) {
    let places = Arc::new(Semaphore::new(source.maximum_concurrency.unwrap_or(CONCURRENT_BATCHES)));
    let mut batches = JoinSet::new();
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let messages = gather(&source, &sqs).await;
        while batches.try_join_next().is_some() {}
        let (source, function, sqs, lambda) = (source.clone(), function.clone(), sqs.clone(), lambda.clone());
        batches.spawn(async move {
            sleep(delay).await;
            let payload = event(&messages, &Sqs::queue_arn(&source.queue)).to_string();
            let answer = lambda.invoke(&function, Bytes::from(payload)).await;
            for message in handled(&messages, &answer, source.reports_batch_item_failures) {
                sqs.delete(&source.queue, &message.receipt_handle);
            }
            drop(place);
        });
    }
}

/// A batch: at least one message, more as long as the batching window and the batch size allow.
async fn gather(source: &QueueSource, sqs: &Sqs) -> Vec<Message> {
    let mut messages = sqs.receive(&source.queue, source.batch_size.min(RECEIVE_LIMIT)).await;
    let end = Instant::now() + source.batching_window;
    while messages.len() < source.batch_size {
        let most = (source.batch_size - messages.len()).min(RECEIVE_LIMIT);
        match timeout_at(end, sqs.receive(&source.queue, most)).await {
            Ok(more) => messages.extend(more),
            Err(_) => break,
        }
    }
    messages
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event>
fn event(messages: &[Message], queue_arn: &str) -> Value {
    let records = messages.iter().map(|message| {
        json!({
            "messageId": message.message_id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": message.attributes,
            "messageAttributes": message.message_attributes,
            "md5OfBody": message.md5_of_body,
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": REGION,
        })
    });
    json!({"Records": records.collect::<Vec<_>>()})
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchResponse {
    batch_item_failures: Option<Vec<BatchItemFailure>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchItemFailure {
    item_identifier: String,
}

/// The messages that are done with. All others come back when their visibility time-out ends.
fn handled<'a>(
    messages: &'a [Message],
    answer: &Result<Bytes, InvokeError>,
    reports_batch_item_failures: bool,
) -> Vec<&'a Message> {
    let Ok(answer) = answer else {
        return Vec::new();
    };
    let failed = if reports_batch_item_failures { failures(messages, answer) } else { Some(BTreeSet::new()) };
    match failed {
        Some(failed) => messages.iter().filter(|message| !failed.contains(&message.message_id)).collect(),
        None => Vec::new(),
    }
}

/// The ids an answer reports as failed; nothing where the answer fails the whole batch.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>
fn failures(messages: &[Message], answer: &[u8]) -> Option<BTreeSet<String>> {
    if answer.is_empty() {
        return Some(BTreeSet::new());
    }
    let response: Option<BatchResponse> = serde_json::from_slice(answer).ok()?;
    let failures = response.and_then(|response| response.batch_item_failures).unwrap_or_default();
    let failed: BTreeSet<String> = failures.into_iter().map(|failure| failure.item_identifier).collect();
    let known = |id: &String| messages.iter().any(|message| message.message_id == *id);
    failed.iter().all(known).then_some(failed)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::body::Bytes;
    use serde_json::json;

    use super::{Message, event, handled};
    use crate::lambda::InvokeError;

    fn messages() -> Vec<Message> {
        let message = |id: &str| Message {
            message_id: id.to_owned(),
            receipt_handle: format!("handle-{id}"),
            body: "{}".to_owned(),
            attributes: BTreeMap::from([("ApproximateReceiveCount".to_owned(), "1".to_owned())]),
            message_attributes: BTreeMap::new(),
            md5_of_body: "99914b932bd37a50b983c5e7c90ae93b".to_owned(),
        };
        vec![message("one"), message("two")]
    }

    #[test]
    fn an_answer_decides_which_messages_are_done_with() {
        let all = vec!["one", "two"];
        for (answer, expected) in [
            ("", all.clone()),
            ("null", all.clone()),
            ("{}", all.clone()),
            ("{\"batchItemFailures\": null}", all.clone()),
            ("{\"batchItemFailures\": []}", all),
            ("{\"batchItemFailures\": [{\"itemIdentifier\": \"one\"}]}", vec!["two"]),
            ("{\"batchItemFailures\": [{\"itemIdentifier\": \"one\"}, {\"itemIdentifier\": \"two\"}]}", vec![]),
            ("{\"batchItemFailures\": [{\"itemIdentifier\": \"three\"}]}", vec![]),
            ("{\"batchItemFailures\": [{\"itemIdentifier\": \"\"}]}", vec![]),
            ("{\"batchItemFailures\": [{\"itemIdentifier\": null}]}", vec![]),
            ("{\"batchItemFailures\": [{\"id\": \"one\"}]}", vec![]),
            ("\"fine\"", vec![]),
            ("not json", vec![]),
        ] {
            let (messages, answer_bytes) = (messages(), Ok(Bytes::from(answer)));
            let done: Vec<_> =
                handled(&messages, &answer_bytes, true).iter().map(|message| message.message_id.clone()).collect();
            assert_eq!(done, expected, "{answer}");
        }
    }

    #[test]
    fn without_failure_reports_an_answer_finishes_the_batch_and_an_error_leaves_it() {
        let messages = messages();
        let report = Bytes::from("{\"batchItemFailures\": [{\"itemIdentifier\": \"one\"}]}");
        assert_eq!(handled(&messages, &Ok(report), false).len(), 2);
        for reports in [true, false] {
            assert!(handled(&messages, &Err(InvokeError::Crashed("signal: 9".into())), reports).is_empty());
        }
    }

    #[test]
    fn an_event_shows_messages_as_lambda_does() {
        let event = event(&messages()[..1], "arn:aws:sqs:us-east-1:000000000000:shop-Mail");
        let record = json!({
            "messageId": "one",
            "receiptHandle": "handle-one",
            "body": "{}",
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "md5OfBody": "99914b932bd37a50b983c5e7c90ae93b",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:shop-Mail",
            "awsRegion": "us-east-1",
        });
        assert_eq!(event, json!({"Records": [record]}));
    }
}
