//! What every HTTP function does with its requests.

use std::future::ready;

use lambda_http::{Body, BoxFuture, Error, IntoResponse, Request, RequestExt, Response, http::header, service_fn};
use portal_runtime::{catch_panic::catch_panic, logs::chain, metrics::Metric};
use tracing::Instrument;

use crate::{
    gzip::{Gzip, compressed},
    origin::is_same_origin,
    requests::route,
    responses::Responder,
};

/// Serves requests until Lambda ends the process.
///
/// A request that changes something and does not come from the portal's own pages is refused before `handle` sees it.
/// What `handle` did not expect is logged here, once, and the customer is told what to do.
pub async fn serve<Handle, Answer>(respond: &Responder, handle: Handle) -> Result<(), Error>
where
    Handle: Fn(Request) -> Answer + Sync,
    Answer: Future<Output = Result<Response<Body>, Error>> + Send,
{
    let gzip = Gzip::default();
    lambda_http::run(service_fn(async |request| answer(respond, &gzip, &handle, request).await.map(Finished))).await
}

/// An answer that goes out as it is. Of any other, `lambda_http` looks up the character set first, with the tables of
/// every alphabet in each package.
struct Finished(Response<Body>);

impl IntoResponse for Finished {
    fn into_response(self) -> BoxFuture<'static, Response<Body>> {
        Box::pin(ready(self.0))
    }
}

async fn answer<Handle, Answer>(
    respond: &Responder,
    gzip: &Gzip,
    handle: &Handle,
    request: Request,
) -> Result<Response<Body>, Error>
where
    Handle: Fn(Request) -> Answer + Sync,
    Answer: Future<Output = Result<Response<Body>, Error>> + Send,
{
    let route = route(&request);
    // An error's level, so that it stands in the log whatever is left out of that.
    let span = tracing::error_span!("request", request_id = request.lambda_context().request_id, route);
    let accept_encoding = request.headers().get(header::ACCEPT_ENCODING);
    let accept_encoding = accept_encoding.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let answered = async {
        let response = if request.method().is_safe() || is_same_origin(&request) {
            catch_panic(handle(request)).await.unwrap_or_else(|error| {
                tracing::error!(error = chain(error.as_ref()), "a request failed");
                respond.failed()
            })
        } else {
            tracing::warn!("refused: the form was not sent by one of the portal's own pages");
            Metric::FormsRefused.count();
            respond.not_from_here()
        };
        tracing::info!(status = response.status().as_u16(), "answered");
        if may_be_compressed(&route) { compressed(response, &accept_encoding, gzip) } else { Ok(response) }
    };
    answered.instrument(span).await
}

/// Whether answers of a route may be compressed. Those of a link are not: the page holds the link's token, and the size
/// of a compressed page tells something about what it holds (the attack known as BREACH). No other page holds a secret.
fn may_be_compressed(route: &str) -> bool {
    !route.contains("{token}")
}
