//! A server that answers as AWS does, by recorded replies after the samples of AWS's API references.

use std::{fs, path::Path, time::Duration};

use axum::{
    body::Bytes,
    http::{HeaderMap, Response, StatusCode, Uri},
};
use ciborium::Value as Cbor;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};

/// What AWS says otherwise than in the replies. An action is one such as `GetAccount`, or with what it is about,
/// `DescribeRule.portal-bookings`.
#[derive(Clone, Default)]
pub(crate) struct World {
    /// Texts of the replies to an action, which must be there, and what they are instead.
    pub(crate) edits: Vec<(&'static str, &'static str, &'static str)>,
    /// What the caller may not do.
    pub(crate) denied: Vec<&'static str>,
    /// What is about something that does not exist.
    pub(crate) missing: Vec<&'static str>,
    /// What is not answered at all.
    pub(crate) silent: Vec<&'static str>,
    /// How many hours ago, and a minute, each log got its only line.
    pub(crate) hours: i64,
}

/// What a denial says besides its code, which nobody should see.
pub(crate) const MESSAGE: &str = "User: arn:aws:iam::123456789012:user/ana@example.com is not authorized";

/// A running server.
pub(crate) struct Aws {
    pub(crate) url: String,
    server: JoinHandle<()>,
}

impl Drop for Aws {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Aws {
    pub(crate) async fn of(world: World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let world = world.clone();
            async move { world.answer(&Question::of(&uri, &headers, &body)).await }
        });
        Self { url, server: tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }) }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Protocol {
    Query,
    Json,
    Rest,
    Cbor,
}

/// What was asked.
struct Question {
    protocol: Protocol,
    action: String,
    /// What it is about, if there is more than one of a kind.
    about: String,
    input: Value,
}

impl Question {
    fn of(uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Self {
        let path: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
        if let Some(target) = headers.get("x-amz-target") {
            let action = target.to_str().unwrap().rsplit('.').next().unwrap().to_owned();
            let input: Value = serde_json::from_slice(body).unwrap();
            let about = ["Name", "Rule", "QueueUrl"].iter().find_map(|name| input[name].as_str()).unwrap_or_default();
            let about = about.rsplit('/').next().unwrap().to_owned();
            return Self { protocol: Protocol::Json, action, about, input };
        }
        let (protocol, action, about) = match path[..] {
            [""] => {
                let body = std::str::from_utf8(body).unwrap();
                (Protocol::Query, body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap(), "")
            }
            ["service", "GraniteServiceVersion20100801", "operation", action] => (Protocol::Cbor, action, ""),
            ["v2", "email", "account"] => (Protocol::Rest, "GetAccount", ""),
            ["v2", "email", "identities", identity] => (Protocol::Rest, "GetEmailIdentity", identity),
            ["v2", "email", "configuration-sets", name] => (Protocol::Rest, "GetConfigurationSet", name),
            ["2016-08-19", "account-settings"] => (Protocol::Rest, "GetAccountSettings", ""),
            ["2015-03-31", "functions", name, "configuration"] => (Protocol::Rest, "GetFunctionConfiguration", name),
            ["2015-03-31", "event-source-mappings"] => {
                let query = uri.query().unwrap();
                (Protocol::Rest, "ListEventSourceMappings", query.rsplit("FunctionName=").next().unwrap())
            }
            _ => panic!("no reply to {uri}"),
        };
        let about = about.replace("%40", "@");
        Self { protocol, action: action.to_owned(), about, input: Value::Null }
    }

    /// Whether an action is this one, with or without what it is about.
    fn is(&self, action: &str) -> bool {
        action == self.action || action == format!("{}.{}", self.action, self.about)
    }
}

impl World {
    async fn answer(&self, question: &Question) -> Response<axum::body::Body> {
        let is_among = |actions: &[&str]| actions.iter().any(|action| question.is(action));
        if is_among(&self.silent) {
            sleep(Duration::from_secs(60)).await;
        }
        if is_among(&self.denied) {
            let code = if question.action == "ListSubscriptionsByTopic" {
                "AuthorizationError"
            } else {
                "AccessDeniedException"
            };
            return fault(question.protocol, StatusCode::FORBIDDEN, code, MESSAGE);
        }
        if is_among(&self.missing) {
            let code = match (question.protocol, question.action.as_str()) {
                (_, "GetQueueAttributes") => "com.amazonaws.sqs#QueueDoesNotExist",
                (Protocol::Query, _) => "NotFound",
                (_, "GetEmailIdentity" | "GetConfigurationSet") => "NotFoundException",
                _ => "ResourceNotFoundException",
            };
            return fault(question.protocol, StatusCode::NOT_FOUND, code, "there is no such thing");
        }
        let text = self.reply(question);
        match question.protocol {
            Protocol::Query => respond(StatusCode::OK, "text/xml", None, text.into()),
            Protocol::Json => respond(StatusCode::OK, "application/x-amz-json-1.1", None, text.into()),
            Protocol::Rest => respond(StatusCode::OK, "application/json", None, text.into()),
            Protocol::Cbor => {
                respond(StatusCode::OK, "application/cbor", None, cbor(&serde_json::from_str(&text).unwrap()))
            }
        }
    }

    /// The recorded reply, with what is otherwise in this world.
    fn reply(&self, question: &Question) -> String {
        let Question { action, about, input, .. } = question;
        let mut name = format!("{action}.{about}");
        if action == "FilterLogEvents" {
            let at = jiff::Timestamp::now().as_millisecond() - self.hours * 3_600_000 - 60_000;
            let asked = input["startTime"].as_i64().unwrap()..=input["endTime"].as_i64().unwrap();
            // A log is searched for a while before there is a line.
            match input["nextToken"].as_str() {
                None => name = "FilterLogEvents.searching".to_owned(),
                Some(_) if !asked.contains(&at) => name = "FilterLogEvents.none".to_owned(),
                Some(_) => {}
            }
            return recorded(&name).or_else(|| recorded(action)).unwrap().replace("{timestamp}", &at.to_string());
        }
        let mut text = recorded(&name).or_else(|| recorded(action)).unwrap_or_else(|| panic!("no reply to {name}"));
        for (_, from, to) in self.edits.iter().filter(|(action, ..)| question.is(action)) {
            assert!(text.contains(from), "the reply to {name} has no {from:?}");
            text = text.replace(from, to);
        }
        text
    }
}

fn recorded(name: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replies");
    ["xml", "json"].iter().find_map(|kind| fs::read_to_string(folder.join(format!("{name}.{kind}"))).ok())
}

fn fault(protocol: Protocol, status: StatusCode, code: &str, message: &str) -> Response<axum::body::Body> {
    match protocol {
        Protocol::Query => {
            let text = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>b9b4b068-3a41-11e5-94eb-example</RequestId></ErrorResponse>"
            );
            respond(status, "text/xml", None, text.into())
        }
        Protocol::Json => {
            let text = json!({ "__type": code, "message": message }).to_string();
            respond(StatusCode::BAD_REQUEST, "application/x-amz-json-1.1", None, text.into())
        }
        Protocol::Rest => {
            respond(status, "application/json", Some(code), json!({ "message": message }).to_string().into())
        }
        Protocol::Cbor => {
            let body = cbor(&json!({ "__type": code, "message": message }));
            respond(StatusCode::BAD_REQUEST, "application/cbor", None, body)
        }
    }
}

fn respond(status: StatusCode, kind: &str, code: Option<&str>, body: Vec<u8>) -> Response<axum::body::Body> {
    let mut response = Response::builder().status(status).header("content-type", kind);
    if kind == "application/cbor" {
        response = response.header("smithy-protocol", "rpc-v2-cbor");
    }
    if let Some(code) = code {
        response = response.header("x-amzn-errortype", code);
    }
    response.body(body.into()).unwrap()
}

/// JSON as CBOR; what reads as a moment is one, with CBOR's tag for seconds since 1970 (RFC 8949, section 3.4.2).
fn cbor(value: &Value) -> Vec<u8> {
    fn of(value: &Value) -> Cbor {
        match value {
            Value::Object(members) => {
                Cbor::Map(members.iter().map(|(name, value)| (name.as_str().into(), of(value))).collect())
            }
            Value::Array(values) => Cbor::Array(values.iter().map(of).collect()),
            Value::String(text) => match text.parse::<jiff::Timestamp>() {
                Ok(at) => Cbor::Tag(1, Box::new(Cbor::Float(at.as_second() as f64))),
                Err(_) => text.as_str().into(),
            },
            other => Cbor::serialized(other).unwrap(),
        }
    }
    let mut bytes = Vec::new();
    ciborium::into_writer(&of(value), &mut bytes).unwrap();
    bytes
}
