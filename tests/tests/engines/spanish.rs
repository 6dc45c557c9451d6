//! The road in Spanish, as chosen at the foot of a page.

use portal_tests::{Browser, Portal, links::asks, samples::confirmed, soon};
use portal_views::messages::SPANISH;

pub(crate) async fn who_chooses_spanish_reads_spanish_all_the_way(browser: Browser, portal: Portal) {
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, false)).await;
    portal.rests().await;
    browser.open(portal.url()).await;
    browser.one("footer a[hreflang=es]").await.click().await.unwrap();
    browser.says(SPANISH.sign_in_how).await;
    asks(&browser, "ana@example.com").await;
    browser.says(&(SPANISH.link_sent_to)("ana@example.com")).await;
    crate::photograph(&browser, "sign-in-sent-es").await;
    let mail = soon("the mail", async || portal.mails_to("ana@example.com").await.pop()).await;
    let link = portal.path_in(&mail);
    assert!(mail["html"].as_str().unwrap().contains("lang=\"es\""), "{mail}");

    browser.open(&format!("{}{link}", portal.url())).await;
    browser.says("REF-bkg_1").await;
    browser.says(SPANISH.view_booking).await;
    assert_eq!(browser.run("return document.documentElement.lang").await, "es");
    crate::photograph(&browser, "dashboard-es").await;
    browser.one("header button").await.click().await.unwrap();
    browser.says(SPANISH.signed_out).await;
}
