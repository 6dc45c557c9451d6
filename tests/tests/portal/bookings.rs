//! What a signed-in customer sees: their own bookings and documents, and nobody else's.

use portal_tests::{
    Portal,
    samples::{confirmed, sample},
    soon,
};
use portal_views::messages::ENGLISH;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_downloads_an_agreement_and_gets_its_bytes() {
    let portal = Portal::with_demo_data().await;
    let ana = portal.signed_in("ana@example.com").await;
    let dashboard = ana.get("/").await.body;
    let (_, section) = dashboard.split_once("<details").unwrap();
    let (_, path) = section.split_once(r#"href=""#).unwrap();
    let (path, _) = path.split_once('"').unwrap();

    let redirect = ana.get(path).await;
    assert_eq!(redirect.status, 303, "{redirect:?}");
    let file = ana.download(redirect.location()).await;
    assert_eq!(file.status(), 200);
    let header = |name| file.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/pdf");
    let disposition = header("content-disposition");
    assert!(disposition.starts_with("inline; filename=\"GCO-") && disposition.ends_with("-agreement.pdf\""));

    let key = format!("documents/{}.pdf", path.strip_prefix("/bookings/").unwrap().replace("/documents", ""));
    let original = portal.s3().await.get_object().bucket(portal.bucket()).key(key).send().await.unwrap();
    let (original, bytes) = (original.body.collect().await.unwrap().to_vec(), file.bytes().await.unwrap());
    assert!(bytes.starts_with(b"%PDF-") && bytes == original);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_s_booking_answers_like_one_that_does_not_exist() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_ana", "ana@example.com", 1, true)).await;
    portal.publish("booking.confirmed", &confirmed("bkg_ben", "ben@example.com", 1, true)).await;
    let ana = portal.person();
    ana.post(&portal.link_to("ana@example.com").await, &[]).await;
    portal.link_to("ben@example.com").await;

    assert_eq!(ana.get("/bookings/bkg_ana").await.status, 200);
    for tail in ["", "/calendar.ics", "/documents/doc_1"] {
        let bens = ana.get(&format!("/bookings/bkg_ben{tail}")).await;
        let nobodys = ana.get(&format!("/bookings/bkg_nobody{tail}")).await;
        assert!(bens.status == 404 && bens.is_like(&nobodys), "{tail}: {bens:?}\n{nobodys:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn past_rentals_come_ten_at_a_time() {
    let portal = Portal::with_demo_data().await;
    let ben = portal.signed_in("ben@example.com").await;
    let mut path = "/".to_owned();
    let mut references = Vec::new();
    for page in 1.. {
        let body = ben.get(&path).await.body;
        let (_, past) = body.split_once(r#"id="past""#).unwrap();
        let (past, _) = past.split_once("</section>").unwrap();
        let shown: Vec<String> = past
            .split("GCO-")
            .skip(1)
            .map(|text| text[..4].to_owned())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect();
        assert!(shown.len() <= 10, "page {page} shows {}", shown.len());
        references.extend(shown);
        match past.split_once(r#"href="/?past="#) {
            Some((_, rest)) => path = format!("/?past={}", rest.split_once('"').unwrap().0),
            None => break,
        }
    }
    let all = references.len();
    references.sort();
    references.dedup();
    assert_eq!(references.len(), all, "no rental shows twice");
    assert!(all > 40, "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file_gives_a_page_with_the_phone_number() {
    let portal = Portal::empty().await;
    let (kind, mut detail) = sample("document.issued.json");
    detail["booking"]["customer"]["email"] = json!("ana@example.com");
    portal.publish(&kind, &detail).await;
    soon("the booking", async || (portal.count_items("BOOKING").await == 1).then_some(())).await;
    let ana = portal.signed_in("ana@example.com").await;
    let booking = detail["booking"]["booking_id"].as_str().unwrap();
    let document = detail["booking"]["documents"][0]["document_id"].as_str().unwrap();

    let missing = ana.get(&format!("/bookings/{booking}/documents/{document}")).await;
    assert_eq!(missing.status, 404, "{missing:?}");
    assert!(missing.body.contains(ENGLISH.document_missing), "{missing:?}");
    assert!(missing.body.contains("tel:+19125550142"), "{missing:?}");
    let head = portal.local("calls").await;
    let head = head.as_array().unwrap().iter().find(|call| call["action"] == "HeadObject").unwrap();
    assert_eq!(head["status"], 403, "as S3 answers where listing is not allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_file_names_the_booking_by_a_lasting_id() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 7, true)).await;
    let ana = portal.person();
    ana.post(&portal.link_to("ana@example.com").await, &[]).await;
    let calendar = ana.get("/bookings/bkg_1/calendar.ics").await;
    assert_eq!(calendar.header("content-type"), "text/calendar; charset=utf-8");
    for line in ["UID:bkg_1-handover@", "UID:bkg_1-return@", "SEQUENCE:7\r\n", "DTSTART:20270611T120000Z\r\n"] {
        assert!(calendar.body.contains(line), "{line}: {calendar:?}");
    }
}
