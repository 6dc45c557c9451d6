//! The portal's routes under `/_local/`: the page with the inbox, mails as their readers see them, and samples.

use axum::{
    Extension, Router,
    extract::{Path, Query},
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use sam_emulator::Running;
use serde::Deserialize;
use serde_json::json;

use crate::{
    demo::{self, DemoCustomer, Sample},
    inbox::{self, Inbox},
    webhook::Webhook,
};

/// A mail brings its own styles and pictures; nothing in it runs, and its links open beside the inbox.
const MAIL_POLICY: &str = "default-src 'none'; img-src data: http: https:; style-src 'unsafe-inline'; \
     sandbox allow-popups allow-popups-to-escape-sandbox";

/// Who can be signed in with a click; nobody without the demo.
type Customers = &'static [&'static DemoCustomer];

/// The routes, to run beside the emulator's own.
pub(crate) fn router(customers: Customers) -> Router {
    Router::new()
        .route("/_local", get(|| async { Redirect::permanent("/_local/") }))
        .route("/_local/", get(page))
        .route("/_local/mails/{id}", get(mail))
        .route("/_local/clear", post(clear))
        .route("/_local/samples/{name}", post(publish_sample))
        .layer(Extension(customers))
}

#[derive(Deserialize)]
struct Published {
    published: Option<String>,
}

/// The page is not cached, so that whoever comes back from the portal sees the newest mail.
async fn page(
    Extension(running): Extension<Running>,
    Extension(customers): Extension<Customers>,
    Query(query): Query<Published>,
) -> Response {
    let webhook = Webhook::of(&running);
    let page = inbox::page(&Inbox {
        mails: &running.aws.ses.mails(),
        customers,
        published: query.published.as_deref().and_then(Sample::of),
        unmatched: &running.aws.events.unmatched(),
        webhook: webhook.as_ref(),
        portal_url: running.url(),
        now: Timestamp::now(),
    });
    ([(CACHE_CONTROL, "no-store")], Html(page.into_string())).into_response()
}

async fn clear(Extension(running): Extension<Running>) -> Redirect {
    running.aws.ses.clear();
    Redirect::to("/_local/")
}

async fn mail(Extension(running): Extension<Running>, Path(id): Path<String>) -> Response {
    match running.aws.ses.mails().into_iter().find(|mail| mail.id == id) {
        Some(mail) => ([(CONTENT_SECURITY_POLICY, MAIL_POLICY)], Html(opening_links_apart(&mail.html))).into_response(),
        None => not_found(),
    }
}

async fn publish_sample(Extension(running): Extension<Running>, Path(detail_type): Path<String>) -> Response {
    let description = &running.description;
    let (Some(sample), Some(bucket)) = (Sample::of(&detail_type), description.buckets.first()) else {
        return not_found();
    };
    let published = async {
        let demo = sample.demo(running.started_at, Timestamp::now())?;
        demo::publish(&running.aws, description.event_bus(), &bucket.name, demo).await
    };
    match published.await {
        Ok(()) => Redirect::to(&format!("/_local/?published={detail_type}")).into_response(),
        Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn not_found() -> Response {
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
