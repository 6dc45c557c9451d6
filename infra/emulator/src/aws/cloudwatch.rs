//! CloudWatch: DescribeAlarms, over Smithy's RPC v2 protocol with CBOR. No alarm is evaluated.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>
//! <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>

use std::sync::{Arc, Mutex};

use axum::{
    body::Bytes,
    http::{HeaderName, HeaderValue, Request, Response, StatusCode, header},
};
use ciborium::Value as Cbor;
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    lock::lock,
    names::{ACCOUNT, REGION},
};

/// CloudWatch.
#[derive(Clone, Default)]
pub struct CloudWatch {
    alarms: Arc<Mutex<Vec<Alarm>>>,
}

/// An alarm. Its CloudFormation properties have the names that the API gives them.
struct Alarm {
    name: String,
    is_composite: bool,
    properties: Value,
    created_at: Timestamp,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeAlarms {
    #[serde(default)]
    alarm_names: Vec<String>,
    alarm_name_prefix: Option<String>,
    #[serde(default)]
    alarm_types: Vec<AlarmType>,
    state_value: Option<String>,
    max_records: Option<usize>,
    next_token: Option<String>,
}

#[derive(Deserialize, PartialEq)]
enum AlarmType {
    MetricAlarm,
    CompositeAlarm,
}

/// The state of every alarm.
const STATE: &str = "INSUFFICIENT_DATA";
const STATE_REASON: &str = "The local stack evaluates no alarms";

impl CloudWatch {
    /// Makes an alarm from its CloudFormation properties.
    pub fn put_metric_alarm(&self, name: &str, alarm: &Value) {
        self.put(name, alarm, false);
    }

    /// Makes a composite alarm from its CloudFormation properties.
    pub fn put_composite_alarm(&self, name: &str, alarm: &Value) {
        self.put(name, alarm, true);
    }

    fn put(&self, name: &str, alarm: &Value, is_composite: bool) {
        let (name, properties) = (name.to_owned(), alarm.clone());
        lock(&self.alarms).push(Alarm { name, is_composite, properties, created_at: Timestamp::now() });
    }

    pub(super) fn access_denied(message: &str) -> Response<Bytes> {
        fault(StatusCode::FORBIDDEN, "com.amazon.coral.service#AccessDeniedException", "AccessDenied", message)
    }

    pub(super) fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let bad = |shape, code, message: &str| fault(StatusCode::BAD_REQUEST, shape, code, message);
        let invalid = |message: &str| bad("com.amazon.coral.service#ValidationError", "ValidationError", message);
        let action = action(request);
        if action != "DescribeAlarms" {
            let message = format!("{action} is not known locally");
            return bad("com.amazon.coral.service#UnknownOperationException", "UnknownOperationException", &message);
        }
        let input: DescribeAlarms = match input(request) {
            Ok(input) => input,
            Err(error) => return invalid(&error),
        };
        if !input.alarm_names.is_empty() && input.alarm_name_prefix.is_some() {
            return invalid("AlarmNamePrefix and AlarmNames cannot both be specified");
        }
        let most = input.max_records.unwrap_or(50);
        if !(1..=100).contains(&most) {
            return invalid("MaxRecords is 1 to 100");
        }
        // The token is the number of the alarms that came before.
        let Ok(start) = input.next_token.as_deref().map_or(Ok(0), str::parse::<usize>) else {
            return bad("com.amazonaws.cloudwatch#InvalidNextToken", "InvalidNextToken", "The next token is invalid");
        };
        let alarms = lock(&self.alarms);
        let asked: Vec<_> = alarms.iter().filter(|alarm| input.asks_for(alarm)).collect();
        let end = start.saturating_add(most);
        let page = |is_composite| {
            let page = asked.iter().skip(start).take(most).filter(|alarm| alarm.is_composite == is_composite);
            Cbor::Array(page.map(|alarm| alarm.shown()).collect())
        };
        let mut output = vec![member("MetricAlarms", page(false)), member("CompositeAlarms", page(true))];
        if end < asked.len() {
            output.push(member("NextToken", end.to_string()));
        }
        respond(StatusCode::OK, output)
    }
}

impl DescribeAlarms {
    fn asks_for(&self, alarm: &Alarm) -> bool {
        let is_type_asked = if alarm.is_composite {
            self.alarm_types.contains(&AlarmType::CompositeAlarm)
        } else {
            self.alarm_types.is_empty() || self.alarm_types.contains(&AlarmType::MetricAlarm)
        };
        is_type_asked
            && (self.alarm_names.is_empty() || self.alarm_names.contains(&alarm.name))
            && self.alarm_name_prefix.as_ref().is_none_or(|prefix| alarm.name.starts_with(prefix))
            && self.state_value.as_ref().is_none_or(|state| state == STATE)
    }
}

impl Alarm {
    fn shown(&self) -> Cbor {
        let updated = || Cbor::Tag(EPOCH_SECONDS, Box::new(Cbor::Float(self.created_at.as_duration().as_secs_f64())));
        let mut members = vec![
            member("AlarmName", self.name.as_str()),
            member("AlarmArn", alarm_arn(&self.name)),
            member("AlarmConfigurationUpdatedTimestamp", updated()),
            member("StateValue", STATE),
            member("StateReason", STATE_REASON),
            member("StateUpdatedTimestamp", updated()),
        ];
        if self.properties["ActionsEnabled"].is_null() {
            members.push(member("ActionsEnabled", true));
        }
        let properties = self.properties.as_object().into_iter().flatten();
        let others = properties.filter(|(name, _)| !["AlarmName", "Tags"].contains(&name.as_str()));
        members.extend(others.map(|(name, value)| member(name, typed(name, value))));
        Cbor::Map(members)
    }
}

/// The ARN of an alarm.
pub(crate) fn alarm_arn(name: &str) -> String {
    format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}")
}

/// The names of alarms that a request asks for.
pub(super) fn alarm_names(request: &Request<Bytes>) -> Vec<String> {
    input::<DescribeAlarms>(request).unwrap_or_default().alarm_names
}

/// The action that a request's path names.
pub(super) fn action(request: &Request<Bytes>) -> &str {
    request.uri().path().rsplit_once("/operation/").map_or("Unknown", |(_, action)| action)
}

/// The tag of a moment in seconds since 1970 (RFC 8949 §3.4.2).
const EPOCH_SECONDS: u64 = 1;

/// A property in the type that the API gives it, whether the template writes it as that or as text.
fn typed(name: &str, value: &Value) -> Cbor {
    let text = value.as_str();
    match value {
        Value::Array(values) => Cbor::Array(values.iter().map(|value| typed(name, value)).collect()),
        Value::Object(fields) => {
            Cbor::Map(fields.iter().map(|(name, value)| member(name, typed(name, value))).collect())
        }
        _ => match name {
            "Threshold" => value.as_f64().or_else(|| text?.parse().ok()).map_or(Cbor::Null, Cbor::Float),
            "Period" | "EvaluationPeriods" | "DatapointsToAlarm" => {
                value.as_i64().or_else(|| text?.parse().ok()).map_or(Cbor::Null, Cbor::from)
            }
            "ActionsEnabled" | "ReturnData" => {
                value.as_bool().or_else(|| text?.parse().ok()).map_or(Cbor::Null, Cbor::Bool)
            }
            _ => Cbor::serialized(value).unwrap_or(Cbor::Null),
        },
    }
}

fn member(name: &str, value: impl Into<Cbor>) -> (Cbor, Cbor) {
    (name.into(), value.into())
}

fn input<T: DeserializeOwned>(request: &Request<Bytes>) -> Result<T, String> {
    ciborium::from_reader(request.body().as_ref()).map_err(|error| error.to_string())
}

/// An error, and in a header the code that the query protocol had.
fn fault(status: StatusCode, shape: &str, code: &str, message: &str) -> Response<Bytes> {
    let mut response = respond(status, vec![member("__type", shape), member("message", message)]);
    if let Ok(error) = HeaderValue::from_str(&format!("{code};Sender")) {
        response.headers_mut().insert(HeaderName::from_static("x-amzn-query-error"), error);
    }
    response
}

fn respond(status: StatusCode, members: Vec<(Cbor, Cbor)>) -> Response<Bytes> {
    let mut body = Vec::new();
    if let Err(error) = ciborium::into_writer(&Cbor::Map(members), &mut body) {
        tracing::error!(%error, "an answer that is no CBOR");
    }
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/cbor"));
    headers.insert(HeaderName::from_static("smithy-protocol"), HeaderValue::from_static("rpc-v2-cbor"));
    response
}
