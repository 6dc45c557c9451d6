//! The page at `/_local/` and the demo it shows the way to.

use portal_local::demo::{CUSTOMERS, SAMPLES};
use portal_tests::{Browser, Portal, Screen, soon};
use portal_views::messages::ENGLISH;
use serde_json::json;

use crate::looks::{misfits, violations};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_applied_without_a_warning_and_tells_of_what_was_moved() {
    let portal = Portal::with_demo_data().await;
    for sample in SAMPLES.iter().filter(|sample| !sample.is_final) {
        publish(&portal, sample.detail_type).await;
    }
    let odd: Vec<String> =
        portal.stack.log().lines().into_iter().map(|line| line.line).filter(|line| is_odd(line)).collect();
    assert!(odd.is_empty(), "{odd:#?}");
    assert!(portal.messages("BookingDeadLetters").await.is_empty());

    for (moved, field) in [("bkg_4843", "Eli's"), ("bkg_4855", "Ben's")] {
        let change = filed(&portal, moved).await.change.expect(field);
        assert!(change.dates.is_some() && change.total.is_none(), "{field}: {change:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_go_on_with_the_demo_and_may_be_published_again() {
    let portal = Portal::with_demo_data().await;
    let confirmations = async || portal.mails_to("dora@example.com").await.len();
    assert_eq!(confirmations().await, 0);
    for _ in 0..2 {
        for sample in SAMPLES.iter().filter(|sample| !sample.is_final) {
            publish(&portal, sample.detail_type).await;
        }
        soon("the confirmation", async || (confirmations().await == 1).then_some(())).await;
    }
    let iris = portal.signed_in("iris@example.com").await.get("/bookings/bkg_4833").await;
    assert!(iris.body.contains("https://track.example.com/d/f27"), "{iris:?}");
    let eli = portal.signed_in("eli@example.com").await;
    for paper in ["agreement", "invoice", "receipt"] {
        let file = eli.get(&format!("/bookings/bkg_4788/documents/doc_4788_{paper}")).await;
        assert!(eli.download(file.location()).await.bytes().await.unwrap().starts_with(b"%PDF-"), "{paper}");
    }

    publish(&portal, "customer.erased").await;
    let bookings = portal.items_of("BOOKING#bkg_4871", "").await;
    assert!(bookings.is_empty(), "{bookings:?}");
    assert_eq!(portal.person().post("/_local/samples/customer.painted", &[]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_page_leads_through_the_demo_without_javascript() {
    let Some(browser) = Browser::without_javascript().await else { return };
    let portal = Portal::with_demo_data().await;
    let local = format!("{}/_local/", portal.url());
    browser.open(&local).await;
    assert!(browser.text().await.contains("to carla@example.com, "));

    click(&browser, "[aria-label='Ask for a link for Ana Ruiz']").await;
    soon("the sent page", async || (browser.heading().await? == ENGLISH.check_your_email).then_some(())).await;
    portal.link_to("ana@example.com").await;
    browser.driver.back().await.unwrap();
    let newest = browser.one("details[open] summary").await.text().await.unwrap();
    assert!(newest.contains("to ana@example.com, just now"), "{newest}");

    click(&browser, "[aria-label='Publish: A delivery leaves']").await;
    let said = browser.one("[role=status]").await.text().await.unwrap();
    assert!(said.contains("Published: A delivery leaves. Iris Cole, GCO-4833"), "{said}");

    let erase = browser.one("[action='/_local/samples/customer.erased'] button").await;
    assert!(!erase.is_displayed().await.unwrap(), "only after a question");
    click(&browser, ".question summary").await;
    erase.click().await.unwrap();
    soon("the erasure", async || portal.items_of("BOOKING#bkg_4871", "").await.is_empty().then_some(())).await;

    click(&browser, "[action='/_local/clear'] button").await;
    soon("the empty inbox", async || browser.text().await.contains("No email yet.").then_some(())).await;
    assert!(portal.mails().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_page_fits_every_screen_and_stands_in_nobody_s_way() {
    let Some(browser) = Browser::start().await else { return };
    let portal = Portal::with_demo_data().await;
    for customer in CUSTOMERS.iter().take(2) {
        portal.signed_in(customer.email).await;
    }
    let unmatched = json!([{"Source": "else", "DetailType": "t", "Detail": "{}", "EventBusName": "default"}]);
    portal.stack.aws.events.put_events(&unmatched);
    let mut faults = Vec::new();
    for path in ["", "?published=customer.erased"] {
        browser.open(&format!("{}/_local/{path}", portal.url())).await;
        for (size, dark) in
            [(320, 640), (390, 844), (1280, 900)].into_iter().flat_map(|size| [(size, false), (size, true)])
        {
            browser.look_on(&Screen { size, zoom: 1, dark }).await;
            let name = format!("local{}-{}{}", path.replace("?", "-"), size.0, if dark { "-dark" } else { "" });
            browser.photograph(&name).await;
            let found = [misfits(&browser).await, violations(&browser).await].concat();
            faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
        }
        browser.run("document.querySelectorAll('details').forEach(details => details.open = true)").await;
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Publishes a sample as its button does, and waits until it is applied.
async fn publish(portal: &Portal, detail_type: &str) {
    let answer = portal.person().post(&format!("/_local/samples/{detail_type}"), &[]).await;
    assert_eq!(answer.location(), format!("/_local/?published={detail_type}"), "{answer:?}");
    portal.rests().await;
}

async fn filed(portal: &Portal, booking: &str) -> portal_domain::filed::FiledBooking {
    let id = booking.to_owned().try_into().unwrap();
    portal.store().await.booking(&id).await.unwrap().unwrap()
}

fn is_odd(line: &str) -> bool {
    line.contains(r#""level":"WARN""#) || line.contains(r#""level":"ERROR""#)
}

async fn click(browser: &Browser, selector: &str) {
    browser.one(selector).await.click().await.unwrap();
}
