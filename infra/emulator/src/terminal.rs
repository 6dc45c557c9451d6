//! A stack in a terminal: what it consists of, and its log as it grows.
#![allow(clippy::print_stdout, reason = "the terminal is what this is for")]

use std::error::Error;

use serde_json::Value;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::broadcast::error::RecvError,
};

use crate::{
    lambda::{Log, LogLine},
    stack::Stack,
    template::{Function, Resource, Route},
};

/// Starts a stack, introduces it, and shows its log, until Ctrl-C or SIGTERM ends it. `greet` says what comes after the
/// introduction.
pub async fn run<E: Error + 'static>(
    stack: impl Future<Output = Result<Stack, E>>,
    greet: impl FnOnce(&Stack),
) -> Result<(), Box<dyn Error>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stack = tokio::select! {
        stack = stack => stack?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    let follower = tokio::spawn(show(stack.log().clone()));
    introduce(&stack);
    greet(&stack);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    follower.abort();
    Ok(())
}

/// Says what a stack consists of.
pub fn introduce(stack: &Stack) {
    let description = &stack.description;
    let names = |resources: &[Resource]| {
        let names: Vec<&str> = resources.iter().map(|resource| resource.name.as_str()).collect();
        names.join(", ")
    };
    println!("tables     {}", names(&description.tables));
    println!("buckets    {}", names(&description.buckets));
    for queue in &description.queues {
        let seconds = stack.aws.sqs.visibility_timeout(&queue.name);
        let redrive = &queue.properties["RedrivePolicy"];
        match redrive["deadLetterTargetArn"].as_str().and_then(|arn| arn.rsplit(':').next()) {
            Some(dead_letters) => {
                let most = &redrive["maxReceiveCount"];
                println!("queue      {}: hidden for {seconds} s, after {most} tries to {dead_letters}", queue.name);
            }
            None => println!("queue      {}", queue.name),
        }
    }
    println!("bus        {}", description.event_bus());
    if description.api.as_ref().is_some_and(|api| !api.default_route_settings.is_null()) {
        println!("API        throttling by DefaultRouteSettings is not emulated");
    }
    println!("rules      {}", names(&description.rules));
    for function in &description.functions {
        println!("function   {}: {}", function.logical_id, occasions(function));
    }
    let not_run: Vec<&str> = description.not_run.iter().map(|(_, resource)| resource.logical_id.as_str()).collect();
    if !not_run.is_empty() {
        println!("not run    {}", not_run.join(", "));
    }
    println!();
}

fn occasions(function: &Function) -> String {
    let routes = function.routes.iter().map(Route::key);
    let queues = function.queues.iter().map(|source| format!("messages of {}", source.queue));
    routes.chain(queues).collect::<Vec<_>>().join(", ")
}

/// Shows the functions' log as it grows.
pub async fn show(log: Log) {
    let mut lines = log.follow();
    loop {
        match lines.recv().await {
            Ok(LogLine { function, line, .. }) => println!("[{function}] {}", short(&line)),
            Err(RecvError::Lagged(count)) => println!("({count} lines of the log left out)"),
            Err(RecvError::Closed) => return,
        }
    }
}

/// A structured line as its message and its fields, a metric (CloudWatch's embedded metric format) as its name; any other
/// line as it is.
fn short(line: &str) -> String {
    let Ok(Value::Object(record)) = serde_json::from_str(line) else {
        return line.to_owned();
    };
    if let Some(name) =
        record.get("_aws").and_then(|metric| metric["CloudWatchMetrics"][0]["Metrics"][0]["Name"].as_str())
    {
        return format!("counted {name}");
    }
    let fields = record.get("fields").and_then(Value::as_object).into_iter().flatten();
    let (messages, others): (Vec<_>, Vec<_>) = fields.partition(|(name, _)| *name == "message");
    let level = record.get("level").and_then(Value::as_str).filter(|level| *level != "INFO");
    let messages = messages.into_iter().filter_map(|(_, message)| message.as_str());
    let others: Vec<String> = others.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    level.into_iter().chain(messages).chain(others.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_structured_line_is_shown_as_message_and_fields() {
        for (line, shown) in [
            (r#"{"level":"INFO","fields":{"message":"answered","status":200},"span":{}}"#, "answered status=200"),
            (r#"{"level":"ERROR","fields":{"message":"failed","route":"GET /"}}"#, "ERROR failed route=\"GET /\""),
            (
                r#"{"_aws":{"CloudWatchMetrics":[{"Metrics":[{"Name":"MailsSent"}]}]},"MailsSent":1}"#,
                "counted MailsSent",
            ),
            ("thread 'main' panicked", "thread 'main' panicked"),
        ] {
            assert_eq!(short(line), shown);
        }
    }
}
