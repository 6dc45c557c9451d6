//! SQS: standard queues, in memory, over the AWS JSON 1.0 protocol.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{Request, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    error::Error,
    lenient,
    lock::lock,
    names::{ACCOUNT, REGION, name_in_arn},
    properties::properties,
    response::json_response,
};

mod attributes;
mod input;
mod queue;

use attributes::{MessageAttribute, md5_of_attributes, md5_of_body};
use input::{
    ChangeMessageVisibility, ChangeMessageVisibilityBatch, DeleteMessage, DeleteMessageBatch, GetQueueAttributes,
    GetQueueUrl, ListMessageMoveTasks, NewMessage, PurgeQueue, ReceiveMessage, SendMessage, SendMessageBatch,
    StartMessageMoveTask,
};
use queue::{Queue, Redrive, Refused, Settings, Stored};

/// The largest message and the largest batch, with attributes, in bytes.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
const MAXIMUM_SIZE: usize = 1024 * 1024;

/// The most messages in one call.
const MAXIMUM_BATCH: usize = 10;

/// SQS.
#[derive(Clone)]
pub struct Sqs(Arc<Inner>);

struct Inner {
    endpoint: String,
    queues: Mutex<BTreeMap<String, Arc<Queue>>>,
    move_tasks: Mutex<Vec<MoveTask>>,
}

/// A received message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id, the same at every receive.
    pub message_id: String,
    /// What deletes it, new at every receive.
    pub receipt_handle: String,
    /// Its body.
    pub body: String,
    /// The system attributes: `ApproximateReceiveCount`, `SentTimestamp` and so on.
    pub attributes: BTreeMap<String, String>,
    /// The message attributes as Lambda's SQS event shows them.
    pub message_attributes: BTreeMap<String, Value>,
    /// MD5 of the body, in hexadecimal digits.
    pub md5_of_body: String,
}

/// A redrive that has been done.
#[derive(Clone)]
struct MoveTask {
    source_arn: String,
    destination_arn: Option<String>,
    moved: usize,
    started_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct QueueProperties {
    #[serde(default, deserialize_with = "lenient::number")]
    visibility_timeout: Option<u64>,
    #[serde(default, deserialize_with = "lenient::number")]
    message_retention_period: Option<u64>,
    #[serde(default, deserialize_with = "lenient::number")]
    delay_seconds: Option<u64>,
    #[serde(default, deserialize_with = "lenient::number")]
    receive_message_wait_time_seconds: Option<u64>,
    #[serde(default, deserialize_with = "lenient::number")]
    maximum_message_size: Option<u64>,
    redrive_policy: Option<RedriveProperties>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RedriveProperties {
    dead_letter_target_arn: String,
    #[serde(deserialize_with = "lenient::number")]
    max_receive_count: Option<u64>,
}

impl Sqs {
    /// Makes a queue from its CloudFormation properties; leaves one that exists as it is.
    pub fn create_queue(&self, name: &str, queue: &Value) -> Result<(), Error> {
        const ACCEPTED: [&str; 6] = [
            "QueueName",
            "SqsManagedSseEnabled",
            "KmsMasterKeyId",
            "KmsDataKeyReusePeriodSeconds",
            "Tags",
            "RedriveAllowPolicy",
        ];
        let queue: QueueProperties = properties("AWS::SQS::Queue", name, queue, &ACCEPTED)?;
        let seconds = |seconds: Option<u64>, default| Duration::from_secs(seconds.unwrap_or(default));
        let settings = Settings {
            visibility_timeout: seconds(queue.visibility_timeout, 30),
            retention: seconds(queue.message_retention_period, 4 * 24 * 60 * 60),
            delay: seconds(queue.delay_seconds, 0),
            wait: seconds(queue.receive_message_wait_time_seconds, 0),
            maximum_size: queue
                .maximum_message_size
                .and_then(|size| usize::try_from(size).ok())
                .unwrap_or(MAXIMUM_SIZE),
            redrive: queue.redrive_policy.map(|redrive| Redrive {
                dead_letter_queue: name_in_arn(&redrive.dead_letter_target_arn).to_owned(),
                maximum_receive_count: redrive
                    .max_receive_count
                    .and_then(|count| u32::try_from(count).ok())
                    .unwrap_or(10),
            }),
        };
        lock(&self.0.queues)
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(Queue::new(name, Self::queue_arn(name), settings)));
        Ok(())
    }

    /// The queue's URL.
    pub fn queue_url(&self, name: &str) -> String {
        format!("{}/{ACCOUNT}/{name}", self.0.endpoint)
    }

    /// The queue's ARN.
    pub fn queue_arn(name: &str) -> String {
        format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
    }

    /// The names of all queues.
    pub fn names(&self) -> Vec<String> {
        lock(&self.0.queues).keys().cloned().collect()
    }

    /// How many messages all queues hold, seen or unseen.
    pub fn messages(&self) -> usize {
        let queues: Vec<_> = lock(&self.0.queues).values().cloned().collect();
        let counts = queues.iter().map(|queue| queue.counts());
        counts.map(|counts| counts.visible + counts.in_flight + counts.delayed).sum()
    }

    /// Waits until a message is visible and receives up to `max`, each for the queue's visibility time-out; waits for ever
    /// on a queue that does not exist.
    pub async fn receive(&self, name: &str, max: usize) -> Vec<Message> {
        let Some(queue) = self.queue(name) else {
            return std::future::pending().await;
        };
        let dead_letters = self.dead_letter_queue(&queue);
        let received = queue.receive(max, queue.settings.visibility_timeout, None, dead_letters.as_deref()).await;
        received.into_iter().map(Message::from).collect()
    }

    /// Deletes a message, unless it was received again since.
    pub fn delete(&self, name: &str, receipt_handle: &str) {
        if let Some(queue) = self.queue(name) {
            queue.delete(receipt_handle);
        }
    }

    /// Hides a message for so many seconds from now (0 shows it at once), if it is still hidden under this handle.
    pub fn change_visibility(&self, name: &str, receipt_handle: &str, seconds: u64) {
        if let Some(queue) = self.queue(name)
            && let Err(refused) = queue.change_visibility(receipt_handle, Duration::from_secs(seconds))
        {
            tracing::debug!(queue = name, ?refused, "visibility unchanged");
        }
    }

    /// The queue's visibility time-out in seconds; 0 for a queue that does not exist.
    pub fn visibility_timeout(&self, name: &str) -> u64 {
        self.queue(name).map_or(0, |queue| queue.settings.visibility_timeout.as_secs())
    }

    pub(super) fn new(endpoint: &str) -> Self {
        Self(Arc::new(Inner { endpoint: endpoint.to_owned(), queues: Mutex::default(), move_tasks: Mutex::default() }))
    }

    /// Puts a message into a queue, as another AWS service does; `false` if there is no such queue.
    pub(super) fn deliver(&self, name: &str, body: String, attributes: &[(&str, &str)]) -> bool {
        let Some(queue) = self.queue(name) else {
            return false;
        };
        let attributes = attributes
            .iter()
            .map(|(name, value)| {
                let value = Some((*value).to_owned());
                (
                    (*name).to_owned(),
                    MessageAttribute { data_type: "String".to_owned(), string_value: value, binary_value: None },
                )
            })
            .collect();
        queue.put(Stored::new(body, attributes, None, queue.settings.delay));
        true
    }

    pub(super) async fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let action = target.strip_prefix("AmazonSQS.").unwrap_or_default();
        match self.call(action, request.body()).await {
            Ok(output) => json_response(200, CONTENT_TYPE, &[], &output),
            Err(fault) => fault.response(),
        }
    }

    async fn call(&self, action: &str, body: &[u8]) -> Result<Value, Fault> {
        match action {
            "SendMessage" => self.send_message(read(body)?),
            "SendMessageBatch" => self.send_message_batch(read(body)?),
            "ReceiveMessage" => self.receive_message(read(body)?).await,
            "DeleteMessage" => self.delete_message(&read(body)?),
            "DeleteMessageBatch" => self.delete_message_batch(&read(body)?),
            "PurgeQueue" => self.purge_queue(&read(body)?),
            "ChangeMessageVisibility" => self.change_message_visibility(&read(body)?),
            "ChangeMessageVisibilityBatch" => self.change_message_visibility_batch(&read(body)?),
            "GetQueueUrl" => self.get_queue_url(&read(body)?),
            "GetQueueAttributes" => self.get_queue_attributes(&read(body)?),
            "StartMessageMoveTask" => self.start_message_move_task(read(body)?),
            "ListMessageMoveTasks" => self.list_message_move_tasks(&read(body)?),
            _ => Err(Fault::new("UnknownOperationException", format!("The operation {action} is not known locally."))),
        }
    }

    fn send_message(&self, input: SendMessage) -> Result<Value, Fault> {
        let queue = self.queue_at(&input.queue_url)?;
        send(&queue, input.message)
    }

    fn send_message_batch(&self, input: SendMessageBatch) -> Result<Value, Fault> {
        let queue = self.queue_at(&input.queue_url)?;
        check_batch(&input.entries.iter().map(|entry| entry.id.as_str()))?;
        if input.entries.iter().map(|entry| entry.message.size()).sum::<usize>() > MAXIMUM_SIZE {
            let message = format!("Batch requests cannot be longer than {MAXIMUM_SIZE} bytes.");
            return Err(Fault::new("BatchRequestTooLong", message));
        }
        Ok(batch_output(input.entries.into_iter().map(|entry| (entry.id, send(&queue, entry.message)))))
    }

    async fn receive_message(&self, input: ReceiveMessage) -> Result<Value, Fault> {
        let queue = self.queue_at(&input.queue_url)?;
        let maximum = input.max_number_of_messages.unwrap_or(1);
        if !(1..=MAXIMUM_BATCH).contains(&maximum) {
            return Err(Fault::invalid(format!(
                "Value {maximum} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."
            )));
        }
        let wait = match input.wait_time_seconds {
            Some(seconds @ 0..=20) => Duration::from_secs(seconds),
            Some(seconds) => {
                return Err(Fault::invalid(format!(
                    "Value {seconds} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."
                )));
            }
            None => queue.settings.wait,
        };
        let visibility_timeout = match input.visibility_timeout {
            Some(seconds) => visibility(seconds)?,
            None => queue.settings.visibility_timeout,
        };
        let dead_letters = self.dead_letter_queue(&queue);
        let received =
            queue.receive(maximum, visibility_timeout, Some(Instant::now() + wait), dead_letters.as_deref()).await;
        if received.is_empty() {
            return Ok(json!({}));
        }
        let mut system_attributes = input.message_system_attribute_names;
        system_attributes.extend(input.attribute_names);
        let messages: Vec<_> = received
            .into_iter()
            .map(|message| received_message(message, &system_attributes, &input.message_attribute_names))
            .collect();
        Ok(json!({ "Messages": messages }))
    }

    fn delete_message(&self, input: &DeleteMessage) -> Result<Value, Fault> {
        let queue = self.queue_at(&input.queue_url)?;
        delete(&queue, &input.receipt_handle)
    }

    fn delete_message_batch(&self, input: &DeleteMessageBatch) -> Result<Value, Fault> {
        let queue = self.queue_at(&input.queue_url)?;
        check_batch(&input.entries.iter().map(|entry| entry.id.as_str()))?;
        Ok(batch_output(input.entries.iter().map(|entry| (entry.id.clone(), delete(&queue, &entry.receipt_handle)))))
    }

    /// Deletes all messages, at once; AWS takes up to a minute, and refuses another purge within it.
    fn purge_queue(&self, input: &PurgeQueue) -> Result<Value, Fault> {
        let queue = self.queue_at(&input.queue_url)?;
        if queue.purge() {
            Ok(json!({}))
        } else {
            let message = format!("Only one PurgeQueue operation on {} is allowed every 60 seconds.", queue.name);
            Err(Fault::new("PurgeQueueInProgress", message))
        }
    }

    fn change_message_visibility(&self, input: &ChangeMessageVisibility) -> Result<Value, Fault> {
        let queue = self.queue_at(&input.queue_url)?;
        change_visibility(&queue, &input.receipt_handle, input.visibility_timeout)
    }

    fn change_message_visibility_batch(&self, input: &ChangeMessageVisibilityBatch) -> Result<Value, Fault> {
        let queue = self.queue_at(&input.queue_url)?;
        check_batch(&input.entries.iter().map(|entry| entry.id.as_str()))?;
        Ok(batch_output(input.entries.iter().map(|entry| {
            let changed = change_visibility(&queue, &entry.receipt_handle, entry.visibility_timeout.unwrap_or(0));
            (entry.id.clone(), changed)
        })))
    }

    fn get_queue_url(&self, input: &GetQueueUrl) -> Result<Value, Fault> {
        let queue = self.queue_at(&input.queue_name)?;
        Ok(json!({ "QueueUrl": self.queue_url(&queue.name) }))
    }

    fn get_queue_attributes(&self, input: &GetQueueAttributes) -> Result<Value, Fault> {
        let queue = self.queue_at(&input.queue_url)?;
        let counts = queue.counts();
        let settings = &queue.settings;
        let mut attributes = BTreeMap::from([
            ("QueueArn", queue.arn.clone()),
            ("CreatedTimestamp", queue.created_at.as_second().to_string()),
            ("LastModifiedTimestamp", queue.created_at.as_second().to_string()),
            ("ApproximateNumberOfMessages", counts.visible.to_string()),
            ("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string()),
            ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
            ("VisibilityTimeout", settings.visibility_timeout.as_secs().to_string()),
            ("MessageRetentionPeriod", settings.retention.as_secs().to_string()),
            ("DelaySeconds", settings.delay.as_secs().to_string()),
            ("ReceiveMessageWaitTimeSeconds", settings.wait.as_secs().to_string()),
            ("MaximumMessageSize", settings.maximum_size.to_string()),
        ]);
        if let Some(redrive) = &settings.redrive {
            let policy = json!({
                "deadLetterTargetArn": Self::queue_arn(&redrive.dead_letter_queue),
                "maxReceiveCount": redrive.maximum_receive_count,
            });
            attributes.insert("RedrivePolicy", policy.to_string());
        }
        attributes.retain(|name, _| input.attribute_names.iter().any(|asked| asked == "All" || asked == name));
        Ok(json!({ "Attributes": attributes }))
    }

    /// Moves dead letters to where they failed, or to another queue; as on AWS they arrive as new messages.
    fn start_message_move_task(&self, input: StartMessageMoveTask) -> Result<Value, Fault> {
        let source = self.dead_letter_queue_at(&input.source_arn)?;
        let destination = input.destination_arn.as_deref().map(|arn| self.queue_by_arn(arn)).transpose()?;
        let task = MoveTask {
            source_arn: input.source_arn,
            destination_arn: input.destination_arn,
            moved: 0,
            started_at: Timestamp::now(),
        };
        let mut moved = 0;
        for message in source.drain() {
            let origin = message.dead_letter_source.as_deref().and_then(|arn| self.queue(name_in_arn(arn)));
            match destination.clone().or(origin) {
                Some(destination) => {
                    let afresh = Stored::new(message.body, message.attributes, message.trace_header, Duration::ZERO);
                    destination.put(afresh);
                    moved += 1;
                }
                None => source.put(message),
            }
        }
        lock(&self.0.move_tasks).push(MoveTask { moved, ..task });
        Ok(json!({ "TaskHandle": Uuid::new_v4().to_string() }))
    }

    fn list_message_move_tasks(&self, input: &ListMessageMoveTasks) -> Result<Value, Fault> {
        self.dead_letter_queue_at(&input.source_arn)?;
        let tasks = lock(&self.0.move_tasks);
        let results: Vec<_> = tasks
            .iter()
            .rev()
            .filter(|task| task.source_arn == input.source_arn)
            .take(input.max_results.unwrap_or(1))
            .map(|task| {
                let mut result = json!({
                    "Status": "COMPLETED",
                    "SourceArn": task.source_arn,
                    "ApproximateNumberOfMessagesMoved": task.moved,
                    "ApproximateNumberOfMessagesToMove": task.moved,
                    "StartedTimestamp": task.started_at.as_millisecond(),
                });
                if let Some(destination) = &task.destination_arn {
                    result["DestinationArn"] = json!(destination);
                }
                result
            })
            .collect();
        Ok(json!({ "Results": results }))
    }

    fn queue(&self, name: &str) -> Option<Arc<Queue>> {
        lock(&self.0.queues).get(name).cloned()
    }

    /// The queue that a URL names, or a plain name.
    fn queue_at(&self, url: &str) -> Result<Arc<Queue>, Fault> {
        let name = url.rsplit('/').next().unwrap_or(url);
        self.queue(name).ok_or_else(|| Fault::new("QueueDoesNotExist", "The specified queue does not exist."))
    }

    fn queue_by_arn(&self, arn: &str) -> Result<Arc<Queue>, Fault> {
        self.queue(name_in_arn(arn)).ok_or_else(|| {
            Fault::new(
                "ResourceNotFoundException",
                "The resource that you specified for the ARN parameter doesn't exist.",
            )
        })
    }

    fn dead_letter_queue(&self, queue: &Queue) -> Option<Arc<Queue>> {
        self.queue(&queue.settings.redrive.as_ref()?.dead_letter_queue)
    }

    fn dead_letter_queue_at(&self, arn: &str) -> Result<Arc<Queue>, Fault> {
        let queue = self.queue_by_arn(arn)?;
        let queues: Vec<_> = lock(&self.0.queues).values().cloned().collect();
        let mut redrives = queues.iter().filter_map(|other| other.settings.redrive.as_ref());
        if redrives.any(|redrive| redrive.dead_letter_queue == queue.name) {
            Ok(queue)
        } else {
            Err(Fault::invalid("Source queue must be configured as a Dead Letter Queue.".to_owned()))
        }
    }
}

impl From<Stored> for Message {
    fn from(message: Stored) -> Self {
        Self {
            attributes: system_attributes(&message),
            message_attributes: message
                .attributes
                .iter()
                .map(|(name, attribute)| (name.clone(), attribute.in_lambda_event()))
                .collect(),
            md5_of_body: md5_of_body(&message.body),
            message_id: message.message_id,
            receipt_handle: message.receipt_handle.unwrap_or_default(),
            body: message.body,
        }
    }
}

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

impl NewMessage {
    fn size(&self) -> usize {
        self.message_body.len()
            + self.message_attributes.iter().map(|(name, attribute)| attribute.size(name)).sum::<usize>()
    }

    fn check(&self, queue: &Queue) -> Result<(), Fault> {
        if self.message_body.is_empty() {
            return Err(Fault::new("MissingParameter", "The request must contain the parameter MessageBody."));
        }
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
        if let Some(unfit) = self
            .message_body
            .chars()
            .find(|&c| (c < ' ' && !"\t\n\r".contains(c)) || matches!(c, '\u{fffe}' | '\u{ffff}'))
        {
            let message = format!(
                "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF and so on, not #x{:X}.",
                u32::from(unfit)
            );
            return Err(Fault::new("InvalidMessageContents", message));
        }
        if self.size() > queue.settings.maximum_size {
            let maximum = queue.settings.maximum_size;
            return Err(Fault::invalid(format!(
                "One or more parameters are invalid. Reason: Message must be shorter than {maximum} bytes."
            )));
        }
        if self.message_attributes.len() > 10 {
            return Err(Fault::invalid(
                "Number of message attributes [11] exceeds the allowed maximum [10].".to_owned(),
            ));
        }
        if let Some(problem) = self.message_attributes.iter().find_map(|(name, attribute)| attribute.problem(name)) {
            return Err(Fault::invalid(problem));
        }
        if self.delay_seconds.is_some_and(|seconds| seconds > 900) {
            return Err(Fault::invalid(
                "Value for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.".to_owned(),
            ));
        }
        if self.message_deduplication_id.is_some() {
            return Err(Fault::invalid(
                "The request includes a parameter that is not valid for this queue type: MessageDeduplicationId."
                    .to_owned(),
            ));
        }
        if self.message_group_id.is_some() {
            return Err(Fault::new("UnsupportedOperation", "MessageGroupId: fair queues are not known locally."));
        }
        Ok(())
    }
}

fn send(queue: &Queue, message: NewMessage) -> Result<Value, Fault> {
    message.check(queue)?;
    let delay = message.delay_seconds.map_or(queue.settings.delay, Duration::from_secs);
    let trace_header =
        message.message_system_attributes.and_then(|system| system.trace_header).and_then(|header| header.string_value);
    let message = Stored::new(message.message_body, message.message_attributes, trace_header, delay);
    let mut output = json!({ "MessageId": message.message_id, "MD5OfMessageBody": md5_of_body(&message.body) });
    if let Some(md5) = md5_of_attributes(&message.attributes) {
        output["MD5OfMessageAttributes"] = json!(md5);
    }
    queue.put(message);
    Ok(output)
}

/// A handle that names no message (any more) deletes nothing and is no error; only one that SQS cannot have made is.
fn delete(queue: &Queue, receipt_handle: &str) -> Result<Value, Fault> {
    check_receipt_handle(receipt_handle)?;
    queue.delete(receipt_handle);
    Ok(json!({}))
}

fn change_visibility(queue: &Queue, receipt_handle: &str, seconds: u64) -> Result<Value, Fault> {
    check_receipt_handle(receipt_handle)?;
    match queue.change_visibility(receipt_handle, visibility(seconds)?) {
        Ok(()) => Ok(json!({})),
        Err(Refused::NotInFlight) => Err(Fault::new("MessageNotInflight", "The specified message isn't in flight.")),
        Err(Refused::Stale) => Err(Fault::invalid(format!(
            "Value {receipt_handle} for parameter ReceiptHandle is invalid. \
             Reason: Message does not exist or is not available for visibility timeout change."
        ))),
    }
}

fn visibility(seconds: u64) -> Result<Duration, Fault> {
    if seconds > 43_200 {
        return Err(Fault::invalid(format!(
            "Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200 seconds."
        )));
    }
    Ok(Duration::from_secs(seconds))
}

fn check_receipt_handle(receipt_handle: &str) -> Result<(), Fault> {
    let made_here = receipt_handle
        .split_once('.')
        .is_some_and(|(number, random)| number.parse::<u64>().is_ok() && Uuid::parse_str(random).is_ok());
    if made_here {
        Ok(())
    } else {
        Err(Fault::new(
            "ReceiptHandleIsInvalid",
            format!("The input receipt handle \"{receipt_handle}\" is not a valid receipt handle."),
        ))
    }
}

fn check_batch<'a>(ids: &(impl ExactSizeIterator<Item = &'a str> + Clone)) -> Result<(), Fault> {
    let count = ids.len();
    let distinct: BTreeSet<_> = ids.clone().collect();
    let valid = |id: &str| {
        (1..=80).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    match count {
        0 => Err(Fault::new("EmptyBatchRequest", "There should be at least one entry in the request.")),
        _ if count > MAXIMUM_BATCH => Err(Fault::new(
            "TooManyEntriesInBatchRequest",
            format!("Maximum number of entries per request are 10. You have sent {count}."),
        )),
        _ if distinct.len() < count => {
            Err(Fault::new("BatchEntryIdsNotDistinct", "Two or more batch entries have the same Id."))
        }
        _ if !distinct.into_iter().all(valid) => Err(Fault::new(
            "InvalidBatchEntryId",
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
        )),
        _ => Ok(()),
    }
}

fn batch_output(results: impl Iterator<Item = (String, Result<Value, Fault>)>) -> Value {
    let mut successful = Vec::new();
    let mut failed = Vec::new();
    for (id, result) in results {
        match result {
            Ok(mut output) => {
                output["Id"] = json!(id);
                successful.push(output);
            }
            Err(fault) => {
                failed.push(json!({ "Id": id, "SenderFault": true, "Code": fault.code, "Message": fault.message }));
            }
        }
    }
    let mut output = json!({ "Successful": successful });
    if !failed.is_empty() {
        output["Failed"] = json!(failed);
    }
    output
}

fn received_message(message: Stored, system_names: &[String], names: &[String]) -> Value {
    let mut system: Map<String, Value> =
        system_attributes(&message).into_iter().map(|(name, value)| (name, json!(value))).collect();
    system.retain(|name, _| system_names.iter().any(|asked| asked == "All" || asked == name));
    let wanted = |name: &str| {
        names.iter().any(|asked| match asked.strip_suffix(".*") {
            Some(prefix) => name.starts_with(prefix),
            None => asked == "All" || asked == name,
        })
    };
    let attributes: BTreeMap<_, _> = message.attributes.into_iter().filter(|(name, _)| wanted(name)).collect();
    let mut output = json!({
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt_handle,
        "MD5OfBody": md5_of_body(&message.body),
        "Body": message.body,
    });
    if !system.is_empty() {
        output["Attributes"] = Value::Object(system);
    }
    if let Some(md5) = md5_of_attributes(&attributes) {
        output["MD5OfMessageAttributes"] = json!(md5);
        output["MessageAttributes"] = json!(attributes);
    }
    output
}

fn system_attributes(message: &Stored) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::from([
        ("SenderId".to_owned(), ACCOUNT.to_owned()),
        ("SentTimestamp".to_owned(), message.sent_at.as_millisecond().to_string()),
        ("ApproximateReceiveCount".to_owned(), message.receive_count.to_string()),
    ]);
    if let Some(first_received_at) = message.first_received_at {
        attributes
            .insert("ApproximateFirstReceiveTimestamp".to_owned(), first_received_at.as_millisecond().to_string());
    }
    if let Some(trace_header) = &message.trace_header {
        attributes.insert("AWSTraceHeader".to_owned(), trace_header.clone());
    }
    if let Some(source) = &message.dead_letter_source {
        attributes.insert("DeadLetterQueueSourceArn".to_owned(), source.clone());
    }
    attributes
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::invalid(error.to_string()))
}

/// An error that SQS answers.
#[derive(Debug)]
struct Fault {
    code: &'static str,
    message: String,
}

impl Fault {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn invalid(message: String) -> Self {
        Self::new("InvalidParameterValue", message)
    }

    /// The JSON protocol's shape, and in a header the code that the query protocol had, which older clients match.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html>
    fn response(&self) -> Response<Bytes> {
        let (shape, query_code) = match self.code {
            "QueueDoesNotExist" => {
                ("com.amazonaws.sqs#QueueDoesNotExist".to_owned(), "AWS.SimpleQueueService.NonExistentQueue".to_owned())
            }
            "InvalidParameterValue" => {
                ("com.amazon.coral.service#InvalidParameterValueException".to_owned(), self.code.to_owned())
            }
            "MissingParameter" => {
                ("com.amazon.coral.service#MissingRequiredParameterException".to_owned(), self.code.to_owned())
            }
            "UnknownOperationException" => {
                ("com.amazon.coral.service#UnknownOperationException".to_owned(), self.code.to_owned())
            }
            "InvalidMessageContents" | "ReceiptHandleIsInvalid" | "ResourceNotFoundException" => {
                (format!("com.amazonaws.sqs#{}", self.code), self.code.to_owned())
            }
            _ => (format!("com.amazonaws.sqs#{}", self.code), format!("AWS.SimpleQueueService.{}", self.code)),
        };
        let query_error = format!("{query_code};Sender");
        json_response(
            400,
            CONTENT_TYPE,
            &[("x-amzn-query-error", &query_error)],
            &json!({ "__type": shape, "message": self.message }),
        )
    }
}

#[cfg(test)]
mod tests;
