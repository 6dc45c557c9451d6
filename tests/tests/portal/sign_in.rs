//! Asking for a link, following it, and signing out.

use portal_tests::{
    Portal, leaving,
    samples::{arrived, booked, confirmed},
    soon,
};
use portal_views::messages::ENGLISH;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_asks_for_a_link_follows_it_and_signs_out() {
    let portal = Portal::with_demo_data().await;
    let ana = portal.person();

    assert_eq!(ana.get("/").await.location(), "/sign-in");
    let asking = ana.get("/sign-in").await;
    assert!(asking.body.contains(ENGLISH.email_address), "{asking:?}");

    let sent = ana.post("/sign-in", &[("email", " Ana@Example.com ")]).await;
    assert_eq!((sent.status.as_u16(), sent.location()), (303, "/sign-in/sent"), "{sent:?}");

    let link = portal.link_to("ana@example.com").await;
    let page = ana.get(&link).await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.body.contains("a…a@example.com"), "{page:?}");

    let opened = ana.post(&link, &[]).await;
    assert_eq!((opened.status.as_u16(), opened.landing()), (303, "/"), "{opened:?}");
    assert!(opened.header("set-cookie").contains("Secure"), "{}", opened.header("set-cookie"));

    let dashboard = ana.get("/").await;
    assert_eq!(dashboard.status, 200, "{dashboard:?}");
    for shown in [
        &(ENGLISH.hello)("Ana"),
        ENGLISH.track,
        ENGLISH.on_its_way,
        ENGLISH.view_booking,
        ENGLISH.past_bookings,
        ENGLISH.rental_agreements,
        ENGLISH.sign_out,
    ] {
        assert!(dashboard.body.contains(shown), "{shown}: {dashboard:?}");
    }

    let out = ana.post("/sign-out", &[]).await;
    assert_eq!((out.status.as_u16(), out.location()), (303, "/sign-in?signed-out"), "{out:?}");
    assert_eq!(ana.get("/").await.location(), "/sign-in");

    let dead = ana.get(&link).await;
    assert_eq!(dead.status, 410, "{dead:?}");
    assert!(dead.body.contains(ENGLISH.link_used), "{dead:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;

    assert_eq!(portal.person().post(&link, &[]).await.landing(), "/bookings/bkg_1");
    let second = portal.person().post(&link, &[]).await;
    assert_eq!((second.status.as_u16(), second.header("set-cookie")), (410, ""), "{second:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_or_expired_link_offers_a_fresh_one_that_lands_on_the_same_booking() {
    for (reason, used) in [(ENGLISH.link_used, true), (ENGLISH.link_expired, false)] {
        let portal = Portal::empty().await;
        portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
        let link = portal.link_to("ana@example.com").await;
        if used {
            portal.person().post(&link, &[]).await;
        } else {
            portal.set(&portal.sign_in_of(&link).await, &[("valid_until", 1)]).await;
        }

        let other_browser = portal.person();
        let dead = other_browser.get(&link).await;
        assert_eq!(dead.status, 410, "{dead:?}");
        assert!(dead.body.contains(reason) && dead.body.contains("a…a@example.com"), "{dead:?}");
        assert_eq!(dead.body.matches("<button").count(), 1, "{dead:?}");
        assert!(!dead.body.contains("ana@example.com") && !dead.body.contains("<input"), "{dead:?}");

        let renewed = other_browser.post(&format!("{link}/renew"), &[]).await;
        assert_eq!(renewed.status, 303, "{renewed:?}");
        soon("the fresh link", async || (portal.mails_to("ana@example.com").await.len() == 2).then_some(())).await;
        let fresh = portal.link_to("ana@example.com").await;
        let page = other_browser.get(&fresh).await;
        assert!(page.body.contains(r#"data-opens="at-once""#), "the browser that asked need not click: {page:?}");
        assert_eq!(other_browser.post(&fresh, &[]).await.landing(), "/bookings/bkg_1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_click_where_one_is_signed_in_goes_on_to_the_portal() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;
    let ana = portal.person();
    ana.post(&link, &[]).await;
    assert_eq!(ana.get(&link).await.location(), "/bookings/bkg_1");
    assert_eq!(ana.post(&link, &[]).await.location(), "/bookings/bkg_1", "nothing was used, so nothing is marked");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_in_as_another_customer_is_asked_first() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", "ben@example.com", 1, true)).await;
    let (anas, bens) = (portal.link_to("ana@example.com").await, portal.link_to("ben@example.com").await);

    let person = portal.person();
    person.post(&anas, &[]).await;
    let page = person.get(&bens).await;
    assert!(page.body.contains(ENGLISH.other_address), "{page:?}");
    assert!(!page.body.contains("<script"), "it must not submit itself: {page:?}");
    let leaving = leaving(&page);
    assert_eq!(person.post(&bens, &[("leaving", &leaving)]).await.landing(), "/bookings/bkg_2");
    let dashboard = person.get("/").await;
    assert!(dashboard.body.contains("b…n@example.com"), "{dashboard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_ends_the_session_in_every_browser() {
    let portal = Portal::empty().await;
    let phone = arrived(&portal, "bkg_1", "ana@example.com").await;
    let laptop = portal.signed_in("ana@example.com").await;
    assert_eq!(phone.get("/").await.status, 200);

    laptop.post("/sign-out", &[("everywhere", "1")]).await;
    assert_eq!(phone.get("/").await.location(), "/sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_has_ended_ends_nobody_else_s() {
    let portal = Portal::empty().await;
    let phone = arrived(&portal, "bkg_1", "ana@example.com").await;
    let laptop = portal.signed_in("ana@example.com").await;
    let stolen = laptop.cookie("__Host-session").unwrap();
    laptop.post("/sign-out", &[]).await;

    let thief = portal.person();
    thief.plant("__Host-session", &stolen);
    assert_eq!(thief.get("/").await.location(), "/sign-in");
    let answer = thief.post("/sign-out", &[("everywhere", "1")]).await;
    assert_eq!(answer.location(), "/sign-in?not-signed-out");
    let page = thief.get(answer.location()).await;
    assert!(
        page.body.contains(ENGLISH.not_signed_out_everywhere) && !page.body.contains(ENGLISH.signed_out),
        "{page:?}"
    );
    assert_eq!(phone.get("/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_only_to_the_stored_address() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "Ana@Bücher.example").await;
    for (network, (typed, status)) in [
        ("ana@bücher.example", 303),
        ("ana+more@xn--bcher-kva.example", 303),
        ("ana@bucher.example", 303),
        ("ana@xn--bcher-kva.example,eve@evil.example", 422),
        ("ana@xn--bcher-kva.example\r\nBcc: eve@evil.example", 422),
        ("\"ana\"@xn--bcher-kva.example", 422),
        ("Ana <ana@xn--bcher-kva.example>", 422),
        ("", 422),
    ]
    .into_iter()
    .enumerate()
    {
        let person = portal.person_at(100 + network as u8);
        assert_eq!(person.post("/sign-in", &[("email", typed)]).await.status, status, "{typed:?}");
    }
    portal.link_to("ana@xn--bcher-kva.example").await;
    portal.rests().await;
    assert_eq!(portal.mails().await.len(), 1, "to nobody else");
}
