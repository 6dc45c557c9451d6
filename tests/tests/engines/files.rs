//! Files of a booking.

use portal_tests::{Browser, Engine, Portal, samples::confirmed, soon};
use serde_json::json;

pub(crate) async fn an_agreement_and_a_calendar_file_come_whole(browser: Browser, portal: Portal) {
    let pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
    portal.put_file("documents/bkg_1/agreement.pdf", pdf).await;
    let mut event = confirmed("bkg_1", "ana@example.com", 1, true);
    event["booking"]["documents"] = json!([{"document_id": "doc_1", "kind": "agreement", "title": "Rental agreement",
        "issued_at": "2026-01-02T00:00:00Z", "signed_at": "2026-01-02T00:00:00Z",
        "file": {"key": "documents/bkg_1/agreement.pdf", "size_bytes": pdf.len()}}]);
    portal.publish("booking.confirmed", &event).await;
    browser.open(&format!("{}{}", portal.url(), portal.link_to("ana@example.com").await)).await;
    browser.one("main button").await.click().await.unwrap();
    browser.says("REF-bkg_1").await;

    let page = format!("{}/bookings/bkg_1", portal.url());
    browser.one("main a[href$='/calendar.ics']").await.click().await.unwrap();
    let (name, calendar) = browser.download().await;
    let calendar = String::from_utf8(calendar).unwrap();
    assert!(
        name.ends_with(".ics") && calendar.starts_with("BEGIN:VCALENDAR") && calendar.ends_with("END:VCALENDAR\r\n"),
        "{name}: {calendar}"
    );
    browser.arrives_at(&page).await;

    browser.one("main a[href$='/documents/doc_1']").await.click().await.unwrap();
    if browser.engine == Engine::WebKit {
        // It opens PDFs itself, in the page's place.
        let opened = async || {
            browser.driver.current_url().await.ok()?.path().ends_with("/documents/bkg_1/agreement.pdf").then_some(())
        };
        soon("the agreement", opened).await;
        browser.leaves_by(browser.driver.back()).await;
    } else {
        let (name, bytes) = browser.download().await;
        assert!(name.ends_with(".pdf") && bytes == pdf, "{name}: {} bytes", bytes.len());
    }
    browser.arrives_at(&page).await;
    browser.says("REF-bkg_1").await;
}
