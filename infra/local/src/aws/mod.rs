//! The AWS services of the local stack, each at its own address on 127.0.0.1, speaking its real protocol.
//!
//! In front of every service stands the recorder: it knows a caller by its access key as AWS does, refuses what the
//! caller's IAM policy does not allow, and keeps a record of the call.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

mod callers;
mod calls;
mod dynamodb;
mod events;
mod permissions;
mod policy;
mod recorder;
mod s3;
mod service;
mod ses;
mod sqs;

pub use callers::{Callers, SECRET_ACCESS_KEY};
pub use calls::{Call, Calls};
pub use dynamodb::DynamoDb;
pub use events::EventBridge;
pub use policy::{Need, idle, refused};
pub use s3::S3;
pub use ses::{Mail, Ses, Tracking};
pub use sqs::{Message, Sqs};

use recorder::Recorder;
use service::Service;

/// The region everything local is in.
pub const REGION: &str = "us-east-1";

/// The account everything local belongs to.
pub const ACCOUNT: &str = "000000000000";

/// The bus every account has.
pub const DEFAULT_BUS: &str = "default";

/// All services, started; they stop when the last clone is dropped.
#[derive(Clone)]
pub struct Aws {
    /// Who holds which access key, and what they may do.
    pub callers: Callers,
    /// Every call made so far.
    pub calls: Calls,
    /// DynamoDB.
    pub dynamodb: DynamoDb,
    /// S3.
    pub s3: S3,
    /// SES v2.
    pub ses: Ses,
    /// SQS.
    pub sqs: Sqs,
    /// EventBridge.
    pub events: EventBridge,
    /// Where an AWS client finds the services.
    pub endpoints: Endpoints,
    _running: Arc<JoinSet<()>>,
}

/// The address of each service: `http://127.0.0.1:PORT`.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// DynamoDB.
    pub dynamodb: String,
    /// S3, path-style.
    pub s3: String,
    /// SES v2.
    pub ses: String,
    /// SQS.
    pub sqs: String,
    /// EventBridge.
    pub events: String,
}

/// Why a service did not start, or a resource could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The template asks for something the local services do not have; the text names it.
    #[error("{0}")]
    Unsupported(String),
    /// A folder or a socket failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The embedded database refused.
    #[error("DynamoDB: {0}")]
    Database(String),
}

impl Aws {
    /// Starts every service on a free port of 127.0.0.1.
    ///
    /// `data` is the folder that keeps tables and objects; with `None` everything is forgotten at the end. Queues and
    /// mails live in memory in both cases.
    pub async fn start(data: Option<&Path>) -> Result<Aws, Error> {
        let (dynamodb_listener, dynamodb_url) = listen().await?;
        let (s3_listener, s3_url) = listen().await?;
        let (ses_listener, ses_url) = listen().await?;
        let (sqs_listener, sqs_url) = listen().await?;
        let (events_listener, events_url) = listen().await?;

        let mut running = JoinSet::new();
        let dynamodb = DynamoDb::open(data, &mut running).await?;
        let s3 = S3::open(data)?;
        let sqs = Sqs::new(&sqs_url);
        let events = EventBridge::new(sqs.clone());
        let ses = Ses::new(events.clone());

        let recorder = Recorder::default();
        running.spawn(recorder.serve(dynamodb_listener, Service::DynamoDb(dynamodb.clone())));
        running.spawn(recorder.serve(s3_listener, Service::S3(s3.clone())));
        running.spawn(recorder.serve(ses_listener, Service::Ses(ses.clone())));
        running.spawn(recorder.serve(sqs_listener, Service::Sqs(sqs.clone())));
        running.spawn(recorder.serve(events_listener, Service::EventBridge(events.clone())));

        Ok(Aws {
            callers: recorder.callers,
            calls: recorder.calls,
            dynamodb,
            s3,
            ses,
            sqs,
            events,
            endpoints: Endpoints { dynamodb: dynamodb_url, s3: s3_url, ses: ses_url, sqs: sqs_url, events: events_url },
            _running: Arc::new(running),
        })
    }
}

/// A listener on a free port of 127.0.0.1, and its URL.
async fn listen() -> Result<(TcpListener, String), Error> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

/// Reads a resource's properties; those in `accepted` change nothing locally, and one nobody knows is an error that
/// names it, because a property silently dropped is found out only in production.
fn properties<T: DeserializeOwned>(kind: &str, name: &str, properties: &Value, accepted: &[&str]) -> Result<T, Error> {
    let mut known = properties.as_object().cloned().unwrap_or_else(Map::new);
    known.retain(|property, _| !accepted.contains(&property.as_str()));
    serde_json::from_value(Value::Object(known)).map_err(|error| Error::Unsupported(format!("{kind} {name}: {error}")))
}

/// CloudFormation takes `60` and `"60"` alike for a number, and a parameter's value always arrives as text.
mod lenient {
    use serde::{Deserialize, Deserializer, de::Error};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written<T> {
        Plain(T),
        Text(String),
    }

    pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Plain(number) => Ok(Some(number)),
            Written::Text(text) => text.parse().map(Some).map_err(D::Error::custom),
        }
    }

    pub(super) fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Plain(boolean) => Ok(boolean),
            Written::Text(text) => text.parse().map_err(D::Error::custom),
        }
    }
}

/// The name of a bus from its name or ARN; the names of partners' buses hold slashes.
pub(crate) fn bus_name(name_or_arn: &str) -> &str {
    name_or_arn.split_once(":event-bus/").map_or(name_or_arn, |(_, name)| name)
}

/// The ARN of a rule on a bus.
pub(crate) fn rule_arn(bus: &str, name: &str) -> String {
    let path = if bus == DEFAULT_BUS { name.to_owned() } else { format!("{bus}/{name}") };
    format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{path}")
}

/// The last part of an ARN or a plain name: `arn:aws:sqs:…:mail` and `mail` both name `mail`.
fn name_in_arn(name_or_arn: &str) -> &str {
    if name_or_arn.starts_with("arn:") {
        name_or_arn.rsplit([':', '/']).next().unwrap_or(name_or_arn)
    } else {
        name_or_arn
    }
}

/// A JSON answer with its status, content type and extra headers.
fn json_response(
    status: u16,
    content_type: &'static str,
    headers: &[(&'static str, &str)],
    body: &Value,
) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(request_id) = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()) {
        fields.insert(HeaderName::from_static("x-amzn-requestid"), request_id);
    }
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            fields.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Locks; a panic elsewhere while the lock was held has not left these plain collections half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
