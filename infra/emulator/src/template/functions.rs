//! SAM functions: globals merged in, events turned into routes and queue sources, policies into one list of statements.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::TemplateError,
    resources::Resource,
    yaml::{Node, scalar_text},
};

/// A function of the template.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its key in the template; the local stack names it so.
    pub logical_id: String,
    /// Its name on AWS.
    pub name: String,
    /// The file name of its executable.
    pub binary: String,
    /// What Lambda would call in it.
    pub handler: String,
    /// Its own environment variables.
    pub environment: BTreeMap<String, String>,
    /// How long one event may take.
    pub timeout: Duration,
    /// Its memory in MB; told to the function, not enforced.
    pub memory_mb: u64,
    /// `JSON` or `Text`.
    pub log_format: String,
    /// The least level its logger writes, for the format `JSON`.
    pub log_level: Option<String>,
    /// Where its log goes.
    pub log_group: String,
    /// The ARN of its role, where the template names one; else SAM makes one of its policies.
    pub role: Option<String>,
    /// What it may do on AWS: an array of IAM policy statements.
    pub policy: Value,
    /// How many instances there may be at most.
    pub reserved_concurrency: Option<usize>,
    /// Its routes of the HTTP API.
    pub routes: Vec<Route>,
    /// The queues it works on.
    pub queues: Vec<QueueSource>,
}

/// A route of the HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `$default`: whatever no other route matches.
    Default,
    /// A method (`ANY` for every one) and a path such as `/orders/{id}`.
    Path {
        /// In capitals.
        method: String,
        /// Beginning with a slash.
        path: String,
    },
}

impl Route {
    /// The route key as API Gateway writes it: `GET /sign-in` or `$default`.
    pub fn key(&self) -> String {
        match self {
            Self::Default => "$default".to_owned(),
            Self::Path { method, path } => format!("{method} {path}"),
        }
    }
}

/// A queue whose messages invoke a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSource {
    /// The queue's name.
    pub queue: String,
    /// Messages in one event, at most.
    pub batch_size: usize,
    /// How long a batch may gather.
    pub batching_window: Duration,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Whether the function reports which messages of a batch failed.
    pub reports_batch_item_failures: bool,
    /// Batches at work at the same time, at most.
    pub maximum_concurrency: Option<usize>,
}

/// Reads a function whose properties are resolved.
pub(super) fn function(resource: &Resource, node: &Node, globals: &Value) -> Result<Function, TemplateError> {
    let logical_id = &resource.logical_id;
    let refused = |message: String| TemplateError::at(node.line, format!("{logical_id}: {message}"));
    let properties: Properties = serde_json::from_value(merged(globals.clone(), resource.properties.clone()))
        .map_err(|error| refused(error.to_string()))?;
    if let Some(name) = properties.others.keys().find(|name| !WITHOUT_EFFECT_HERE.contains(&name.as_str())) {
        return Err(refused(format!("the local stack does not know the property {name}")));
    }

    let mut routes = Vec::new();
    let mut queues = Vec::new();
    for (name, event) in properties.events {
        let properties = event.properties.unwrap_or_else(|| json!({}));
        let wrong = |error: serde_json::Error| refused(format!("the event {name}: {error}"));
        match event.kind.as_str() {
            "HttpApi" => {
                let event = serde_json::from_value(properties).map_err(wrong)?;
                routes.push(route(event).map_err(|message| refused(format!("the event {name}: {message}")))?);
            }
            "SQS" => {
                let event = serde_json::from_value(properties).map_err(wrong)?;
                queues.push(queue_source(&event).map_err(|message| refused(format!("the event {name}: {message}")))?);
            }
            kind => return Err(refused(format!("the local stack does not know the event type {kind}"))),
        }
    }

    // Events come sorted by name, which puts the route for everything else anywhere.
    routes.sort_by_key(|route| *route == Route::Default);
    let logging = properties.logging_config.unwrap_or_default();
    Ok(Function {
        logical_id: logical_id.clone(),
        name: resource.name.clone(),
        binary: binary(node)?.unwrap_or_else(|| snake_case(logical_id)),
        handler: properties.handler.unwrap_or_else(|| "bootstrap".to_owned()),
        environment: environment(properties.environment.variables).map_err(refused)?,
        timeout: Duration::from_secs(properties.timeout.unwrap_or(3)),
        memory_mb: properties.memory_size.unwrap_or(128),
        log_format: logging.log_format.unwrap_or_else(|| "Text".to_owned()),
        log_level: logging.application_log_level,
        log_group: logging.log_group.unwrap_or_else(|| format!("/aws/lambda/{}", resource.name)),
        role: properties.role,
        policy: Value::Array(statements(properties.policies).map_err(refused)?),
        reserved_concurrency: properties.reserved_concurrent_executions,
        routes,
        queues,
    })
}

/// What says how a function is built and deployed, and changes nothing for a binary that is already there.
const WITHOUT_EFFECT_HERE: [&str; 11] = [
    "Architectures",
    "AutoPublishAlias",
    "CodeUri",
    "DeploymentPreference",
    "Description",
    "EphemeralStorage",
    "FunctionName",
    "PermissionsBoundary",
    "Runtime",
    "Tags",
    "Tracing",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    handler: Option<String>,
    timeout: Option<u64>,
    memory_size: Option<u64>,
    reserved_concurrent_executions: Option<usize>,
    logging_config: Option<LoggingConfig>,
    #[serde(default)]
    environment: Environment,
    role: Option<String>,
    #[serde(default)]
    policies: Value,
    #[serde(default)]
    events: BTreeMap<String, Event>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LoggingConfig {
    log_format: Option<String>,
    application_log_level: Option<String>,
    log_group: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Environment {
    #[serde(default)]
    variables: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Event {
    #[serde(rename = "Type")]
    kind: String,
    properties: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct HttpApiEvent {
    #[serde(rename = "ApiId")]
    _api_id: Option<String>,
    path: Option<String>,
    method: Option<String>,
    payload_format_version: Option<String>,
    #[serde(rename = "RouteSettings")]
    _route_settings: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SqsEvent {
    queue: String,
    batch_size: Option<usize>,
    maximum_batching_window_in_seconds: Option<u64>,
    enabled: Option<bool>,
    #[serde(default)]
    function_response_types: Vec<String>,
    #[serde(default)]
    scaling_config: ScalingConfig,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ScalingConfig {
    maximum_concurrency: Option<usize>,
}

/// Merges as SAM does: maps key by key, lists one after the other, anything else by the function's own value.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>
fn merged(globals: Value, own: Value) -> Value {
    match (globals, own) {
        (Value::Object(mut globals), Value::Object(own)) => {
            for (key, value) in own {
                let value = match globals.remove(&key) {
                    Some(global) => merged(global, value),
                    None => value,
                };
                globals.insert(key, value);
            }
            Value::Object(globals)
        }
        (Value::Array(mut globals), Value::Array(own)) => {
            globals.extend(own);
            Value::Array(globals)
        }
        (_, own) => own,
    }
}

fn route(event: HttpApiEvent) -> Result<Route, String> {
    if event.payload_format_version.as_deref().is_some_and(|version| version != "2.0") {
        return Err("the local stack knows the payload format 2.0 only".to_owned());
    }
    match (event.method, event.path) {
        (None, None) => Ok(Route::Default),
        (Some(method), Some(path)) if path.starts_with('/') => Ok(Route::Path { method: method.to_uppercase(), path }),
        _ => Err("a route has both a method and a path beginning with /, or neither".to_owned()),
    }
}

fn queue_source(event: &SqsEvent) -> Result<QueueSource, String> {
    let Some(queue) = event.queue.strip_prefix("arn:aws:sqs:").and_then(|arn| arn.rsplit(':').next()) else {
        return Err(format!("Queue should be the ARN of a queue, not {}", event.queue));
    };
    let batch_size = event.batch_size.unwrap_or(10);
    let window = event.maximum_batching_window_in_seconds.unwrap_or(0);
    if batch_size == 0 || (batch_size > 10 && window == 0) {
        return Err("BatchSize is 1 to 10, or more with a MaximumBatchingWindowInSeconds".to_owned());
    }
    if event.scaling_config.maximum_concurrency.is_some_and(|most| !(2..=1000).contains(&most)) {
        return Err("MaximumConcurrency is 2 to 1000".to_owned());
    }
    if let Some(other) = event.function_response_types.iter().find(|name| *name != "ReportBatchItemFailures") {
        return Err(format!("the local stack does not know the response type {other}"));
    }
    Ok(QueueSource {
        queue: queue.to_owned(),
        batch_size,
        batching_window: Duration::from_secs(window),
        enabled: event.enabled.unwrap_or(true),
        reports_batch_item_failures: !event.function_response_types.is_empty(),
        maximum_concurrency: event.scaling_config.maximum_concurrency,
    })
}

fn environment(variables: BTreeMap<String, Value>) -> Result<BTreeMap<String, String>, String> {
    variables
        .into_iter()
        .map(|(name, value)| match value {
            Value::Array(_) | Value::Object(_) => Err(format!("the variable {name} should be a text")),
            scalar => Ok((name, scalar_text(&scalar))),
        })
        .collect()
}

/// The statements of one policy document, or of several.
pub(super) fn statements(policies: Value) -> Result<Vec<Value>, String> {
    let documents = match policies {
        Value::Null => Vec::new(),
        Value::Array(documents) => documents,
        document => vec![document],
    };
    let mut statements = Vec::new();
    for mut document in documents {
        match document.get_mut("Statement").map(Value::take) {
            Some(Value::Array(several)) => statements.extend(several),
            Some(one @ Value::Object(_)) => statements.push(one),
            _ => return Err(format!("the local stack reads policies with a Statement only, not {document}")),
        }
    }
    Ok(statements)
}

fn binary(node: &Node) -> Result<Option<String>, TemplateError> {
    let properties = node.get("Metadata").and_then(|metadata| metadata.get("BuildProperties"));
    properties.and_then(|properties| properties.get("Binary")).map(Node::text).transpose()
}

fn snake_case(logical_id: &str) -> String {
    let mut name = String::new();
    for character in logical_id.chars() {
        if character.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(character.to_ascii_lowercase());
    }
    name
}
