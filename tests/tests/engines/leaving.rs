//! Signing out on all devices.

use portal_tests::{Browser, Portal, links::asked_for_by};
use portal_views::messages::ENGLISH;

pub(crate) async fn whoever_signs_out_on_all_devices_leaves_nothing_behind_on_any(browser: Browser, portal: Portal) {
    let link = asked_for_by(&browser, &portal).await;
    browser.open(&format!("{}{link}", portal.url())).await;
    browser.says("REF-bkg_1").await;
    portal.limits_age(3600).await;
    let laptop = portal.signed_in("ana@example.com").await;
    assert_eq!(laptop.get("/").await.status, 200);

    browser.open(&format!("{}/bookings/bkg_1", portal.url())).await;
    browser.one("footer form button").await.click().await.unwrap();
    browser.says(ENGLISH.sign_in_how).await;
    assert_eq!(laptop.get("/").await.location(), "/sign-in");
    browser.leaves_by(browser.driver.back()).await;
    browser.says(ENGLISH.sign_in_how).await;
    let text = browser.text().await;
    assert!(!text.contains("REF-bkg_1") && !text.contains("Test Customer"), "{text}");
    assert_eq!(browser.cookie("__Host-session").await, None);
}
