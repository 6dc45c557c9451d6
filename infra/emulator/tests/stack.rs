//! A stack from outside, with a function made for it.
#![allow(clippy::unwrap_used, reason = "a failed test ends there")]

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use axum::{Extension, Router, routing::get};
use reqwest::{Client, Response, StatusCode};
use sam_emulator::{Delays, Error, Options, Running, Stack};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};

const TEMPLATE: &str = r"
Parameters:
  Greeting: {Type: String, Default: hello}
Globals: {Function: {Timeout: 5, Environment: {Variables: {GREETING: !Ref Greeting}}}}
Resources:
  Api: {Type: AWS::Serverless::HttpApi}
  Probe:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: probe}}
    Properties:
      MemorySize: 256
      LoggingConfig: {LogFormat: JSON, ApplicationLogLevel: INFO}
      Events:
        Thing: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: '/things/{id}'}}
        Rest: {Type: HttpApi, Properties: {ApiId: !Ref Api}}
  Stuck:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: probe}}
    Properties:
      Timeout: 1
      Events: {Page: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: /stuck}}}
  Broken:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: probe}}
    Properties:
      Environment: {Variables: {BROKEN: 1}}
      Events: {Page: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: /broken}}}
  Worker:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: probe}}
    Properties:
      Timeout: 3
      Events:
        Work:
          Type: SQS
          Properties: {Queue: !GetAtt Work.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}
  Work:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 3, RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: 1}}
  DeadLetters: {Type: AWS::SQS::Queue}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: orders}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: {source: [test]}
      Targets: [{Id: work, Arn: !GetAtt Work.Arn}]
  WorkPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Work]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt Work.Arn
            Condition:
              ArnEquals: {aws:SourceArn: [!GetAtt Rule.Arn]}
              StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
  Alarm: {Type: AWS::CloudWatch::Alarm}
";

/// A stack of its own for a test, and a client for it.
struct Local {
    stack: Stack,
    client: Client,
    _folder: TempDir,
}

impl Local {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let folder = TempDir::new().unwrap();
        let mut options = options(folder.path(), TEMPLATE);
        change(&mut options);
        Self { stack: start(options).await.unwrap(), client: Client::new(), _folder: folder }
    }

    async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.stack.url())).send().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        self.get(path).await.json().await.unwrap()
    }

    /// The status line that answers a POST with these headers, so many chunks and their end.
    async fn posted(&self, headers: &[u8], chunk: &[u8], chunks: usize) -> String {
        let authority = self.stack.url().strip_prefix("http://").unwrap();
        let mut connection = BufReader::new(TcpStream::connect(authority).await.unwrap());
        let head = format!("POST /things HTTP/1.1\r\nHost: {authority}\r\nContent-Type: text/plain\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(headers).await.unwrap();
        for _ in 0..chunks {
            connection.write_all(chunk).await.unwrap();
        }
        if chunks > 0 {
            connection.write_all(b"0\r\n\r\n").await.unwrap();
        }
        let mut status = String::new();
        connection.read_line(&mut status).await.unwrap();
        status.trim_end().to_owned()
    }

    async fn publish(&self, body: &str) -> Value {
        let entries = json!([{
            "Source": "test", "DetailType": "test", "Detail": json!({"body": body}).to_string(), "EventBusName": "orders",
        }]);
        let url = format!("{}/_local/events", self.stack.url());
        self.client.post(url).json(&entries).send().await.unwrap().json().await.unwrap()
    }
}

fn options(folder: &Path, template: &str) -> Options {
    let path = folder.join("template.yaml");
    std::fs::write(&path, template).unwrap();
    Options { stack_name: "shop".into(), ..Options::new(path, examples()) }
}

async fn start(options: Options) -> Result<Stack, Error> {
    Stack::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), options).await
}

/// The folder where cargo puts the probe.
fn examples() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().join("examples")
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "waited too long until {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_runner_runs_the_binaries() {
    let runner = ["env", "RUNNER=came between"].map(str::to_owned);
    let local = Local::with(|options| options.runner = runner.to_vec()).await;
    assert_eq!(local.json("/things/1").await["environment"]["RUNNER"], "came between");
}

#[tokio::test]
async fn a_request_reaches_the_unmodified_binary_with_lambdas_environment() {
    let local = Local::with(|options| {
        options.parameters.insert("Greeting".into(), "good day".into());
    })
    .await;
    let response = local.get("/things/a%2Fb?q=1").await;
    assert_eq!(response.headers()["content-type"], "application/json");
    assert!(response.headers().contains_key("apigw-requestid"));
    assert!(response.headers().contains_key("date"));
    let seen: Value = response.json().await.unwrap();
    assert_eq!(seen["event"]["routeKey"], "GET /things/{id}");
    assert_eq!(seen["event"]["pathParameters"], json!({"id": "a/b"}));
    assert_eq!(seen["event"]["requestContext"]["domainName"], "localhost");
    assert_eq!(seen["event"]["requestContext"]["http"]["sourceIp"], "127.0.0.1");
    assert_eq!(seen["function_arn"], "arn:aws:lambda:us-east-1:000000000000:function:shop-Probe");
    assert!((1..=5000).contains(&seen["milliseconds_left"].as_u64().unwrap()), "{}", seen["milliseconds_left"]);

    let environment = &seen["environment"];
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", "shop-Probe"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL_DYNAMODB", local.stack.aws.endpoints.dynamodb.as_str()),
        ("AWS_ENDPOINT_URL_SESV2", local.stack.aws.endpoints.ses.as_str()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", local.stack.aws.endpoints.secrets.as_str()),
        ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", local.stack.aws.endpoints.logs.as_str()),
        ("GREETING", "good day"),
        ("TZ", ":UTC"),
        ("_HANDLER", "bootstrap"),
    ] {
        assert_eq!(environment[name], value, "{name}");
    }
    assert!(environment.get("HOME").is_none() && environment.get("CARGO_MANIFEST_DIR").is_none(), "{environment}");

    until("the log has the line", || local.stack.log().lines().iter().any(|line| line.line == "a line of the log"))
        .await;
    let log = local.json("/_local/log").await;
    assert_eq!(log[0]["function"], "Probe");
}

#[tokio::test]
async fn an_instance_handles_one_event_at_a_time_and_is_used_again() {
    let local = Local::start().await;
    let (one, two, three) = tokio::join!(local.json("/slow"), local.json("/slow"), local.json("/slow"));
    let mut pids = vec![one["pid"].clone(), two["pid"].clone(), three["pid"].clone()];
    pids.sort_by_key(Value::as_u64);
    pids.dedup();
    assert_eq!(pids.len(), 3, "three at a time need three instances");
    for _ in 0..5 {
        assert!(pids.contains(&local.json("/again").await["pid"]), "a warm instance is used again");
    }
    assert_eq!(local.stack.lambda.instances("Probe").len(), 3);
    let invocations = local.json("/_local/invocations").await;
    let cold: Vec<_> = invocations.as_array().unwrap().iter().map(|invocation| invocation["cold"].clone()).collect();
    assert_eq!(cold, [true, true, true, false, false, false, false, false].map(Value::Bool));
    assert!(invocations[0]["init_ms"].as_f64().unwrap() > 0.0 && invocations[3]["init_ms"].is_null());
}

#[tokio::test]
async fn beyond_the_most_instances_callers_wait_in_order() {
    let local = Local::with(|options| options.maximum_instances = 1).await;
    let (one, two) = tokio::join!(local.json("/slow"), local.json("/slow"));
    assert_eq!(one["pid"], two["pid"]);
    assert_eq!(local.stack.lambda.instances("Probe").len(), 1);
}

#[tokio::test]
async fn whatever_goes_wrong_in_a_function_is_an_internal_server_error() {
    let local = Local::start().await;
    for path in ["/fail", "/large", "/exit", "/stuck", "/broken"] {
        let response = local.get(path).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert_eq!(response.json::<Value>().await.unwrap(), json!({"message": "Internal Server Error"}), "{path}");
    }
    let errors: Vec<_> =
        local.stack.lambda.invocations().into_iter().filter_map(|invocation| invocation.error).collect();
    assert!(errors[0].contains("asked to fail"), "{errors:?}");
    assert!(errors[1].starts_with("Function.ResponseSizeTooLarge"), "{errors:?}");
    assert_eq!(errors[2..], ["Runtime exited with error: exit status: 7", "Task timed out after 1.00 seconds"]);
    let broken = local.stack.lambda.invoke("Broken", "{}".into()).await.unwrap_err().to_string();
    assert_eq!(broken, "Broken ended during init (exit status: 3) this cannot start");
    until("the ended instances are gone", || local.stack.lambda.instances("Probe").is_empty()).await;
    assert_eq!(local.get("/things/1").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_idle_instance_that_was_killed_costs_no_request() {
    let local = Local::start().await;
    let first = local.json("/").await["pid"].as_u64().unwrap();
    assert_eq!(u64::from(local.stack.lambda.instances("Probe")[0].pid.unwrap()), first);
    let killed = std::process::Command::new("kill").args(["-9", &first.to_string()]).status().unwrap();
    assert!(killed.success());
    until("the killed instance is gone", || local.stack.lambda.instances("Probe").is_empty()).await;
    assert_ne!(local.json("/").await["pid"].as_u64().unwrap(), first);
}

#[tokio::test]
async fn instances_end_with_the_stack() {
    let local = Local::start().await;
    let pid = local.json("/").await["pid"].as_u64().unwrap();
    drop(local);
    until("the process has ended", || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        status.is_empty() || status.contains(") Z ")
    })
    .await;
}

#[tokio::test]
async fn nothing_starts_after_the_stack_has_ended() {
    let local = Local::with(|options| options.maximum_instances = 1).await;
    let lambda = local.stack.lambda.clone();
    let stuck = tokio::spawn({
        let lambda = lambda.clone();
        async move { lambda.invoke("Stuck", json!({"rawPath": "/stuck"}).to_string().into()).await }
    });
    until("the only instance is at work", || lambda.instances("Stuck").iter().any(|instance| instance.busy)).await;
    drop(local);
    assert!(lambda.instances("Stuck").is_empty());
    assert!(stuck.await.unwrap().is_err());
    for function in ["Stuck", "Probe"] {
        let error = lambda.invoke(function, "{}".into()).await.unwrap_err();
        assert_eq!(error.to_string(), "the local stack is ending", "{function}");
        assert!(lambda.instances(function).is_empty());
    }
}

#[tokio::test]
async fn events_reach_the_worker_and_what_it_reports_as_failed_ends_as_dead_letter() {
    let local = Local::start().await;
    assert_eq!(local.publish("fine").await["FailedEntryCount"], 0);
    until("the worker has run", || {
        local.stack.lambda.invocations().iter().any(|invocation| invocation.function == "Worker")
    })
    .await;
    let log = local.stack.log().clone();
    until("its log has the line", || log.lines().iter().any(|line| line.line == "received 1 messages")).await;

    // A message that is put straight into the queue, as another function would.
    let queues = local.json("/_local/endpoints").await["queues"].clone();
    let send = json!({"QueueUrl": queues["Work"], "MessageBody": "fail"});
    let sent = local
        .client
        .post(&local.stack.aws.endpoints.sqs)
        .header("x-amz-target", "AmazonSQS.SendMessage")
        .header("content-type", "application/x-amz-json-1.0")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=x",
        )
        .body(send.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), StatusCode::OK);
    let dead = local.stack.aws.sqs.receive("shop-DeadLetters", 10);
    let dead = timeout(Duration::from_secs(20), dead).await.expect("a dead letter in time");
    assert_eq!(dead.iter().map(|message| message.body.as_str()).collect::<Vec<_>>(), ["fail"]);
}

#[tokio::test]
async fn a_cold_start_and_a_message_take_as_long_as_on_aws_where_that_is_asked_for() {
    let (instance, event_source) = (Duration::from_millis(400), Duration::from_millis(700));
    let local = Local::with(|options| options.delays = Delays { instance, event_source }).await;
    let request = async || {
        let begun = Instant::now();
        assert_eq!(local.get("/things/1").await.status(), StatusCode::OK);
        begun.elapsed()
    };
    assert!(request().await >= instance);
    // One of three, for the machine may be busy with other things.
    assert!([request().await, request().await, request().await].iter().any(|took| *took < instance));
    let begun = Instant::now();
    local.publish("fine").await;
    let has_run = || local.stack.lambda.invocations().iter().any(|invocation| invocation.function == "Worker");
    until("the worker has run", has_run).await;
    assert!(begun.elapsed() >= instance + event_source);
}

#[tokio::test]
async fn the_gateway_keeps_to_api_gateways_limits() {
    let local = Local::start().await;
    let url = format!("{}/things", local.stack.url());
    let post = |size: usize| local.client.post(&url).header("content-type", "text/plain").body(vec![b'a'; size]).send();
    assert_eq!(post(5 * 1024 * 1024).await.unwrap().status(), StatusCode::OK);
    assert_eq!(post(7 * 1024 * 1024).await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    // Refused by its Content-Length, before any of it is sent.
    let declared = format!("Content-Length: {}\r\n\r\n", 11 * 1024 * 1024);
    assert_eq!(local.posted(declared.as_bytes(), &[], 0).await, "HTTP/1.1 413 Payload Too Large");
    // Without one, it is read to its end.
    let chunk = [b"100000\r\n".as_slice(), &vec![b'a'; 0x0010_0000], b"\r\n"].concat();
    assert_eq!(local.posted(b"Transfer-Encoding: chunked\r\n\r\n", &chunk, 11).await, "HTTP/1.1 413 Payload Too Large");
    let with_header = |size: usize| local.client.get(&url).header("x-long", "a".repeat(size)).send();
    assert_eq!(with_header(9_000).await.unwrap().status(), StatusCode::OK);
    assert_eq!(with_header(10_300).await.unwrap().status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test]
async fn an_event_that_matches_no_rule_is_answered_as_eventbridge_does_and_shown_as_such() {
    let local = Local::start().await;
    let entry = json!([{"Source": "else", "DetailType": "t", "Detail": "{}", "EventBusName": "orders"}]);
    let sent = local.client.post(format!("{}/_local/events", local.stack.url())).json(&entry).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::OK);
    let answer: Value = sent.json().await.unwrap();
    assert_eq!(answer["FailedEntryCount"], 0);
    assert!(answer["Entries"][0]["EventId"].is_string(), "{answer}");
    let log = local.json("/_local/log").await;
    let line = log.as_array().unwrap().iter().find(|line| line["function"] == "EventBridge").unwrap();
    let line = line["line"].as_str().unwrap();
    for named in ["matched no rule", r#""bus":"orders""#, r#""source":"else""#, r#""detail-type":"t""#] {
        assert!(line.contains(named), "{named} in {line}");
    }
    let unmatched = local.stack.aws.events.unmatched();
    assert_eq!((unmatched[0].detail_type.as_str(), unmatched[0].bus.as_str()), ("t", "orders"));
}

#[tokio::test]
async fn local_routes_never_reach_a_function() {
    let greet = async |Extension(running): Extension<Running>| format!("This is {}.", running.stack_name);
    let local = Local::with(|options| options.routes = Router::new().route("/_local/greeting", get(greet))).await;
    assert_eq!(local.get("/_local/greeting").await.text().await.unwrap(), "This is shop.");
    for (path, status) in [
        ("/_local", StatusCode::NOT_FOUND),
        ("/_local/", StatusCode::NOT_FOUND),
        ("/_local/mails", StatusCode::OK),
        ("/_local/mails/none", StatusCode::NOT_FOUND),
        ("/_local/endpoints", StatusCode::OK),
        ("/_local/log", StatusCode::OK),
        ("/_local/calls", StatusCode::OK),
        ("/_local/nothing/here", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(local.get(path).await.status(), status, "{path}");
    }
    let endpoints = local.json("/_local/endpoints").await;
    for service in
        ["dynamodb", "s3", "ses", "sqs", "events", "secretsmanager", "cloudformation", "logs", "sns", "cloudwatch"]
    {
        assert!(endpoints[service].as_str().unwrap().starts_with("http://127.0.0.1:"), "{service}: {endpoints}");
    }
    for key in ["access_key_id", "secret_access_key", "region"] {
        assert!(!endpoints[key].as_str().unwrap().is_empty(), "{key}: {endpoints}");
    }
    assert_eq!(endpoints["table"], "shop-Table");
    assert_eq!(endpoints["bus"], "orders");
    assert_eq!(endpoints["stack"], "shop");
    assert_eq!(
        local.client.delete(format!("{}/_local/mails", local.stack.url())).send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert!(local.stack.lambda.invocations().is_empty());
}

#[tokio::test]
async fn a_foreign_host_is_forbidden_everywhere() {
    let local = Local::start().await;
    let port = local.stack.url().rsplit(':').next().unwrap();
    for (host, status) in [
        (format!("localhost:{port}"), StatusCode::OK),
        (format!("127.0.0.1:{port}"), StatusCode::OK),
        ("LocalHost".to_owned(), StatusCode::OK),
        (format!("rebound.example:{port}"), StatusCode::FORBIDDEN),
        ("localhost.example".to_owned(), StatusCode::FORBIDDEN),
        ("127.0.0.2".to_owned(), StatusCode::FORBIDDEN),
    ] {
        for path in ["/", "/things/1", "/_local/log", "/_local/mails"] {
            let request = local.client.get(format!("{}{path}", local.stack.url())).header("host", &host);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), status, "{host} {path}");
            if status == StatusCode::FORBIDDEN {
                assert_eq!(response.json::<Value>().await.unwrap(), json!({"message": "Forbidden"}));
            }
        }
    }
}

#[tokio::test]
async fn a_rule_whose_queue_no_policy_opens_to_it_stops_the_start() {
    let folder = TempDir::new().unwrap();
    let refused = "shop-Work takes no events of the rule shop-Rule: no AWS::SQS::QueuePolicy allows it";
    let dead_letters = "Targets: [{Id: work, Arn: !GetAtt Work.Arn, DeadLetterConfig: {Arn: !GetAtt DeadLetters.Arn}}]";
    for (written, changed, message) in [
        ("Principal: {Service: events.amazonaws.com}", "Principal: {Service: sns.amazonaws.com}", refused),
        ("Action: sqs:SendMessage", "Action: sqs:ReceiveMessage", refused),
        ("Resource: !GetAtt Work.Arn", "Resource: !GetAtt DeadLetters.Arn", refused),
        ("aws:SourceArn: [!GetAtt Rule.Arn]", "aws:SourceArn: !GetAtt Bus.Arn", refused),
        ("aws:SourceAccount: !Ref AWS::AccountId", "aws:SourceAccount: '123456789012'", refused),
        ("Queues: [!Ref Work]", "Queues: [!Ref Work, !Ref DeadLetters]", "WorkPolicy: "),
        ("Resource: !GetAtt Work.Arn", "Resource: [!GetAtt Work.Arn, !GetAtt DeadLetters.Arn]", "WorkPolicy: "),
        ("Queues: [!Ref Work]", "Queues: [!Ref DeadLetters]", refused),
        ("Targets: [{Id: work, Arn: !GetAtt Work.Arn}]", dead_letters, "shop-DeadLetters takes no events"),
        ("Effect: Allow", "Effect: Deny", "WorkPolicy: "),
        ("ArnEquals:", "ArnLike:", "ArnLike"),
    ] {
        assert_eq!(TEMPLATE.matches(written).count(), 1, "{written}");
        let template = TEMPLATE.replace(written, changed);
        let error = start(options(folder.path(), &template)).await.err().unwrap().to_string();
        assert!(error.contains(message), "{changed}: {error} should contain {message}");
    }
    let (before, condition) = TEMPLATE.split_once("            Condition:\n").unwrap();
    let unconditional = format!("{before}  Table{}", condition.split_once("  Table").unwrap().1);
    start(options(folder.path(), &unconditional)).await.unwrap();
}

#[tokio::test]
async fn a_stack_that_cannot_start_says_why() {
    let folder = TempDir::new().unwrap();
    let short = "Resources:\n  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 5}}\n  \
         F: {Type: AWS::Serverless::Function, Properties: {Timeout: 10, Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}}}";
    let policy =
        "Resources: {F: {Type: AWS::Serverless::Function, Properties: {Policies: [{Statement: {Effect: Maybe}}]}}}";
    for (template, message) in [
        (short, "F: the queue shop-Queue hides messages for 5 s, less than the function's time-out of 10 s"),
        (policy, "F: "),
        ("Resources: {A: !GetAZs x}", "line 1: the local stack does not know the intrinsic !GetAZs"),
        ("Resources: {Q: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}}", "FifoQueue"),
        ("Resources: {A: {Type: AWS::SES::EmailIdentity, Properties: {EmailIdentity: a.example, Tint: 1}}}", "Tint"),
        ("Resources: {C: {Type: AWS::SES::ConfigurationSet, Properties: {SendingOptions: {}}}}", "SendingOptions"),
    ] {
        let error = start(options(folder.path(), template)).await.err().unwrap().to_string();
        assert!(error.contains(message), "{error} should contain {message}");
    }
    let error = start(Options::new("nowhere.yaml", "/")).await.err().unwrap().to_string();
    assert!(error.starts_with("cannot read nowhere.yaml"), "{error}");
}
