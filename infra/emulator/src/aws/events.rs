//! EventBridge: buses, rules and their SQS targets, over the AWS JSON 1.1 protocol.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use axum::{
    body::Bytes,
    http::{Request, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    error::Error,
    lock::lock,
    names::{ACCOUNT, DEFAULT_BUS, REGION, bus_name, name_in_arn, rule_arn},
    properties::properties,
    response::json_response,
    sqs::Sqs,
};
use crate::log::Log;

mod pattern;

use pattern::Pattern;

/// The most entries in one PutEvents, and the most bytes.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html>
const MAXIMUM_ENTRIES: usize = 10;
const MAXIMUM_SIZE: usize = 1024 * 1024;

/// EventBridge.
#[derive(Clone)]
pub struct EventBridge {
    state: Arc<Mutex<State>>,
    sqs: Sqs,
    log: Log,
}

/// An entry that matched no rule of its bus. EventBridge answers it like any other.
#[derive(Clone, Debug, Serialize)]
pub struct Unmatched {
    /// When it was put.
    pub time: Timestamp,
    /// Its bus.
    pub bus: String,
    /// Its source.
    pub source: String,
    /// Its detail-type.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
}

struct State {
    buses: BTreeSet<String>,
    /// By bus and name.
    rules: BTreeMap<(String, String), Rule>,
    unmatched: Vec<Unmatched>,
}

#[derive(Clone)]
struct Rule {
    arn: String,
    pattern: Arc<Pattern>,
    enabled: bool,
    targets: Vec<Target>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Target {
    #[serde(rename = "Id")]
    _id: String,
    arn: String,
    dead_letter_config: Option<DeadLetterConfig>,
    /// Accepted: a local queue takes an event at the first attempt or never.
    #[serde(rename = "RetryPolicy")]
    _retry_policy: Option<Value>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeadLetterConfig {
    arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BusProperties {}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RuleProperties {
    event_bus_name: Option<String>,
    event_pattern: Value,
    #[serde(default)]
    state: RuleState,
    #[serde(default)]
    targets: Vec<Target>,
}

#[derive(Default, Deserialize, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
enum RuleState {
    #[default]
    Enabled,
    Disabled,
}

/// An entry of PutEvents; the API requires none of its fields, each missing one is that entry's error.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Entry {
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    event_bus_name: Option<String>,
    time: Option<Value>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(rename = "TraceHeader")]
    _trace_header: Option<String>,
}

impl EventBridge {
    /// Makes a bus from its CloudFormation properties.
    pub fn create_bus(&self, name: &str, bus: &Value) -> Result<(), Error> {
        let BusProperties {} = properties(
            "AWS::Events::EventBus",
            name,
            bus,
            &["Name", "Description", "Tags", "KmsKeyIdentifier", "LogConfig"],
        )?;
        lock(&self.state).buses.insert(name.to_owned());
        Ok(())
    }

    /// Makes or replaces a rule from its CloudFormation properties; its targets are SQS queues.
    pub fn put_rule(&self, name: &str, rule: &Value) -> Result<(), Error> {
        let refused = |error: String| Error::Unsupported(format!("AWS::Events::Rule {name}: {error}"));
        let rule: RuleProperties = properties("AWS::Events::Rule", name, rule, &["Name", "Description", "Tags"])?;
        if let Some(target) = rule.targets.iter().find(|target| !target.arn.starts_with("arn:aws:sqs:")) {
            return Err(refused(format!("the target {} is not an SQS queue", target.arn)));
        }
        let bus = bus_name(rule.event_bus_name.as_deref().unwrap_or(DEFAULT_BUS)).to_owned();
        let pattern = Pattern::parse(&rule.event_pattern).map_err(refused)?;
        let mut state = lock(&self.state);
        if !state.buses.contains(&bus) {
            return Err(refused(format!("there is no event bus {bus}")));
        }
        let rule = Rule {
            arn: rule_arn(&bus, name),
            pattern: Arc::new(pattern),
            enabled: rule.state == RuleState::Enabled,
            targets: rule.targets,
        };
        state.rules.insert((bus, name.to_owned()), rule);
        Ok(())
    }

    /// Takes what PutEvents takes as `Entries` and gives what it answers, an error's JSON included.
    ///
    /// Takes the sources that belong to AWS (`aws.ses`) as well, which is how the local SES publishes its events.
    pub fn put_events(&self, entries: &Value) -> Value {
        self.try_put_events(entries).unwrap_or_else(|message| validation_error(&message))
    }

    /// The entries that matched no rule, in the order they were put.
    pub fn unmatched(&self) -> Vec<Unmatched> {
        lock(&self.state).unmatched.clone()
    }

    pub(super) fn new(sqs: Sqs, log: Log) -> Self {
        let buses = BTreeSet::from([DEFAULT_BUS.to_owned()]);
        let state = State { buses, rules: BTreeMap::new(), unmatched: Vec::new() };
        Self { state: Arc::new(Mutex::new(state)), sqs, log }
    }

    pub(super) fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        if target != "AWSEvents.PutEvents" {
            let error =
                json!({ "__type": "UnknownOperationException", "message": format!("{target} is not known locally") });
            return json_response(400, CONTENT_TYPE, &[], &error);
        }
        let input: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        match self.try_put_events(&input["Entries"]) {
            Ok(output) => json_response(200, CONTENT_TYPE, &[], &output),
            Err(message) => json_response(400, CONTENT_TYPE, &[], &validation_error(&message)),
        }
    }

    fn try_put_events(&self, entries: &Value) -> Result<Value, String> {
        let entries = Vec::<Entry>::deserialize(entries).map_err(|error| error.to_string())?;
        if !(1..=MAXIMUM_ENTRIES).contains(&entries.len()) {
            return Err(format!(
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: \
                 Member must have length between 1 and {MAXIMUM_ENTRIES}"
            ));
        }
        if entries.iter().map(Entry::size).sum::<usize>() > MAXIMUM_SIZE {
            return Err("Total size of the entries in the request is over the limit.".to_owned());
        }
        let results: Vec<_> = entries.into_iter().map(|entry| self.put_event(entry)).collect();
        let failed = results.iter().filter(|result| result.is_err()).count();
        let entries: Vec<_> = results
            .into_iter()
            .map(|result| match result {
                Ok(event_id) => json!({ "EventId": event_id }),
                Err((code, message)) => json!({ "ErrorCode": code, "ErrorMessage": message }),
            })
            .collect();
        Ok(json!({ "FailedEntryCount": failed, "Entries": entries }))
    }

    /// Publishes one event and gives its id, or the entry's error code and message.
    fn put_event(&self, entry: Entry) -> Result<String, (&'static str, String)> {
        let required = |field: Option<String>, name: &str| {
            let reason = format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
            field.filter(|text| !text.is_empty()).ok_or(("InvalidArgument", reason))
        };
        let source = required(entry.source, "Source")?;
        let detail_type = required(entry.detail_type, "DetailType")?;
        let detail = required(entry.detail, "Detail")?;
        let detail = serde_json::from_str::<Value>(&detail)
            .ok()
            .filter(Value::is_object)
            .ok_or(("MalformedDetail", "Detail is malformed.".to_owned()))?;
        let time = time(entry.time.as_ref()).ok_or(("InvalidArgument", "Parameter Time is not valid.".to_owned()))?;
        let bus = bus_name(entry.event_bus_name.as_deref().unwrap_or(DEFAULT_BUS)).to_owned();

        let rules: Vec<_> = {
            let state = lock(&self.state);
            if !state.buses.contains(&bus) {
                return Err(("InvalidArgument", format!("Event bus {bus} does not exist.")));
            }
            state
                .rules
                .iter()
                .filter(|((of, _), rule)| *of == bus && rule.enabled)
                .map(|(_, rule)| rule.clone())
                .collect()
        };
        let id = Uuid::new_v4().to_string();
        let event = json!({
            "version": "0",
            "id": id,
            "detail-type": detail_type,
            "source": source,
            "account": ACCOUNT,
            // EventBridge's times have whole seconds.
            "time": format!("{time:.0}"),
            "region": REGION,
            "resources": entry.resources,
            "detail": detail,
        });
        let matching: Vec<_> = rules.iter().filter(|rule| rule.pattern.matches(&event)).collect();
        if matching.is_empty() {
            self.note_unmatched(Unmatched { time: Timestamp::now(), bus, source, detail_type });
        }
        for rule in matching {
            for target in &rule.targets {
                self.deliver(&event, rule, target);
            }
        }
        Ok(id)
    }

    fn note_unmatched(&self, entry: Unmatched) {
        let Unmatched { time, bus, source, detail_type } = &entry;
        let fields = json!({ "message": "matched no rule", "bus": bus, "source": source, "detail-type": detail_type });
        let line = json!({ "timestamp": time, "level": "WARN", "fields": fields });
        self.log.write("EventBridge", bus, line.to_string());
        lock(&self.state).unmatched.push(entry);
    }

    fn deliver(&self, event: &Value, rule: &Rule, target: &Target) {
        if self.sqs.deliver(name_in_arn(&target.arn), event.to_string(), &[]) {
            return;
        }
        tracing::warn!(rule = rule.arn, target = target.arn, "the target's queue does not exist");
        if let Some(dead_letters) = target.dead_letter_config.as_ref().and_then(|config| config.arn.as_deref()) {
            // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
            let attributes = [
                ("RULE_ARN", rule.arn.as_str()),
                ("TARGET_ARN", target.arn.as_str()),
                ("ERROR_CODE", "NO_RESOURCE"),
                ("ERROR_MESSAGE", "The specified queue does not exist."),
            ];
            self.sqs.deliver(name_in_arn(dead_letters), event.to_string(), &attributes);
        }
    }
}

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

impl Entry {
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/calculate-putevents-entry-size.html>
    fn size(&self) -> usize {
        let texts = [&self.source, &self.detail_type, &self.detail].into_iter().flatten().chain(&self.resources);
        texts.map(String::len).sum::<usize>() + if self.time.is_some() { 14 } else { 0 }
    }
}

fn validation_error(message: &str) -> Value {
    json!({ "__type": "ValidationException", "message": message })
}

/// An entry's time: epoch seconds from the SDKs, RFC 3339 from the command line, now if it has none.
fn time(written: Option<&Value>) -> Option<Timestamp> {
    match written {
        None | Some(Value::Null) => Some(Timestamp::now()),
        Some(Value::String(text)) => text.parse().ok(),
        // EventBridge keeps whole seconds.
        Some(Value::Number(seconds)) => Timestamp::from_second(seconds.as_f64()? as i64).ok(),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests;
