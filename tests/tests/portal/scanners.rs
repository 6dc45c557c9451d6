//! Mail scanners open links before people do. Whatever they do, short of moving a mouse or pressing a button as a
//! person does, leaves the link as it was; and a person gets in with a click at most.

use std::time::Duration;

use portal_tests::{
    Browser, Portal,
    links::{asked_for_by, is_used, stays_unused},
    samples::confirmed,
    soon, soon_or,
};
use portal_views::messages::ENGLISH;
use reqwest::Method;
use serde_json::json;

/// A portal whose one customer has been mailed a confirmation, and its link's path.
async fn confirmation() -> (Portal, String) {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;
    (portal, link)
}

/// A portal that a browser has asked for a link, and that link's path.
async fn asked_for(browser: &Browser) -> (Portal, String) {
    let portal = Portal::empty().await;
    let link = asked_for_by(browser, &portal).await;
    (portal, link)
}

#[tokio::test(flavor = "multi_thread")]
async fn scanners_that_fetch_use_nothing() {
    let (portal, link) = confirmation().await;
    let safe_links = [(
        "user-agent",
        "Mozilla/4.0 (compatible; ms-office; MSOffice 16) Microsoft Office Existence Discovery SafeLinks",
    )];
    let scanner = portal.person();
    let get = async |headers: &[(&str, &str)]| scanner.request(Method::GET, &link, None, headers).await;
    let (first, second, safe_links) = tokio::join!(
        get(&[]),
        async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            get(&[]).await
        },
        get(&safe_links),
    );
    for answer in [
        scanner.request(Method::HEAD, &link, None, &[]).await,
        scanner.request(Method::OPTIONS, &link, None, &[]).await,
        first,
        second,
        safe_links,
        scanner.request(Method::GET, &link, None, &[("sec-purpose", "prefetch;prerender")]).await,
        // One that reads forms and posts them, as programs do that are no browsers.
        scanner.request(Method::POST, &link, Some(&[]), &[]).await,
        scanner.request(Method::POST, &link, Some(&[]), &[("origin", "https://scanner.example")]).await,
    ] {
        assert_eq!(answer.header("set-cookie"), "");
        assert!([200, 403, 405].contains(&answer.status.as_u16()), "{answer:?}");
        assert!(!is_used(&portal, &link).await, "{answer:?}");
    }
    assert_eq!(scanner.post(&link, &[]).await.landing(), "/bookings/bkg_1", "the person's click");
    assert!(is_used(&portal, &link).await, "which one can see");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_s_browser_uses_nothing_and_the_person_s_click_signs_in() {
    let Some(browser) = Browser::start().await else { return };
    let (portal, link) = confirmation().await;
    let url = format!("{}{link}", portal.url());

    browser.open(&url).await;
    assert_eq!(browser.run("return document.forms[0].method").await, "get", "the page's script has run");
    stays_unused(&portal, &link, &browser, Duration::from_secs(10)).await;

    for script in [
        "for (const type of ['pointermove', 'mousemove', 'mouseover', 'pointerdown', 'touchstart', 'touchend', 'keydown'])
           document.querySelector('button').dispatchEvent(
             new PointerEvent(type, {pointerType: 'mouse', bubbles: true, clientX: 50, clientY: 50}))",
        "document.querySelector('button').dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))",
        "document.querySelector('button').click()",
        "document.forms[0].requestSubmit()",
        "document.forms[0].submit()",
        "HTMLFormElement.prototype.submit.call(document.forms[0])",
    ] {
        browser.open(&url).await;
        browser.run(script).await;
        stays_unused(&portal, &link, &browser, Duration::from_millis(700)).await;
    }

    browser.open(&url).await;
    browser.one("main button").await.click().await.unwrap();
    browser.arrives_at(&format!("{}/bookings/bkg_1", portal.url())).await;
    assert!(browser.cookie("__Host-session").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_scripts_would_sign_in_without_the_page_s_own() {
    let Some(browser) = Browser::without_javascript().await else { return };
    let (portal, link) = confirmation().await;
    browser.open(&format!("{}{link}", portal.url())).await;
    assert!(browser.driver.execute("document.forms[0].submit()", Vec::new()).await.is_ok());
    browser.arrives_at(&format!("{}/bookings/bkg_1", portal.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_that_asked_needs_no_click() {
    let Some(browser) = Browser::start().await else { return };
    let (portal, link) = asked_for(&browser).await;
    browser.open(&format!("{}{link}", portal.url())).await;
    browser.arrives_at(&format!("{}/", portal.url())).await;
    assert!(browser.cookie("__Host-session").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_page_waits_until_it_is_seen() {
    let Some(browser) = Browser::start().await else { return };
    let (portal, link) = asked_for(&browser).await;
    browser.driver.minimize_window().await.unwrap();
    browser.open(&format!("{}{link}", portal.url())).await;
    assert_eq!(browser.run("return document.visibilityState").await, "hidden");
    stays_unused(&portal, &link, &browser, Duration::from_secs(3)).await;

    browser.driver.set_window_rect(0, 0, 390, 844).await.unwrap();
    browser.arrives_at(&format!("{}/", portal.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_prerendered_waits_until_it_is_seen() {
    let Some(browser) = Browser::start().await else { return };
    let (portal, link) = asked_for(&browser).await;
    let shown = || {
        let lines = portal.stack.log().lines();
        lines.iter().filter(|line| line.line.contains("GET /link/{token}") && line.line.contains("answered")).count()
    };

    // A page of the same origin asks the browser to have the link ready, as a mail program in a browser might.
    browser.open(&format!("{}/_local/", portal.url())).await;
    let rules = json!({"prerender": [{"source": "list", "urls": [link]}]}).to_string();
    browser
        .run(&format!(
            "const rules = document.createElement('script'); rules.type = 'speculationrules';
             rules.textContent = {rules:?}; document.head.append(rules);
             const next = document.createElement('a'); next.id = 'next'; next.href = '{link}'; next.textContent = 'next';
             document.body.prepend(next)"
        ))
        .await;
    soon("the prerendering", async || (shown() == 1).then_some(())).await;
    stays_unused(&portal, &link, &browser, Duration::from_secs(3)).await;

    browser.one("#next").await.click().await.unwrap();
    browser.arrives_at(&format!("{}/", portal.url())).await;
    assert_eq!(shown(), 1, "what was prerendered is what was seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_browser_needs_no_click_where_a_mouse_moves() {
    let Some(browser) = Browser::start().await else { return };
    let (portal, link) = confirmation().await;
    browser.open(&format!("{}{link}", portal.url())).await;
    browser.driver.action_chain().move_to(20, 20).move_to(60, 90).perform().await.unwrap();
    browser.arrives_at(&format!("{}/bookings/bkg_1", portal.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_touch_screen_it_is_one_tap() {
    let Some(browser) = Browser::start().await else { return };
    let (portal, link) = confirmation().await;
    browser.devtools("Emulation.setTouchEmulationEnabled", json!({"enabled": true, "maxTouchPoints": 5})).await;
    browser.open(&format!("{}{link}", portal.url())).await;
    let touch = async |kind: &str, points: serde_json::Value| {
        browser.devtools("Input.dispatchTouchEvent", json!({"type": kind, "touchPoints": points})).await;
    };

    // Scrolling is no tap.
    touch("touchStart", json!([{"x": 200, "y": 600}])).await;
    for y in [550, 450, 300] {
        touch("touchMove", json!([{"x": 200, "y": y}])).await;
    }
    touch("touchEnd", json!([])).await;
    stays_unused(&portal, &link, &browser, Duration::from_secs(1)).await;

    let button = browser.one("main button").await.rect().await.unwrap();
    let middle = json!([{"x": button.x + button.width / 2.0, "y": button.y + button.height / 2.0}]);
    touch("touchStart", middle).await;
    touch("touchEnd", json!([])).await;
    browser.arrives_at(&format!("{}/bookings/bkg_1", portal.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_keyboard_it_is_one_key() {
    let Some(browser) = Browser::start().await else { return };
    let (portal, link) = confirmation().await;
    browser.open(&format!("{}{link}", portal.url())).await;
    browser.one("main button").await.send_keys("\u{e007}").await.unwrap();
    browser.arrives_at(&format!("{}/bookings/bkg_1", portal.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_javascript_it_is_one_button() {
    let Some(browser) = Browser::without_javascript().await else { return };
    let (portal, link) = asked_for(&browser).await;
    browser.open(&format!("{}{link}", portal.url())).await;
    // With scripts this very page would open the portal by itself.
    stays_unused(&portal, &link, &browser, Duration::from_secs(2)).await;
    browser.one("main button").await.click().await.unwrap();
    browser.arrives_at(&format!("{}/", portal.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_another_customer_is_signed_in_only_the_button_switches() {
    let Some(browser) = Browser::start().await else { return };
    let (portal, anas) = confirmation().await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", "ben@example.com", 1, true)).await;
    let bens = portal.link_to("ben@example.com").await;
    browser.open(&format!("{}{bens}", portal.url())).await;
    browser.one("main button").await.click().await.unwrap();
    browser.arrives_at(&format!("{}/bookings/bkg_2", portal.url())).await;

    browser.open(&format!("{}{anas}", portal.url())).await;
    assert_eq!(browser.heading().await.unwrap(), ENGLISH.switch_address);
    browser.driver.action_chain().move_to(20, 20).move_to(60, 90).perform().await.unwrap();
    let used = soon_or(Duration::from_secs(2), async || is_used(&portal, &anas).await.then_some(())).await;
    assert!(used.is_none(), "the mouse alone must not switch");
    browser.one("main button").await.click().await.unwrap();
    browser.arrives_at(&format!("{}/bookings/bkg_1", portal.url())).await;
}
