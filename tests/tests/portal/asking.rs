//! Asking for a link: post, redirect, get; what the page shows again; where the link leads; browsers without cookies.

use portal_tests::{
    Portal,
    samples::{booked, confirmed},
    soon,
};
use portal_views::messages::ENGLISH;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_after_asking_shows_what_was_typed_and_a_reload_asks_for_nothing() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@bücher.example").await;
    let ana = portal.person();
    let asked = ana.post("/sign-in", &[("email", "\u{200b} Ana@Bücher.example\u{a0}")]).await;
    assert_eq!((asked.status.as_u16(), asked.location()), (303, "/sign-in/sent"), "{asked:?}");
    portal.rests().await;
    for _ in 0..3 {
        let page = ana.get("/sign-in/sent").await;
        for told in [
            &*(ENGLISH.link_sent_to)("ana@bücher.example"),
            "(bookings@tybeecarts.example)",
            ENGLISH.no_email_yet,
            ENGLISH.send_again,
            ENGLISH.use_another_address,
            "href=\"tel:+19125550142\"",
            "name=\"email\" value=\"ana@xn--bcher-kva.example\"",
        ] {
            assert!(page.shows(told), "{told}: {page:?}");
        }
    }
    portal.rests().await;
    assert_eq!(portal.mails().await.len(), 1, "no reload mails");

    let generic = portal.person().get("/sign-in/sent").await;
    assert_eq!(generic.status, 200);
    assert!(generic.body.contains(ENGLISH.link_sent) && !generic.body.contains(ENGLISH.send_again), "{generic:?}");

    let form = ana.get("/sign-in?another").await;
    assert_eq!(form.status, 200);
    assert_eq!(ana.cookie("__Host-asked"), None, "another address: this one is forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_cookie_says_was_asked_is_read_like_what_is_typed() {
    let portal = Portal::empty().await;
    let hostile = [
        "email=%3Cscript%3Ealert(1)%3C/script%3E%40example.com",
        "email=ana%40example.com%0d%0aSet-Cookie:x=1",
        "renewed=Your+account+is+locked,+call+%2B1+900+555+0100",
        "renewed=%E2%80%A6",
        "email=",
        "nothing",
        "%ff%fe",
    ];
    let generic = portal.person().get("/sign-in/sent").await.body;
    for value in hostile {
        let person = portal.person();
        person.plant("__Host-asked", value);
        assert_eq!(person.get("/sign-in/sent").await.body, generic, "{value}");
    }
    // A planted `to` that is no booking's id leads nowhere, either.
    let person = portal.person();
    person.plant("__Host-asked", "email=ana%40example.com&to=../evil");
    let page = person.get("/sign-in/sent").await;
    assert!(page.body.contains("ana@example.com") && !page.body.contains("evil"), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_shows_the_masked_address_and_offers_no_second_mail() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;
    portal.person().post(&link, &[]).await;
    let other = portal.person();
    let renewed = other.post(&format!("{link}/renew"), &[]).await;
    assert_eq!((renewed.status.as_u16(), renewed.location()), (303, "/sign-in/sent"), "{renewed:?}");
    let page = other.get("/sign-in/sent").await;
    assert!(page.shows(&(ENGLISH.link_renewed)("a…a@example.com")), "{page:?}");
    assert!(!page.body.contains(ENGLISH.send_again) && !page.body.contains("ana@"), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deep_link_survives_the_sign_in() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    let ana = portal.person();
    for path in ["/bookings/bkg_1", "/bookings/bkg_1/calendar.ics", "/bookings/bkg_1/documents/doc_1"] {
        assert_eq!(ana.get(path).await.location(), "/sign-in?to=bkg_1", "{path}");
    }
    assert_eq!(ana.get("/bookings/bkg_none").await.location(), "/sign-in?to=bkg_none", "alike for any id");
    assert_eq!(ana.get("/bookings/no%20id").await.location(), "/sign-in");

    let to = "name=\"to\" value=\"bkg_1\"";
    assert!(ana.get("/sign-in?to=bkg_1").await.body.contains(to));
    let hostile = ana.get("/sign-in?to=%22%3E%3Cscript%3E").await;
    assert!(!hostile.body.contains("name=\"to\""), "{hostile:?}");
    let refused = ana.post("/sign-in", &[("email", "no address"), ("to", "bkg_1")]).await;
    assert!(refused.status == 422 && refused.body.contains(to), "{refused:?}");
    ana.post("/sign-in", &[("email", "ana@example.com"), ("to", "bkg_1")]).await;
    let sent = ana.get("/sign-in/sent").await;
    assert!(sent.body.contains(to) && sent.body.contains("/sign-in?another&amp;to=bkg_1"), "{sent:?}");
    assert_eq!(ana.post(&portal.link_to("ana@example.com").await, &[]).await.landing(), "/bookings/bkg_1");

    // Somebody else's booking leads to one's own dashboard.
    portal.publish("booking.confirmed", &confirmed("bkg_2", "ben@example.com", 1, false)).await;
    portal.rests().await;
    let ben = portal.person();
    ben.post("/sign-in", &[("email", "ben@example.com"), ("to", "bkg_1")]).await;
    assert_eq!(ben.post(&portal.link_to("ben@example.com").await, &[]).await.landing(), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_keeps_no_cookies_is_told_so() {
    let portal = Portal::empty().await;
    let landed = |ago: i64| format!("/?signed-in={}", jiff::Timestamp::now().as_second() - ago);
    for (path, is_told) in [
        (landed(0), true),
        (landed(100), true),
        (landed(-30), true),
        (landed(0).replace("/?", "/bookings/bkg_1?"), true),
        (landed(130), false),
        (landed(-130), false),
        ("/?signed-in=".to_owned(), false),
        ("/?signed-in=99999999999999999999".to_owned(), false),
        ("/".to_owned(), false),
    ] {
        let answer = portal.person().get(&path).await;
        assert_eq!(answer.status == 200 && answer.body.contains(ENGLISH.cookies_off), is_told, "{path}: {answer:?}");
        assert_eq!(answer.status == 303 && answer.location().starts_with("/sign-in"), !is_told, "{path}: {answer:?}");
    }
    let page = portal.person().get(&landed(0)).await;
    assert!(page.body.contains("href=\"tel:+19125550142\"") && page.body.contains("href=\"/sign-in\""), "{page:?}");

    // Who keeps cookies and has signed out meanwhile goes back to a form, not to advice on cookies.
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let ana = portal.person();
    let opened = ana.post(&portal.link_to("ana@example.com").await, &[]).await;
    ana.post("/sign-out", &[]).await;
    assert_eq!(ana.get(opened.location()).await.location(), "/sign-in?to=bkg_1");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_of_customer_ids_stops_the_functions_that_make_them_with_words() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    portal.person().get("/sign-in").await;
    let [key] = portal.items_of("KEY", "KEY").await.try_into().unwrap();
    let fingerprint = key["fingerprint"].as_s().unwrap();
    assert!(fingerprint.len() == 32 && !portal.customer("ana@example.com").to_string().contains(fingerprint));

    portal.remove(&key).await;
    portal.put(&[("pk", "KEY"), ("sk", "KEY"), ("fingerprint", "of another key")]).await;
    for instance in portal.stack.lambda.instances("RequestLink") {
        std::process::Command::new("kill").args(["-9", &instance.pid.unwrap().to_string()]).status().unwrap();
    }
    let told = soon("the words", async || {
        portal.person().get("/sign-in").await; // starts another instance
        let lines = portal.stack.log().lines();
        lines.into_iter().map(|line| line.line).find(|line| line.contains("CUSTOMER_KEY is not the key"))
    })
    .await;
    let answer = portal.person().get("/sign-in").await;
    assert!(answer.status.is_server_error(), "{answer:?}");
    assert!(told.contains("The customer key"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_id_cannot_be_made_from_the_address_alone() {
    let portal = Portal::empty().await;
    let other = Portal::empty().await;
    assert_ne!(
        portal.customer("ana@example.com"),
        other.customer("ana@example.com"),
        "each stack has a key of its own"
    );
    booked(&portal, "bkg_1", "ana@example.com").await;
    let id = portal.customer("ana@example.com").to_string();
    assert!(portal.items().await.iter().any(|item| item["pk"].as_s().unwrap() == &format!("CUSTOMER#{id}")));
    let holders: Vec<_> = portal
        .stack
        .description
        .functions
        .iter()
        .filter(|function| function.environment.contains_key("CUSTOMER_KEY"))
        .map(|function| function.logical_id.as_str())
        .collect();
    assert_eq!(holders, ["RequestLink", "ProjectBookings"]);
}
