//! Bad input gets a clear answer and loses nothing.

use std::collections::{BTreeMap, BTreeSet};

use portal_local::template::Route;
use portal_tests::Portal;
use portal_views::messages::ENGLISH;
use reqwest::Method;

use crate::leaks::armoured;

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_answered_with_a_page_that_says_what_to_do() {
    let portal = Portal::empty().await;
    let same = [("sec-fetch-site", "same-origin")];
    let token = "A".repeat(64);
    for (method, path, status, says) in [
        (Method::GET, "/no/such/page", 404, ENGLISH.not_found),
        (Method::GET, "/bookings", 404, ENGLISH.not_found),
        (Method::POST, "/", 405, ENGLISH.wrong_method),
        (Method::PUT, "/sign-in", 405, ENGLISH.wrong_method),
        (Method::GET, "/sign-out", 405, ENGLISH.wrong_method),
        (Method::DELETE, "/bookings/bkg_1", 405, ENGLISH.wrong_method),
        (Method::GET, "/link/short", 404, ENGLISH.link_unknown),
        (Method::GET, &format!("/link/{token}"), 404, ENGLISH.link_unknown),
        (Method::POST, &format!("/link/{token}"), 404, ENGLISH.link_unknown),
        (Method::POST, &format!("/link/{token}/renew"), 404, ENGLISH.link_unknown),
        (Method::POST, "/sign-in", 422, ENGLISH.address_empty),
    ] {
        let answer = portal.person().request(method.clone(), path, Some(&[]), &same).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        assert!(answer.body.contains(says), "{method} {path}: {answer:?}");
        assert!(answer.body.contains("href=\""), "{method} {path} leads somewhere: {answer:?}");
        armoured(&format!("{method} {path}"), &answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_is_told_the_right_ones() {
    let portal = Portal::empty().await;
    let answer = portal.person().request(Method::DELETE, "/sign-in", None, &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET, HEAD, POST"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_address_brings_the_form_back_with_what_was_typed() {
    let portal = Portal::empty().await;
    let answer = portal.person().post("/sign-in", &[("email", "ana@example.com, <b>ben</b>")]).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    assert!(answer.body.contains(ENGLISH.address_malformed), "{answer:?}");
    assert!(answer.body.contains("ana@example.com, &lt;b&gt;ben&lt;/b&gt;"), "{answer:?}");
    assert!(answer.body.contains(r#"aria-invalid="true""#), "{answer:?}");
    assert!(portal.mails().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_8_kib_is_refused_with_a_page_before_it_is_read() {
    let portal = Portal::empty().await;
    let largest = 8 * 1024 - "email=".len();
    let body = |typed: String| format!("email={typed}").into_bytes();
    let fits = portal.person().post_body("/sign-in", body("a".repeat(largest))).await;
    assert_eq!(fits.status, 422, "{fits:?}");
    // The local gateway, like API Gateway, sends forms on in Base64. A page would show each quote as six bytes.
    for typed in ["a".repeat(largest + 1), "\"".repeat(1_200_000)] {
        for path in ["/sign-in", "/sign-out", "/link/x", "/link/x/renew", "/nowhere"] {
            let answer = portal.person().post_body(path, body(typed.clone())).await;
            assert_eq!(answer.status, 413, "{path}: {answer:?}");
            assert!(answer.body.contains(ENGLISH.too_large), "{path}: {answer:?}");
            assert!(answer.body.contains("tel:+1") && answer.body.contains("href=\"/\""), "a way on: {answer:?}");
            assert!(!answer.body.contains("aaaaaaaa") && !answer.body.contains("&quot;&quot;"), "{path}: {answer:?}");
            armoured(path, &answer);
        }
    }
    let lines = portal.stack.log().lines();
    assert!(lines.iter().any(|line| line.line.contains("its body is too large")));
    assert!(!lines.iter().any(|line| line.line.contains("aaaaaaaa")));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_was_typed_320_characters_are_shown_again() {
    let portal = Portal::empty().await;
    for (typed, shown) in [(319, 319), (320, 320), (321, 320), (1300, 320)] {
        let answer = portal.person().post("/sign-in", &[("email", &"é".repeat(typed))]).await;
        assert_eq!((answer.status.as_u16(), answer.body.matches('é').count()), (422, shown), "{typed}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_cookie_is_no_session() {
    let portal = Portal::empty().await;
    for cookie in ["", "x", "%00", &"A".repeat(107), &"A".repeat(5000)] {
        let person = portal.person();
        person.plant("__Host-session", cookie);
        let answer = person.get("/").await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, "/sign-in"), "{cookie}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_is_told_the_methods_that_the_template_has_there() {
    let portal = Portal::empty().await;
    let mut methods = BTreeMap::<String, BTreeSet<String>>::new();
    for route in portal.stack.description.functions.iter().flat_map(|function| &function.routes) {
        if let Route::Path { method, path } = route {
            let path = path.replace("{token}", "x").replace("{booking_id}", "bkg_1").replace("{document_id}", "doc_1");
            methods.entry(path).or_default().insert(method.clone());
        }
    }
    assert!(methods.len() > 5, "{methods:?}");
    for (path, methods) in methods {
        let answer = portal.person().request(Method::DELETE, &path, None, &[("sec-fetch-site", "same-origin")]).await;
        let allowed: BTreeSet<String> = answer.header("allow").split(", ").map(str::to_owned).collect();
        assert_eq!((answer.status.as_u16(), allowed), (405, methods), "{path}");
    }
}
