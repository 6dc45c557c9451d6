//! The routes under `/_local/`: what a developer sees of the stack from outside. They never reach a function.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Map, Value, json};

use crate::{
    aws::{Call, Mail, REGION, SECRET_ACCESS_KEY},
    lambda::{Invocation, LogLine},
    running::Running,
};

/// The routes, to be merged into a router with any state.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(running: Running, endpoints_besides: Besides) -> Router<S> {
    Router::new()
        .route("/_local/mails", get(mails).delete(clear_mails))
        .route("/_local/events", post(publish))
        .route("/_local/endpoints", get(async move |running| endpoints(running, endpoints_besides)))
        .route("/_local/log", get(log))
        .route("/_local/calls", get(calls))
        .route("/_local/invocations", get(invocations))
        .with_state(Arc::new(running))
}

/// Whether a path is kept from the API, whether it has a route here or not.
pub(crate) fn is_local(path: &str) -> bool {
    path.strip_prefix("/_local").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

async fn mails(State(running): State<Arc<Running>>) -> Json<Vec<Mail>> {
    Json(running.aws.ses.mails())
}

async fn clear_mails(State(running): State<Arc<Running>>) -> StatusCode {
    running.aws.ses.clear();
    StatusCode::NO_CONTENT
}

async fn publish(State(running): State<Arc<Running>>, body: String) -> Response {
    // `--entries` takes the list; a whole PutEvents request is understood too.
    let entries = match serde_json::from_str(&body) {
        Ok(Value::Object(mut request)) => request.remove("Entries").unwrap_or_default(),
        Ok(entries) => entries,
        Err(error) => return refusal(&error.to_string()),
    };
    let answer = running.aws.events.put_events(&entries);
    let status = if answer.get("Entries").is_some() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    (status, Json(answer)).into_response()
}

/// What the endpoints' address tells besides.
type Besides = fn(&Running) -> Map<String, Value>;

fn endpoints(State(running): State<Arc<Running>>, besides: Besides) -> Json<Value> {
    let (addresses, description) = (&running.aws.endpoints, &running.description);
    let queues: BTreeMap<&str, String> = description
        .queues
        .iter()
        .map(|queue| (queue.logical_id.as_str(), running.aws.sqs.queue_url(&queue.name)))
        .collect();
    let mut told = json!({
        "dynamodb": addresses.dynamodb,
        "s3": addresses.s3,
        "ses": addresses.ses,
        "sqs": addresses.sqs,
        "events": addresses.events,
        "region": REGION,
        "access_key_id": "operator",
        "secret_access_key": SECRET_ACCESS_KEY,
        "secretsmanager": addresses.secrets,
        "cloudformation": addresses.cloudformation,
        "logs": addresses.logs,
        "sns": addresses.sns,
        "cloudwatch": addresses.cloudwatch,
        "stack": running.stack_name,
        "table": description.tables.first().map(|table| &table.name),
        "bucket": description.buckets.first().map(|bucket| &bucket.name),
        "queues": queues,
        "bus": description.event_bus(),
    });
    if let Some(told) = told.as_object_mut() {
        told.extend(besides(&running));
    }
    Json(told)
}

async fn log(State(running): State<Arc<Running>>) -> Json<Vec<LogLine>> {
    Json(running.lambda.log().lines())
}

async fn calls(State(running): State<Arc<Running>>) -> Json<Vec<Call>> {
    Json(running.aws.calls.all())
}

async fn invocations(State(running): State<Arc<Running>>) -> Json<Vec<Invocation>> {
    Json(running.lambda.invocations())
}

fn refusal(message: &str) -> Response {
    let headers = [(CONTENT_TYPE, "application/json")];
    (StatusCode::BAD_REQUEST, headers, json!({"message": message}).to_string()).into_response()
}
