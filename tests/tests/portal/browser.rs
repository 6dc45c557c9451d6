//! The whole road, as a person walks it in a browser.

use portal_tests::{Browser, Portal, links::is_told_that_no_cookie_was_kept, soon};
use portal_views::messages::ENGLISH;

use crate::states::{documents, rental};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_walks_the_whole_road() {
    let Some(browser) = Browser::start().await else { return };
    let portal = Portal::with_demo_data().await;
    let driver = &browser.driver;
    let url = portal.url();

    driver.goto(url).await.unwrap();
    assert_eq!(driver.current_url().await.unwrap().as_str(), format!("{url}/sign-in"));
    browser.one("#email").await.send_keys("ana@example.com").await.unwrap();
    browser.one("main button").await.click().await.unwrap();
    soon("the sent page", async || (browser.heading().await? == ENGLISH.check_your_email).then_some(())).await;

    portal.link_to("ana@example.com").await;
    driver.goto(format!("{url}/_local/")).await.unwrap();
    let html = browser.one("details iframe").await.attr("src").await.unwrap().unwrap();
    driver.goto(format!("{url}{html}")).await.unwrap();
    let link = browser.one("a[href*='/link/']").await.attr("href").await.unwrap().unwrap();
    driver.goto(&link).await.unwrap();

    // This browser asked for the link: it is signed in without a click.
    soon("the dashboard", async || (browser.heading().await?.starts_with(&(ENGLISH.hello)("Ana"))).then_some(())).await;
    let text = browser.one("body").await.text().await.unwrap();
    for shown in [
        &(ENGLISH.signed_in_as)("a…a@example.com"),
        ENGLISH.track,
        ENGLISH.on_its_way,
        ENGLISH.view_booking,
        ENGLISH.past_bookings,
        "+1 912 555 0142",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }

    browser.one("summary").await.click().await.unwrap();
    let agreement = browser.one("details li a").await;
    let path = agreement.attr("href").await.unwrap().unwrap();
    agreement.click().await.unwrap();
    let (name, bytes) = browser.download().await;
    assert!(name.starts_with("GCO-") && name.ends_with("-agreement.pdf"), "{name}");
    let path = path.strip_prefix(url).unwrap_or(&path);
    let key = format!("documents/{}.pdf", path.strip_prefix("/bookings/").unwrap().replace("/documents", ""));
    let original = portal.s3().await.get_object().bucket(portal.bucket()).key(key).send().await.unwrap();
    assert_eq!(bytes, original.body.collect().await.unwrap().to_vec());

    browser.one("header button").await.click().await.unwrap();
    soon("the sign-in page", async || {
        browser.one("body").await.text().await.ok()?.contains("signed out").then_some(())
    })
    .await;
    driver.goto(url).await.unwrap();
    assert_eq!(driver.current_url().await.unwrap().as_str(), format!("{url}/sign-in"));
    driver.goto(&link).await.unwrap();
    assert_eq!(browser.heading().await.unwrap(), ENGLISH.link_used);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_shows_pdfs_opens_a_document_in_its_place() {
    let Some(browser) = Browser::showing_pdfs().await else { return };
    let portal = Portal::empty().await;
    let booking = rental("bkg_1", "ana@example.com", |booking| {
        booking["documents"] = documents("bkg_1", &["agreement"]);
    });
    portal.put_document("documents/bkg_1/agreement.pdf").await;
    portal.publish("booking.confirmed", &booking).await;
    portal.rests().await;
    browser.sign_in_as(&portal.signed_in("ana@example.com").await, portal.url()).await;
    browser.open(&format!("{}/bookings/bkg_1/documents/doc_agreement", portal.url())).await;
    // A file that is downloaded leaves the browser where it was.
    let shown = browser.driver.current_url().await.unwrap();
    assert!(shown.path().ends_with("/documents/bkg_1/agreement.pdf"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chromium_that_keeps_no_cookies_is_told_so() {
    let Some(chromium) = Browser::without_cookies().await else { return };
    is_told_that_no_cookie_was_kept(&chromium, &Portal::empty().await).await;
}
