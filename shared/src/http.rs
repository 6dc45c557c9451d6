//! Requests as API Gateway hands them on (payload format 2.0), and what every function does with them.

use std::{
    future::ready,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use cookie::{Cookie, SameSite};
use flate2::{Compress, CompressError, Compression, FlushCompress, Status};
use jiff::SignedDuration;
use lambda_http::{
    Body, BoxFuture, Error, IntoResponse, Request, RequestExt, Response,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    request::RequestContext,
    service_fn,
};

use crate::{
    logs::settled,
    pages::Site,
    sign_in::{Secret, Session},
};

/// The cookie that holds the session.
const SESSION: &str = "__Host-session";

/// The cookie that lets a browser know the links it asked for.
const BROWSER: &str = "__Host-browser";

/// How long a browser is remembered: longer than any link lives.
const BROWSER_LASTS: SignedDuration = SignedDuration::from_hours(24);

/// Serves requests until Lambda ends the process.
///
/// A request that changes something and does not come from the portal's own pages is refused before `handle` sees it.
/// What `handle` did not expect is logged here, once, and the customer is told what to do.
pub async fn serve<Handle, Answer>(site: &Site, handle: Handle) -> Result<(), Error>
where
    Handle: Fn(Request) -> Answer + Sync,
    Answer: Future<Output = Result<Response<Body>, Error>> + Send,
{
    let gzip = Gzip::default();
    lambda_http::run(service_fn(async |request| respond(site, &gzip, &handle, request).await.map(Finished))).await
}

/// An answer that goes out as it is. Of any other, `lambda_http` looks up the character set first, with the tables of
/// every alphabet in each package.
struct Finished(Response<Body>);

impl IntoResponse for Finished {
    fn into_response(self) -> BoxFuture<'static, Response<Body>> {
        Box::pin(ready(self.0))
    }
}

async fn respond<Handle, Answer>(
    site: &Site,
    gzip: &Gzip,
    handle: &Handle,
    request: Request,
) -> Result<Response<Body>, Error>
where
    Handle: Fn(Request) -> Answer + Sync,
    Answer: Future<Output = Result<Response<Body>, Error>> + Send,
{
    let route = route(&request);
    let accept_encoding = request.headers().get(header::ACCEPT_ENCODING);
    let accept_encoding = accept_encoding.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let response = if request.method().is_safe() || is_same_origin(&request) {
        settled(handle(request)).await.unwrap_or_else(|error| {
            tracing::error!(%route, error = %crate::logs::chain(error.as_ref()), "a request failed");
            site.failed()
        })
    } else {
        site.not_from_here()
    };
    tracing::info!(%route, status = response.status().as_u16(), "answered");
    Ok(if may_be_compressed(&route) { compressed(response, &accept_encoding, gzip)? } else { response })
}

/// Whether answers of a route may be compressed. Those of a link are not: the page holds the link's token, and the size
/// of a compressed page tells something about what it holds (the attack known as BREACH). No other page holds a secret.
fn may_be_compressed(route: &str) -> bool {
    !route.contains("{token}")
}

/// The smallest body that is worth it, in bytes: smaller ones fit a packet anyway.
const WORTH_COMPRESSING: usize = 1024;

/// Compresses one text after the other: making the state anew takes longer than using it.
struct Gzip(Mutex<Compress>);

impl Default for Gzip {
    /// A dashboard of 13.8 kB travels in 3.9 kB; at level 1 in 4.8 kB, at the default one in 3.6 kB, for twice the time.
    fn default() -> Self {
        Self(Mutex::new(Compress::new_gzip(Compression::new(2), 15)))
    }
}

impl Gzip {
    fn compress(&self, text: &[u8]) -> Result<Vec<u8>, CompressError> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.reset();
        let mut compressed = Vec::with_capacity(text.len());
        loop {
            let rest = text.get(state.total_in() as usize..).unwrap_or_default();
            if state.compress_vec(rest, &mut compressed, FlushCompress::Finish)? == Status::StreamEnd {
                return Ok(compressed);
            }
            compressed.reserve(WORTH_COMPRESSING);
        }
    }
}

/// The answer, with gzip if the browser takes it. API Gateway's HTTP APIs compress nothing themselves.
fn compressed(response: Response<Body>, accept_encoding: &str, gzip: &Gzip) -> Result<Response<Body>, Error> {
    let (mut parts, body) = response.into_parts();
    let body = match body {
        Body::Text(text) if text.len() >= WORTH_COMPRESSING => {
            parts.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
            if takes_gzip(accept_encoding) {
                parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                Body::Binary(gzip.compress(text.as_bytes())?)
            } else {
                Body::Text(text)
            }
        }
        body => body,
    };
    Ok(Response::from_parts(parts, body))
}

/// RFC 9110 §12.5.3; a weight of zero means no.
fn takes_gzip(accept_encoding: &str) -> bool {
    accept_encoding.split(',').any(|coding| {
        let (coding, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight: String = weight.chars().filter(|c| !c.is_whitespace()).collect();
        let is_refused = weight.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        coding.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

/// The route that matched, for example `GET /link/{token}`. Logs hold this and never the path, which may hold a token.
pub fn route(request: &Request) -> String {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.route_key.clone(),
        _ => None,
    }
    .unwrap_or_else(|| "unknown".into())
}

/// Whether the portal's own page sent this request: by `Sec-Fetch-Site` (W3C Fetch Metadata), or where a browser does
/// not send that, by `Origin`.
fn is_same_origin(request: &Request) -> bool {
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            let host = host.map(|authority| authority.split_once(':').map_or(authority, |(host, _)| host));
            host.is_some() && host == domain_name(request).as_deref()
        }
        (None, None) => false,
    }
}

fn domain_name(request: &Request) -> Option<String> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.domain_name.clone(),
        _ => None,
    }
}

/// The network address the request came from, as API Gateway saw it; never a forwarded header.
pub fn source(request: &Request) -> Result<IpAddr, Error> {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref().and_then(|ip| ip.parse().ok()),
        _ => None,
    }
    .ok_or_else(|| "the request has no source address".into())
}

/// A parameter of the path, decoded.
pub fn path_parameter(request: &Request, name: &str) -> String {
    request.path_parameters().first(name).unwrap_or_default().to_owned()
}

/// A parameter of the query.
pub fn query_parameter(request: &Request, name: &str) -> Option<String> {
    request.query_string_parameters().first(name).map(str::to_owned)
}

/// A field of a form (`application/x-www-form-urlencoded`).
pub fn form_field(request: &Request, name: &str) -> Option<String> {
    form_urlencoded::parse(request.body().as_ref())
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.into_owned())
}

/// The session this browser claims to have.
pub fn session(request: &Request) -> Option<Session> {
    cookie(request, SESSION).and_then(|value| Session::parse(&value))
}

/// The secret by which this browser knows the links it asked for.
pub fn browser(request: &Request) -> Option<Secret> {
    cookie(request, BROWSER).and_then(|value| Secret::parse(&value))
}

fn cookie(request: &Request, name: &str) -> Option<String> {
    let headers = request.headers().get_all(header::COOKIE);
    let mut cookies = headers.iter().filter_map(|value| value.to_str().ok()).flat_map(Cookie::split_parse).flatten();
    cookies.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

/// Gives the browser its session.
pub fn set_session(headers: &mut HeaderMap, session: &Session, lasts: SignedDuration) -> Result<(), Error> {
    set_cookie(headers, SESSION, session.reveal(), lasts)
}

/// Takes the session from the browser.
pub fn clear_session(headers: &mut HeaderMap) -> Result<(), Error> {
    set_cookie(headers, SESSION, String::new(), SignedDuration::ZERO)
}

/// Lets the browser know the links it asks for.
pub fn set_browser(headers: &mut HeaderMap, browser: &Secret) -> Result<(), Error> {
    set_cookie(headers, BROWSER, browser.reveal(), BROWSER_LASTS)
}

/// RFC 6265bis §4.1.3.2: `__Host-` makes browsers insist on Secure, no Domain, and the path `/`.
fn set_cookie(headers: &mut HeaderMap, name: &str, value: String, lasts: SignedDuration) -> Result<(), Error> {
    let cookie = Cookie::build((name, value)).path("/").secure(true).http_only(true).same_site(SameSite::Lax);
    let text = format!("{cookie}; Max-Age={}", lasts.as_secs());
    headers.append(header::SET_COOKIE, HeaderValue::from_str(&text)?);
    Ok(())
}

/// Sends the browser on to `location` with a GET.
pub fn see_other(location: &str) -> Result<Response<Body>, Error> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_str(location)?);
    crate::pages::secure(response.headers_mut());
    Ok(response)
}

/// The portal's routes, for telling a wrong method from a wrong address: path segments, and the methods they take.
const ROUTES: &[(&str, &[Method])] = &[
    ("/", &[Method::GET]),
    ("/sign-in", &[Method::GET, Method::POST]),
    ("/sign-out", &[Method::POST]),
    ("/link/{token}", &[Method::GET, Method::POST]),
    ("/link/{token}/renew", &[Method::POST]),
    ("/bookings/{booking_id}", &[Method::GET]),
    ("/bookings/{booking_id}/calendar.ics", &[Method::GET]),
    ("/bookings/{booking_id}/documents/{document_id}", &[Method::GET]),
];

/// The methods the portal takes at a path; none if there is no such path.
pub fn methods_at(path: &str) -> Option<&'static [Method]> {
    let matches = |route: &str| {
        let (route, path) = (route.split('/'), path.split('/'));
        route.clone().count() == path.clone().count()
            && route
                .zip(path)
                .all(|(part, given)| if part.starts_with('{') { !given.is_empty() } else { part == given })
    };
    ROUTES.iter().find(|(route, _)| matches(route)).map(|(_, methods)| *methods)
}

#[cfg(test)]
mod tests {
    use lambda_http::http::Request as HttpRequest;
    use proptest::{collection::vec, prelude::any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn with_cookies(header: &[u8]) -> Request {
        let mut request = Request::new(Body::Empty);
        if let Ok(value) = HeaderValue::from_bytes(header) {
            request.headers_mut().insert(header::COOKIE, value);
        }
        request
    }

    fn with_body(body: Vec<u8>) -> Request {
        HttpRequest::new(Body::Binary(body))
    }

    proptest! {
        #[test]
        fn any_cookie_header_is_read_or_passed_over(
            noise in vec(any::<u8>(), 0..80), value in "[A-Za-z0-9_-]{0,110}", more in "[ -~]{0,80}"
        ) {
            let header = [&noise[..], b"; __Host-session=", value.as_bytes(), b"; ", more.as_bytes()].concat();
            let request = with_cookies(&header);
            if let Some(session) = session(&request) {
                prop_assert!(String::from_utf8_lossy(&header).contains(&session.reveal()));
            }
            if let Some(browser) = browser(&request) {
                prop_assert!(String::from_utf8_lossy(&header).contains(&browser.reveal()));
            }
        }

        #[test]
        fn a_cookie_that_was_set_is_read_back(bytes in vec(any::<u8>(), 32), others in "[a-z]{1,9}=[!-+--:<-~]{0,20}") {
            let text = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes);
            let mut set = HeaderMap::new();
            set_browser(&mut set, &Secret::parse(&text).unwrap()).unwrap();
            let set = set[header::SET_COOKIE].to_str().unwrap().to_owned();
            let pair = set.split(';').next().unwrap();
            let request = with_cookies(format!("{others}; {pair}").as_bytes());
            prop_assert_eq!(browser(&request).map(|secret| secret.reveal()), Some(text));
        }

        #[test]
        fn any_body_is_read_as_a_form(body in vec(any::<u8>(), 0..300)) {
            form_field(&with_body(body), "email");
        }

        #[test]
        fn a_field_reads_back_as_it_was_typed(typed in ".{0,100}", other in ".{0,30}") {
            let form = form_urlencoded::Serializer::new(String::new())
                .append_pair("other", &other)
                .append_pair("email", &typed)
                .finish();
            prop_assert_eq!(form_field(&with_body(form.into_bytes()), "email"), Some(typed));
        }
    }

    proptest! {
        #[test]
        fn one_text_after_the_other_is_compressed(texts in vec(vec(any::<u8>(), 0..3000), 1..4)) {
            let gzip = Gzip::default();
            for text in texts {
                let mut read = Vec::new();
                std::io::copy(&mut flate2::read::GzDecoder::new(&gzip.compress(&text)?[..]), &mut read)?;
                prop_assert_eq!(read, text);
            }
        }
    }

    #[test]
    fn gzip_is_taken_when_it_is_named_and_not_refused() {
        for (accepted, taken) in [
            ("gzip, deflate, br, zstd", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip; q=0.001", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("br", false),
            ("x-gzip-2", false),
            ("", false),
        ] {
            assert_eq!(takes_gzip(accepted), taken, "{accepted}");
        }
    }
}
