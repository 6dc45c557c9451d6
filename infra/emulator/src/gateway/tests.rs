use std::net::SocketAddr;

use axum::{
    body::{Bytes, to_bytes},
    http::{HeaderValue, Method, Request, StatusCode, request::Parts},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Context, Pattern, event, response, select};
use crate::{lambda::InvokeError, template::Route};

fn routes(keys: &[&str]) -> Vec<(Pattern, String)> {
    keys.iter()
        .map(|key| {
            let route = match key.split_once(' ') {
                Some((method, path)) => Route::Path { method: method.into(), path: path.into() },
                None => Route::Default,
            };
            (Pattern::of(&route), format!("function of {key}"))
        })
        .collect()
}

#[test]
fn the_most_specific_route_is_taken() {
    let routes = routes(&[
        "$default",
        "ANY /{proxy+}",
        "GET /pets/{proxy+}",
        "GET /pets/dog/{id}",
        "ANY /pets/dog/1",
        "GET /pets/dog/1",
        "GET /pets/{kind}/1",
        "GET /",
        "POST /pets",
    ]);
    for (method, path, key, parameters) in [
        ("GET", "/pets/dog/1", "GET /pets/dog/1", json!({})),
        ("PUT", "/pets/dog/1", "ANY /pets/dog/1", json!({})),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}", json!({"id": "2"})),
        ("GET", "/pets/cat/1", "GET /pets/{kind}/1", json!({"kind": "cat"})),
        ("GET", "/pets/cat/2", "GET /pets/{proxy+}", json!({"proxy": "cat/2"})),
        ("GET", "/pets/dog/", "GET /pets/{proxy+}", json!({"proxy": "dog/"})),
        ("GET", "/pets/dog/a%2Fb%20c", "GET /pets/dog/{id}", json!({"id": "a/b c"})),
        ("HEAD", "/pets/dog/1", "ANY /pets/dog/1", json!({})),
        ("HEAD", "/", "$default", json!({})),
        ("GET", "/", "GET /", json!({})),
        ("GET", "/pets", "ANY /{proxy+}", json!({"proxy": "pets"})),
        ("POST", "/pets", "POST /pets", json!({})),
        ("GET", "/%70ets/dog/1", "GET /pets/dog/1", json!({})),
    ] {
        let selected = select(&routes, method, path).unwrap();
        assert_eq!((selected.key, json!(selected.parameters)), (key, parameters), "{method} {path}");
        assert_eq!(selected.function, format!("function of {key}"));
    }
}

#[test]
fn without_a_default_route_the_rest_is_not_found() {
    let routes = routes(&["GET /a/{id}", "GET /b/{rest+}"]);
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/a"),
        ("GET", "/a/"),
        ("GET", "/a/1/"),
        ("POST", "/a/1"),
        ("GET", "/b"),
        ("GET", "/b/"),
        ("GET", "//a/1"),
    ] {
        assert!(select(&routes, method, path).is_none(), "{method} {path}");
    }
}

fn parts(request: axum::http::request::Builder) -> Parts {
    request.body(()).unwrap().into_parts().0
}

fn event_of(parts: &Parts, body: &[u8], keys: &[&str]) -> Option<Value> {
    let routes = routes(keys);
    let selected = select(&routes, parts.method.as_str(), parts.uri.path()).unwrap();
    let context = Context {
        api_id: "shop-api",
        port: 9000,
        peer: SocketAddr::from(([127, 0, 0, 9], 50_000)),
        request_id: "JKJaXmPLvHcESHA=",
        now: "2026-07-02T14:03:22.5Z".parse::<Timestamp>().unwrap(),
    };
    event(parts, body, &selected, &context)
}

#[test]
fn an_event_has_the_payload_format_2_0() {
    let request = Request::post("/link/a%20b?x=1&y=a%20b+c&x=2")
        .header("Host", "localhost:9000")
        .header("Cookie", "a=1; b=2")
        .header("Cookie", "c=3")
        .header("Accept", "text/html")
        .header("Accept", "text/plain")
        .header("X-Forwarded-For", "10.0.0.1")
        .header("User-Agent", "test")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Connection", "keep-alive");
    let event = event_of(&parts(request), b"email=a%40b", &["POST /link/{token}"]).unwrap();
    assert_eq!(
        event,
        json!({
            "version": "2.0",
            "routeKey": "POST /link/{token}",
            "rawPath": "/link/a b",
            "rawQueryString": "x=1&y=a%20b+c&x=2",
            "cookies": ["a=1", "b=2", "c=3"],
            "headers": {
                "accept": "text/html,text/plain",
                "content-length": "11",
                "content-type": "application/x-www-form-urlencoded",
                "host": "localhost:9000",
                "user-agent": "test",
                "x-forwarded-for": "10.0.0.1, 127.0.0.9",
                "x-forwarded-port": "9000",
                "x-forwarded-proto": "http",
            },
            "queryStringParameters": {"x": "1,2", "y": "a b c"},
            "pathParameters": {"token": "a b"},
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "shop-api",
                "domainName": "localhost",
                "domainPrefix": "localhost",
                "http": {
                    "method": "POST",
                    "path": "/link/a b",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.9",
                    "userAgent": "test",
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": "POST /link/{token}",
                "stage": "$default",
                "time": "02/Jul/2026:14:03:22 +0000",
                "timeEpoch": 1_783_001_002_500_i64,
            },
            "body": "ZW1haWw9YSU0MGI=",
            "isBase64Encoded": true,
        })
    );
}

#[test]
fn a_cookie_arrives_as_text_trimmed_of_space_and_tab_alone() {
    let cookie = |bytes: &[u8]| HeaderValue::from_bytes(bytes).unwrap();
    let request = Request::get("/")
        .header("Host", "h")
        .header("Cookie", cookie("city=M\u{e1}laga;\t\u{2003}a=1 ;; unpaired".as_bytes()))
        .header("Cookie", cookie(b"last=caf\xe9"));
    let event = event_of(&parts(request), b"", &["$default"]).unwrap();
    assert_eq!(event["cookies"], json!(["city=M\u{e1}laga", "\u{2003}a=1", "unpaired", "last=caf\u{fffd}"]));
}

#[test]
fn only_text_arrives_as_text() {
    for (content_type, is_text) in [
        ("text/plain; charset=utf-8", true),
        ("application/json", true),
        ("Application/JSON;x=y", true),
        ("application/xml", true),
        ("application/javascript", true),
        ("application/x-www-form-urlencoded", false),
        ("application/octet-stream", false),
        ("multipart/form-data; boundary=x", false),
    ] {
        let request = Request::post("/").header("Host", "h").header("Content-Type", content_type);
        let event = event_of(&parts(request), b"{}", &["$default"]).unwrap();
        let body = if is_text { "{}" } else { "e30=" };
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(body), &json!(!is_text)), "{content_type}");
    }
    let event = event_of(&parts(Request::get("/").header("Host", "h")), b"", &["$default"]).unwrap();
    assert_eq!(event.get("body"), None);
    assert_eq!(event.get("cookies"), None);
    assert_eq!(event.get("queryStringParameters"), None);
    assert_eq!(event.get("pathParameters"), None);
}

#[test]
fn a_request_without_a_usable_host_is_refused() {
    for request in [Request::get("/"), Request::get("/").header("Host", "a b")] {
        assert_eq!(event_of(&parts(request), b"", &["$default"]), None);
    }
}

#[tokio::test]
async fn a_functions_answer_becomes_the_response() {
    let answer = json!({
        "statusCode": 201,
        "headers": {"X-One": "1", "Content-Length": "99"},
        "cookies": ["a=1; Path=/", "b=2"],
        "body": "aGVsbG8=",
        "isBase64Encoded": true,
    });
    let response = response(&Method::GET, Ok(Bytes::from(answer.to_string()))).unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let values = |name: &str| -> Vec<_> { response.headers().get_all(name).iter().cloned().collect() };
    assert_eq!(values("x-one"), ["1"]);
    assert_eq!(values("set-cookie"), ["a=1; Path=/", "b=2"]);
    assert_eq!(values("content-type"), ["text/plain;charset=UTF-8"]);
    assert!(values("content-length").is_empty());
    assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "hello");

    let answer = json!({"statusCode": 200, "headers": {"content-length": "99"}});
    let head = super::response(&Method::HEAD, Ok(Bytes::from(answer.to_string()))).unwrap();
    assert_eq!(head.headers()["content-length"], "99");
}

#[tokio::test]
async fn an_answer_without_a_status_code_is_the_body() {
    for (answer, body) in
        [(json!({"message": "hello"}), "{\"message\":\"hello\"}"), (json!("hello"), "hello"), (json!([1, 2]), "[1,2]")]
    {
        let response = response(&Method::GET, Ok(Bytes::from(answer.to_string()))).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), body);
    }
}

#[test]
fn a_failed_function_or_a_malformed_answer_is_no_response() {
    assert!(response(&Method::GET, Err(InvokeError::Crashed("exit status: 1".into()))).is_none());
    for answer in [
        "not json",
        "{\"statusCode\": 42}",
        "{\"statusCode\": 100}",
        "{\"statusCode\": \"many\"}",
        "{\"statusCode\": 200, \"body\": {}}",
        "{\"statusCode\": 200, \"headers\": {\"a\": []}}",
        "{\"statusCode\": 200, \"headers\": {\"a\": \"line\\nbreak\"}}",
        "{\"statusCode\": 200, \"isBase64Encoded\": true, \"body\": \"*\"}",
    ] {
        assert!(response(&Method::GET, Ok(Bytes::from(answer))).is_none(), "{answer}");
    }
}
