//! Requests as API Gateway hands them on, and what a table tells of the answers.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    net::{IpAddr, Ipv6Addr},
    sync::atomic::{AtomicU16, Ordering},
};

use base64::{Engine, prelude::BASE64_STANDARD as STANDARD};
use jiff::Timestamp;
use lambda_http::{Body, Request, Response, http::header, request};
use portal_tests::{Answer, readable};
use serde_json::{Value, json};

/// A request; each comes from a network of its own, unless it says otherwise.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
pub(crate) struct Asked {
    route: String,
    method: String,
    path: String,
    parameters: Value,
    query: String,
    headers: Value,
    cookies: Vec<String>,
    form: Option<String>,
    is_base64: bool,
    source: IpAddr,
}

/// A request of a route such as `GET /sign-in`.
pub(crate) fn asked(route: &str) -> Asked {
    let (method, path) = route.split_once(' ').unwrap();
    Asked {
        route: route.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        parameters: json!({}),
        query: String::new(),
        headers: json!({"host": "portal.example"}),
        cookies: Vec::new(),
        form: None,
        is_base64: false,
        source: network(),
    }
}

/// A request that no route is for.
pub(crate) fn astray(method: &str, path: &str) -> Asked {
    Asked { route: "$default".into(), ..asked(&format!("{method} {path}")) }
}

/// A network address that nobody has asked from.
pub(crate) fn network() -> IpAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    Ipv6Addr::new(0x2001, 0xdb8, 0, NEXT.fetch_add(1, Ordering::Relaxed), 0, 0, 0, 1).into()
}

impl Asked {
    /// With a parameter in the path.
    pub(crate) fn at(mut self, name: &str, value: &str) -> Self {
        self.path = self.path.replace(&format!("{{{name}}}"), value);
        self.parameters[name] = json!(value);
        self
    }

    pub(crate) fn query(self, query: &str) -> Self {
        Self { query: query.to_owned(), ..self }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers[name] = json!(value);
        self
    }

    /// With a cookie, as `name=value`; with none where the text is empty.
    pub(crate) fn cookie(mut self, cookie: &str) -> Self {
        self.cookies.extend(Some(cookie.to_owned()).filter(|cookie| !cookie.is_empty()));
        self
    }

    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Self {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Self { form: Some(form), ..self }
    }

    /// With another method than the route names.
    pub(crate) fn method(self, method: &str) -> Self {
        Self { method: method.to_owned(), ..self }
    }

    /// With a body that goes as it is.
    pub(crate) fn text(self, body: &str) -> Self {
        Self { form: Some(body.to_owned()), ..self }
    }

    /// With a body that goes in Base64, as all do that API Gateway takes for no text.
    pub(crate) fn bytes(self, body: &[u8]) -> Self {
        Self { form: Some(STANDARD.encode(body)), is_base64: true, ..self }
    }

    pub(crate) fn from(self, source: IpAddr) -> Self {
        Self { source, ..self }
    }

    pub(crate) fn request(&self) -> Request {
        let event = json!({
            "version": "2.0",
            "routeKey": self.route,
            "rawPath": self.path,
            "rawQueryString": self.query,
            "queryStringParameters": query(&self.query),
            "pathParameters": self.parameters,
            "headers": self.headers,
            "cookies": self.cookies,
            "body": self.form,
            "isBase64Encoded": self.is_base64,
            "requestContext": {
                "domainName": "portal.example",
                "http": {
                    "method": self.method, "path": self.path, "protocol": "HTTP/1.1",
                    "sourceIp": self.source, "userAgent": "test",
                },
                "routeKey": self.route,
                "stage": "$default",
                "timeEpoch": 0,
            },
        });
        request::from_str(&event.to_string()).unwrap()
    }
}

fn query(text: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// What a table expects of an answer.
#[derive(Clone)]
pub(crate) struct Expected {
    told: String,
    holds: Vec<String>,
    cookies: &'static str,
}

/// A page of this status that holds a message.
pub(crate) fn page(status: u16, message: impl Into<String>) -> Expected {
    Expected { told: status.to_string(), holds: vec![message.into()], cookies: "" }
}

/// 303 to another address. `now` stands for a time that has just been.
pub(crate) fn see(location: impl AsRef<str>) -> Expected {
    Expected { told: format!("303 to {}", location.as_ref()), holds: Vec::new(), cookies: "" }
}

impl Expected {
    /// Sets or clears these cookies and no other, in this order: `+session -asked`.
    pub(crate) fn cookies(self, cookies: &'static str) -> Self {
        Self { cookies, ..self }
    }

    /// The page holds this, too.
    pub(crate) fn and(mut self, text: impl Into<String>) -> Self {
        self.holds.push(text.into());
        self
    }

    /// Asserts that this is the answer to `what`.
    pub(crate) fn is(&self, answer: &Answer, what: impl Debug) {
        let cookies = cookies(answer);
        assert_eq!(
            (told(answer).as_str(), cookies.as_str()),
            (self.told.as_str(), self.cookies),
            "{what:?}: {answer:?}"
        );
        for text in &self.holds {
            assert!(answer.shows(text), "{what:?}: no {text:?} in {}", readable(&answer.body));
        }
        assert!(!self.holds.is_empty() || answer.body.is_empty(), "{what:?}: a page");
    }
}

/// What a handler answered.
pub(crate) fn answer(response: Result<Response<Body>, lambda_http::Error>) -> Answer {
    let (parts, body) = response.unwrap().into_parts();
    let body = String::from_utf8(body.as_ref().to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// Status and location, in which a time that has just been is `now`.
fn told(answer: &Answer) -> String {
    let status = answer.status.as_u16();
    let is_now =
        |text: &str| text.parse::<i64>().is_ok_and(|second| (Timestamp::now().as_second() - second).abs() < 30);
    match (answer.location(), answer.location().rsplit_once('=')) {
        ("", _) => status.to_string(),
        (_, Some((before, second))) if is_now(second) => format!("{status} to {before}=now"),
        (location, _) => format!("{status} to {location}"),
    }
}

/// The portal's cookies that an answer sets and clears.
fn cookies(answer: &Answer) -> String {
    let set = answer.headers.get_all(header::SET_COOKIE).into_iter().map(|cookie| {
        let cookie = cookie.to_str().unwrap();
        let (name, _) = cookie.split_once('=').unwrap();
        let sign = if cookie.contains("Max-Age=0;") { '-' } else { '+' };
        format!("{sign}{}", name.strip_prefix("__Host-").unwrap())
    });
    set.collect::<Vec<_>>().join(" ")
}

/// The value that an answer gives a cookie, as the browser sends it back.
pub(crate) fn kept(answer: &Answer, name: &str) -> String {
    let set = answer.headers.get_all(header::SET_COOKIE).into_iter().map(|cookie| cookie.to_str().unwrap());
    let pair = set.map(|cookie| cookie.split(';').next().unwrap()).find(|pair| pair.starts_with(&format!("{name}=")));
    pair.unwrap_or_else(|| panic!("no {name} in {answer:?}")).to_owned()
}
