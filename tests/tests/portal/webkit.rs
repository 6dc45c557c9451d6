//! The sign-in in WebKit, which is what customers' iPhones browse with, over TLS that ends before the portal.

use std::time::Duration;

use axum::{Router, response::Html, routing::get};
use portal_tests::{Browser, Portal, samples::confirmed, soon};
use portal_views::messages::ENGLISH;
use tokio::net::TcpListener;

use crate::{
    browser::is_told_that_no_cookie_was_kept,
    scanners::{asked_for_by, stays_unused},
};

const ENTER: &str = "\u{e007}";

/// A mail program on another site, with a mail that holds this link; its address.
async fn mail_program(link: &str) -> String {
    let page = format!("<h1>A mail</h1><a href=\"{link}\">View your bookings</a>");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = Router::new().route("/", get(|| async { Html(page) }));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://localhost:{port}/")
}

/// Waits until the browser shows these words.
async fn shows(browser: &Browser, words: &str) {
    soon(words, async || browser.text().await.contains(words).then_some(())).await;
}

/// The statuses of the answers to a route such as `POST /sign-in`, in order.
fn statuses(portal: &Portal, route: &str) -> Vec<u64> {
    let lines = portal.stack.log().lines();
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<serde_json::Value>(&line.line).ok());
    let answers = lines.filter(|line| line["span"]["route"] == route && line["fields"]["message"] == "answered");
    answers.map(|line| line["fields"]["status"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_webkit_the_browser_that_asked_needs_no_click_and_going_back_does_nothing() {
    let Some(webkit) = Browser::webkit().await else { return };
    let portal = Portal::behind_tls().await;
    let (url, driver) = (portal.url(), &webkit.driver);
    let link = asked_for_by(&webkit, &portal).await;
    let mail = mail_program(&format!("{url}{link}")).await;

    // The page after asking is one that was opened, not posted: it may be opened again in every way.
    let is_sent = async |way: &str| {
        soon(way, async || (driver.current_url().await.ok()?.path() == "/sign-in/sent").then_some(())).await;
        shows(&webkit, ENGLISH.check_your_email).await;
        let text = webkit.text().await;
        assert!(text.contains(&(ENGLISH.link_sent_to)("ana@example.com")), "{way}: {text}");
        assert_eq!(statuses(&portal, "POST /sign-in"), [303], "{way}");
    };
    is_sent("asked").await;
    webkit.photograph("webkit-sign-in-sent").await;
    webkit.leaves_by(driver.refresh()).await;
    is_sent("reloaded").await;
    webkit.leaves_by(driver.back()).await;
    shows(&webkit, ENGLISH.sign_in_how).await;
    webkit.leaves_by(driver.forward()).await;
    is_sent("Back and Forward").await;
    webkit.open(&mail).await;
    webkit.leaves_by(driver.back()).await;
    is_sent("Back from the mail").await;
    webkit.leaves_by(driver.refresh()).await;
    is_sent("reloaded after that").await;
    portal.rests().await;
    assert_eq!(portal.mails().await.len(), 1);

    // The link of the mail, which is on another site, opens the portal by itself.
    webkit.open(&mail).await;
    webkit.one("a").await.click().await.unwrap();
    shows(&webkit, &(ENGLISH.hello)("Test Customer")).await;
    assert!(webkit.text().await.contains("REF-bkg_1"));
    assert!(webkit.cookie("__Host-session").await.is_some());
    webkit.photograph("webkit-dashboard").await;
    webkit.leaves_by(driver.back()).await;
    shows(&webkit, "A mail").await;
    webkit.leaves_by(driver.forward()).await;
    shows(&webkit, &(ENGLISH.hello)("Test Customer")).await;
    webkit.leaves_by(driver.refresh()).await;
    shows(&webkit, &(ENGLISH.hello)("Test Customer")).await;
    assert_eq!(statuses(&portal, "POST /link/{token}"), [303]);

    // Who has signed out leaves nothing to those who use the browser next.
    webkit.one("header button").await.click().await.unwrap();
    shows(&webkit, ENGLISH.signed_out).await;
    webkit.photograph("webkit-signed-out").await;
    let shows_nothing_personal = async |way: &str| {
        shows(&webkit, ENGLISH.sign_in_how).await;
        let text = webkit.text().await;
        for personal in ["REF-bkg_1", "Test Customer", "example.com", "Ocean Ave"] {
            assert!(!text.contains(personal), "{way}: {text}");
        }
    };
    webkit.leaves_by(driver.back()).await;
    shows_nothing_personal("Back").await;
    webkit.leaves_by(driver.forward()).await;
    shows_nothing_personal("Forward").await;
    webkit.leaves_by(driver.back()).await;
    shows_nothing_personal("Back again").await;
    assert_eq!(statuses(&portal, "POST /sign-out"), [303]);
}

/// The control: were the page after asking what the post answers with, coming back to it would ask again.
#[tokio::test(flavor = "multi_thread")]
async fn webkit_posts_again_what_was_posted_when_one_comes_back_from_elsewhere() {
    let Some(webkit) = Browser::webkit().await else { return };
    let portal = Portal::behind_tls().await;
    let mail = mail_program(portal.url()).await;
    webkit.open(&format!("{}/sign-in", portal.url())).await;
    webkit.one("#email").await.send_keys("ana@example.com, ben").await.unwrap();
    webkit.run("document.forms[0].submit()").await;
    shows(&webkit, ENGLISH.check_the_address).await;
    webkit.open(&mail).await;
    webkit.leaves_by(webkit.driver.back()).await;
    // With the origin of the portal's page, but as a request from another site. It gets a page with a way on.
    shows(&webkit, ENGLISH.not_from_here).await;
    soon("both posts", async || (statuses(&portal, "POST /sign-in") == [422, 403]).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_webkit_elsewhere_nothing_happens_before_a_key_or_a_click() {
    let Some(webkit) = Browser::webkit().await else { return };
    let portal = Portal::behind_tls().await;
    for (booking, how) in [("bkg_1", "a key"), ("bkg_2", "a click")] {
        let address = format!("{booking}@example.com");
        portal.publish("booking.confirmed", &confirmed(booking, &address, 1, true)).await;
        let link = portal.link_to(&address).await;
        webkit.open(&format!("{}{link}", portal.url())).await;
        assert_eq!(webkit.run("return document.forms[0].method").await, "get", "the page's script has run");
        stays_unused(&portal, &link, &webkit, Duration::from_secs(1)).await;
        webkit.photograph("webkit-link").await;
        let button = webkit.one("main button").await;
        match how {
            "a key" => button.send_keys(ENTER).await.unwrap(),
            _ => button.click().await.unwrap(),
        }
        shows(&webkit, &format!("REF-{booking}")).await;
        assert!(webkit.cookie("__Host-session").await.is_some());
        webkit.driver.delete_all_cookies().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webkit_that_keeps_no_cookies_is_told_so() {
    let Some(webkit) = Browser::webkit_without_cookies().await else { return };
    is_told_that_no_cookie_was_kept(&webkit, &Portal::behind_tls().await).await;
    webkit.photograph("webkit-cookies-off").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_webkit_without_javascript_it_is_one_button() {
    let Some(webkit) = Browser::webkit_without_javascript().await else { return };
    let portal = Portal::behind_tls().await;
    let link = asked_for_by(&webkit, &portal).await;
    webkit.open(&format!("{}{link}", portal.url())).await;
    // With scripts this very page would open the portal by itself.
    stays_unused(&portal, &link, &webkit, Duration::from_secs(1)).await;
    webkit.one("main button").await.click().await.unwrap();
    shows(&webkit, &(ENGLISH.hello)("Test Customer")).await;
}
