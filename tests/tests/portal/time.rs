//! A link lasts an hour and a session its days, to the second, whatever DynamoDB's time to live does.

use jiff::{SignedDuration, Timestamp};
use portal_domain::{
    customer::EmailAddress,
    link::LinkToken,
    secret::Secret,
    sign_in::{DeadLink, LINK_LIFETIME, Redemption, SignIn},
};
use portal_tests::{
    Fate, Portal, Proxy,
    samples::{arrived, booked, confirmed},
};
use portal_views::messages::ENGLISH;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_until_the_last_second_of_its_hour_and_not_after() {
    let portal = Portal::empty().await;
    let store = portal.store().await;
    let made_at: Timestamp = "2026-07-10T12:00:00Z".parse().unwrap();
    let ana = EmailAddress::parse("ana@example.com").unwrap();
    let day = SignedDuration::from_hours(24);

    for (late, works) in [(LINK_LIFETIME - SECOND, true), (LINK_LIFETIME, false), (LINK_LIFETIME + SECOND, false)] {
        let token = LinkToken::generate(portal.customer("ana@example.com")).unwrap();
        store.keep_sign_in(&SignIn::new(&token, &ana, "m", made_at)).await.unwrap();
        let outcome = store.redeem_link(&token, &Secret::generate().unwrap(), day, made_at + late).await.unwrap();
        assert_eq!(matches!(outcome, Redemption::Redeemed(_)), works, "{late:?}");
        assert_eq!(
            matches!(outcome, Redemption::Refused(_, DeadLink::Expired)),
            !works,
            "{late:?}: the item is still there"
        );
    }
}

/// Moves everything a sign-in knows about time into the past.
async fn age(portal: &Portal, link: &str, by: SignedDuration) {
    let sign_in = portal.sign_in_of(link).await;
    let times = ["made_at", "valid_until", "renewable_until", "session_until", "expires_at"];
    let aged: Vec<(&str, i64)> = times
        .into_iter()
        .filter_map(|name| Some((name, sign_in.get(name)?.as_n().unwrap().parse::<i64>().unwrap() - by.as_secs())))
        .collect();
    portal.set(&sign_in, &aged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_an_hour_ago_is_refused_although_it_is_still_stored() {
    let portal = Portal::empty().await;
    let ana = portal.person();
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;

    age(&portal, &link, LINK_LIFETIME).await;
    let refused = ana.post(&link, &[]).await;
    assert_eq!((refused.status.as_u16(), refused.header("set-cookie")), (410, ""), "{refused:?}");
    assert!(refused.body.contains(ENGLISH.link_expired), "{refused:?}");
    assert!(refused.body.contains(&format!(r#"action="{link}/renew""#)), "{refused:?}");
    let looked_at = ana.get(&link).await;
    assert!(looked_at.body == refused.body, "looking at it says the same: {looked_at:?}\n{refused:?}");

    // 50 seconds before the end of its hour the same link works: nothing but its age had been wrong.
    age(&portal, &link, -SignedDuration::from_secs(50)).await;
    assert_eq!(ana.post(&link, &[]).await.landing(), "/bookings/bkg_1");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_time_in_the_write_s_condition_an_old_link_would_work() {
    let proxy = Proxy::new(|call| {
        call.weaken_condition("valid_until > :now", ":now = :now");
        Fate::Pass
    })
    .await;
    let portal = Portal::with_dynamodb_behind(&proxy).await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;
    age(&portal, &link, LINK_LIFETIME).await;
    assert_eq!(portal.person().post(&link, &[]).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_by_time_to_live_changes_only_the_page() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;

    // DynamoDB takes the attribute for seconds since 1970; of milliseconds it would make the year 58000.
    let expires_at: i64 = portal.sign_in_of(&link).await["expires_at"].as_n().unwrap().parse().unwrap();
    let now = Timestamp::now().as_second();
    assert!((now + 30 * 86_400..now + 400 * 86_400).contains(&expires_at), "{expires_at}");

    age(&portal, &link, LINK_LIFETIME).await;
    assert_eq!(portal.person().post(&link, &[]).await.status, 410);
    portal.set(&portal.sign_in_of(&link).await, &[("expires_at", now - 1)]).await;
    assert_eq!(portal.person().post(&link, &[]).await.status, 410, "past its time to live, and not yet removed");

    assert!(portal.stack.aws.dynamodb.delete_expired().unwrap() >= 1);
    for answer in [portal.person().get(&link).await, portal.person().post(&link, &[]).await] {
        assert_eq!((answer.status.as_u16(), answer.header("set-cookie")), (404, ""), "{answer:?}");
        assert!(answer.body.contains(ENGLISH.link_unknown) && answer.body.contains("/sign-in"), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_link_offers_a_fresh_one_for_thirty_days_and_then_leads_to_the_form() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    let ana = portal.signed_in("ana@example.com").await;
    let link = portal.link_to("ana@example.com").await;
    ana.post("/sign-out", &[]).await;

    age(&portal, &link, SignedDuration::from_hours(30 * 24) - SignedDuration::from_mins(1)).await;
    assert_eq!(ana.get(&link).await.status, 410);
    assert_eq!(ana.post(&format!("{link}/renew"), &[]).await.status, 303);

    age(&portal, &link, SignedDuration::from_mins(1)).await;
    let page = ana.get(&link).await;
    assert_eq!(page.status, 404, "{page:?}");
    assert!(page.body.contains(r#"href="/sign-in""#), "{page:?}");
    assert_eq!(ana.post(&format!("{link}/renew"), &[]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_lasts_its_days_and_not_a_second_longer() {
    let portal = Portal::empty().await;
    let ana = arrived(&portal, "bkg_1", "ana@example.com").await;
    let link = portal.link_to("ana@example.com").await;
    let until: i64 = portal.sign_in_of(&link).await["session_until"].as_n().unwrap().parse().unwrap();
    let days = (until - Timestamp::now().as_second()) as f64 / 86_400.0;
    assert!((6.99..=7.0).contains(&days), "{days}");

    portal.set(&portal.sign_in_of(&link).await, &[("session_until", Timestamp::now().as_second() + 50)]).await;
    assert_eq!(ana.get("/").await.status, 200);
    portal.set(&portal.sign_in_of(&link).await, &[("session_until", Timestamp::now().as_second())]).await;
    assert_eq!(ana.get("/").await.location(), "/sign-in");
    for path in ["/bookings/bkg_1", "/bookings/bkg_1/calendar.ics", "/bookings/bkg_1/documents/doc_1"] {
        let answer = ana.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, "/sign-in?to=bkg_1"), "{path}");
    }
}
