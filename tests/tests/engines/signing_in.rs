//! Signing in, and what a browser's Back, Forward and reload make of it.

use std::time::Duration;

use axum::{Router, response::Html, routing::get};
use portal_tests::{
    Browser, Engine, Portal, Without,
    links::{self, asked_for_by, is_used, stays_unused},
    samples::confirmed,
    soon, soon_or,
};
use portal_views::messages::ENGLISH;
use tokio::net::TcpListener;

use crate::photograph;

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

/// The statuses of the answers to a route such as `POST /sign-in`, in order.
fn statuses(portal: &Portal, route: &str) -> Vec<u64> {
    let lines = portal.stack.log().lines();
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<serde_json::Value>(&line.line).ok());
    let answers = lines.filter(|line| line["span"]["route"] == route && line["fields"]["message"] == "answered");
    answers.map(|line| line["fields"]["status"].as_u64().unwrap()).collect()
}

pub(crate) async fn the_browser_that_asked_needs_no_click_and_going_back_does_nothing(
    browser: Browser,
    portal: Portal,
) {
    let (url, driver) = (portal.url(), &browser.driver);
    let link = asked_for_by(&browser, &portal).await;
    let mail = mail_program(&format!("{url}{link}")).await;

    // The page after asking is one that was opened, not posted: it may be opened again in every way.
    let is_sent = async |way: &str| {
        soon(way, async || (driver.current_url().await.ok()?.path() == "/sign-in/sent").then_some(())).await;
        browser.says(ENGLISH.check_your_email).await;
        let text = browser.text().await;
        assert!(text.contains(&(ENGLISH.link_sent_to)("ana@example.com")), "{way}: {text}");
        assert_eq!(statuses(&portal, "POST /sign-in"), [303], "{way}");
    };
    is_sent("asked").await;
    photograph(&browser, "sign-in-sent").await;
    browser.leaves_by(driver.refresh()).await;
    is_sent("reloaded").await;
    browser.leaves_by(driver.back()).await;
    browser.says(ENGLISH.sign_in_how).await;
    browser.leaves_by(driver.forward()).await;
    is_sent("Back and Forward").await;
    browser.open(&mail).await;
    browser.leaves_by(driver.back()).await;
    is_sent("Back from the mail").await;
    browser.leaves_by(driver.refresh()).await;
    is_sent("reloaded after that").await;
    portal.rests().await;
    assert_eq!(portal.mails().await.len(), 1);

    // The link of the mail, which is on another site, opens the portal by itself.
    browser.open(&mail).await;
    browser.one("a").await.click().await.unwrap();
    browser.says(&(ENGLISH.hello)("Test Customer")).await;
    assert!(browser.text().await.contains("REF-bkg_1"));
    assert!(browser.cookie("__Host-session").await.is_some());
    photograph(&browser, "dashboard").await;
    browser.leaves_by(driver.back()).await;
    browser.says("A mail").await;
    browser.leaves_by(driver.forward()).await;
    browser.says(&(ENGLISH.hello)("Test Customer")).await;
    browser.leaves_by(driver.refresh()).await;
    browser.says(&(ENGLISH.hello)("Test Customer")).await;
    assert_eq!(statuses(&portal, "POST /link/{token}"), [303]);

    // Who has signed out leaves nothing to those who use the browser next.
    browser.one("header button").await.click().await.unwrap();
    browser.says(ENGLISH.signed_out).await;
    photograph(&browser, "signed-out").await;
    let shows_nothing_personal = async |way: &str| {
        browser.says(ENGLISH.sign_in_how).await;
        let text = browser.text().await;
        for personal in ["REF-bkg_1", "Test Customer", "example.com", "Ocean Ave"] {
            assert!(!text.contains(personal), "{way}: {text}");
        }
    };
    browser.leaves_by(driver.back()).await;
    shows_nothing_personal("Back").await;
    browser.leaves_by(driver.forward()).await;
    shows_nothing_personal("Forward").await;
    browser.leaves_by(driver.back()).await;
    shows_nothing_personal("Back again").await;
    assert_eq!(statuses(&portal, "POST /sign-out"), [303]);
}

/// The control: were the page after asking what the post answers with, coming back to it would ask again.
#[tokio::test(flavor = "multi_thread")]
async fn webkit_posts_again_what_was_posted_when_one_comes_back_from_elsewhere() {
    let Some(browser) = Engine::WebKit.start(Without::Nothing).await else { return };
    let portal = Portal::behind_tls().await;
    let mail = mail_program(portal.url()).await;
    browser.open(&format!("{}/sign-in", portal.url())).await;
    browser.one("#email").await.send_keys("ana@example.com, ben").await.unwrap();
    browser.run("document.forms[0].submit()").await;
    browser.says(ENGLISH.check_the_address).await;
    browser.open(&mail).await;
    browser.leaves_by(browser.driver.back()).await;
    // With the origin of the portal's page, but as a request from another site. It gets a page with a way on.
    browser.says(ENGLISH.not_from_here).await;
    soon("both posts", async || (statuses(&portal, "POST /sign-in") == [422, 403]).then_some(())).await;
}

pub(crate) async fn elsewhere_nothing_happens_before_a_mouse_a_tap_a_key_or_a_click(browser: Browser, portal: Portal) {
    for (booking, how) in [("bkg_1", "a key"), ("bkg_2", "a click"), ("bkg_3", "a tap"), ("bkg_4", "a mouse")] {
        let address = format!("{booking}@example.com");
        portal.publish("booking.confirmed", &confirmed(booking, &address, 1, true)).await;
        let link = portal.link_to(&address).await;
        browser.open(&format!("{}{link}", portal.url())).await;
        assert_eq!(browser.run("return document.forms[0].method").await, "get", "the page's script has run");
        stays_unused(&portal, &link, &browser, Duration::from_secs(1)).await;
        photograph(&browser, "link").await;
        let button = browser.one("main button").await;
        match how {
            "a key" => button.send_keys(ENTER).await.unwrap(),
            "a click" => button.click().await.unwrap(),
            "a tap" => browser.tap(&button).await,
            _ => moves_a_mouse(&browser).await,
        }
        browser.says(&format!("REF-{booking}")).await;
        assert!(browser.cookie("__Host-session").await.is_some());
        browser.driver.delete_all_cookies().await.unwrap();
    }
}

/// Moves the mouse, and presses nothing. The page may be another one before the driver has seen all of it.
async fn moves_a_mouse(browser: &Browser) {
    let _ = browser.driver.action_chain().move_to(20, 20).move_to(60, 90).perform().await;
}

pub(crate) async fn where_another_customer_is_signed_in_only_the_button_switches(browser: Browser, portal: Portal) {
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", "ben@example.com", 1, true)).await;
    let (anas, bens) = (portal.link_to("ana@example.com").await, portal.link_to("ben@example.com").await);
    browser.open(&format!("{}{bens}", portal.url())).await;
    browser.one("main button").await.click().await.unwrap();
    browser.arrives_at(&format!("{}/bookings/bkg_2", portal.url())).await;

    browser.open(&format!("{}{anas}", portal.url())).await;
    browser.says(ENGLISH.switch_address).await;
    moves_a_mouse(&browser).await;
    let used = soon_or(Duration::from_secs(2), async || is_used(&portal, &anas).await.then_some(())).await;
    assert!(used.is_none(), "the mouse alone must not switch");
    photograph(&browser, "link-switching").await;
    browser.one("main button").await.click().await.unwrap();
    browser.arrives_at(&format!("{}/bookings/bkg_1", portal.url())).await;
    browser.says("a…a@example.com").await;
}

pub(crate) async fn a_browser_that_keeps_no_cookies_is_told_so(browser: Browser, portal: Portal) {
    links::is_told_that_no_cookie_was_kept(&browser, &portal).await;
    photograph(&browser, "cookies-off").await;
}

pub(crate) async fn without_javascript_it_is_one_button(browser: Browser, portal: Portal) {
    let link = asked_for_by(&browser, &portal).await;
    browser.open(&format!("{}{link}", portal.url())).await;
    // With scripts this very page would open the portal by itself.
    stays_unused(&portal, &link, &browser, Duration::from_secs(1)).await;
    browser.one("main button").await.click().await.unwrap();
    browser.says(&(ENGLISH.hello)("Test Customer")).await;
}
