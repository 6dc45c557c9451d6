//! What the pages say, and how they travel.

use std::{
    collections::BTreeSet,
    io::{Cursor, Read},
};

use flate2::read::GzDecoder;
use jiff::Timestamp;
use portal_domain::booking::DocumentKind;
use portal_tests::{
    Person, Portal, readable,
    samples::{arrived, confirmed},
};
use portal_views::messages::ENGLISH;
use regex::Regex;
use reqwest::Method;
use serde_json::json;

use crate::states::{delivery, documents, hours, past, price, publish_a_full_life, rental};

/// A page as a browser gets it: its bytes on the way, its text, and its `Content-Encoding`.
async fn travelled(person: &Person, url: &str, path: &str, accept: &str) -> (usize, String, String) {
    let cookie = format!("__Host-session={}", person.cookie("__Host-session").unwrap_or_default());
    let request = reqwest::Client::new().get(format!("{url}{path}")).header("cookie", cookie);
    let answer = request.header("accept-encoding", accept).send().await.unwrap();
    let encoding = answer.headers().get("content-encoding").map_or("", |value| value.to_str().unwrap()).to_owned();
    let bytes = answer.bytes().await.unwrap();
    let mut text = String::new();
    match encoding.as_str() {
        "gzip" => GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap(),
        _ => (&bytes[..]).read_to_string(&mut text).unwrap(),
    };
    (bytes.len(), text, encoding)
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_find_the_icon_of_a_home_screen_without_a_session_and_the_table_is_not_asked() {
    let portal = Portal::empty().await;
    let ana = arrived(&portal, "bkg_1", "ana@example.com").await;
    portal.rests().await;
    let calls = portal.stack.aws.calls.all().len();
    let mut pictures = BTreeSet::new();
    for person in [portal.person(), ana] {
        for accept in ["gzip, deflate, br", "identity"] {
            let session = format!("__Host-session={}", person.cookie("__Host-session").unwrap_or_default());
            let icon = reqwest::Client::new().get(format!("{}/apple-touch-icon.png", portal.url()));
            let icon = icon.header("cookie", session).header("accept-encoding", accept).send().await.unwrap();
            assert_eq!((icon.status().as_u16(), &icon.headers()["content-type"]), (200, &"image/png".parse().unwrap()));
            assert!(!icon.headers().contains_key("content-encoding") && !icon.headers().contains_key("set-cookie"));
            pictures.insert(icon.bytes().await.unwrap());
        }
    }
    let [picture] = pictures.iter().collect::<Vec<_>>()[..] else { panic!("{} pictures", pictures.len()) };
    let mut picture = png::Decoder::new(Cursor::new(picture)).read_info().unwrap();
    assert_eq!(picture.info().size(), (180, 180));
    let mut pixels = vec![0; picture.output_buffer_size().unwrap()];
    picture.next_frame(&mut pixels).unwrap();
    let asked = portal.stack.aws.calls.all().into_iter().skip(calls).filter(|call| call.action != "ReceiveMessage");
    assert_eq!(asked.filter(|call| call.request_id.is_some()).count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_dashboard_is_one_answer_of_at_most_10_kb() {
    let portal = Portal::empty().await;
    for id in ["a", "b", "c"] {
        let booking = rental(id, "ana@example.com", |booking| {
            booking["fulfilment"] = json!({"method": "delivery", "address": "3 Ocean Ave, Tybee Island, GA 31328",
                "window_start": hours(95), "window_end": hours(97)});
            booking["delivery"] = delivery("on_the_way");
            booking["price"] = price("USD", &[("2 days, 6-Seater Premium", 23_000)], 0);
            booking["documents"] = documents(id, &["agreement"]);
        });
        portal.publish("booking.confirmed", &booking).await;
    }
    for n in 0..11 {
        portal.publish("booking.confirmed", &past(&format!("past_{n}"), "ana@example.com", 9 + n * 30)).await;
    }
    portal.rests().await;
    let ana = portal.signed_in("ana@example.com").await;

    let (plain, page, encoding) = travelled(&ana, portal.url(), "/", "identity").await;
    assert_eq!(encoding, "");
    assert_eq!(page.matches("<article").count(), 3);
    assert_eq!(page.matches("Receipt<span").count(), 10);
    let (compressed, same_page, encoding) = travelled(&ana, portal.url(), "/", "gzip, deflate, br").await;
    assert_eq!(encoding, "gzip");
    assert_eq!(same_page.len(), page.len());
    eprintln!("the dashboard travels in {compressed} bytes, which are {plain} uncompressed");
    assert!(compressed <= 10_000 && compressed < plain / 3, "{compressed} of {plain}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_without_a_token_are_compressed_and_only_for_who_accepts_it() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;
    let person = portal.person();
    for (path, accept, encoding, vary) in [
        ("/sign-in", "gzip, br", "gzip", "accept-language, cookie, accept-encoding"),
        ("/sign-in", "br", "", "accept-language, cookie, accept-encoding"),
        ("/sign-in", "gzip;q=0", "", "accept-language, cookie, accept-encoding"),
        ("/nowhere", "gzip", "gzip", "accept-language, cookie, accept-encoding"),
        (&link, "gzip", "", "accept-language, cookie"),
    ] {
        let answer = person.request(Method::GET, path, None, &[("accept-encoding", accept)]).await;
        assert_eq!((answer.header("content-encoding"), answer.header("vary")), (encoding, vary), "{path} {accept}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_tells_everything_in_its_order() {
    let portal = Portal::empty().await;
    publish_a_full_life(&portal, "life@example.com").await;
    portal.rests().await;
    let page = portal.signed_in("life@example.com").await.get("/").await.body;
    let mut rest = page.as_str();
    for told in [
        "<html lang=\"en\">",
        "href=\"tel:+19125550142\">",
        ENGLISH.email_us,
        &format!(">{}<", ENGLISH.sign_out),
        &(ENGLISH.hello)("Ana Ruiz"),
        // Overdue, and nobody said how it comes back.
        ENGLISH.overdue,
        ENGLISH.rental_has_ended,
        "6-Seater Premium, Cart\u{a0}#14",
        (ENGLISH.still_have_it)(1),
        &(ENGLISH.call)("+1\u{a0}912\u{a0}555\u{a0}0142"),
        ENGLISH.view_booking,
        // Not delivered.
        (ENGLISH.could_not_deliver)(1),
        ENGLISH.set_a_new_time,
        // On its way.
        &format!("{}</p>", ENGLISH.on_its_way),
        "6-Seater Premium\u{a0}×\u{a0}2, 4-Seater Classic",
        "3 Ocean Ave, Tybee Island, GA\u{a0}31328",
        ENGLISH.planned,
        &(ENGLISH.balance_due_is)("$932.00"),
        "href=\"https://track.example.com/d/8f3?a=1&amp;b=2\" target=\"_blank\" rel=\"noopener noreferrer\">",
        ENGLISH.track,
        // With the customer.
        (ENGLISH.you_have_it)(1),
        (ENGLISH.how_to_return)(1),
        (ENGLISH.trouble_or_longer)(1),
        // Canceled, and changed.
        ENGLISH.booking_canceled,
        &(ENGLISH.refund_due_is)("$50.00"),
        ENGLISH.what_changed,
        ENGLISH.add_to_calendar,
        // Asked for.
        ENGLISH.pending,
        ENGLISH.pending_how,
        // Over, and not paid for.
        &format!("{}</p>", ENGLISH.returned),
        &(ENGLISH.balance_due_is)("$65.00"),
        &format!(">{}<", ENGLISH.past_bookings),
        ENGLISH.ended,
        (ENGLISH.document)(DocumentKind::Invoice),
        (ENGLISH.document)(DocumentKind::Receipt),
        &format!(">{}<", ENGLISH.show_more),
        &format!(">{}<", ENGLISH.rental_agreements),
        &(ENGLISH.document_signed)(DocumentKind::Agreement, ""),
        &format!(">{}<", ENGLISH.questions),
        "href=\"tel:",
        "href=\"mailto:",
        "?subject=REF-",
        &(ENGLISH.all_times_are)("Eastern Time (ET)"),
        &(ENGLISH.signed_in_as)("<span class=\"whole\">l…e@example.com<"),
        ENGLISH.sign_out_everywhere,
    ] {
        let (_, behind) =
            rest.split_once(told).unwrap_or_else(|| panic!("{told} where it belongs: {}", readable(&page)));
        rest = behind;
    }
    assert!(!page.contains("<script"), "no page of bookings needs one");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_of_a_booking_has_its_own_words() {
    let portal = Portal::empty().await;
    publish_a_full_life(&portal, "life@example.com").await;
    portal.rests().await;
    let person = portal.signed_in("life@example.com").await;
    for (booking, told) in [
        (
            "coming",
            &[
                ENGLISH.on_its_way,
                ENGLISH.arrives,
                ENGLISH.balance_due,
                "−$120.00",
                "6\u{a0}seats",
                "Cooler\u{a0}×\u{a0}2",
                (ENGLISH.your_carts)(3),
                ENGLISH.change_or_cancel,
            ][..],
        ),
        ("failed", &[(ENGLISH.could_not_deliver)(1), ENGLISH.set_a_new_time, ENGLISH.not_delivered]),
        ("asked", &[ENGLISH.pending_how, ENGLISH.new_documents]),
        ("late", &[ENGLISH.overdue, ENGLISH.rental_has_ended, (ENGLISH.still_have_it)(1)]),
        ("off", &[ENGLISH.booking_canceled, "−$230.00", ENGLISH.refund_due, ENGLISH.no_documents]),
        ("missed", &[ENGLISH.booking_ended, ENGLISH.shows_as_not_used, ENGLISH.no_documents]),
        ("unbilled", &[ENGLISH.returned, ENGLISH.no_bills, ENGLISH.balance_due, "$65.00"]),
        (
            "past_0",
            &[
                ENGLISH.returned,
                &(ENGLISH.you_paid_in_full)("$345.00"),
                ENGLISH.paid_in_full,
                (ENGLISH.document)(DocumentKind::Receipt),
                (ENGLISH.document)(DocumentKind::Invoice),
                "Rental agreement",
            ],
        ),
    ] {
        let page = person.get(&format!("/bookings/{booking}")).await.body;
        for told in told {
            assert!(page.contains(told), "{booking}: {told}: {}", readable(&page));
        }
    }
    let failed = person.get("/bookings/failed").await.body;
    assert!(!failed.contains("track.example.com"), "a tracking link shows only while a delivery is on its way");
    let pickup = person.get("/bookings/asked").await.body;
    assert!(pickup.contains("?subject=REF-asked\""), "{}", readable(&pickup));
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_those_of_the_booking_s_own_zone_and_money_has_its_currency_s_decimals() {
    let portal = Portal::empty().await;
    for (id, zone, from, to, money) in [
        ("fall", "America/New_York", "2027-11-06T13:00:00Z", "2027-11-08T22:00:00Z", ("JPY", 12_000, -500)),
        ("night", "America/Los_Angeles", "2027-08-07T05:30:00Z", "2027-08-07T10:00:00Z", ("KWD", 1_250, -5)),
        ("year", "Asia/Kathmandu", "2027-12-30T14:00:00Z", "2028-01-02T22:00:00Z", ("USD", 123_456_700, -10)),
    ] {
        let (currency, amount, off) = money;
        let booking = rental(id, "ana@example.com", |booking| {
            (booking["time_zone"], booking["starts_at"], booking["ends_at"]) = (json!(zone), json!(from), json!(to));
            booking["price"] = price(currency, &[("Cart", amount), ("Discount", off)], 0);
        });
        portal.publish("booking.confirmed", &booking).await;
    }
    portal.rests().await;
    let ana = portal.signed_in("ana@example.com").await;
    for (id, told) in [
        (
            "fall",
            [
                "Sat, Nov 6, 2027, from 9 am",
                "Mon, Nov 8, 2027, by 5 pm",
                "Eastern Time (ET)",
                "¥12,000",
                "−¥500",
                "¥11,500",
            ],
        ),
        (
            "night",
            [
                "Fri, Aug 6, 2027, from 10:30 pm",
                "Sat, Aug 7, 2027, by 3 am",
                "Pacific Time (PT)",
                "KWD 1.250",
                "−KWD 0.005",
                "1.245",
            ],
        ),
        (
            "year",
            [
                "Thu, Dec 30, 2027, from 7:45 pm",
                "Mon, Jan 3, 2028, by 3:45 am",
                "local time in Kathmandu (GMT+5:45)",
                "$1,234,567.00",
                "−$0.10",
                "$1,234,566.90",
            ],
        ),
    ] {
        let page = ana.get(&format!("/bookings/{id}")).await.body.replace('\u{a0}', " ");
        for told in told {
            assert!(page.contains(told), "{id}: {told}: {}", readable(&page));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_told_of_what_a_customer_should_look_at_whatever_its_event_calls_itself() {
    let portal = Portal::empty().await;
    let (starts_at, ends_at, later) = (hours(100), hours(200), hours(300));
    let tell = async |kind: &str, id: &str, revision: u64, ends_at: Timestamp, paid: i64| {
        let event = rental(id, "ana@example.com", |booking| {
            booking["revision"] = json!(revision);
            booking["starts_at"] = json!(starts_at);
            booking["ends_at"] = json!(ends_at);
            booking["price"] = price("USD", &[("2 days, 6-Seater Premium", 23_000)], paid);
        });
        portal.publish(kind, &event).await;
        portal.rests().await;
    };
    for (id, kind, revision, then_ends_at, paid) in [
        ("longer", "document.issued", 2, later, 0),
        ("same", "booking.updated", 2, ends_at, 0),
        ("paid", "booking.updated", 2, ends_at, 23_000),
        ("again", "booking.updated", 1, ends_at, 0),
        ("later", "booking.cancelled", 4, later, 0),
    ] {
        tell("booking.confirmed", id, 1, ends_at, 0).await;
        tell(kind, id, revision, then_ends_at, paid).await;
    }
    // A booking that is imported, or sent again after a restore, was never known to be otherwise.
    tell("booking.updated", "imported", 7, later, 0).await;
    let page = portal.signed_in("ana@example.com").await.get("/").await.body;
    for id in ["longer", "later", "same", "paid", "again", "imported"] {
        let card = page.split("<article").find(|card| card.contains(&format!("REF-{id}<"))).unwrap();
        let is_told = card.contains(ENGLISH.what_changed);
        assert_eq!(is_told, ["longer", "later"].contains(&id), "{id}: {}", readable(&page));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logo_is_the_only_further_request() {
    let parameter = [("LogoUrl".to_owned(), "https://cdn.example.com/logo.png".to_owned())];
    let functions = portal_tests::functions_dir();
    let options = portal_local::Options::new(portal_tests::template(), functions);
    let portal = Portal::start(portal_local::Options { parameters: parameter.into(), ..options }).await;
    let answer = portal.person().get("/sign-in").await;
    let fetched = Regex::new(r#"(?:src|<link[^>]* href)="(http[^"]*)""#).unwrap();
    let fetched: BTreeSet<_> = fetched.captures_iter(&answer.body).map(|found| found[1].to_owned()).collect();
    assert_eq!(fetched, ["https://cdn.example.com/logo.png".to_owned()].into());
    assert!(answer.header("content-security-policy").contains("img-src data: https://cdn.example.com;"));
}

/// Text in a page's source that is neither markup, nor an attribute, nor an address.
fn words_in(source: &str) -> Vec<String> {
    let code: String =
        source.split("#[cfg(test)]").next().unwrap().lines().filter(|line| !line.trim().starts_with("//")).collect();
    let literal = Regex::new(r#"(=\{?\s*|\{ )?"((?:[^"\\]|\\.)*)""#).unwrap();
    let word = Regex::new("[A-Za-z]{2,}").unwrap();
    let placeholder = Regex::new(r"\{\w*\}").unwrap();
    let is_known = |text: &str| {
        let attributes = [
            "/",
            "?",
            "https://",
            "{}/",
            "tel:",
            "mailto:",
            "%",
            "_blank",
            "noopener ",
            "email-error",
            "true",
            "at-once",
            "by-hand",
            "link.js",
        ];
        let classes = ["card lead ", "card ", " lead", "go", "warn", "bad"];
        let icons = ["phone", "mail", "cal", "doc", "check", "out", "back", "key", "return", "go", "alert"];
        attributes.iter().any(|start| text.starts_with(start)) || classes.contains(&text) || icons.contains(&text)
    };
    let found = literal
        .captures_iter(&code)
        .filter(|found| found.get(1).is_none_or(|before| !before.as_str().starts_with('=')));
    found
        .map(|found| found[2].to_owned())
        .filter(|text| word.is_match(&placeholder.replace_all(text, "")) && !is_known(text))
        .collect()
}

#[test]
fn pages_hold_no_words_of_their_own() {
    for page in ["booking", "dashboard", "link", "notices", "parts", "sign_in", "step", "../next_step"] {
        let path = format!("{}/../shared/views/src/pages/{page}.rs", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(words_in(&std::fs::read_to_string(path).unwrap()), Vec::<String>::new(), "{page}");
    }
    assert_eq!(
        words_in(r#"html! { p.soft { "Delivery" } a href="to/there" { (x) " seats" } }"#),
        ["Delivery", " seats"]
    );
}
