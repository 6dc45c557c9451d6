//! A proxy between the functions and an AWS service, for what networks and services do on bad days.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::Response,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::timeout};

/// A service seen through a gate that stays open for so many requests.
pub struct Proxy {
    /// Where the functions find it.
    pub url: String,
    gate: Arc<Gate>,
    server: JoinHandle<()>,
}

struct Gate {
    target: watch::Sender<String>,
    open_for: AtomicUsize,
    waiting: watch::Sender<usize>,
    open: watch::Sender<bool>,
}

impl Proxy {
    /// A proxy that lets `open_for` requests through and holds the others until [`Proxy::open`].
    pub async fn open_for(open_for: usize) -> Self {
        let gate = Arc::new(Gate {
            target: watch::Sender::default(),
            open_for: AtomicUsize::new(open_for),
            waiting: watch::Sender::default(),
            open: watch::Sender::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(gate.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, gate, server }
    }

    /// Says where the service is.
    pub fn leads_to(&self, service: &str) {
        self.gate.target.send_replace(service.to_owned());
    }

    /// Waits until so many requests are held; gives up after 20 seconds.
    pub async fn holds(&self, requests: usize) {
        let mut waiting = self.gate.waiting.subscribe();
        let held = timeout(Duration::from_secs(20), waiting.wait_for(|waiting| *waiting >= requests));
        held.await.unwrap_or_else(|_| panic!("{requests} requests did not come in time")).unwrap();
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

async fn pass(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let passes = gate.open_for.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
    if !passes {
        gate.waiting.send_modify(|waiting| *waiting += 1);
        gate.open.subscribe().wait_for(|open| *open).await.unwrap();
    }
    let (parts, body) = request.into_parts();
    let url = format!("{}{}", *gate.target.borrow(), parts.uri);
    let body: Bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    let sent = reqwest::Client::new().request(parts.method, url).headers(headers).body(body).send().await;
    let Ok(answer) = sent else {
        return Response::builder().status(StatusCode::BAD_GATEWAY).body(Body::empty()).unwrap();
    };
    let mut response = Response::builder().status(answer.status());
    if let Some(all) = response.headers_mut() {
        all.clone_from(answer.headers());
        all.remove(header::CONTENT_LENGTH);
        all.remove(header::TRANSFER_ENCODING);
    }
    response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}
