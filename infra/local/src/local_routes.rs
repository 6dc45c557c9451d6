//! The routes under `/_local/`: what a developer sees of the stack from outside. They never reach a function.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    aws::{Aws, Call, Mail, REGION, SECRET_ACCESS_KEY},
    demo::{self, DemoCustomer, Sample},
    inbox::{self, Inbox},
    lambda::{Invocation, Lambda, LogLine},
    template::{Description, STACK_NAME},
};

/// A mail brings its own styles and pictures; nothing in it runs, and its links open beside the inbox.
const MAIL_POLICY: &str = "default-src 'none'; img-src data: http: https:; style-src 'unsafe-inline'; \
     sandbox allow-popups allow-popups-to-escape-sandbox";

/// What the routes show.
pub(crate) struct Local {
    pub(crate) aws: Aws,
    pub(crate) lambda: Lambda,
    pub(crate) description: Description,
    /// The portal's origin.
    pub(crate) url: String,
    /// When the stack started, and with it the demo.
    pub(crate) started_at: Timestamp,
    /// Who can be signed in with a click; nobody without the demo.
    pub(crate) customers: &'static [&'static DemoCustomer],
}

/// The routes, to be merged into a router with any state.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(local: Local) -> Router<S> {
    Router::new()
        .route("/_local", get(|| async { Redirect::permanent("/_local/") }))
        .route("/_local/", get(page))
        .route("/_local/mails", get(mails).delete(clear_mails))
        .route("/_local/mails/{id}", get(mail))
        .route("/_local/clear", post(clear))
        .route("/_local/events", post(publish))
        .route("/_local/samples/{name}", post(publish_sample))
        .route("/_local/endpoints", get(endpoints))
        .route("/_local/log", get(log))
        .route("/_local/calls", get(calls))
        .route("/_local/invocations", get(invocations))
        .route("/_local/{*unknown}", get(not_found).fallback(not_found))
        .with_state(Arc::new(local))
}

#[derive(Deserialize)]
struct Published {
    published: Option<String>,
}

/// The page is not cached, so that whoever comes back from the portal sees the newest mail.
async fn page(State(local): State<Arc<Local>>, Query(query): Query<Published>) -> Response {
    let page = inbox::page(&Inbox {
        mails: &local.aws.ses.mails(),
        customers: local.customers,
        published: query.published.as_deref().and_then(Sample::of),
        unmatched: &local.aws.events.unmatched(),
        portal_url: &local.url,
        now: Timestamp::now(),
    });
    ([(CACHE_CONTROL, "no-store")], Html(page.into_string())).into_response()
}

async fn mails(State(local): State<Arc<Local>>) -> Json<Vec<Mail>> {
    Json(local.aws.ses.mails())
}

async fn clear_mails(State(local): State<Arc<Local>>) -> StatusCode {
    local.aws.ses.clear();
    StatusCode::NO_CONTENT
}

async fn clear(State(local): State<Arc<Local>>) -> Redirect {
    local.aws.ses.clear();
    Redirect::to("/_local/")
}

async fn mail(State(local): State<Arc<Local>>, Path(id): Path<String>) -> Response {
    match local.aws.ses.mails().into_iter().find(|mail| mail.id == id) {
        Some(mail) => ([(CONTENT_SECURITY_POLICY, MAIL_POLICY)], Html(opening_links_apart(&mail.html))).into_response(),
        None => not_found().await,
    }
}

async fn publish(State(local): State<Arc<Local>>, body: String) -> Response {
    // `--entries` takes the list; a whole PutEvents request is understood too.
    let entries = match serde_json::from_str(&body) {
        Ok(Value::Object(mut request)) => request.remove("Entries").unwrap_or_default(),
        Ok(entries) => entries,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let answer = local.aws.events.put_events(&entries);
    let status = if answer.get("Entries").is_some() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    (status, Json(answer)).into_response()
}

async fn publish_sample(State(local): State<Arc<Local>>, Path(detail_type): Path<String>) -> Response {
    let (Some(sample), Some(bucket)) = (Sample::of(&detail_type), local.description.buckets.first()) else {
        return not_found().await;
    };
    let published = async {
        let demo = sample.demo(local.started_at, Timestamp::now())?;
        demo::publish(&local.aws, local.description.bookings_bus(), &bucket.name, demo).await
    };
    match published.await {
        Ok(()) => Redirect::to(&format!("/_local/?published={detail_type}")).into_response(),
        Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn endpoints(State(local): State<Arc<Local>>) -> Json<Value> {
    let (addresses, description) = (&local.aws.endpoints, &local.description);
    let queues: BTreeMap<&str, String> = description
        .queues
        .iter()
        .map(|queue| (queue.logical_id.as_str(), local.aws.sqs.queue_url(&queue.name)))
        .collect();
    Json(json!({
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
        "stack": STACK_NAME,
        "table": description.tables.first().map(|table| &table.name),
        "bucket": description.buckets.first().map(|bucket| &bucket.name),
        "queues": queues,
        "bus": description.bookings_bus(),
    }))
}

async fn log(State(local): State<Arc<Local>>) -> Json<Vec<LogLine>> {
    Json(local.lambda.log().lines())
}

async fn calls(State(local): State<Arc<Local>>) -> Json<Vec<Call>> {
    Json(local.aws.calls.all())
}

async fn invocations(State(local): State<Arc<Local>>) -> Json<Vec<Invocation>> {
    Json(local.lambda.invocations())
}

async fn not_found() -> Response {
    refusal(StatusCode::NOT_FOUND, "Not Found")
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], json!({"message": message}).to_string()).into_response()
}

/// The mail with `<base target=_blank>` in its head.
fn opening_links_apart(html: &str) -> String {
    let head_end =
        html.to_ascii_lowercase().find("<head").and_then(|head| Some(head + html.get(head..)?.find('>')? + 1));
    let (before, after) = html.split_at(head_end.unwrap_or(0));
    format!("{before}<base target=\"_blank\">{after}")
}
