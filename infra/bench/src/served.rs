//! AWS as the functions meet it here: an address for each service, with or without TLS, and who answers there.

use std::{collections::BTreeMap, sync::Arc};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    canned::{Player, Recorder},
    distant::Distant,
    question::Question,
    result::Result,
};

/// Who answers for AWS.
#[derive(Clone)]
pub(crate) enum Aws {
    /// The local services, recorded.
    Recorded(Arc<Recorder>),
    /// A tape.
    Played(Arc<Player>),
    /// The local services, as far away as AWS is.
    Distant(Arc<Distant>),
}

impl Aws {
    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let answer = match self {
            Self::Recorded(recorder) => recorder.answer(parts, body).await?,
            Self::Played(player) => player.answer(Question::of(&parts, &body)).await,
            Self::Distant(distant) => distant.answer(parts, body).await?,
        };
        Ok(answer.into_response())
    }
}

/// An address for each service, as each has a host of its own on AWS: no connection serves two of them.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
pub(crate) async fn endpoints(aws: &Aws, tls: Option<&TlsAcceptor>) -> Result<BTreeMap<String, String>> {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let mut endpoints = BTreeMap::new();
    for service in ["DYNAMODB", "S3", "SECRETS_MANAGER", "SESV2", "SQS"] {
        let port = serve(aws.clone(), tls.cloned()).await?;
        endpoints.insert(format!("AWS_ENDPOINT_URL_{service}"), format!("{scheme}://127.0.0.1:{port}"));
    }
    Ok(endpoints)
}

/// Serves all of AWS at one address of 127.0.0.1, until the runtime ends; with TLS where there is a certificate.
/// Returns the port.
async fn serve(aws: Aws, tls: Option<TlsAcceptor>) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let (aws, tls) = (aws.clone(), tls.clone());
            tokio::spawn(async move {
                // A small answer must not wait for the acknowledgement of the one before.
                connection.set_nodelay(true)?;
                match tls {
                    Some(tls) => answer_on(tls.accept(connection).await?, aws).await,
                    None => answer_on(connection, aws).await,
                }
            });
        }
    });
    Ok(port)
}

async fn answer_on(connection: impl AsyncRead + AsyncWrite + Unpin, aws: Aws) -> Result<()> {
    let service = service_fn(move |request| aws.clone().answer(request));
    // A connection may be idle for as long as it is other functions' turn.
    Ok(http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(connection), service).await?)
}
