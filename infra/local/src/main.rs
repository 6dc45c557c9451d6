//! `portal-local`: runs template.yaml on this machine until Ctrl-C.
//!
//! Reads from the environment: `PORT` (9000), `DATA` (a folder that keeps tables, objects and secrets), `PARAMS`
//! (`Name=Value Name="Some value"`), `TEMPLATE` (./template.yaml), `FUNCTIONS` (the folder with the functions' binaries,
//! else that of this program), `RUNNER` (what runs them, such as `qemu-aarch64 -L /usr/aarch64-linux-gnu`).
#![allow(clippy::print_stdout, reason = "the terminal is this program's face")]

use std::{collections::BTreeMap, env, error::Error, path::PathBuf, process::ExitCode};

use portal_local::{
    Options, Stack,
    lambda::{Log, LogLine},
    template::{Function, Resource, Route},
};
use serde_json::Value;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::broadcast::error::RecvError,
};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("portal-local: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stack = tokio::select! {
        stack = Stack::start(options()?) => stack?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    let follower = tokio::spawn(show(stack.log().clone()));
    introduce(&stack);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    follower.abort();
    Ok(())
}

fn options() -> Result<Options, Box<dyn Error>> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let executable = env::current_exe()?;
    let template = variable("TEMPLATE").unwrap_or_else(|| "template.yaml".to_owned());
    let folder = executable.parent().ok_or("the program stands in no folder")?;
    let mut options = Options::new(template, variable("FUNCTIONS").map_or_else(|| folder.to_owned(), PathBuf::from));
    options.runner = variable("RUNNER").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    options.port = match variable("PORT") {
        Some(port) => port.parse().map_err(|_| format!("PORT should be a number from 0 to 65535, not {port}"))?,
        None => 9000,
    };
    options.data = variable("DATA").map(PathBuf::from);
    options.parameters = parameters(&variable("PARAMS").unwrap_or_default())?;
    options.demo = true;
    Ok(options)
}

/// Reads `Name=Value Name="Some value"`.
fn parameters(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            character if character.is_whitespace() && !quoted => words.push(String::new()),
            character => words.iter_mut().last().into_iter().for_each(|word| word.push(character)),
        }
    }
    if quoted {
        return Err("PARAMS has a quotation mark without its second".to_owned());
    }
    let given = words.iter().filter(|word| !word.is_empty());
    given
        .map(|word| match word.split_once('=') {
            Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
            None => Err(format!("PARAMS should be Name=Value Name=Value, not {word}")),
        })
        .collect()
}

fn introduce(stack: &Stack) {
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
    println!("bus        {}", description.bookings_bus());
    if description.api.as_ref().is_some_and(|api| !api.default_route_settings.is_null()) {
        println!("API        throttling (DefaultRouteSettings) is not emulated");
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
    println!("Portal     {}/", stack.url());
    println!("Inbox      {}/_local/", stack.url());
    println!("Open them in Chrome or Firefox: Safari drops Secure cookies on http://localhost.");
    println!();
}

fn occasions(function: &Function) -> String {
    let routes = function.routes.iter().map(Route::key);
    let queues = function.queues.iter().map(|source| format!("messages of {}", source.queue));
    routes.chain(queues).collect::<Vec<_>>().join(", ")
}

/// Shows the functions' log as it grows.
async fn show(log: Log) {
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
    use super::{parameters, short};

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

    #[test]
    fn parameters_may_be_quoted() {
        let given = parameters("A=1  B=\"two words\" \"C=x y\" D=a=b E=\n").unwrap();
        let expected = [("A", "1"), ("B", "two words"), ("C", "x y"), ("D", "a=b"), ("E", "")];
        assert_eq!(given, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        for wrong in ["A", "A=1 B", "A=\"1"] {
            assert!(parameters(wrong).is_err(), "{wrong}");
        }
    }
}
