use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use serde_json::json;

use super::*;
use crate::responses::{see_other, tests::responder};

/// A request of a browser to `portal.example`, on this route.
fn request(route: &str, headers: &serde_json::Value, language: &str, body: &str) -> Request {
    let (method, path) = route.split_once(' ').unwrap();
    let event = json!({
        "version": "2.0", "routeKey": route, "rawPath": path, "rawQueryString": format!("language={language}"),
        "queryStringParameters": {"language": language}, "headers": headers, "isBase64Encoded": false, "body": body,
        "requestContext": {"routeKey": route, "stage": "$default", "domainName": "portal.example", "timeEpoch": 0,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": ""}},
    });
    Request::from(serde_json::from_value::<Event>(event).unwrap().0)
        .with_lambda_context(lambda_http::Context::default())
}

/// What a handler's `answer` comes to; nothing here waits.
fn answer(request: Request, answer: fn() -> Result<Response<Body>, Error>) -> Response<Body> {
    let respond = responder();
    let server = Server { respond: &respond, handle: |_| ready(answer()), gzip: Gzip::default() };
    match pin!(server.answer(request)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answered) => answered.unwrap(),
        Poll::Pending => panic!("it waits"),
    }
}

/// A page worth compressing.
fn page() -> Result<Response<Body>, Error> {
    let mut page = Response::new(Body::Text("page ".repeat(2000)));
    page.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Ok(page)
}

#[test]
fn a_request_is_handled_if_it_is_small_and_changes_nothing_or_comes_from_an_own_page() {
    let (own, foreign) = (json!({"origin": "https://portal.example"}), json!({"origin": "https://evil.example"}));
    let (largest, larger) = ("x".repeat(8192), "x".repeat(8193));
    for (route, headers, body, status) in [
        ("GET /", &json!({}), "", 200),
        ("GET /", &foreign, "", 200),
        ("POST /sign-in", &own, "email=", 200),
        ("POST /sign-in", &own, &largest, 200),
        ("POST /sign-in", &own, &larger, 413),
        ("POST /sign-in", &foreign, "email=", 403),
        ("POST /sign-in", &json!({}), "email=", 403),
    ] {
        let answered = answer(request(route, headers, "", body), page);
        assert_eq!(answered.status(), status, "{route} {headers} {}", body.len());
    }
    assert_eq!(answer(request("GET /", &json!({}), "", ""), || Err("a secret".into())).status(), 500);
}

#[test]
fn a_chosen_language_is_kept_where_an_answer_leads_to_a_page_and_no_other_site_chose_it() {
    let (own, foreign) = (json!({}), json!({"sec-fetch-site": "cross-site"}));
    let file = || Ok(Response::new(Body::Text("BEGIN:VCALENDAR".into())));
    let elsewhere = || see_other("https://bucket.example/invoice.pdf");
    for (what, headers, language, handler, is_kept) in [
        ("a page", &own, "es", page as fn() -> _, true),
        ("a way to a page", &own, "es", || see_other("/sign-in"), true),
        ("a file", &own, "es", file, false),
        ("a way to a file", &own, "es", elsewhere, false),
        ("no language", &own, "", page, false),
        ("another site", &foreign, "es", page, false),
    ] {
        let answered = answer(request("GET /", headers, language, ""), handler);
        assert_eq!(answered.headers().contains_key(header::SET_COOKIE), is_kept, "{what}");
    }
}

#[test]
fn a_page_is_compressed_unless_it_holds_a_token_and_has_no_body_for_head() {
    for (route, is_compressed, has_body) in
        [("GET /", true, true), ("HEAD /", true, false), ("GET /link/{token}", false, true)]
    {
        let answered = answer(request(route, &json!({"accept-encoding": "gzip"}), "", ""), page);
        assert_eq!(answered.headers().contains_key(header::CONTENT_ENCODING), is_compressed, "{route}");
        assert_eq!(!answered.body().is_empty(), has_body, "{route}");
    }
}

#[test]
fn an_answer_without_its_body_keeps_its_headers_and_tells_its_length() {
    let mut answer = Response::new(Body::Text("caf\u{e9}".into()));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    let head = without_body(answer);
    assert_eq!((head.body(), &head.headers()[header::CONTENT_LENGTH]), (&Body::Empty, &HeaderValue::from_static("5")));
    assert_eq!(head.headers()[header::CONTENT_TYPE], "text/plain");
}
