use super::*;

const QUEUE: &str = "mail";

fn sqs(properties: &Value) -> Sqs {
    let sqs = Sqs::new("http://127.0.0.1:1");
    sqs.create_queue(QUEUE, properties).unwrap();
    sqs
}

fn sqs_with_dead_letters(maximum_receive_count: u32) -> Sqs {
    let sqs = sqs(&json!({
        "VisibilityTimeout": "30",
        "RedrivePolicy": { "deadLetterTargetArn": Sqs::queue_arn("dead"), "maxReceiveCount": maximum_receive_count },
    }));
    sqs.create_queue("dead", &json!({ "MessageRetentionPeriod": 1_209_600 })).unwrap();
    sqs
}

async fn call(sqs: &Sqs, action: &str, mut input: Value) -> Result<Value, Fault> {
    if input.get("QueueUrl").is_none() && !action.contains("MoveTask") {
        input["QueueUrl"] = json!(sqs.queue_url(QUEUE));
    }
    sqs.call(action, input.to_string().as_bytes()).await
}

async fn send(sqs: &Sqs, body: &str) {
    call(sqs, "SendMessage", json!({ "MessageBody": body })).await.unwrap();
}

async fn code(sqs: &Sqs, action: &str, input: Value) -> &'static str {
    call(sqs, action, input).await.unwrap_err().code
}

async fn counts(sqs: &Sqs, queue: &str) -> [String; 3] {
    let names =
        ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"];
    let input = json!({ "QueueUrl": sqs.queue_url(queue), "AttributeNames": names });
    let output = call(sqs, "GetQueueAttributes", input).await.unwrap();
    names.map(|name| output["Attributes"][name].as_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_message_is_hidden_until_its_visibility_time_out_ends() {
    let sqs = sqs(&json!({ "VisibilityTimeout": 30 }));
    send(&sqs, "one").await;
    let first = sqs.receive(QUEUE, 10).await.remove(0);
    assert_eq!(counts(&sqs, QUEUE).await, ["0", "1", "0"]);

    let start = Instant::now();
    let second = sqs.receive(QUEUE, 10).await.remove(0);
    assert_eq!(start.elapsed().as_secs(), 30);
    assert_eq!(second.message_id, first.message_id);
    assert_ne!(second.receipt_handle, first.receipt_handle);
    assert_eq!(first.attributes["ApproximateReceiveCount"], "1");
    assert_eq!(second.attributes["ApproximateReceiveCount"], "2");
    assert_eq!(first.attributes["SentTimestamp"], second.attributes["SentTimestamp"]);
}

#[tokio::test(start_paused = true)]
async fn a_stale_receipt_handle_deletes_nothing() {
    let sqs = sqs(&json!({}));
    send(&sqs, "one").await;
    let stale = sqs.receive(QUEUE, 1).await.remove(0).receipt_handle;
    let good = sqs.receive(QUEUE, 1).await.remove(0).receipt_handle;
    call(&sqs, "DeleteMessage", json!({ "ReceiptHandle": stale })).await.unwrap();
    assert_eq!(counts(&sqs, QUEUE).await, ["0", "1", "0"]);
    assert_eq!(
        code(&sqs, "ChangeMessageVisibility", json!({ "ReceiptHandle": stale, "VisibilityTimeout": 1 })).await,
        "InvalidParameterValue"
    );
    call(&sqs, "DeleteMessage", json!({ "ReceiptHandle": good })).await.unwrap();
    assert_eq!(counts(&sqs, QUEUE).await, ["0", "0", "0"]);
    assert_eq!(code(&sqs, "DeleteMessage", json!({ "ReceiptHandle": "made up" })).await, "ReceiptHandleIsInvalid");
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_time_out_ended_is_deleted_but_not_extended() {
    let sqs = sqs(&json!({ "VisibilityTimeout": 5 }));
    send(&sqs, "one").await;
    let handle = sqs.receive(QUEUE, 1).await.remove(0).receipt_handle;
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(
        code(&sqs, "ChangeMessageVisibility", json!({ "ReceiptHandle": handle, "VisibilityTimeout": 60 })).await,
        "MessageNotInflight"
    );
    sqs.delete(QUEUE, &handle);
    assert_eq!(counts(&sqs, QUEUE).await, ["0", "0", "0"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_made_visible_again_arrives_at_once() {
    let sqs = sqs(&json!({ "VisibilityTimeout": 300 }));
    send(&sqs, "one").await;
    let handle = sqs.receive(QUEUE, 1).await.remove(0).receipt_handle;
    let waiting = tokio::spawn({
        let sqs = sqs.clone();
        async move { sqs.receive(QUEUE, 1).await }
    });
    tokio::task::yield_now().await;
    let start = Instant::now();
    sqs.change_visibility(QUEUE, &handle, 0);
    assert_eq!(waiting.await.unwrap().len(), 1);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_message_received_too_often_goes_to_the_dead_letter_queue_as_it_was() {
    let sqs = sqs_with_dead_letters(2);
    let input = json!({ "MessageBody": "bad", "MessageAttributes": { "reason": { "DataType": "String", "StringValue": "why" } } });
    let sent = call(&sqs, "SendMessage", input).await.unwrap();
    for _ in 0..2 {
        let received = sqs.receive(QUEUE, 10).await;
        sqs.change_visibility(QUEUE, &received[0].receipt_handle, 0);
    }
    let nothing = call(&sqs, "ReceiveMessage", json!({ "WaitTimeSeconds": 1 })).await.unwrap();
    assert_eq!(nothing, json!({}));
    assert_eq!(counts(&sqs, QUEUE).await, ["0", "0", "0"]);

    let dead = sqs.receive("dead", 10).await.remove(0);
    assert_eq!(json!(dead.message_id), sent["MessageId"]);
    assert_eq!(dead.body, "bad");
    assert_eq!(dead.message_attributes["reason"]["stringValue"], "why");
    assert_eq!(dead.attributes["DeadLetterQueueSourceArn"], Sqs::queue_arn(QUEUE));
}

#[tokio::test(start_paused = true)]
async fn a_redrive_brings_dead_letters_back_to_where_they_failed() {
    let sqs = sqs_with_dead_letters(1);
    send(&sqs, "bad").await;
    sqs.receive(QUEUE, 1).await;
    let nothing = call(&sqs, "ReceiveMessage", json!({ "WaitTimeSeconds": 20 })).await.unwrap();
    assert_eq!(nothing, json!({}));
    let nothing = call(&sqs, "ReceiveMessage", json!({ "WaitTimeSeconds": 20 })).await.unwrap();
    assert_eq!(nothing, json!({}));
    assert_eq!(counts(&sqs, "dead").await, ["1", "0", "0"]);

    call(&sqs, "StartMessageMoveTask", json!({ "SourceArn": Sqs::queue_arn("dead") })).await.unwrap();
    let tasks = call(&sqs, "ListMessageMoveTasks", json!({ "SourceArn": Sqs::queue_arn("dead") })).await.unwrap();
    assert_eq!(tasks["Results"][0]["ApproximateNumberOfMessagesMoved"], 1);
    let back = sqs.receive(QUEUE, 1).await.remove(0);
    assert_eq!(back.body, "bad");
    assert_eq!(back.attributes["ApproximateReceiveCount"], "1");
    assert_eq!(
        code(&sqs, "StartMessageMoveTask", json!({ "SourceArn": Sqs::queue_arn(QUEUE) })).await,
        "InvalidParameterValue"
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_ends_with_the_first_message_or_its_time() {
    let sqs = sqs(&json!({}));
    let start = Instant::now();
    assert_eq!(call(&sqs, "ReceiveMessage", json!({ "WaitTimeSeconds": 20 })).await.unwrap(), json!({}));
    assert_eq!(start.elapsed().as_secs(), 20);

    let input = json!({ "MessageBody": "later", "DelaySeconds": 7 });
    call(&sqs, "SendMessage", input).await.unwrap();
    assert_eq!(counts(&sqs, QUEUE).await, ["0", "0", "1"]);
    let start = Instant::now();
    let received = call(&sqs, "ReceiveMessage", json!({ "WaitTimeSeconds": 20 })).await.unwrap();
    assert_eq!(received["Messages"][0]["Body"], "later");
    assert_eq!(start.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_forgotten_after_the_retention_period() {
    let sqs = sqs(&json!({ "MessageRetentionPeriod": 60 }));
    send(&sqs, "old").await;
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(counts(&sqs, QUEUE).await, ["0", "0", "0"]);
}

#[tokio::test(start_paused = true)]
async fn a_purge_deletes_what_is_seen_and_unseen_and_is_refused_again_within_a_minute() {
    let sqs = sqs(&json!({}));
    send(&sqs, "in flight").await;
    sqs.receive(QUEUE, 1).await;
    send(&sqs, "visible").await;
    call(&sqs, "SendMessage", json!({ "MessageBody": "delayed", "DelaySeconds": 30 })).await.unwrap();
    assert_eq!(counts(&sqs, QUEUE).await, ["1", "1", "1"]);
    call(&sqs, "PurgeQueue", json!({})).await.unwrap();
    assert_eq!(counts(&sqs, QUEUE).await, ["0", "0", "0"]);

    send(&sqs, "later").await;
    tokio::time::advance(Duration::from_secs(59)).await;
    assert_eq!(code(&sqs, "PurgeQueue", json!({})).await, "PurgeQueueInProgress");
    assert_eq!(counts(&sqs, QUEUE).await, ["1", "0", "0"]);
    tokio::time::advance(Duration::from_secs(1)).await;
    call(&sqs, "PurgeQueue", json!({})).await.unwrap();
    assert_eq!(counts(&sqs, QUEUE).await, ["0", "0", "0"]);
    let none = json!({ "QueueUrl": "http://127.0.0.1:1/0/none" });
    assert_eq!(code(&sqs, "PurgeQueue", none).await, "QueueDoesNotExist");
}

#[tokio::test]
async fn a_batch_answers_for_each_entry() {
    let sqs = sqs(&json!({}));
    let entries = json!([{ "Id": "a", "MessageBody": "fine" }, { "Id": "b", "MessageBody": "\u{1}" }]);
    let output = call(&sqs, "SendMessageBatch", json!({ "Entries": entries })).await.unwrap();
    assert_eq!(output["Successful"][0]["Id"], "a");
    assert_eq!(output["Failed"][0]["Code"], "InvalidMessageContents");

    let entry = |id: &str| json!({ "Id": id, "MessageBody": "x" });
    let large = "x".repeat(MAXIMUM_SIZE / 2 + 1);
    let cases = [
        (json!([]), "EmptyBatchRequest"),
        ((0..11).map(|id| entry(&id.to_string())).collect(), "TooManyEntriesInBatchRequest"),
        (json!([entry("a"), entry("a")]), "BatchEntryIdsNotDistinct"),
        (json!([entry("not an id")]), "InvalidBatchEntryId"),
        (json!([{ "Id": "a", "MessageBody": large }, { "Id": "b", "MessageBody": large }]), "BatchRequestTooLong"),
    ];
    for (entries, expected) in cases {
        assert_eq!(code(&sqs, "SendMessageBatch", json!({ "Entries": entries })).await, expected);
    }
}

#[tokio::test]
async fn what_sqs_refuses_is_refused() {
    let sqs = sqs(&json!({}));
    let cases = [
        ("SendMessage", json!({ "MessageBody": "" }), "MissingParameter"),
        ("SendMessage", json!({ "MessageBody": "x".repeat(MAXIMUM_SIZE + 1) }), "InvalidParameterValue"),
        ("SendMessage", json!({ "MessageBody": "x", "DelaySeconds": 901 }), "InvalidParameterValue"),
        ("SendMessage", json!({ "MessageBody": "x", "QueueUrl": "http://127.0.0.1:1/0/none" }), "QueueDoesNotExist"),
        ("ReceiveMessage", json!({ "MaxNumberOfMessages": 11 }), "InvalidParameterValue"),
        ("ReceiveMessage", json!({ "WaitTimeSeconds": 21 }), "InvalidParameterValue"),
        ("ReceiveMessage", json!({ "Surprise": 1 }), "InvalidParameterValue"),
        ("CreateQueue", json!({ "QueueName": "x" }), "UnknownOperationException"),
    ];
    for (action, input, expected) in cases {
        assert_eq!(code(&sqs, action, input).await, expected, "{action}");
    }
}

#[test]
fn an_unknown_property_of_a_queue_is_named() {
    let error = Sqs::new("").create_queue("q", &json!({ "VisibilityTimeOut": 1 })).unwrap_err();
    assert!(error.to_string().contains("VisibilityTimeOut"), "{error}");
    assert!(Sqs::new("").create_queue("q", &json!({ "FifoQueue": true })).is_err());
}
