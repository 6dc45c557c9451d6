//! Agreements, invoices and receipts: downloaded by their owner under a name people understand.

use portal_tests::{Portal, readable};
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
