//! The wire between the functions and AWS: each call waits there until it is let through.
//!
//! A function that is half done cannot be copied. But what it does follows from what it was answered so far, so it is begun
//! anew, is told the same answers, and stands where it stood. What it draws at random is another then (the secret of a
//! session): that is found by comparing what it asks with what it asked before, and takes the old one's place in the table.

use std::{
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, OnceLock},
    task::{Poll, Waker},
};

use aws_config::{BehaviorVersion, Region, SdkConfig, stalled_stream_protection::StalledStreamProtectionConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use portal_tests::Call;
use serde_json::{Value, json};

use super::table::{Reply, Table};

/// What is done to a call: it is changed, or this is answered and it is not carried out.
pub(crate) type Weakness = fn(&mut Call) -> Option<Value>;

/// A call, and what was answered.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) action: String,
    pub(crate) input: Value,
    pub(crate) reply: Reply,
}

#[derive(Clone)]
pub(crate) struct Wire(Arc<Inner>);

struct Inner {
    pub(crate) table: Table,
    weakness: OnceLock<Weakness>,
    stage: Mutex<Stage>,
}

#[derive(Default)]
struct Stage {
    /// Whether calls wait.
    holds: bool,
    /// What is still to be told anew.
    past: Vec<Exchange>,
    /// What was drawn at random before, and is another now.
    renamed: Vec<(String, String)>,
    /// All that was answered.
    exchanges: Vec<Exchange>,
    waiting: Vec<Waiting>,
}

struct Waiting {
    call: Call,
    reply: Option<Reply>,
    waker: Option<Waker>,
}

impl Wire {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner { table: Table::new(), weakness: OnceLock::new(), stage: Mutex::default() }))
    }

    /// From now on calls meet this.
    pub(crate) fn weaken(&self, weakness: Weakness) {
        let _ = self.0.weakness.set(weakness);
    }

    pub(crate) fn table(&self) -> &Table {
        &self.0.table
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.0.stage.lock().unwrap()
    }

    /// A configuration whose calls all come here.
    pub(crate) fn config(&self) -> SdkConfig {
        let connector = SharedHttpConnector::new(self.clone());
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "life", "secret", None, None, "life",
            )))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(http_client_fn(move |_: &HttpConnectorSettings, _: &RuntimeComponents| connector.clone()))
            .build()
    }

    /// From now on every call goes through.
    pub(crate) fn open(&self) {
        *self.stage() = Stage::default();
    }

    /// From now on calls wait, but for those that were answered before.
    pub(crate) fn hold(&self, past: &[Exchange]) {
        *self.stage() = Stage { holds: true, past: past.to_vec(), ..Stage::default() };
    }

    /// How many calls wait for an answer.
    pub(crate) fn waiting(&self) -> usize {
        self.stage().waiting.iter().filter(|waiting| waiting.reply.is_none()).count()
    }

    /// What has another name now than when it was drawn.
    pub(crate) fn renamed(&self) -> Vec<(String, String)> {
        self.stage().renamed.clone()
    }

    /// All that was answered since the wire holds.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.stage().exchanges.clone()
    }

    /// Carries out one of the calls that wait; says which it was.
    pub(crate) fn let_through(&self, which: usize) -> String {
        let mut stage = self.stage();
        let mut unanswered = stage.waiting.iter_mut().filter(|waiting| waiting.reply.is_none());
        let waiting = unanswered.nth(which).unwrap();
        let (action, input) = (waiting.call.action.clone(), waiting.call.input.clone());
        let reply = self.0.carry_out(&mut waiting.call);
        waiting.reply = Some(reply.clone());
        if let Some(waker) = waiting.waker.take() {
            waker.wake();
        }
        stage.exchanges.push(Exchange { action: action.clone(), input, reply });
        action
    }

    async fn answer(&self, call: Call) -> Reply {
        let ticket = {
            let mut stage = self.stage();
            if !stage.holds {
                drop(stage);
                return self.0.carry_out(&mut { call });
            }
            if let Some(at) = stage.past.iter().position(|past| is_alike(past, &call)) {
                let mut past = stage.past.remove(at);
                differences(&past.input, &call.input, &mut stage.renamed);
                for (before, now) in &stage.renamed {
                    past.reply.1 = past.reply.1.replace(before, now);
                }
                past.input = call.input;
                stage.exchanges.push(past.clone());
                return past.reply;
            }
            stage.waiting.push(Waiting { call, reply: None, waker: None });
            stage.waiting.len() - 1
        };
        poll_fn(|context| {
            let mut stage = self.stage();
            let waiting = &mut stage.waiting[ticket];
            waiting.waker = Some(context.waker().clone());
            waiting.reply.clone().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

impl Inner {
    fn carry_out(&self, call: &mut Call) -> Reply {
        if call.action == "SendMessage" {
            return (200, json!({"MessageId": "m"}).to_string());
        }
        match self.weakness.get().and_then(|weakness| weakness(call)) {
            Some(instead) => (200, instead.to_string()),
            None => self.table.answer(&call.action, &call.input),
        }
    }
}

/// Whether a call is one that was made before: the same action on the same key or keys.
fn is_alike(past: &Exchange, call: &Call) -> bool {
    let asks = |input: &Value| {
        ["Key", "RequestItems", "UpdateExpression", "KeyConditionExpression"].map(|name| input[name].clone())
    };
    past.action == call.action && asks(&past.input) == asks(&call.input)
}

/// Texts that stand at the same places and differ.
fn differences(before: &Value, now: &Value, found: &mut Vec<(String, String)>) {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            for (name, value) in before.iter().filter(|(name, _)| *name != "N") {
                differences(value, &now[name], found);
            }
        }
        (Value::Array(before), Value::Array(now)) => {
            before.iter().zip(now).for_each(|(before, now)| differences(before, now, found));
        }
        (Value::String(before), Value::String(now)) if before != now => found.push((before.clone(), now.clone())),
        _ => {}
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let action = target.rsplit('.').next().unwrap_or_default().to_owned();
        let input = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap();
        let wire = self.clone();
        HttpConnectorFuture::new(async move {
            let (status, body) = wire.answer(Call { action, input }).await;
            Ok(HttpResponse::new(StatusCode::try_from(status).unwrap(), body.into()))
        })
    }
}
