//! CloudWatch Logs: FilterLogEvents over what the functions wrote, over the AWS JSON 1.1 protocol.
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use axum::{
    body::Bytes,
    http::{Request, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    lock::lock,
    names::{ACCOUNT, REGION},
    response::json_response,
};
use crate::log::{Log, stream_name};

mod pattern;

use pattern::Pattern;

/// The most events in one answer.
const MAXIMUM_EVENTS: usize = 10_000;

/// CloudWatch Logs.
#[derive(Clone)]
pub struct Logs {
    log: Log,
    /// The functions, by their logical ids, that write to each log group.
    groups: Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FilterLogEvents {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    start_time: Option<i64>,
    end_time: Option<i64>,
    #[serde(default)]
    filter_pattern: String,
    limit: Option<usize>,
    next_token: Option<String>,
}

impl Logs {
    pub(super) fn new(log: Log) -> Self {
        Self { log, groups: Arc::default() }
    }

    /// Makes a log group.
    pub fn create_log_group(&self, name: &str) {
        lock(&self.groups).entry(name.to_owned()).or_default();
    }

    /// Puts what a function writes into a log group, and makes the group if need be.
    pub fn collect(&self, function: &str, group: &str) {
        lock(&self.groups).entry(group.to_owned()).or_default().insert(function.to_owned());
    }

    pub(super) fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let answered = match target {
            "Logs_20140328.FilterLogEvents" => self.filter_log_events(request.body()),
            _ => Err(Fault { code: "UnknownOperationException", message: format!("{target} is not known locally.") }),
        };
        match answered {
            Ok(output) => json_response(200, CONTENT_TYPE, &[], &output),
            Err(Fault { code, message }) => {
                json_response(400, CONTENT_TYPE, &[], &json!({ "__type": code, "message": message }))
            }
        }
    }

    fn filter_log_events(&self, body: &[u8]) -> Result<Value, Fault> {
        let input: FilterLogEvents = serde_json::from_slice(body).map_err(|error| Fault::invalid(error.to_string()))?;
        let group = match (&input.log_group_name, &input.log_group_identifier) {
            (Some(name), None) => name,
            (None, Some(identifier)) => log_group_name(identifier),
            _ => return Err(Fault::invalid("Either logGroupName or logGroupIdentifier is needed.")),
        };
        let functions = lock(&self.groups).get(group).cloned().ok_or_else(Fault::no_such_group)?;
        let pattern = Pattern::parse(&input.filter_pattern).map_err(Fault::invalid)?;
        let limit = input.limit.unwrap_or(MAXIMUM_EVENTS);
        if !(1..=MAXIMUM_EVENTS).contains(&limit) {
            return Err(Fault::invalid(format!("limit is 1 to {MAXIMUM_EVENTS}, not {limit}.")));
        }
        // The token is the number of the line to go on with.
        let first = input.next_token.as_deref().map_or(Ok(0), str::parse::<usize>);
        let first = first.map_err(|_| Fault::invalid("The specified nextToken is invalid."))?;

        let mut streams = HashMap::new();
        let mut events = Vec::new();
        let mut next = None;
        for (number, line) in self.log.lines().into_iter().enumerate() {
            if !functions.contains(&line.function) {
                continue;
            }
            let stream =
                streams.entry(line.instance.clone()).or_insert_with(|| stream_name(line.time, &line.instance)).clone();
            let time = line.time.as_millisecond();
            let is_in_time =
                input.start_time.is_none_or(|start| start <= time) && input.end_time.is_none_or(|end| time <= end);
            if number < first || !is_in_time || !pattern.matches(&line.line) {
                continue;
            }
            if events.len() == limit {
                next = Some(number.to_string());
                break;
            }
            events.push(json!({
                "logStreamName": stream, "timestamp": time, "message": line.line, "ingestionTime": time,
                "eventId": format!("{number:056}"),
            }));
        }
        let mut output = json!({ "events": events, "searchedLogStreams": [] });
        if let Some(token) = next {
            output["nextToken"] = json!(token);
        }
        Ok(output)
    }
}

/// The name of a log group from its name or ARN.
pub(super) fn log_group_name(identifier: &str) -> &str {
    identifier.split_once(":log-group:").map_or(identifier, |(_, name)| name.strip_suffix(":*").unwrap_or(name))
}

/// The ARN by which policies know a log group, and which `Fn::GetAtt` gives.
pub(crate) fn log_group_arn(name: &str) -> String {
    format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*")
}

/// An error that CloudWatch Logs answers.
#[derive(Debug)]
struct Fault {
    code: &'static str,
    message: String,
}

impl Fault {
    fn invalid(message: impl Into<String>) -> Self {
        Self { code: "InvalidParameterException", message: message.into() }
    }

    fn no_such_group() -> Self {
        Self { code: "ResourceNotFoundException", message: "The specified log group does not exist.".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(logs: &Logs, input: Value) -> Result<Value, &'static str> {
        logs.filter_log_events(input.to_string().as_bytes()).map_err(|fault| fault.code)
    }

    #[test]
    fn a_log_group_has_the_lines_of_its_functions_page_by_page() {
        let logs = Logs::new(Log::new());
        logs.collect("Take", "/aws/lambda/take");
        logs.collect("Ship", "/aws/lambda/ship");
        logs.create_log_group("/empty");
        for number in 0..5 {
            logs.log.write("Take", "one", format!("taken {number}"));
            logs.log.write("Ship", "two", "shipped".to_owned());
            logs.log.write("EventBridge", "bus", "taken by nobody".to_owned());
        }
        let mut messages = Vec::new();
        let mut input = json!({ "logGroupName": "/aws/lambda/take", "filterPattern": "\"taken\"", "limit": 2 });
        loop {
            let page = filtered(&logs, input.clone()).unwrap();
            let events = page["events"].as_array().unwrap();
            assert!(events.len() <= 2);
            messages.extend(events.iter().map(|event| event["message"].as_str().unwrap().to_owned()));
            if page["nextToken"].is_null() {
                break;
            }
            input["nextToken"] = page["nextToken"].clone();
        }
        assert_eq!(messages, (0..5).map(|number| format!("taken {number}")).collect::<Vec<_>>());
        let empty = json!({ "logGroupName": "/empty" });
        assert_eq!(filtered(&logs, empty).unwrap(), json!({ "events": [], "searchedLogStreams": [] }));
    }

    #[test]
    fn a_line_counts_from_the_start_to_the_end_inclusive() {
        let logs = Logs::new(Log::new());
        logs.collect("Take", "/take");
        logs.log.write("Take", "one", "taken".to_owned());
        let time = logs.log.lines()[0].time.as_millisecond();
        for (start, end, found) in
            [(time, time, 1), (time - 1, time + 1, 1), (time + 1, time + 2, 0), (time - 2, time - 1, 0)]
        {
            let input = json!({ "logGroupIdentifier": log_group_arn("/take"), "startTime": start, "endTime": end });
            assert_eq!(filtered(&logs, input).unwrap()["events"].as_array().unwrap().len(), found, "{start} {end}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let logs = Logs::new(Log::new());
        logs.create_log_group("/take");
        for (input, code) in [
            (json!({ "logGroupName": "/other" }), "ResourceNotFoundException"),
            (json!({}), "InvalidParameterException"),
            (json!({ "logGroupName": "/take", "logGroupIdentifier": "/take" }), "InvalidParameterException"),
            (json!({ "logGroupName": "/take", "limit": 0 }), "InvalidParameterException"),
            (json!({ "logGroupName": "/take", "limit": 10_001 }), "InvalidParameterException"),
            (json!({ "logGroupName": "/take", "nextToken": "x" }), "InvalidParameterException"),
            (json!({ "logGroupName": "/take", "filterPattern": "{ $.a = 1 }" }), "InvalidParameterException"),
            (json!({ "logGroupName": "/take", "logStreamNamePrefix": "x" }), "InvalidParameterException"),
        ] {
            assert_eq!(filtered(&logs, input.clone()).unwrap_err(), code, "{input}");
        }
    }
}
