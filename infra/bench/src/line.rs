//! A phone's line to the API: round trips, and API Gateway's own share of each request.

use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use reqwest::{Client, redirect::Policy};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::SetOnce,
    task::JoinSet,
    time::sleep,
};

use crate::{
    delays::{GATEWAY, ROUND_TRIP},
    question::Answer,
    result::Result,
};

/// The round trips before the first request on a connection: the name, TCP, TLS.
const BEFORE_THE_FIRST: u32 = 3;

/// The line. It ends with the runtime.
pub(crate) struct Line {
    /// The origin that browsers see.
    pub(crate) url: String,
    end: Arc<End>,
    connections: Arc<Mutex<JoinSet<Result<()>>>>,
}

struct End {
    gateway: SetOnce<String>,
    client: Client,
}

impl Line {
    /// A line that leads nowhere yet.
    pub(crate) async fn new() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://localhost:{}", listener.local_addr()?.port());
        let client = Client::builder().redirect(Policy::none()).build()?;
        let end = Arc::new(End { gateway: SetOnce::new(), client });
        let connections = Arc::<Mutex<JoinSet<_>>>::default();
        let (of_each, all) = (Arc::clone(&end), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                all.spawn(carry(connection, Arc::clone(&of_each)));
            }
        });
        Ok(Self { url, end, connections })
    }

    /// Says where the API is.
    pub(crate) fn leads_to(&self, gateway: &str) -> Result<()> {
        Ok(self.end.gateway.set(gateway.to_owned())?)
    }

    /// Ends all connections: whoever comes next has to make one.
    pub(crate) fn hang_up(&self) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

async fn carry(connection: TcpStream, end: Arc<End>) -> Result<()> {
    connection.set_nodelay(true)?;
    sleep(BEFORE_THE_FIRST * ROUND_TRIP.lasts()).await;
    let service = service_fn(move |request| pass_on(request, Arc::clone(&end)));
    // A customer reads and types meanwhile.
    Ok(http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(connection), service).await?)
}

async fn pass_on(request: Request<Incoming>, end: Arc<End>) -> Result<Response<Full<Bytes>>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    sleep(ROUND_TRIP.lasts() + GATEWAY.lasts()).await;
    Ok(Answer::from(&end.client, end.gateway.wait().await, parts, body).await?.into_response())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use hyper::{StatusCode, header::HeaderMap};

    use super::*;

    /// Answers whatever comes on any connection.
    async fn api() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let service = service_fn(async |request: Request<Incoming>| {
                    let body = Bytes::from(request.uri().path().to_owned());
                    Ok::<_, hyper::Error>(
                        Answer { status: StatusCode::ACCEPTED, headers: HeaderMap::new(), body }.into_response(),
                    )
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
            }
        });
        url
    }

    #[tokio::test]
    async fn a_request_takes_its_round_trips_and_more_of_them_where_the_connection_is_new() {
        let line = Line::new().await.unwrap();
        line.leads_to(&api().await).unwrap();
        let client = Client::new();
        let first = ROUND_TRIP.lasts() * (BEFORE_THE_FIRST + 1) + GATEWAY.lasts();
        let further = ROUND_TRIP.lasts() + GATEWAY.lasts();
        let request = async || {
            let begun = Instant::now();
            let answer = client.get(format!("{}/page", line.url)).send().await.unwrap();
            let took = begun.elapsed();
            assert_eq!(answer.status(), 202);
            assert_eq!(answer.text().await.unwrap(), "/page");
            took
        };
        assert!(request().await >= first);
        let others = [request().await, request().await, request().await];
        assert!(others.iter().all(|took| *took >= further), "{others:?}");
        // One of three, for the machine may be busy with other things.
        assert!(others.iter().any(|took| *took < first), "{others:?}");
    }
}
