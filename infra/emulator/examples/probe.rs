//! A function for the local stack's own tests: does what an event asks for, and tells what it saw.

use std::{collections::BTreeMap, process, time::Duration};

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    if std::env::var("BROKEN").is_ok() {
        eprintln!("this cannot start");
        process::exit(3);
    }
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let LambdaEvent { payload, context } = event;
    if let Some(records) = payload["Records"].as_array() {
        eprintln!("received {} messages", records.len());
        let failed = records.iter().filter(|record| record["body"] == "fail");
        let failed: Vec<_> = failed.map(|record| json!({"itemIdentifier": record["messageId"]})).collect();
        return Ok(json!({"batchItemFailures": failed}));
    }
    match payload["rawPath"].as_str().unwrap_or_default() {
        "/fail" => Err("asked to fail".into()),
        "/large" => Ok(json!("a".repeat(7 * 1024 * 1024))),
        "/exit" => process::exit(7),
        "/slow" => {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(json!({"pid": process::id()}))
        }
        "/stuck" => std::future::pending().await,
        _ => {
            eprintln!("a line of the log");
            let environment: BTreeMap<_, _> = std::env::vars().collect();
            Ok(json!({
                "pid": process::id(),
                "event": payload,
                "environment": environment,
                "request_id": context.request_id,
                "function_arn": context.invoked_function_arn,
                "milliseconds_left": context.deadline - jiff::Timestamp::now().as_millisecond().unsigned_abs(),
            }))
        }
    }
}
