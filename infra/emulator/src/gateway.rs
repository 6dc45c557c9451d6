//! The HTTP API: routes requests to functions as API Gateway does, in the payload format 2.0.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::{
    collections::BTreeMap,
    future::poll_fn,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::{ConnectInfo, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, SET_COOKIE, USER_AGENT},
        request::Parts,
        uri::Authority,
    },
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    serve::ListenerExt,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use tokio::{net::TcpListener, time::timeout};
use uuid::Uuid;

use crate::{
    aws::ACCOUNT,
    lambda::{InvokeError, Lambda, MAXIMUM_PAYLOAD},
    local_routes::is_local,
    template::{Description, Route},
};

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const MAXIMUM_BODY: usize = 10 * 1024 * 1024;
const MAXIMUM_REQUEST_LINE_AND_HEADERS: usize = 10_240;
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(30);

/// Hop-by-hop headers, which API Gateway keeps to itself.
const BETWEEN_HOPS: [&str; 5] = ["connection", "keep-alive", "te", "transfer-encoding", "upgrade"];

mod throttle;

use throttle::Throttles;

/// The API: its routes and the functions behind them.
pub(crate) struct Gateway {
    api_id: String,
    port: u16,
    routes: Vec<(Pattern, String)>,
    throttles: Throttles,
    lambda: Lambda,
}

impl Gateway {
    /// The API of the description, listening on `port`.
    pub(crate) fn new(description: &Description, lambda: Lambda, port: u16) -> Self {
        let functions = description.functions.iter();
        let routes = functions
            .flat_map(|function| function.routes.iter().map(|route| (Pattern::of(route), function.logical_id.clone())));
        let api = description.api.as_ref();
        let throttles = api.map(|api| Throttles::new(&api.throttles, Instant::now())).unwrap_or_default();
        let api_id = api.map(|api| api.id.clone()).unwrap_or_default();
        Self { api_id, port, routes: routes.collect(), throttles, lambda }
    }
}

/// Serves the API until it is aborted; `local` answers the paths it has routes for before the API sees them.
pub(crate) async fn serve(listener: TcpListener, gateway: Gateway, local: Router<Arc<Gateway>>) {
    let router = local.fallback(handle).layer(from_fn(only_this_machines_names)).with_state(Arc::new(gateway));
    let listener = listener.tap_io(|connection| {
        // Turns Nagle's algorithm off: with it, small answers wait for acknowledgements.
        let _ = connection.set_nodelay(true);
    });
    // It ends only when it is aborted.
    let _ = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await;
}

/// Answers a foreign Host as API Gateway does. This also prevents DNS rebinding: a web page whose name leads to this
/// machine cannot read the mails.
async fn only_this_machines_names(request: Request<Body>, next: Next) -> Response {
    match domain(request.headers()) {
        Some(name) if ["localhost", "127.0.0.1"].iter().any(|own| name.eq_ignore_ascii_case(own)) => {
            next.run(request).await
        }
        _ => Refusal::Forbidden.into_response(),
    }
}

async fn handle(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response {
    if is_local(request.uri().path()) {
        return Refusal::NotFound.into_response();
    }
    let request_id = request_id();
    let mut response = match answer(&gateway, peer, request, &request_id).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    };
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("apigw-requestid", value);
    }
    response
}

/// What API Gateway says without a function's answer.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    BadRequest,
    Forbidden,
    NotFound,
    TooLarge,
    HeadersTooLarge,
    TooManyRequests,
    InternalServerError,
    ServiceUnavailable,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "Bad Request"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "Forbidden"),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not Found"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
            Self::HeadersTooLarge => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large"),
            // Without Retry-After: what an HTTP API says by itself, no template changes.
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "Too Many Requests"),
            Self::InternalServerError => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
            Self::ServiceUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        };
        (status, [(CONTENT_TYPE, "application/json")], json!({"message": message}).to_string()).into_response()
    }
}

async fn answer(
    gateway: &Gateway,
    peer: SocketAddr,
    request: Request<Body>,
    request_id: &str,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    if request_line_and_headers(&parts) > MAXIMUM_REQUEST_LINE_AND_HEADERS {
        return Err(Refusal::HeadersTooLarge);
    }
    let selected = select(&gateway.routes, parts.method.as_str(), parts.uri.path()).ok_or(Refusal::NotFound)?;
    if !gateway.throttles.admit(selected.key, Instant::now()) {
        return Err(Refusal::TooManyRequests);
    }
    let body = read(&parts.headers, body).await?;
    let context = Context { api_id: &gateway.api_id, port: gateway.port, peer, request_id, now: Timestamp::now() };
    let event = event(&parts, &body, &selected, &context).ok_or(Refusal::BadRequest)?;
    let payload = Bytes::from(event.to_string());
    if payload.len() > MAXIMUM_PAYLOAD {
        return Err(Refusal::TooLarge);
    }
    match timeout(INTEGRATION_TIMEOUT, gateway.lambda.invoke(selected.function, payload)).await {
        Err(_) => Err(Refusal::ServiceUnavailable),
        Ok(answer) => response(&parts.method, answer).ok_or(Refusal::InternalServerError),
    }
}

/// Reads the whole body. One that is too large is refused by its Content-Length. A body without that header is read to
/// its end, so that its sender comes to read the refusal.
async fn read(headers: &HeaderMap, mut body: Body) -> Result<Vec<u8>, Refusal> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > MAXIMUM_BODY) {
        return Err(Refusal::TooLarge);
    }
    let mut read = Vec::new();
    let mut fits = true;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| Refusal::BadRequest)?.into_data() else { continue };
        fits &= read.len() + data.len() <= MAXIMUM_BODY;
        if fits {
            read.extend_from_slice(&data);
        }
    }
    if fits { Ok(read) } else { Err(Refusal::TooLarge) }
}

/// A route's key and path, ready for matching.
#[derive(Debug)]
struct Pattern {
    key: String,
    method: String,
    segments: Vec<Segment>,
}

/// A segment of a route's path; a more specific one comes first in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Exactly(String),
    Parameter(String),
    Rest(String),
}

impl Pattern {
    fn of(route: &Route) -> Self {
        let (method, segments) = match route {
            // $default is a catch-all that even matches `/`.
            Route::Default => (String::new(), Vec::new()),
            Route::Path { method, path } => (method.clone(), path.split('/').skip(1).map(Segment::of).collect()),
        };
        Self { key: route.key(), method, segments }
    }

    fn is_default(&self) -> bool {
        self.segments.is_empty()
    }

    /// The path parameters, decoded, if method and path match.
    fn matches(&self, method: &str, path: &[&str]) -> Option<BTreeMap<String, String>> {
        if self.is_default() {
            return Some(BTreeMap::new());
        }
        if self.method != "ANY" && self.method != method {
            return None;
        }
        let mut parameters = BTreeMap::new();
        let mut rest = path;
        for segment in &self.segments {
            let (first, others) = rest.split_first()?;
            match segment {
                Segment::Exactly(text) if decoded(first) == *text => {}
                Segment::Parameter(name) if !first.is_empty() => {
                    parameters.insert(name.clone(), decoded(first));
                }
                Segment::Rest(name) if !first.is_empty() || !others.is_empty() => {
                    parameters.insert(name.clone(), decoded(&rest.join("/")));
                    return Some(parameters);
                }
                _ => return None,
            }
            rest = others;
        }
        rest.is_empty().then_some(parameters)
    }
}

impl Segment {
    fn of(text: &str) -> Self {
        match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            Some(name) => match name.strip_suffix('+') {
                Some(name) => Self::Rest(name.to_owned()),
                None => Self::Parameter(name.to_owned()),
            },
            None => Self::Exactly(text.to_owned()),
        }
    }

    fn generality(&self) -> u8 {
        match self {
            Self::Exactly(_) => 0,
            Self::Parameter(_) => 1,
            Self::Rest(_) => 2,
        }
    }
}

/// The route a request takes, and its path parameters.
#[derive(Debug)]
struct Selected<'a> {
    key: &'a str,
    function: &'a str,
    parameters: BTreeMap<String, String>,
}

/// The most specific route that matches: an exact segment before `{parameter}` before `{proxy+}`, then the method
/// before `ANY`, and `$default` last.
fn select<'a>(routes: &'a [(Pattern, String)], method: &str, path: &str) -> Option<Selected<'a>> {
    let path: Vec<&str> = path.split('/').skip(1).collect();
    routes
        .iter()
        .filter_map(|(pattern, function)| {
            let parameters = pattern.matches(method, &path)?;
            Some((pattern, Selected { key: &pattern.key, function, parameters }))
        })
        .min_by_key(|(pattern, _)| {
            let generalities: Vec<u8> = pattern.segments.iter().map(Segment::generality).collect();
            (pattern.is_default(), generalities, pattern.method == "ANY")
        })
        .map(|(_, selected)| selected)
}

/// What an event tells beside the request itself.
struct Context<'a> {
    api_id: &'a str,
    port: u16,
    peer: SocketAddr,
    request_id: &'a str,
    now: Timestamp,
}

/// The event of payload format 2.0; nothing where the request has no usable host or path.
fn event(parts: &Parts, body: &[u8], selected: &Selected<'_>, context: &Context<'_>) -> Option<Value> {
    let domain = domain(&parts.headers)?;
    let source = context.peer.ip().to_string();
    // API Gateway decodes the path, unlike a function URL, and leaves the query as it was sent.
    let path = decoded(Some(parts.uri.path()).filter(|path| path.starts_with('/'))?);
    let query = parts.uri.query().unwrap_or_default();

    let mut event = json!({
        "version": "2.0",
        "routeKey": selected.key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers(&parts.headers, body, &source, context.port),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": context.api_id,
            "domainName": domain,
            "domainPrefix": domain.split('.').next(),
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": format!("{:?}", parts.version),
                "sourceIp": source,
                "userAgent": parts.headers.get(USER_AGENT).map(header_text).unwrap_or_default(),
            },
            "requestId": context.request_id,
            "routeKey": selected.key,
            "stage": "$default",
            "time": context.now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": context.now.as_millisecond(),
        },
        "isBase64Encoded": false,
    });
    let cookies = cookies(&parts.headers);
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    let parameters = query_parameters(query);
    if !parameters.is_empty() {
        event["queryStringParameters"] = json!(parameters);
    }
    if !selected.parameters.is_empty() {
        event["pathParameters"] = json!(selected.parameters);
    }
    if !body.is_empty() {
        let text = if is_text(&parts.headers) { str::from_utf8(body).ok() } else { None };
        event["isBase64Encoded"] = json!(text.is_none());
        event["body"] = text.map_or_else(|| json!(BASE64.encode(body)), |text| json!(text));
    }
    Some(event)
}

fn domain(headers: &HeaderMap) -> Option<String> {
    let host: Authority = headers.get(HOST)?.to_str().ok()?.parse().ok()?;
    Some(host.host().to_owned())
}

fn headers(sent: &HeaderMap, body: &[u8], source: &str, port: u16) -> BTreeMap<String, String> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in sent {
        if name == COOKIE || BETWEEN_HOPS.contains(&name.as_str()) {
            continue;
        }
        let joined = headers.entry(name.as_str().to_owned()).or_default();
        if !joined.is_empty() {
            joined.push(',');
        }
        joined.push_str(&header_text(value));
    }
    headers.insert(CONTENT_LENGTH.as_str().to_owned(), body.len().to_string());
    let forwarded = headers.entry("x-forwarded-for".to_owned()).or_default();
    *forwarded = if forwarded.is_empty() { source.to_owned() } else { format!("{forwarded}, {source}") };
    headers.insert("x-forwarded-port".to_owned(), port.to_string());
    headers.insert("x-forwarded-proto".to_owned(), "http".to_owned());
    headers
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let sent: Vec<String> = headers.get_all(COOKIE).iter().map(header_text).collect();
    sent.iter()
        .flat_map(|header| header.split(';'))
        .map(|cookie| cookie.trim_matches([' ', '\t']).to_owned())
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

fn query_parameters(query: &str) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        parameters
            .entry(name.into_owned())
            .and_modify(|joined| {
                joined.push(',');
                joined.push_str(&value);
            })
            .or_insert_with(|| value.clone().into_owned());
    }
    parameters
}

/// Whether a body goes to the function as it is; all others go in Base64, form posts too.
fn is_text(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).map(header_text).unwrap_or_default().to_ascii_lowercase();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/") || matches!(essence, "application/json" | "application/javascript" | "application/xml")
}

fn header_text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn request_line_and_headers(parts: &Parts) -> usize {
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let headers = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    parts.method.as_str().len() + target + headers.sum::<usize>()
}

/// The response a function's answer means; nothing where the function failed or its answer is malformed.
fn response(method: &Method, answer: Result<Bytes, InvokeError>) -> Option<Response> {
    let answer: Value = serde_json::from_slice(&answer.ok()?).ok()?;
    match answer {
        Value::Object(fields) if fields.contains_key("statusCode") => stated(method, &fields),
        // Without a status code the answer itself is the body.
        Value::String(text) => Some(inferred(text)),
        other => Some(inferred(other.to_string())),
    }
}

fn inferred(body: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

fn stated(method: &Method, fields: &Map<String, Value>) -> Option<Response> {
    let status = match fields.get("statusCode")? {
        Value::Number(number) => number.as_u64().and_then(|status| u16::try_from(status).ok())?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    let mut headers = HeaderMap::new();
    for (name, value) in object(fields.get("headers"))? {
        add(&mut headers, name, value)?;
    }
    // The length is that of the body that is really sent, but for HEAD, where it is that of the body GET would send.
    if method != Method::HEAD {
        headers.remove(CONTENT_LENGTH);
    }
    for cookie in list(fields.get("cookies"))? {
        headers.append(SET_COOKIE, HeaderValue::from_str(cookie.as_str()?).ok()?);
    }
    let body = match fields.get("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => match fields.get("isBase64Encoded") {
            Some(Value::Bool(true)) => BASE64.decode(text).ok()?,
            _ => text.clone().into_bytes(),
        },
        Some(_) => return None,
    };
    if !body.is_empty() && !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).ok().filter(|status| status.as_u16() >= 200)?;
    *response.headers_mut() = headers;
    Some(response)
}

fn add(headers: &mut HeaderMap, name: &str, value: &Value) -> Option<()> {
    let name: HeaderName = name.parse().ok()?;
    let value = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return None,
    };
    if !BETWEEN_HOPS.contains(&name.as_str()) {
        headers.append(name, HeaderValue::from_str(&value).ok()?);
    }
    Some(())
}

fn object(value: Option<&Value>) -> Option<Vec<(&String, &Value)>> {
    match value {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Object(fields)) => Some(fields.iter().collect()),
        Some(_) => None,
    }
}

fn list(value: Option<&Value>) -> Option<&[Value]> {
    match value {
        None | Some(Value::Null) => Some(&[]),
        Some(Value::Array(values)) => Some(values),
        Some(_) => None,
    }
}

/// An id in API Gateway's shape, such as `JKJaXmPLvHcESHA=`.
fn request_id() -> String {
    BASE64.encode(&Uuid::new_v4().as_bytes()[..11])
}

#[cfg(test)]
mod tests;
