//! A proxy before an AWS service that does to each request what a test says.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::Response,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fate {
    Pass,
    /// It never reaches the service, and is never answered.
    Hold,
    /// It takes effect, and is never answered.
    HoldReply,
    /// The proxy answers with this status and error code in the service's place.
    Refuse(u16, &'static str),
    /// It never reaches the service; the connection breaks.
    Cut,
    /// It takes effect; the connection breaks in the middle of the answer.
    LoseReply,
}

/// What a request asks for: an action where the protocol names one, and the body.
pub(crate) struct Asked {
    pub(crate) action: String,
    pub(crate) body: String,
}

pub(crate) struct Faulty {
    /// Where the functions find it.
    pub(crate) url: String,
    gate: Arc<Gate>,
    server: JoinHandle<()>,
}

struct Gate {
    target: watch::Sender<String>,
    held: watch::Sender<usize>,
    decide: Box<dyn Fn(&Asked) -> Fate + Send + Sync>,
    client: reqwest::Client,
}

impl Faulty {
    pub(crate) async fn new(decide: impl Fn(&Asked) -> Fate + Send + Sync + 'static) -> Self {
        let gate = Arc::new(Gate {
            target: watch::Sender::default(),
            held: watch::Sender::default(),
            decide: Box::new(decide),
            client: reqwest::Client::new(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(gate.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, gate, server }
    }

    /// Says where the service is.
    pub(crate) fn leads_to(&self, service: &str) {
        self.gate.target.send_replace(service.to_owned());
    }

    /// Waits until a request is held.
    pub(crate) async fn holds_one(&self) {
        let mut held = self.gate.held.subscribe();
        let wait = held.wait_for(|held| *held > 0);
        tokio::time::timeout(std::time::Duration::from_secs(60), wait).await.expect("a request is held").unwrap();
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = to_bytes(body, usize::MAX).await.unwrap();
    let action = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let action = action.and_then(|target| target.rsplit('.').next()).unwrap_or(parts.uri.path()).to_owned();
    let fate = (gate.decide)(&Asked { action, body: String::from_utf8_lossy(&body).into_owned() });
    match fate {
        Fate::Hold => return hold(&gate).await,
        Fate::Cut => return broken(),
        Fate::Refuse(status, code) => return refusal(status, code),
        Fate::Pass | Fate::HoldReply | Fate::LoseReply => {}
    }
    let target = gate.target.subscribe().wait_for(|target| !target.is_empty()).await.unwrap().clone();
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    let sent = gate.client.request(parts.method, format!("{target}{}", parts.uri)).headers(headers).body(body).send();
    let Ok(answer) = sent.await else { return broken() };
    match fate {
        Fate::HoldReply => return hold(&gate).await,
        Fate::LoseReply => return broken(),
        _ => {}
    }
    let mut response = Response::builder().status(answer.status());
    if let Some(all) = response.headers_mut() {
        all.clone_from(answer.headers());
        all.remove(header::CONTENT_LENGTH);
        all.remove(header::TRANSFER_ENCODING);
    }
    response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}

async fn hold(gate: &Gate) -> Response {
    gate.held.send_modify(|held| *held += 1);
    std::future::pending().await
}

/// An answer that ends before it is complete.
fn broken() -> Response {
    let end = Err::<Bytes, _>(std::io::Error::other("the line is cut"));
    Response::new(Body::from_stream(futures_util::stream::once(std::future::ready(end))))
}

fn refusal(status: u16, code: &str) -> Response {
    let body = serde_json::json!({"__type": code, "message": "as a test wants it"});
    let response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    response.header("x-amzn-errortype", code).body(Body::from(body.to_string())).unwrap()
}
