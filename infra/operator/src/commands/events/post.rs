//! Events over HTTPS, as a booking system without a key of AWS sends them: in tens, signed as Standard Webhooks has it
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>), and again what was not taken.

use std::{error::Error, time::Duration};

use aws_sdk_lambda::{
    config::http::{HttpRequest, HttpResponse},
    primitives::{AggregatedBytes, ByteStream, SdkBody},
};
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::HttpConnector;
use jiff::Timestamp;
use portal_domain::webhook::WebhookSecrets;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{files::Given, put::requests};
use crate::{
    commands::webhook_secret::Kept,
    terminal::{Failure, counted},
};

/// How often a request is made at most, and the wait before the second time, which doubles each time, unless the answer names
/// another one.
const ATTEMPTS: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// How long an answer may take: API Gateway gives up after 30 s.
const PATIENCE: Duration = Duration::from_secs(35);

/// What an event takes in a body besides what it takes in an entry, at most, in bytes.
const AROUND: usize = 32;

/// An event as it is posted.
#[derive(Serialize)]
struct Posted<'a> {
    #[serde(rename = "detail-type")]
    detail_type: &'a str,
    detail: &'a RawValue,
}

/// A refusal, as RFC 9457 has it.
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    title: String,
    #[serde(default)]
    errors: Vec<Fault>,
}

/// What is wrong with an event of the request.
#[derive(Deserialize)]
struct Fault {
    /// Counted from 0.
    index: usize,
    field: String,
    expected: String,
}

/// Where requests go, and what signs them.
struct Webhook<'a> {
    url: &'a str,
    secrets: &'a WebhookSecrets,
    connector: Connector,
}

/// Posts events, one request after the other. Gives for each that was not taken why. What is refused for good ends it: nothing
/// after that is sent.
pub(super) async fn post(kept: &Kept, events: &[&Given]) -> Result<Vec<Option<String>>, Failure> {
    Webhook::new(&kept.url, &kept.secrets).post(events).await
}

impl<'a> Webhook<'a> {
    fn new(url: &'a str, secrets: &'a WebhookSecrets) -> Self {
        Self { url, secrets, connector: Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build() }
    }

    async fn post(&self, events: &[&Given]) -> Result<Vec<Option<String>>, Failure> {
        let mut reasons = Vec::with_capacity(events.len());
        for request in requests(events, AROUND) {
            match self.request(request).await? {
                None => reasons.extend(request.iter().map(|_| None)),
                Some(refused) => {
                    reasons.extend(refused.into_iter().map(Some));
                    break;
                }
            }
        }
        reasons.resize_with(events.len(), || Some("not sent: events before it were not taken".to_owned()));
        Ok(reasons)
    }

    /// One request, again while it may be taken later, by the same id; why each of its events was not taken, if it was not.
    async fn request(&self, events: &[&Given]) -> Result<Option<Vec<String>>, Failure> {
        let posted = |event: &&Given| {
            let detail = serde_json::from_str::<&RawValue>(&event.detail)?;
            serde_json::to_string(&Posted { detail_type: event.text("detail-type"), detail })
        };
        let posted: Result<Vec<String>, _> = events.iter().map(posted).collect();
        let body = format!("[{}]", posted.map_err(|error| Failure::cannot("write JSON", &error))?.join(","));
        let id = format!("msg_{}", Uuid::new_v4().simple());
        let mut wait = FIRST_WAIT;
        let mut attempt = 1;
        loop {
            let (reason, asked_to_wait) = match timeout(PATIENCE, self.answer(&id, &body)).await {
                Ok(Ok(answer)) if answer.status().as_u16() == 202 => return Ok(None),
                Ok(Ok(answer)) if may_be_taken_later(answer.status().as_u16()) => {
                    let seconds = answer.headers().get("retry-after").and_then(|seconds| seconds.parse().ok());
                    (answer.status().to_string(), seconds.map(Duration::from_secs))
                }
                Ok(Ok(answer)) => return Ok(Some(refused(answer, events.len()).await)),
                Ok(Err(_)) => ("no connection".to_owned(), None),
                Err(_) => ("time-out".to_owned(), None),
            };
            if attempt == ATTEMPTS {
                return Ok(Some(vec![reason; events.len()]));
            }
            let pause = asked_to_wait.unwrap_or(wait).min(Duration::from_secs(60));
            let count = counted(events.len(), "event");
            anstream::eprintln!("The webhook did not take {count} ({reason}): again in {} s.", pause.as_secs());
            sleep(pause).await;
            wait *= 2;
            attempt += 1;
        }
    }

    /// Signs it with the present moment, and posts it.
    async fn answer(&self, id: &str, body: &str) -> Result<HttpResponse, Box<dyn Error + Send + Sync>> {
        let timestamp = Timestamp::now().as_second().to_string();
        let signature = self.secrets.sign(id, &timestamp, body.as_bytes());
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("POST")?;
        request.set_uri(self.url)?;
        for (name, value) in [
            ("content-type", "application/json"),
            ("webhook-id", id),
            ("webhook-timestamp", &timestamp),
            ("webhook-signature", &signature),
        ] {
            request.headers_mut().try_insert(name.to_owned(), value.to_owned())?;
        }
        Ok(self.connector.call(request).await?)
    }
}

/// Whether the same request may be taken later.
fn may_be_taken_later(status: u16) -> bool {
    status == 429 || status >= 500
}

/// Why each event of a request was refused: its own faults, or that of the request.
async fn refused(answer: HttpResponse, events: usize) -> Vec<String> {
    let status = answer.status();
    let body = ByteStream::new(answer.into_body()).collect().await.map(AggregatedBytes::into_bytes);
    let problem: Problem = body.ok().and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default();
    let of_event = |index| {
        let faults = problem.errors.iter().filter(|fault| fault.index == index);
        let faults: Vec<String> =
            faults.map(|Fault { field, expected, .. }| format!("{field}: expected {expected}")).collect();
        if faults.is_empty() { format!("{status} {}", problem.title).trim_end().to_owned() } else { faults.join("; ") }
    };
    (0..events).map(of_event).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::{
        Router,
        body::Bytes,
        http::{HeaderMap, StatusCode},
        routing,
    };
    use portal_domain::webhook::Signed;
    use serde_json::{Value, json};

    use super::*;
    use crate::commands::events::files::{Position, given};

    /// A webhook that answers so, one request after the other, and takes those after them; gives the number of events of each
    /// request, and whether it is the one before it again.
    async fn told(answers: &[(u16, Value)], events: usize) -> (Vec<Option<String>>, Vec<(usize, bool)>) {
        let secrets = WebhookSecrets::parse(r#"{"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}"#).unwrap();
        let (answers, seen) = (answers.to_vec(), Arc::new(Mutex::new(Vec::<(usize, String)>::new())));
        let (signed_by, noted) = (secrets.clone(), seen.clone());
        let answer = async move |headers: HeaderMap, body: Bytes| {
            let header = |name: &str| headers[name].to_str().unwrap();
            let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
            let signed = Signed { id, timestamp, signatures: header("webhook-signature") };
            assert_eq!(signed_by.verify(&signed, &body, Timestamp::now()), Ok(()));
            let events: Vec<Value> = serde_json::from_slice(&body).unwrap();
            let mut noted = noted.lock().unwrap();
            noted.push((events.len(), id.to_owned()));
            let (status, told) = answers.get(noted.len() - 1).cloned().unwrap_or((202, json!({})));
            (StatusCode::from_u16(status).unwrap(), [("retry-after", "0")], told.to_string())
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        let router = Router::new().route("/events", routing::post(answer));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let event = |i| given(Position { file: "-".into(), index: i }, json!({"booking": i}), None, Timestamp::now());
        let events: Vec<Given> = (0..events).map(event).collect();
        let reasons = Webhook::new(&url, &secrets).post(&events.iter().collect::<Vec<_>>()).await.unwrap();
        let seen = seen.lock().unwrap();
        let ids: Vec<&String> = seen.iter().map(|(_, id)| id).collect();
        let again = |i: usize| i > 0 && ids[i] == ids[i - 1];
        (reasons, seen.iter().enumerate().map(|(i, (count, _))| (*count, again(i))).collect())
    }

    #[tokio::test]
    async fn what_may_be_taken_later_is_posted_again_by_the_same_id_and_what_is_refused_for_good_ends_it() {
        let late = |status: u16| (status, json!({"message": "Too Many Requests"}));
        let (reasons, requests) = told(&[late(503), late(429), late(202), late(500)], 12).await;
        assert_eq!(reasons, vec![None; 12]);
        assert_eq!(requests, [(10, false), (10, true), (10, true), (2, false), (2, true)]);

        let (reasons, requests) = told(&[late(503), late(503), late(503), late(503), late(503)], 12).await;
        assert_eq!((requests.len(), reasons[0].as_deref()), (ATTEMPTS as usize, Some("503")));

        let faults = json!({"title": "Not as the contract says", "errors": [
            {"index": 1, "field": "booking.status", "expected": "one of pending"},
            {"index": 1, "field": "booking.carts", "expected": "a list"}]});
        let unsigned = json!({"title": "Not signed"});
        for (status, told_by, first, second) in [
            (
                422,
                &faults,
                "422 Not as the contract says",
                "booking.status: expected one of pending; booking.carts: expected a list",
            ),
            (401, &unsigned, "401 Not signed", "401 Not signed"),
            (413, &json!("?"), "413", "413"),
        ] {
            let (reasons, requests) = told(&[(status, told_by.clone())], 12).await;
            assert_eq!(requests, [(10, false)], "{status}");
            let reasons: Vec<String> = reasons.into_iter().map(Option::unwrap).collect();
            assert_eq!((reasons[0].as_str(), reasons[1].as_str()), (first, second));
            assert!(reasons[10].starts_with("not sent"), "{reasons:?}");
        }
    }
}
