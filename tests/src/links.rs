//! What tests of links do in a browser, whatever browser it is.

use std::time::Duration;

use portal_views::messages::ENGLISH;

use crate::{Browser, Portal, samples::booked, soon, soon_or};

/// The path of the link that a browser has asked a portal for, in which there is nothing yet.
pub async fn asked_for_by(browser: &Browser, portal: &Portal) -> String {
    booked(portal, "bkg_1", "ana@example.com").await;
    browser.open(&format!("{}/sign-in", portal.url())).await;
    asks(browser, "ana@example.com").await;
    portal.link_to("ana@example.com").await
}

/// A browser on the form asks for a link to this address.
pub async fn asks(browser: &Browser, address: &str) {
    browser.one("#email").await.send_keys(address).await.unwrap();
    browser.one("main button").await.click().await.unwrap();
}

/// Whether a link was used.
pub async fn is_used(portal: &Portal, link: &str) -> bool {
    portal.sign_in_of(link).await.contains_key("used_at")
}

/// Watches for `wait`: the link is not used, and the browser gets no session.
pub async fn stays_unused(portal: &Portal, link: &str, browser: &Browser, wait: Duration) {
    let used = soon_or(wait, async || is_used(portal, link).await.then_some(())).await;
    assert!(used.is_none(), "the link was used");
    assert_eq!(browser.cookie("__Host-session").await, None);
}

/// A browser that keeps no cookies asks for a link and follows it.
pub async fn is_told_that_no_cookie_was_kept(browser: &Browser, portal: &Portal) {
    let link = asked_for_by(browser, portal).await;
    assert!(browser.text().await.contains(ENGLISH.link_sent), "without a cookie, not what was typed");
    browser.open(&format!("{}{link}", portal.url())).await;
    browser.one("main button").await.click().await.unwrap();
    soon("the words", async || (browser.heading().await? == ENGLISH.cookies_off).then_some(())).await;
    let phone = browser.one("main a[href='tel:+19125550142']").await;
    assert!(phone.is_displayed().await.unwrap());
    assert!(browser.driver.get_all_cookies().await.unwrap().is_empty());
}
