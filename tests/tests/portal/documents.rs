//! Agreements, invoices and receipts: downloaded by their owner under a name people understand.

use portal_tests::{Person, Portal, readable};
use reqwest::Method;
use serde_json::json;

use crate::states::{documents, rental};

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_document_downloads_under_its_own_name_for_a_minute() {
    let portal = Portal::empty().await;
    let booking = rental("bkg_1", "ana@example.com", |booking| {
        booking["reference"] = json!("GCO-4821");
        booking["documents"] = documents("bkg_1", &["agreement", "invoice", "receipt"]);
    });
    let (s3, kinds) = (portal.s3().await, ["agreement", "invoice", "receipt"]);
    for kind in kinds {
        let put = s3.put_object().bucket(portal.bucket()).key(format!("documents/bkg_1/{kind}.pdf"));
        put.content_type("text/html").body(format!("%PDF-{kind}").into_bytes().into()).send().await.unwrap();
    }
    portal.publish("booking.confirmed", &booking).await;
    portal.rests().await;
    let ana = portal.signed_in("ana@example.com").await;
    for kind in kinds {
        let redirect = ana.get(&format!("/bookings/bkg_1/documents/doc_{kind}")).await;
        assert_eq!(redirect.status, 303, "{redirect:?}");
        assert!(redirect.location().contains("X-Amz-Expires=60&"), "{}", redirect.location());
        let file = ana.download(redirect.location()).await;
        let header = |name| file.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-disposition"), format!("attachment; filename=\"GCO-4821-{kind}.pdf\""));
        assert_eq!(header("content-type"), "application/pdf", "whatever the object says of itself");
        assert_eq!(file.bytes().await.unwrap(), format!("%PDF-{kind}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_lists_the_signed_agreements_of_the_bookings_it_shows() {
    let portal = Portal::empty().await;
    for (id, signed) in [("signed", true), ("unsigned", false)] {
        let booking = rental(id, "ana@example.com", |booking| {
            booking["documents"] = documents(id, &["agreement", "invoice"]);
            if !signed {
                booking["documents"][0].as_object_mut().unwrap().remove("signed_at");
            }
        });
        portal.publish("booking.confirmed", &booking).await;
    }
    portal.rests().await;
    let ana = portal.signed_in("ana@example.com").await;
    let page = ana.get("/").await.body;
    let agreements = page.split_once("id=\"agreements\"").unwrap().1.split_once("</section>").unwrap().0;
    assert!(agreements.contains("REF-signed") && agreements.contains("PDF, 49\u{a0}kB"), "{agreements}");
    assert!(agreements.contains("Signed ") && !agreements.contains("REF-unsigned"), "{agreements}");
    assert_eq!(agreements.matches("href=").count(), 1, "{agreements}");
    let booking = ana.get("/bookings/unsigned").await.body;
    assert!(booking.contains("Not signed yet, issued "), "{}", readable(&booking));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_elsewhere_that_leads_to_a_file_leads_to_the_booking_s_page() {
    let portal = Portal::empty().await;
    let booking = rental("bkg_1", "ana@example.com", |booking| {
        booking["documents"] = documents("bkg_1", &["agreement"]);
    });
    portal.put_document("documents/bkg_1/agreement.pdf").await;
    portal.publish("booking.confirmed", &booking).await;
    portal.publish("booking.confirmed", &rental("bkg_2", "ben@example.com", |_| {})).await;
    portal.rests().await;
    let (ana, ben) = (portal.signed_in("ana@example.com").await, portal.signed_in("ben@example.com").await);
    let stranger = portal.person();
    for file in ["/bookings/bkg_1/documents/doc_agreement", "/bookings/bkg_1/calendar.ics"] {
        let from = async |person: &Person, site: &str| {
            person.request(Method::GET, file, None, &[("sec-fetch-site", site)]).await
        };
        for method in [Method::GET, Method::HEAD] {
            let led = ana.request(method, file, None, &[("sec-fetch-site", "cross-site")]).await;
            assert_eq!((led.status.as_u16(), led.location()), (303, "/bookings/bkg_1"), "{file}");
            assert_eq!((led.body.as_str(), led.header("content-disposition")), ("", ""), "{file}");
        }
        assert_eq!(ana.get("/bookings/bkg_1").await.status, 200);
        // As always for whoever is not its customer.
        assert_eq!(from(&ben, "cross-site").await.status, 404, "{file}");
        assert_eq!(from(&stranger, "cross-site").await.location(), "/sign-in?to=bkg_1", "{file}");
        // From the portal's own page, a bookmark or a mail program it downloads, and where the browser does not say.
        for site in ["same-origin", "none", "same-site"] {
            let downloads = from(&ana, site).await;
            assert!(
                downloads.status == 200 || downloads.location().contains("X-Amz-Signature"),
                "{site} {downloads:?}"
            );
        }
        let downloads = ana.get(file).await;
        assert!(downloads.status == 200 || downloads.location().contains("X-Amz-Signature"), "{downloads:?}");
    }
    let unknown = ana.request(Method::GET, "/bookings/bkg_1/documents/none", None, &[("sec-fetch-site", "cross-site")]);
    assert_eq!(unknown.await.status, 404);
}
