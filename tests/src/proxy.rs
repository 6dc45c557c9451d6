//! A proxy that injects faults between the functions and an AWS service: what networks and services do on bad days.

use std::{
    future::pending,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{StatusCode, header, request::Parts},
    response::Response,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};

use crate::PATIENCE;

/// A service seen through a proxy that decides the fate of every request.
pub struct Proxy {
    /// Where the functions find it.
    pub url: String,
    gate: Arc<Gate>,
    server: JoinHandle<()>,
}

/// A service that a proxy can stand before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Service {
    DynamoDb,
    S3,
    SecretsManager,
    Ses,
    Sqs,
}

/// A request on its way.
pub struct Call {
    /// What is asked: the action of AWS's JSON protocols, such as `UpdateItem`.
    pub action: String,
    /// What goes with it. A rule that changes this changes what the service sees.
    pub input: Value,
}

/// The only place that knows how the store writes its expressions: a rule that matches none of them weakens nothing, and
/// then the test that needs it fails.
impl Call {
    /// Whether this is an UpdateItem whose expression does this, such as `used_at = :now`.
    pub fn updates(&self, assignment: &str) -> bool {
        self.action == "UpdateItem"
            && self.input["UpdateExpression"].as_str().is_some_and(|expression| expression.contains(assignment))
    }

    /// Takes the condition from a write.
    pub fn drop_condition(&mut self) {
        self.input.as_object_mut().unwrap().remove("ConditionExpression");
    }

    /// Puts something weaker in place of a part of a write's condition.
    pub fn weaken_condition(&mut self, part: &str, weaker: &str) {
        if let Some(condition) = self.input["ConditionExpression"].as_str() {
            self.input["ConditionExpression"] = condition.replace(part, weaker).into();
        }
    }
}

/// What becomes of a request.
pub enum Fate {
    /// It goes through, and its answer comes back.
    Pass,
    /// It goes through after a while.
    Delay(Duration),
    /// It waits until [`Proxy::open`]. It is gone with whoever sent it.
    Hold,
    /// It goes through; its answer waits until [`Proxy::open`].
    HoldAnswer,
    /// It goes through; in place of its answer the connection ends.
    LoseAnswer,
    /// It does not go through; the connection ends.
    Cut,
    /// It does not go through; the answer has this status and error code.
    Refuse(u16, &'static str),
    /// It goes through, and its answer comes back. Whatever is asked on the same connection after that is never answered, as
    /// where the other end has forgotten it.
    FallSilent,
    /// It goes through, and its answer comes back changed.
    ChangeAnswer(fn(&mut Value)),
}

/// Says yes so often, and then no more: for rules about the first calls of a kind.
pub fn the_first(times: usize) -> impl Fn() -> bool + Send + Sync {
    let left = AtomicUsize::new(times);
    move || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

struct Gate {
    rule: Box<dyn Fn(&mut Call) -> Fate + Send + Sync>,
    target: watch::Sender<String>,
    waiting: watch::Sender<usize>,
    open: watch::Sender<bool>,
    client: reqwest::Client,
}

impl Proxy {
    /// A proxy that asks `rule` about every request.
    pub async fn new(rule: impl Fn(&mut Call) -> Fate + Send + Sync + 'static) -> Self {
        let gate = Arc::new(Gate {
            rule: Box::new(rule),
            target: watch::Sender::default(),
            waiting: watch::Sender::default(),
            open: watch::Sender::default(),
            client: reqwest::Client::new(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(serve(listener, gate.clone()));
        Self { url, gate, server }
    }

    /// A proxy that lets `open_for` requests through and holds the others until [`Proxy::open`].
    pub async fn open_for(open_for: usize) -> Self {
        let passes = the_first(open_for);
        Self::new(move |_| if passes() { Fate::Pass } else { Fate::Hold }).await
    }

    /// Says where the service is.
    pub fn leads_to(&self, service: &str) {
        self.gate.target.send_replace(service.to_owned());
    }

    /// Waits until so many requests or answers are held; gives up after [`PATIENCE`].
    pub async fn holds(&self, number: usize) {
        self.waits(|waiting| waiting >= number, "the requests to come").await;
    }

    /// Waits until nothing is held any more: whoever was killed takes along what was theirs, though not at once.
    pub async fn holds_nothing(&self) {
        self.waits(|waiting| waiting == 0, "the requests to go").await;
    }

    async fn waits(&self, until: impl Fn(usize) -> bool, what: &str) {
        let mut waiting = self.gate.waiting.subscribe();
        let reached = timeout(PATIENCE, waiting.wait_for(|waiting| until(*waiting)));
        reached.await.unwrap_or_else(|_| panic!("{what} took too long")).unwrap();
    }

    /// Lets everything through from now on.
    pub fn open(&self) {
        self.gate.open.send_replace(true);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, gate: Arc<Gate>) {
    let mut connections = JoinSet::new();
    loop {
        let (connection, _) = listener.accept().await.unwrap();
        connection.set_nodelay(true).unwrap();
        connections.spawn(answer_on(connection, gate.clone()));
    }
}

async fn answer_on(connection: TcpStream, gate: Arc<Gate>) {
    let is_silent = Arc::new(AtomicBool::new(false));
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let (gate, is_silent) = (gate.clone(), is_silent.clone());
        async move {
            if is_silent.load(Ordering::SeqCst) {
                return pending().await;
            }
            let answer = gate.pass(request.map(Body::new)).await;
            let falls_silent = answer.as_ref().is_ok_and(|answer| answer.extensions().get::<FallsSilent>().is_some());
            is_silent.store(falls_silent, Ordering::SeqCst);
            answer
        }
    });
    let mut server = http1::Builder::new();
    // It ends with an error where an answer is lost, or the client is killed.
    let _ = server.timer(TokioTimer::new()).serve_connection(TokioIo::new(connection), answer).await;
}

/// Marks the last answer of a connection.
#[derive(Clone)]
struct FallsSilent;

/// Something that is held, and counted until it goes on, or is gone with whoever sent it.
struct Held<'a>(&'a watch::Sender<usize>);

impl<'a> Held<'a> {
    fn among(waiting: &'a watch::Sender<usize>) -> Self {
        waiting.send_modify(|waiting| *waiting += 1);
        Self(waiting)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

impl Gate {
    async fn pass(&self, request: Request) -> io::Result<Response> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.map_err(io::Error::other)?;
        let (mut action, input) = (action(&parts), serde_json::from_slice(&body).unwrap_or_default());
        if action.is_empty() {
            action = format!("{} {}", parts.method, parts.uri.path());
        }
        let mut call = Call { action, input };
        let before = call.input.clone();
        let fate = if *self.open.borrow() { Fate::Pass } else { (self.rule)(&mut call) };
        let body = if call.input == before { body } else { call.input.to_string().into() };
        match fate {
            Fate::Hold => self.wait().await,
            Fate::Delay(duration) => sleep(duration).await,
            Fate::Cut => return Err(io::Error::other("the line is cut")),
            Fate::Refuse(status, code) => return Ok(refusal(status, code)),
            _ => {}
        }
        let mut response = self.forward(parts, body).await?;
        match fate {
            Fate::HoldAnswer => self.wait().await,
            Fate::FallSilent => drop(response.extensions_mut().insert(FallsSilent)),
            Fate::LoseAnswer => return Err(io::Error::other("the answer is lost")),
            Fate::ChangeAnswer(change) => return changed(response, change).await,
            _ => {}
        }
        Ok(response)
    }

    async fn wait(&self) {
        let _held = Held::among(&self.waiting);
        self.open.subscribe().wait_for(|open| *open).await.unwrap();
    }

    async fn forward(&self, parts: Parts, body: Bytes) -> io::Result<Response> {
        let url = format!("{}{}", *self.target.borrow(), parts.uri);
        let mut headers = parts.headers; // with their Host, which S3's signature covers
        headers.remove(header::CONTENT_LENGTH);
        let sent = self.client.request(parts.method, url).headers(headers).body(body).send().await;
        let Ok(answer) = sent else {
            let mut unreachable = Response::new(Body::empty());
            *unreachable.status_mut() = StatusCode::BAD_GATEWAY;
            return Ok(unreachable);
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = answer.status();
        response.headers_mut().clone_from(answer.headers());
        response.headers_mut().remove(header::CONTENT_LENGTH);
        response.headers_mut().remove(header::TRANSFER_ENCODING);
        *response.body_mut() = Body::from(answer.bytes().await.map_err(io::Error::other)?);
        Ok(response)
    }
}

fn refusal(status: u16, code: &str) -> Response {
    let body = serde_json::json!({"__type": code, "message": "as a test wants it"}).to_string();
    let response = Response::builder().status(status).header("x-amzn-errortype", code);
    response.body(Body::from(body)).unwrap()
}

/// The action that the header `X-Amz-Target` names behind the service.
fn action(parts: &Parts) -> String {
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default().to_owned()
}

async fn changed(response: Response, change: fn(&mut Value)) -> io::Result<Response> {
    let (mut parts, body) = response.into_parts();
    let mut answer = serde_json::from_slice(&to_bytes(body, usize::MAX).await.map_err(io::Error::other)?)?;
    change(&mut answer);
    parts.headers.remove("x-amz-crc32"); // of the answer as it was
    Ok(Response::from_parts(parts, Body::from(answer.to_string())))
}
