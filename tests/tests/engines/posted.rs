//! Pages that a form led to, or is answered with: reloaded, and opened again after the system of a phone ended the browser.

use portal_tests::{Browser, Item, Portal, links::asked_for_by, samples::confirmed, soon};
use portal_views::messages::ENGLISH;
use thirtyfour::Cookie;

/// What has been done in a portal: each sign-in with whether it was used and ended, and how many mails were sent.
async fn done(portal: &Portal) -> (Vec<(String, bool, bool)>, usize) {
    portal.rests().await;
    let sign_ins = portal.items_of("SIGNINS#", "").await;
    let has = |item: &Item, name: &str| item.contains_key(name);
    let lives =
        sign_ins.iter().map(|item| (item["sk"].as_s().unwrap().clone(), has(item, "used_at"), has(item, "ended_at")));
    let mut lives: Vec<_> = lives.collect();
    lives.sort();
    (lives, portal.mails().await.len())
}

/// The page says `words`; it does when it is reloaded, and says `later` when it is opened again in a browser that was
/// ended meanwhile. Nothing is done by that.
async fn stands(browser: Browser, portal: &Portal, words: &str, later: &str) -> Browser {
    browser.says(words).await;
    let before = done(portal).await;
    browser.leaves_by(browser.driver.refresh()).await;
    browser.says(words).await;
    let browser = browser.killed_and_opened_again().await;
    browser.says(later).await;
    assert_eq!(done(portal).await, before, "{words}");
    browser
}

pub(crate) async fn what_a_post_led_to_stands_a_reload_and_the_end_of_the_browser(browser: Browser, portal: Portal) {
    let url = portal.url();
    browser.open(&format!("{url}/sign-in")).await;
    browser.one("#email").await.send_keys("ana@example.com, ben").await.unwrap();
    browser.run("document.forms[0].submit()").await;
    let browser = stands(browser, &portal, ENGLISH.check_the_address, ENGLISH.sign_in_how).await;

    let link = asked_for_by(&browser, &portal).await;
    let sent = (ENGLISH.link_sent_to)("ana@example.com");
    let browser = stands(browser, &portal, &sent, &sent).await;

    // It still is the browser that asked.
    browser.open(&format!("{url}{link}")).await;
    let browser = stands(browser, &portal, "REF-bkg_1", "REF-bkg_1").await;

    portal.publish("booking.confirmed", &confirmed("bkg_2", "ben@example.com", 1, true)).await;
    let bens = portal.link_to("ben@example.com").await;
    browser.driver.delete_all_cookies().await.unwrap();
    browser.open(&format!("{url}{bens}")).await;
    // Another tab signs in as Ana meanwhile.
    portal.limits_age(7200).await;
    let ana = portal.signed_in("ana@example.com").await.cookie("__Host-session").unwrap();
    browser.driver.add_cookie(session(&ana)).await.unwrap();
    browser.one("main button").await.click().await.unwrap();
    let browser = stands(browser, &portal, ENGLISH.switch_address, ENGLISH.switch_address).await;

    // And somewhere else uses Ben's link.
    portal.person().post(&bens, &[]).await;
    browser.one("main button").await.click().await.unwrap();
    let browser = stands(browser, &portal, ENGLISH.link_used, ENGLISH.link_used).await;

    portal.limits_age(7200).await;
    browser.one("main button").await.click().await.unwrap();
    soon("the fresh link", async || (portal.mails_to("ben@example.com").await.len() == 2).then_some(())).await;
    let browser = stands(browser, &portal, ENGLISH.check_your_email, ENGLISH.check_your_email).await;

    browser.open(url).await;
    browser.one("header button").await.click().await.unwrap();
    stands(browser, &portal, ENGLISH.signed_out, ENGLISH.sign_in_how).await;
}

/// The cookie of a session with this value.
fn session(value: &str) -> Cookie {
    let mut cookie = Cookie::new("__Host-session", value);
    cookie.set_path("/");
    cookie.set_secure(true);
    cookie.set_http_only(true);
    cookie
}
