//! What every HTTP function does with its requests, those of browsers and those of programs.

use std::future::ready;

use lambda_http::{
    Adapter, Body, BoxFuture, Error, IntoResponse, LambdaEvent, Request, RequestExt, Response, Service,
    http::{HeaderValue, Method, header},
    lambda_runtime, service_fn,
};
use portal_runtime::{catch_panic::catch_panic, logs::chain, metrics::Metric};
use tracing::{Instrument, Span};

use crate::{
    cookies,
    event::Event,
    gzip::{Gzip, compressed},
    origin::{self, Sender},
    problems::Problem,
    requests::{self, route},
    responses::Responder,
};

/// The largest body that is read, decoded, in bytes. The portal's forms send a few hundred.
const LARGEST_BODY: usize = 8 * 1024;

/// Serves requests until Lambda ends the process.
///
/// A request is refused before `handle` sees it where its body is too large, and where it changes something and is not
/// known to come from the portal's own pages. An error of `handle` is logged here, once, and the customer is told what
/// to do.
pub async fn serve<Handle, Answer>(respond: &Responder, handle: Handle) -> Result<(), Error>
where
    Handle: Fn(Request) -> Answer + Sync,
    Answer: Future<Output = Result<Response<Body>, Error>> + Send,
{
    let server = Server { respond, handle, gzip: Gzip::default() };
    run(|request| server.answer(request)).await
}

/// Serves requests of programs until Lambda ends the process: what is for browsers, such as cookies, pages and the check of
/// the origin, is left out, and `handle` itself looks who sent a request. An error of `handle` is logged here, once, and
/// the program is told to try again.
pub async fn serve_programs<Handle, Answer>(handle: Handle) -> Result<(), Error>
where
    Handle: Fn(Request) -> Answer + Sync,
    Answer: Future<Output = Result<Response<Body>, Error>> + Send,
{
    let handle = &handle;
    run(async |request: Request| {
        let (span, is_head) = (span(&request, route(&request)), request.method() == Method::HEAD);
        let answered = async {
            let response = match catch_panic(handle(request)).await {
                Ok(response) => response,
                Err(error) => {
                    tracing::error!(error = chain(error.as_ref()), "a request failed");
                    Problem::TryAgain.answer()?
                }
            };
            note(&response);
            Ok(if is_head { without_body(response) } else { response })
        };
        answered.instrument(span).await
    })
    .await
}

/// Hands events on as requests.
async fn run<Answer>(answer: impl Fn(Request) -> Answer + Sync) -> Result<(), Error>
where
    Answer: Future<Output = Result<Response<Body>, Error>> + Send,
{
    let answer = &answer;
    let mut adapter = Adapter::from(service_fn(async |request| answer(request).await.map(Finished)));
    let serve = |LambdaEvent { payload: Event(request), context }| adapter.call(LambdaEvent::new(request, context));
    lambda_runtime::run(service_fn(serve)).await
}

/// A span of level ERROR passes every log level, so each line of the log names its request.
fn span(request: &Request, route: String) -> Span {
    tracing::error_span!("request", request_id = request.lambda_context().request_id, route)
}

/// Logs how a request was answered, and counts what failed.
fn note(response: &Response<Body>) {
    if response.status().is_server_error() {
        Metric::RequestsFailed.count();
    }
    tracing::info!(status = response.status().as_u16(), "answered");
}

/// An answer that goes out as it is. Of any other, `lambda_http` looks up the character set first, with the tables of
/// every alphabet in each package.
struct Finished(Response<Body>);

impl IntoResponse for Finished {
    fn into_response(self) -> BoxFuture<'static, Response<Body>> {
        Box::pin(ready(self.0))
    }
}

/// What the answers of a function need beside the request.
struct Server<'a, Handle> {
    respond: &'a Responder,
    handle: Handle,
    gzip: Gzip,
}

impl<Handle, Answer> Server<'_, Handle>
where
    Handle: Fn(Request) -> Answer + Sync,
    Answer: Future<Output = Result<Response<Body>, Error>> + Send,
{
    async fn answer(&self, request: Request) -> Result<Response<Body>, Error> {
        let route = route(&request);
        let span = span(&request, route.clone());
        let accept_encoding = request.headers().get(header::ACCEPT_ENCODING);
        let accept_encoding = accept_encoding.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let is_head = request.method() == Method::HEAD;
        // A page elsewhere chooses nothing that lasts.
        let chosen_language = requests::chosen_language(&request).filter(|_| !origin::is_cross_site(&request));
        let answered = async {
            let mut response = self.refuse_or_handle(request).await;
            if let Some(language) = chosen_language.filter(|_| leads_to_a_page(&response)) {
                cookies::set_language(response.headers_mut(), language)?;
            }
            note(&response);
            if may_be_compressed(&route) {
                response = compressed(response, &accept_encoding, &self.gzip)?;
            }
            Ok(if is_head { without_body(response) } else { response })
        };
        answered.instrument(span).await
    }

    async fn refuse_or_handle(&self, request: Request) -> Response<Body> {
        let reply = self.respond.to(&request);
        let bytes = request.body().len();
        if bytes > LARGEST_BODY {
            tracing::warn!(bytes, "a request was refused: its body is too large");
            return reply.too_large();
        }
        let sender = Sender::of(&request, self.respond.portal_url.as_ref());
        if !request.method().is_safe() && sender != Sender::OwnPage {
            tracing::warn!(why = ?sender, "a request was refused: it is not known to come from a page of the portal");
            Metric::RequestsRefusedForeign.count();
            return reply.not_from_here();
        }
        catch_panic((self.handle)(request)).await.unwrap_or_else(|error| {
            tracing::error!(error = chain(error.as_ref()), "a request failed");
            reply.failed()
        })
    }
}

/// The headers of an answer, its length among them, for HEAD (RFC 9110 §9.3.2).
fn without_body(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(parts, Body::Empty)
}

/// Whether an answer is a page or leads on to one, and no file.
fn leads_to_a_page(response: &Response<Body>) -> bool {
    let headers = response.headers();
    headers.get(header::CONTENT_TYPE).is_some_and(|of| of.as_bytes().starts_with(b"text/html"))
        || headers.get(header::LOCATION).is_some_and(|to| to.as_bytes().starts_with(b"/"))
}

/// Whether answers of a route may be compressed. Those of a link are not: the page holds the link's token, and the size
/// of a compressed page tells something about what it holds (the attack known as BREACH). No other page holds a secret.
fn may_be_compressed(route: &str) -> bool {
    !route.contains("{token}")
}

#[cfg(test)]
mod tests;
