//! Bad input gets a clear answer and loses nothing.

use portal_tests::Portal;
use reqwest::Method;

use crate::leaks::armoured;

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_answered_with_a_page_that_says_what_to_do() {
    let portal = Portal::empty().await;
    let same = [("sec-fetch-site", "same-origin")];
    let token = "A".repeat(64);
    for (method, path, status, says) in [
        (Method::GET, "/no/such/page", 404, "This page does not exist"),
        (Method::GET, "/bookings", 404, "This page does not exist"),
        (Method::POST, "/", 405, "That does not work here"),
        (Method::PUT, "/sign-in", 405, "That does not work here"),
        (Method::GET, "/sign-out", 405, "That does not work here"),
        (Method::DELETE, "/bookings/bkg_1", 405, "That does not work here"),
        (Method::GET, "/link/short", 404, "This link does not work"),
        (Method::GET, &format!("/link/{token}"), 404, "This link does not work"),
        (Method::POST, &format!("/link/{token}"), 404, "This link does not work"),
        (Method::POST, &format!("/link/{token}/renew"), 404, "This link does not work"),
        (Method::POST, "/sign-in", 422, "Type your e-mail address"),
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
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET, POST"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_address_brings_the_form_back_with_what_was_typed() {
    let portal = Portal::empty().await;
    let answer = portal.person().post("/sign-in", &[("email", "ana@example.com, <b>ben</b>")]).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    assert!(answer.body.contains("Type one e-mail address"), "{answer:?}");
    assert!(answer.body.contains("ana@example.com, &lt;b&gt;ben&lt;/b&gt;"), "{answer:?}");
    assert!(answer.body.contains(r#"aria-invalid="true""#), "{answer:?}");
    assert!(portal.mails().await.is_empty());
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
