//! One browser, one session: asking before another customer's is replaced, ending the former one, ending them all.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use portal_domain::{customer::EmailAddress, link::LinkToken, sign_in::SignIn};
use portal_tests::{
    Fate, Portal, Proxy, leaving,
    samples::{arrived, confirmed},
    soon, the_first,
};
use portal_views::messages::ENGLISH;

/// Two customers with a link each: Ana's bkg_1, Ben's bkg_2.
async fn two_links(portal: &Portal) -> (String, String) {
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", "ben@example.com", 1, true)).await;
    (portal.link_to("ana@example.com").await, portal.link_to("ben@example.com").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_opened_before_somebody_else_signed_in_replaces_no_session() {
    let portal = Portal::empty().await;
    let (anas, bens) = two_links(&portal).await;
    let browser = portal.person();
    // Ben's link is opened in a second tab, where nobody is signed in yet; then Ana signs in in the first.
    assert!(browser.get(&bens).await.body.contains(ENGLISH.open_your_bookings));
    browser.post(&anas, &[]).await;
    let session = browser.cookie("__Host-session").unwrap();

    let asked = browser.post(&bens, &[]).await;
    assert_eq!(asked.status, 409, "{asked:?}");
    for told in ["a…a@example.com", "b…n@example.com", ENGLISH.other_address, &(ENGLISH.stay_with)("a…a@example.com")]
    {
        assert!(asked.shows(told), "{told}: {asked:?}");
    }
    assert_eq!(browser.cookie("__Host-session").as_deref(), Some(session.as_str()));
    assert!(!portal.sign_in_of(&bens).await.contains_key("used_at"), "nothing is used");
    assert!(browser.get("/").await.body.contains("a…a@example.com"));

    // A form that names another session than this one is not the page that asked.
    let foreign = leaving(&asked).replace(|c: char| c.is_ascii_digit(), "0");
    assert_eq!(browser.post(&bens, &[("leaving", &foreign)]).await.status, 409);
    assert_eq!(browser.post(&bens, &[("leaving", &leaving(&asked))]).await.landing(), "/bookings/bkg_2");
    assert!(browser.get("/").await.body.contains("b…n@example.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_session_that_lasts_is_asked_about() {
    let portal = Portal::empty().await;
    let (anas, bens) = two_links(&portal).await;
    let browser = portal.person();
    browser.post(&anas, &[]).await;
    let session = browser.cookie("__Host-session").unwrap();
    browser.post("/sign-out", &[]).await;
    browser.plant("__Host-session", &session);
    assert_eq!(browser.post(&bens, &[]).await.landing(), "/bookings/bkg_2");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_in_ends_the_browsers_former_session_and_no_other() {
    let portal = Portal::empty().await;
    let (anas, bens) = two_links(&portal).await;
    let (browser, phone) = (portal.person(), portal.signed_in("ana@example.com").await);
    browser.post(&anas, &[]).await;
    let first = browser.cookie("__Host-session").unwrap();
    let works = async |session: &str| {
        let thief = portal.person();
        thief.plant("__Host-session", session);
        thief.get("/").await.status == 200
    };
    assert!(works(&first).await);

    // The same customer again.
    portal.limits_age(3600).await;
    browser.sign_in(&portal, "ana@example.com").await;
    let second = browser.cookie("__Host-session").unwrap();
    assert!(!works(&first).await && works(&second).await);

    // Another one.
    let page = browser.get(&bens).await;
    browser.post(&bens, &[("leaving", &leaving(&page))]).await;
    assert!(!works(&second).await);
    assert_eq!(phone.get("/").await.status, 200, "what another browser has stays");

    // A cookie with a wrong secret ends nothing: only who has the session can leave it.
    let link = {
        portal.limits_age(3600).await;
        let guest = portal.person();
        guest.post("/sign-in", &[("email", "ben@example.com")]).await;
        soon("the link", async || portal.mails_to("ben@example.com").await.into_iter().nth(1)).await;
        portal.link_to("ben@example.com").await
    };
    let bens_session = browser.cookie("__Host-session").unwrap();
    let forger = portal.person();
    let end = if bens_session.ends_with('A') { "E" } else { "A" };
    forger.plant("__Host-session", &format!("{}{end}", &bens_session[..bens_session.len() - 1]));
    assert_eq!(forger.post(&link, &[]).await.landing(), "/");
    assert!(works(&bens_session).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_stands_although_the_former_session_could_not_be_ended() {
    let fails = the_first(3);
    let proxy = Proxy::new(move |call| {
        let ends_former = call.updates("ended_at = if_not_exists(ended_at, :now)");
        if ends_former && fails() { Fate::Refuse(400, "AccessDeniedException") } else { Fate::Pass }
    })
    .await;
    let portal = Portal::with_dynamodb_behind(&proxy).await;
    let browser = arrived(&portal, "bkg_1", "ana@example.com").await;
    portal.limits_age(3600).await;
    browser.sign_in(&portal, "ana@example.com").await;
    assert_eq!(browser.get("/").await.status, 200);
    soon("the warning", async || {
        let lines = portal.stack.log().lines();
        lines.iter().any(|line| line.line.contains("a former session was not ended")).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_ends_within_two_seconds_beside_3600_dead_links() {
    let portal = Portal::empty().await;
    let browser = arrived(&portal, "bkg_1", "ana@example.com").await;
    let phone = portal.signed_in("ana@example.com").await;
    // Two hours ago somebody asked for links without an end, and used none of them.
    let (store, address) = (portal.store().await, EmailAddress::parse("ana@example.com").unwrap());
    let then = Timestamp::now() - SignedDuration::from_hours(2);
    let lane = async |links: usize| {
        for _ in 0..links {
            let token = LinkToken::generate(portal.customer("ana@example.com")).unwrap();
            store.keep_sign_in(&SignIn::new(&token, &address, "a message", then)).await.unwrap();
        }
    };
    let hundred = || lane(360);
    tokio::join!(
        hundred(),
        hundred(),
        hundred(),
        hundred(),
        hundred(),
        hundred(),
        hundred(),
        hundred(),
        hundred(),
        hundred()
    );

    let live = portal.person();
    live.post("/sign-in", &[("email", "ana@example.com")]).await;
    let started = Instant::now();
    assert_eq!(browser.post("/sign-out", &[("everywhere", "1")]).await.location(), "/sign-in?signed-out");
    let took = started.elapsed();
    println!("signing out everywhere beside 3,600 dead links took {took:.2?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(phone.get("/").await.location(), "/sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_ends_links_that_could_still_be_used() {
    let portal = Portal::empty().await;
    let (anas, _) = two_links(&portal).await;
    let browser = portal.signed_in("ana@example.com").await;
    browser.post("/sign-out", &[("everywhere", "1")]).await;
    let refused = portal.person().post(&anas, &[]).await;
    assert_eq!(refused.status, 410, "{refused:?}");
    let ended = portal.items_of("SIGNINS#", "").await;
    let of_ana =
        ended.iter().filter(|item| item["customer"].as_s().unwrap() == &portal.customer("ana@example.com").to_string());
    assert!(of_ana.clone().count() == 2 && of_ana.clone().all(|item| matches!(item["ended_at"], AttributeValue::N(_))));
}
