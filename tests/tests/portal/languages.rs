//! In which language the portal speaks, to whom, and that it tells nothing by it.

use portal_domain::language::Language;
use portal_tests::{
    Answer, Person, Portal,
    samples::{booked, confirmed},
    soon,
};
use portal_views::messages::{ENGLISH, Messages, SPANISH};
use reqwest::Method;
use serde_json::{Value, json};

/// What a browser gets that asks for these languages.
async fn read(person: &Person, path: &str, languages: &str) -> Answer {
    person.request(Method::GET, path, None, &[("accept-language", languages)]).await
}

async fn send(person: &Person, path: &str, form: &[(&str, &str)], languages: &str, origin: &str) -> Answer {
    person.request(Method::POST, path, Some(form), &[("accept-language", languages), ("origin", origin)]).await
}

/// A confirmed booking of a customer who prefers this language; its confirmation is asked for, or not.
fn booking(id: &str, address: &str, locale: Option<&str>, notify: bool) -> Value {
    let mut event = confirmed(id, address, 1, notify);
    event["booking"]["customer"]["locale"] = json!(locale);
    event
}

/// A page is in a language: it says so to browsers and caches, and says this.
fn is_in(answer: &Answer, language: Language, status: u16, said: &str) {
    let tag = language.tag();
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-language"), tag, "{answer:?}");
    assert!(answer.header("vary").starts_with("accept-language, cookie"), "{answer:?}");
    assert!(answer.body.contains(&format!("<html lang=\"{tag}\">")), "{answer:?}");
    assert!(answer.shows(said), "{said}: {answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_function_answers_in_the_language_that_the_browser_asks_for() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &booking("bkg_1", "ana@example.com", None, true)).await;
    let link = portal.link_to("ana@example.com").await;
    let (ana, eve, here) = (portal.person(), portal.person(), portal.url());
    for (language, accepted) in [(Language::Spanish, "fr, es-419;q=0.9, en;q=0.8"), (Language::English, "en-GB, es")] {
        let m = Messages::of(language);
        is_in(&read(&eve, "/sign-in", accepted).await, language, 200, m.sign_in_how);
        is_in(&read(&eve, "/sign-in/sent", accepted).await, language, 200, m.link_sent);
        is_in(&read(&eve, &link, accepted).await, language, 200, m.open_your_bookings);
        is_in(&read(&eve, "/link/nonsense", accepted).await, language, 404, m.link_unknown);
        is_in(&read(&eve, "/nowhere", accepted).await, language, 404, m.not_found);
        is_in(&read(&eve, "/sign-out", accepted).await, language, 405, m.wrong_method);
        is_in(&send(&eve, "/sign-in", &[("email", "ana")], accepted, here).await, language, 422, m.address_malformed);
        is_in(&send(&eve, "/sign-out", &[], accepted, "https://evil.example").await, language, 403, m.not_from_here);
        let long = "a".repeat(9_000);
        is_in(&send(&eve, "/sign-in", &[("email", &long)], accepted, here).await, language, 413, m.too_large);
    }
    ana.post(&link, &[]).await;
    for (language, accepted) in [(Language::Spanish, "es"), (Language::English, "en")] {
        let m = Messages::of(language);
        is_in(&read(&ana, "/", accepted).await, language, 200, m.view_booking);
        is_in(&read(&ana, "/?past=20200101T000000Z~a", accepted).await, language, 200, m.past_bookings);
        is_in(&read(&ana, "/bookings/bkg_1", accepted).await, language, 200, m.all_bookings);
        is_in(&read(&ana, "/bookings/bkg_2", accepted).await, language, 404, m.not_found);
        let document = "/bookings/bkg_1/documents/";
        is_in(&read(&ana, &format!("{document}doc_9"), accepted).await, language, 404, m.not_found);
        let calendar = read(&ana, "/bookings/bkg_1/calendar.ics", accepted).await;
        assert_eq!(calendar.header("content-language"), language.tag());
        assert!(calendar.body.replace("\r\n ", "").contains(m.calendar_details), "{calendar:?}");
    }
    // The link is dead by now.
    is_in(&read(&eve, &link, "es").await, Language::Spanish, 410, SPANISH.link_used);
    for _ in 0..40 {
        send(&eve, "/sign-in", &[("email", "many@example.com")], "es", here).await;
    }
    let refused = send(&eve, "/sign-in", &[("email", "many@example.com")], "es", here).await;
    is_in(&refused, Language::Spanish, 429, SPANISH.too_many_requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_at_the_foot_of_a_page_chooses_the_other_language_until_it_is_changed_again() {
    let portal = Portal::empty().await;
    let person = portal.person();
    let form = read(&person, "/sign-in?to=bkg_1", "en").await;
    let other = "<a href=\"?to=bkg_1&amp;language=es\" hreflang=\"es\" lang=\"es\">Español</a>";
    assert!(form.body.contains(other), "{form:?}");
    let chosen = read(&person, "/sign-in?to=bkg_1&language=es", "en").await;
    is_in(&chosen, Language::Spanish, 200, SPANISH.sign_in_how);
    assert!(chosen.body.contains("name=\"to\" value=\"bkg_1\""), "{chosen:?}");
    assert!(chosen.body.contains("<a href=\"?to=bkg_1&amp;language=en\" hreflang=\"en\" lang=\"en\">English</a>"));
    let cookie = chosen.header("set-cookie");
    assert_eq!(cookie, "__Host-language=es; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax");

    is_in(&read(&person, "/sign-in", "en").await, Language::Spanish, 200, SPANISH.sign_in_how);
    is_in(&read(&person, "/nowhere", "en").await, Language::Spanish, 404, SPANISH.not_found);
    // Where nobody is signed in, the bookings lead to the form, and the choice goes along.
    let sent_on = read(&person, "/?language=en", "es").await;
    assert_eq!((sent_on.status.as_u16(), sent_on.location()), (303, "/sign-in"));
    is_in(&read(&person, "/sign-in", "es").await, Language::English, 200, ENGLISH.sign_in_how);
    // Nothing that is no language of the portal's is kept.
    for unknown in ["fr", "", "es%0d%0aset-cookie:a=b", "%22"] {
        let answer = read(&person, &format!("/sign-in?language={unknown}"), "es").await;
        assert_eq!(answer.header("set-cookie"), "", "{unknown}");
        is_in(&answer, Language::English, 200, ENGLISH.sign_in_how);
    }
    // Nor does a form, a file or another site choose anything.
    let elsewhere = [("sec-fetch-site", "cross-site")];
    for answer in [
        send(&person, "/sign-out?language=es", &[], "en", "https://evil.example").await,
        person.get("/apple-touch-icon.png?language=es").await,
        person.request(Method::GET, "/sign-in?language=es", None, &elsewhere).await,
    ] {
        assert!(!answer.header("set-cookie").contains("__Host-language"), "{answer:?}");
    }
    // What answers a form leads to a page that can be opened.
    let problem = send(&person, "/sign-in", &[("email", "ana"), ("to", "bkg_1")], "en", portal.url()).await;
    assert!(problem.body.contains("href=\"?to=bkg_1&amp;language=es\""), "{problem:?}");
    let foreign = send(&person, "/sign-out", &[], "en", "https://evil.example").await;
    assert!(foreign.body.contains("href=\"/?language=es\""), "{foreign:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_customer_are_in_the_customer_s_language_where_the_browser_asks_for_none_of_the_portal_s() {
    let portal = Portal::empty().await;
    for (id, address, locale) in [
        ("bkg_1", "ana@example.com", Some("es-US")),
        ("bkg_2", "ben@example.com", Some("pt-BR")),
        ("bkg_3", "eli@example.com", None),
    ] {
        portal.publish("booking.confirmed", &booking(id, address, locale, false)).await;
    }
    portal.rests().await;
    for (id, address, known) in [
        ("bkg_1", "ana@example.com", Language::Spanish),
        ("bkg_2", "ben@example.com", Language::English),
        ("bkg_3", "eli@example.com", Language::English),
    ] {
        let person = portal.signed_in(address).await;
        for path in ["/", &format!("/bookings/{id}")] {
            for (accepted, language) in
                [("", known), ("fr, *;q=0.1", known), ("en", Language::English), ("es", Language::Spanish)]
            {
                is_in(&read(&person, path, accepted).await, language, 200, Messages::of(language).sign_out);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_in_the_customer_s_language_or_else_in_that_of_the_page_that_asked() {
    let portal = Portal::empty().await;
    let business = &portal.stack.description.variable("SendMail", "BUSINESS_NAME").unwrap();
    for (id, address, locale, asks_in, mailed_in, confirmed_in) in [
        ("bkg_1", "ana@example.com", Some("es-419"), "en", Language::Spanish, Language::Spanish),
        ("bkg_2", "ben@example.com", Some("en-US"), "es", Language::English, Language::English),
        ("bkg_3", "eli@example.com", None, "es", Language::Spanish, Language::English),
        ("bkg_4", "gia@example.com", Some("pt-BR"), "fr", Language::English, Language::English),
    ] {
        let mut event = booking(id, address, locale, true);
        event["booking"]["reference"] = json!("GCO-¿ñ?");
        portal.publish("booking.confirmed", &event).await;
        let link = portal.link_to(address).await;
        let confirmation = &portal.mails_to(address).await[0];
        let m = Messages::of(confirmed_in);
        assert_eq!(confirmation["subject"], (m.confirmation_subject)("GCO-¿ñ?", business), "{address}");
        assert!(confirmation["text"].as_str().unwrap().contains(m.link_lasts));
        assert!(confirmation["html"].as_str().unwrap().contains(&format!("<html lang=\"{}\"", confirmed_in.tag())));

        let (person, here) = (portal.person(), portal.url());
        send(&person, "/sign-in", &[("email", address)], asks_in, here).await;
        let mail = nth_mail(&portal, address, 2).await;
        let m = Messages::of(mailed_in);
        assert_eq!(mail["subject"], (m.sign_in_subject)(business), "{address}");
        assert!(mail["html"].as_str().unwrap().contains(&format!("<html lang=\"{}\"", mailed_in.tag())));

        // So is the mail of a dead link that is renewed.
        person.post(&link, &[]).await;
        portal.limits_age(120).await;
        let renewed = send(&portal.person(), &format!("{link}/renew"), &[], asks_in, here).await;
        assert_eq!(renewed.location(), "/sign-in/sent", "{renewed:?}");
        assert_eq!(nth_mail(&portal, address, 3).await["subject"], (m.sign_in_subject)(business), "{address}");
    }
}

/// The newest mail to an address, once there are so many.
async fn nth_mail(portal: &Portal, address: &str, number: usize) -> Value {
    soon("a mail", async || {
        let mails = portal.mails_to(address).await;
        (mails.len() >= number).then(|| mails[0].clone())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_of_a_known_customer_tells_nobody_of_them() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "neighbour@example.com").await;
    portal.publish("booking.confirmed", &booking("bkg_2", "ana@example.com", Some("es"), false)).await;
    portal.rests().await;
    for accepted in ["", "fr", "en", "es"] {
        let mut seen = Vec::new();
        for address in ["ana@example.com", "bob@example.com"] {
            let person = portal.person();
            let asked = send(&person, "/sign-in", &[("email", address)], accepted, portal.url()).await;
            let sent = read(&person, "/sign-in/sent", accepted).await;
            seen.push((asked.status, sent.body.replace(address, "…"), sent.header("content-language").to_owned()));
            portal.limits_age(120).await;
        }
        assert_eq!(seen[0], seen[1], "{accepted}");
    }
}
