//! Bookings that another release wrote, or that broke: each costs its customer no more than itself.

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use jiff::Timestamp;
use portal_tests::samples::confirmed;
use portal_views::messages::ENGLISH;
use serde_json::{Value, json};

use crate::{
    customers::{Customer, Life, fresh},
    http::{asked, page},
    queues::{batch, failed, message},
    stack::{Stack, on_the_stack},
};

/// What became of the text under which a booking is kept.
type Damage = fn(&str) -> String;

/// How much of it still shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shows {
    /// All that this release knows.
    Booking,
    /// That somebody should call about it.
    PleaseCall,
}

fn changed(text: &str, place: &str, value: Value) -> String {
    let mut booking: Value = serde_json::from_str(text).unwrap();
    // A row's booking is one level down.
    let booking_of_row = booking.get("booking").is_some();
    let (parent, name) = place.rsplit_once('/').unwrap();
    let parent = if booking_of_row { format!("/booking{parent}") } else { parent.to_owned() };
    booking.pointer_mut(&parent).unwrap()[name] = value;
    booking.to_string()
}

const DAMAGES: [(&str, Damage, Shows); 8] = [
    (
        "51 carts",
        |text| changed(text, "/carts", json!(vec![json!({"asset_type": "4-Seater", "name": "#1"}); 51])),
        Shows::Booking,
    ),
    ("an unknown status", |text| changed(text, "/status", json!("in_repair")), Shows::Booking),
    ("an unknown handover", |text| changed(text, "/fulfilment/method", json!("drone")), Shows::Booking),
    ("an unknown field", |text| changed(text, "/insurance", json!({"kind": "full"})), Shows::Booking),
    ("an empty name", |text| changed(text, "/customer/name", json!("")), Shows::Booking),
    ("a field of another kind", |text| changed(text, "/starts_at", json!(7)), Shows::PleaseCall),
    ("half of it", |text| text[..text.len() / 2].to_owned(), Shows::PleaseCall),
    ("nothing of it", |_| String::new(), Shows::PleaseCall),
];

impl Stack {
    /// Damages a booking where it is kept: its own item, and its row. What was cached of it was so, too.
    async fn damage(&self, customer: &Customer, booking: &str, damage: Damage) {
        let rows = self.portal.items_of(&format!("CUSTOMER#{}", customer.id), "ROW#").await;
        let row = rows.into_iter().find(|row| row["sk"].as_s().unwrap().ends_with(booking)).unwrap();
        let item = self.portal.items_of(&format!("BOOKING#{booking}"), "BOOKING").await.pop().unwrap();
        for (mut item, attribute) in [(item, "booking"), (row, "row")] {
            let text = damage(item[attribute].as_s().unwrap());
            item.insert(attribute.into(), AttributeValue::S(text));
            self.portal.put_item(item).await;
        }
        for cached in self.portal.items_of(&format!("CUSTOMER#{}", customer.id), "DASHBOARD").await {
            self.portal.remove(&cached).await;
        }
    }
}

#[test]
fn a_booking_that_cannot_be_read_costs_no_more_than_itself_until_a_newer_event_mends_it() {
    on_the_stack(async |stack| {
        for (what, damage, shows) in DAMAGES {
            let (customer, booking) = stack.customer_with_booking().await;
            let other = fresh("bkg_");
            stack.project("booking.confirmed", &confirmed(&other, &customer.address, 1, false)).await;
            stack.damage(&customer, &booking, damage).await;

            let cookie = stack.keep(&customer, Life::Used).await.cookie();
            let dashboard = async || stack.dashboard(&asked("GET /").cookie(&cookie)).await;
            let own_page = async || {
                stack.dashboard(&asked("GET /bookings/{booking_id}").at("booking_id", &booking).cookie(&cookie)).await
            };
            let please_call = (ENGLISH.call_us_about)(&format!("REF-{booking}"));
            let shown = dashboard().await;
            page(200, format!("REF-{other}")).and(format!("REF-{booking}")).is(&shown, what);
            assert_eq!(shown.body.contains(&please_call), shows == Shows::PleaseCall, "{what}");
            let shown = own_page().await;
            page(200, format!("REF-{booking}")).is(&shown, what);
            assert_eq!(shown.body.contains(&please_call), shows == Shows::PleaseCall, "{what}");

            // The same revision mends what cannot be read, a newer one everything.
            let revision = if shows == Shows::PleaseCall { 1 } else { 2 };
            let mended = confirmed(&booking, &customer.address, revision, false);
            stack.project("booking.confirmed", &mended).await;
            for shown in [dashboard().await, own_page().await] {
                page(200, format!("REF-{booking}")).is(&shown, what);
                assert!(!shown.body.contains(ENGLISH.cannot_show_everything), "{what}");
            }
        }
    });
}

#[test]
fn a_status_that_this_release_does_not_know_says_to_call() {
    on_the_stack(async |stack| {
        let (customer, booking) = stack.customer_with_booking().await;
        stack.damage(&customer, &booking, |text| changed(text, "/status", json!("in_repair"))).await;
        let cookie = stack.keep(&customer, Life::Used).await.cookie();
        let ask = asked("GET /bookings/{booking_id}").at("booking_id", &booking).cookie(&cookie);
        page(200, ENGLISH.call_us_about_it).is(&stack.dashboard(&ask).await, "its own page");
    });
}

#[test]
fn a_dashboard_that_a_newer_release_cached_is_made_of_the_rows() {
    on_the_stack(async |stack| {
        for cached in
            [r#"{"version": 9, "cards": []}"#, r#"{"active": [{"row": {}}], "past": [], "more": null}"#, "", "{"]
        {
            let (customer, booking) = stack.customer_with_booking().await;
            let mut item =
                stack.portal.items_of(&format!("CUSTOMER#{}", customer.id), "DASHBOARD").await.pop().unwrap();
            assert!(item.contains_key("cached"), "something is cached");
            item.insert("cached".into(), AttributeValue::B(Blob::new(cached)));
            stack.portal.put_item(item).await;
            let cookie = stack.keep(&customer, Life::Used).await.cookie();
            page(200, format!("REF-{booking}")).is(&stack.dashboard(&asked("GET /").cookie(&cookie)).await, cached);
        }
    });
}

#[test]
fn a_link_is_mailed_to_who_has_no_booking_but_one_that_cannot_be_read() {
    on_the_stack(async |stack| {
        for (what, damage, mails) in [
            ("a field of another kind", (|text| changed(text, "/starts_at", json!(7))) as Damage, 1),
            ("nothing of it", |_| String::new(), 0),
        ] {
            let (customer, booking) = stack.customer_with_booking().await;
            stack.damage(&customer, &booking, damage).await;
            let asked = message(&json!({"mail": "sign_in", "customer": customer.id, "asked_at": Timestamp::now()}));
            assert_eq!(failed(stack.send_mail.handle(batch(&[asked])).await), [""; 0], "{what}");
            assert_eq!(stack.mails_to(&customer.address).len(), mails, "{what}");
        }
    });
}

#[test]
fn a_row_of_which_an_attribute_is_gone_still_says_to_call() {
    on_the_stack(async |stack| {
        for (gone, is_shown) in [("row", "REF-"), ("reference", "REF-"), ("both", "")] {
            let (customer, booking) = stack.customer_with_booking().await;
            let partition = format!("CUSTOMER#{}", customer.id);
            let mut row = stack.portal.items_of(&partition, "ROW#").await.pop().unwrap();
            for attribute in ["row", "reference"] {
                if gone == attribute || gone == "both" {
                    row.remove(attribute);
                }
            }
            stack.portal.put_item(row).await;
            stack.portal.remove(&stack.portal.items_of(&partition, "DASHBOARD").await.pop().unwrap()).await;
            let cookie = stack.keep(&customer, Life::Used).await.cookie();
            let shown = stack.dashboard(&asked("GET /").cookie(&cookie)).await;
            page(200, format!("{is_shown}{booking}")).is(&shown, gone);
        }
    });
}
