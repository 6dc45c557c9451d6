//! The Lambda Runtime API, which a function's process asks for events and tells answers.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
//!
//! One listener serves all instances: the first segment of the path says which one asks.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State, rejection::BytesRejection},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::{
    error::InvokeError,
    instance::{Instance, Instances},
};

/// The most an event or an answer may hold: 6 MB.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const MAXIMUM_PAYLOAD: usize = 6 * 1024 * 1024;

/// Serves until it is aborted.
pub(super) async fn serve(listener: TcpListener, instances: Instances) {
    let instance = Router::new()
        .route("/invocation/next", get(next))
        .route("/invocation/{request_id}/response", post(response))
        .route("/invocation/{request_id}/error", post(error))
        .route("/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(MAXIMUM_PAYLOAD));
    let router = Router::new().nest("/{instance}/2018-06-01/runtime", instance).with_state(instances);
    let listener = listener.tap_io(|connection| {
        // Turns Nagle's algorithm off: with it, small answers wait for acknowledgements.
        let _ = connection.set_nodelay(true);
    });
    // It ends only when it is aborted.
    let _ = axum::serve(listener, router).await;
}

/// What a function says of its own failure.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorReport {
    error_type: Option<String>,
    error_message: Option<String>,
}

async fn next(State(instances): State<Instances>, Path(id): Path<String>) -> Response {
    let Some(instance) = find(&instances, &id) else { return unknown_instance() };
    let Some(event) = instance.next().await else { return unknown_instance() };
    let headers = [
        ("Lambda-Runtime-Aws-Request-Id", event.request_id),
        ("Lambda-Runtime-Deadline-Ms", event.deadline_ms.to_string()),
        ("Lambda-Runtime-Invoked-Function-Arn", event.function_arn),
        ("Lambda-Runtime-Trace-Id", trace_id()),
        (CONTENT_TYPE.as_str(), "application/json".to_owned()),
    ];
    (headers, event.payload).into_response()
}

async fn response(
    State(instances): State<Instances>,
    Path((id, request_id)): Path<(String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(instance) = find(&instances, &id) else { return unknown_instance() };
    match body {
        Ok(body) => taken(instance.answer(&request_id, Ok(body))),
        Err(_) => {
            let kind = "Function.ResponseSizeTooLarge".to_owned();
            let message =
                format!("Response payload size exceeded maximum allowed payload size ({MAXIMUM_PAYLOAD} bytes).");
            let refusal = refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message);
            instance.answer(&request_id, Err(InvokeError::FunctionError { kind, message }));
            refusal
        }
    }
}

async fn error(
    State(instances): State<Instances>,
    Path((id, request_id)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let Some(instance) = find(&instances, &id) else { return unknown_instance() };
    let (kind, message) = report(&body);
    taken(instance.answer(&request_id, Err(InvokeError::FunctionError { kind, message })))
}

async fn init_error(State(instances): State<Instances>, Path(id): Path<String>, body: Bytes) -> Response {
    let Some(instance) = find(&instances, &id) else { return unknown_instance() };
    let (kind, message) = report(&body);
    instance.init_failed(format!("{kind}: {message}"));
    taken(true)
}

fn find(instances: &Instances, id: &str) -> Option<Arc<Instance>> {
    instances.lock().get(id).cloned()
}

fn report(body: &[u8]) -> (String, String) {
    match serde_json::from_slice::<ErrorReport>(body) {
        Ok(report) => {
            (report.error_type.unwrap_or_else(|| "Unhandled".to_owned()), report.error_message.unwrap_or_default())
        }
        Err(_) => ("Unhandled".to_owned(), String::from_utf8_lossy(body).into_owned()),
    }
}

fn taken(known: bool) -> Response {
    match known {
        true => (StatusCode::ACCEPTED, json_body(&json!({"status": "OK"}))).into_response(),
        false => refusal(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID"),
    }
}

fn unknown_instance() -> Response {
    refusal(StatusCode::FORBIDDEN, "InvalidStateTransition", "This instance has ended")
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response {
    (status, json_body(&json!({"errorType": kind, "errorMessage": message}))).into_response()
}

fn json_body(value: &Value) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], value.to_string())
}

/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>
fn trace_id() -> String {
    let id = Uuid::new_v4().simple().to_string();
    let parent = Uuid::new_v4().simple().to_string();
    format!("Root=1-{:08x}-{};Parent={};Sampled=0", jiff::Timestamp::now().as_second(), &id[..24], &parent[..16])
}
