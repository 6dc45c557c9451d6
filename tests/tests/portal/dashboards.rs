//! What is cached of a customer's rows, so that a dashboard is one read: always what the rows say, or nothing.

use portal_tests::{
    Call, Fate, Portal, Proxy,
    samples::{arrived, booked, confirmed, erased},
    soon, the_first,
};
use portal_views::messages::ENGLISH;
use serde_json::{Value, json};

/// A portal that has read Ana's rows, of one booking, and is about to keep them once the proxy opens.
async fn about_to_cache() -> (Portal, Proxy) {
    let is_held = the_first(1);
    let table = Proxy::new(move |call: &mut Call| match call.action.as_str() {
        "Query" if is_held() => Fate::HoldAnswer,
        _ => Fate::Pass,
    })
    .await;
    let portal = Portal::with_dynamodb_behind(&table).await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, false)).await;
    table.holds(1).await;
    (portal, table)
}

async fn cached(portal: &Portal) -> Vec<String> {
    let dashboards = portal.items_of("CUSTOMER#", "DASHBOARD").await;
    let cached = dashboards.iter().filter_map(|item| Some(item.get("cached")?.as_b().unwrap().clone().into_inner()));
    cached.map(|cached| String::from_utf8(cached).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_at_once_what_the_rows_said_in_between_is_not_kept() {
    let (portal, table) = about_to_cache().await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", "ana@example.com", 1, false)).await;
    soon("the later change", async || cached(&portal).await.pop()).await;
    table.open();
    portal.rests().await;
    let cached = cached(&portal).await.concat();
    assert!(cached.contains("REF-bkg_1") && cached.contains("REF-bkg_2"), "{cached}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_about_to_be_kept_of_a_customer_who_is_erased_is_not() {
    let (portal, table) = about_to_cache().await;
    portal.publish("customer.erased", &erased("ana@example.com")).await;
    soon("the erasure", async || (portal.count_items("BOOKING").await == 0).then_some(())).await;
    table.open();
    portal.rests().await;
    let left: Vec<_> = portal.items_of("CUSTOMER#", "").await.iter().map(|item| item["sk"].clone()).collect();
    assert_eq!(left.iter().map(|sk| sk.as_s().unwrap()).collect::<Vec<_>>(), ["ERASED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_again_caches_what_it_failed_to_cache() {
    let fails = the_first(1);
    let table = Proxy::new(move |call: &mut Call| {
        if call.updates("cached = :rows") && fails() { Fate::Refuse(400, "AccessDeniedException") } else { Fate::Pass }
    })
    .await;
    let portal = Portal::with_dynamodb_behind(&table).await;
    let event = confirmed("bkg_1", "ana@example.com", 1, false);
    portal.publish("booking.confirmed", &event).await;
    soon("the failure", async || {
        portal.stack.log().lines().iter().any(|line| line.line.contains("AccessDeniedException")).then_some(())
    })
    .await;
    assert_eq!(cached(&portal).await, Vec::<String>::new());
    portal.publish("booking.confirmed", &event).await;
    soon("the rows", async || cached(&portal).await.pop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_too_large_to_keep_shows_every_booking() {
    let portal = Portal::empty().await;
    let ana = arrived(&portal, "bkg_0", "ana@example.com").await;
    for n in 1..=10 {
        let mut large = confirmed(&format!("bkg_{n}"), "ana@example.com", 1, false);
        let cart = |cart: u8| json!({"asset_type": "6-Seater", "name": format!("{cart}{}", "x".repeat(9_000))});
        large["booking"]["carts"] = (0..5).map(cart).collect();
        portal.publish("booking.confirmed", &large).await;
    }
    soon("the bookings", async || (portal.count_items("BOOKING").await == 11).then_some(())).await;
    portal.rests().await;
    assert_eq!(cached(&portal).await, Vec::<String>::new());
    let page = ana.get("/").await;
    assert_eq!(page.status, 200, "{page:?}");
    for n in 0..=10 {
        assert!(
            page.body.contains(&format!("REF-bkg_{n}<")) || page.body.contains(&format!("/bookings/bkg_{n}\"")),
            "{n}: {page:?}"
        );
    }
}

/// DynamoDB may answer a part of a batch and name the rest.
fn leave_out(answer: &mut Value) {
    let read = answer["Responses"].take();
    let tables = read.as_object().unwrap().iter().map(|(table, items)| {
        let keys = items.as_array().unwrap().iter().map(|item| json!({"pk": item["pk"], "sk": item["sk"]}));
        (table.clone(), json!({"Keys": keys.collect::<Vec<_>>(), "ConsistentRead": true}))
    });
    *answer = json!({"Responses": {}, "UnprocessedKeys": tables.collect::<serde_json::Map<_, _>>()});
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dynamodb_leaves_out_of_an_answer_is_asked_for_again() {
    let is_left_out = the_first(2);
    let table = Proxy::new(move |call: &mut Call| {
        let input = call.input.to_string();
        let reads_with_session =
            |key| call.action == "BatchGetItem" && input.contains("SIGNINS#") && input.contains(key);
        let dashboard_twice_booking_always =
            (reads_with_session("DASHBOARD") && is_left_out()) || reads_with_session("BOOKING#");
        if dashboard_twice_booking_always { Fate::ChangeAnswer(leave_out) } else { Fate::Pass }
    })
    .await;
    let portal = Portal::with_dynamodb_behind(&table).await;
    let ana = arrived(&portal, "bkg_1", "ana@example.com").await;
    let page = ana.get("/").await;
    assert!(page.body.contains("REF-bkg_1"), "{page:?}");

    let page = ana.get("/bookings/bkg_1").await;
    assert_eq!(page.status, 500, "{page:?}");
    assert!(page.body.contains(ENGLISH.failed_why), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_moves_away_leaves_what_is_kept_of_whoever_had_it() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    portal.rests().await;
    assert!(cached(&portal).await.concat().contains("REF-bkg_1"));
    portal.publish("booking.updated", &confirmed("bkg_1", "ben@example.com", 2, false)).await;
    soon("Ben's dashboard", async || (cached(&portal).await.len() == 2).then_some(())).await;
    portal.rests().await;
    let cached = cached(&portal).await;
    assert_eq!(cached.iter().filter(|cached| cached.contains("REF-bkg_1")).count(), 1, "{cached:?}");
}
