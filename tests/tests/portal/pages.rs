//! What the pages say, and how they travel.

use std::io::Read;

use flate2::read::GzDecoder;
use jiff::Timestamp;
use portal_domain::booking::{BookingStatus, DeliveryStatus, DocumentKind};
use portal_tests::{Person, Portal, readable, samples::confirmed};
use portal_views::messages;
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
async fn a_full_dashboard_is_one_answer_of_at_most_14_kb() {
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
    assert_eq!(page.matches(">Receipt</a>").count(), 10);
    let (compressed, same_page, encoding) = travelled(&ana, portal.url(), "/", "gzip, deflate, br").await;
    assert_eq!(encoding, "gzip");
    assert_eq!(same_page.len(), page.len());
    eprintln!("the dashboard travels in {compressed} bytes, which are {plain} uncompressed");
    assert!(compressed <= 14_000 && compressed < plain / 3, "{compressed} of {plain}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_without_a_token_are_compressed_and_only_for_who_accepts_it() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;
    let person = portal.person();
    for (path, accept, encoding, vary) in [
        ("/sign-in", "gzip, br", "gzip", "accept-encoding"),
        ("/sign-in", "br", "", "accept-encoding"),
        ("/sign-in", "gzip;q=0", "", "accept-encoding"),
        ("/nowhere", "gzip", "gzip", "accept-encoding"),
        (&link, "gzip", "", ""),
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
        "Signed in as <span>l…e@example.com<",
        &format!(">{}<", messages::SIGN_OUT),
        &messages::hello("Ana Ruiz"),
        messages::on_its_way(2),
        &messages::updated(&messages::ago(60)),
        "href=\"https://track.example.com/d/8f3?a=1&amp;b=2\" target=\"_blank\" rel=\"noopener noreferrer\">",
        messages::TRACK_YOUR_DELIVERY,
        &messages::booking_changed("REF-changed", &messages::ago(60)),
        &messages::booking_cancelled("REF-off"),
        &format!(">{}<", messages::BALANCE_DUE),
        "$932.00</b> · <a href=\"/bookings/coming\">REF-coming",
        &format!(">{}<", messages::NOW),
        "6-Seater Premium · Cart #14",
        &messages::was_due(""),
        &messages::return_by(""),
        "Tybee Beach Shop, 12 Dune Rd, Tybee Island, GA 31328",
        "href=\"tel:+19125550142\">",
        messages::CALL_THE_SHOP,
        &format!(">{}<", messages::UPCOMING),
        ">Confirmed<",
        "6-Seater Premium × 2 · Cart #21, Cart #22; 4-Seater Classic · Cart #9",
        &messages::delivery_to("3 Ocean Ave, Tybee Island, GA 31328"),
        &format!(">{}<", messages::BOOKING_PENDING),
        &messages::pickup_at("Tybee Beach Shop, 12 Dune Rd"),
        &format!(">{}<", messages::PAST_RENTALS),
        messages::status(BookingStatus::Cancelled),
        messages::BILL_IN_PREPARATION,
        messages::status(BookingStatus::NoShow),
        messages::document(DocumentKind::Invoice),
        messages::document(DocumentKind::Receipt),
        &format!(">{}<", messages::SHOW_MORE),
        &format!(">{}<", messages::RENTAL_AGREEMENTS),
        "Signed ",
        &format!(">{}<", messages::QUESTIONS),
        "href=\"tel:",
        "href=\"mailto:",
        "?subject=REF-",
        messages::SIGN_OUT_EVERYWHERE,
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
                messages::on_its_way(2),
                messages::delivery(DeliveryStatus::OnTheWay),
                messages::BALANCE_DUE,
                "−$120.00",
                "6 seats",
                "Cooler × 2",
            ][..],
        ),
        ("failed", &[messages::DELIVERY_FAILED, messages::DELIVERY_FAILED_HOW]),
        ("asked", &[messages::BOOKING_PENDING_HOW, messages::DOCUMENTS_IN_PREPARATION]),
        ("late", &[messages::status(BookingStatus::Overdue), messages::OVERDUE_HOW]),
        ("off", &[messages::status(BookingStatus::Cancelled), "−$230.00", messages::CREDIT, messages::NO_DOCUMENTS]),
        ("missed", &[messages::status(BookingStatus::NoShow), messages::NO_DOCUMENTS]),
        (
            "unbilled",
            &[
                messages::status(BookingStatus::Returned),
                messages::DOCUMENTS_IN_PREPARATION,
                messages::BALANCE_DUE,
                "$65.00",
            ],
        ),
        (
            "past_0",
            &[
                messages::status(BookingStatus::Closed),
                "Download Receipt",
                "Download Invoice",
                "Download Rental agreement",
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
    let map = "https://www.google.com/maps/search/?api=1&amp;query=Tybee%20Beach%20Shop%2C%2012%20Dune%20Rd%2C%20Tybee";
    assert!(pickup.contains(map), "{}", readable(&pickup));
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
        ("fall", ["Sat, Nov 6, 2027, 9 am EDT – Mon, Nov 8, 2027, 5 pm EST", "¥12,000", "−¥500", "¥11,500"]),
        (
            "night",
            ["Fri, Aug 6, 2027, 10:30 pm – Sat, Aug 7, 2027, 3 am PDT", "KWD\u{a0}1.250", "−KWD\u{a0}0.005", "1.245"],
        ),
        (
            "year",
            [
                "Thu, Dec 30, 2027, 7:45 pm – Mon, Jan 3, 2028, 3:45 am GMT+5:45",
                "$1,234,567.00",
                "−$0.10",
                "$1,234,566.90",
            ],
        ),
    ] {
        let page = ana.get(&format!("/bookings/{id}")).await.body;
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
        let is_told = page.contains(&format!("Booking REF-{id} was changed"));
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
    let fetched: Vec<_> = fetched.captures_iter(&answer.body).map(|found| found[1].to_owned()).collect();
    assert_eq!(fetched, ["https://cdn.example.com/logo.png"]);
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
        let attributes =
            ["/", "?", "https://", "tel:", "mailto:", "%", "email-error", "true", "at-once", "by-hand", "link.js"];
        attributes.iter().any(|start| text.starts_with(start))
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
    for page in ["booking", "dashboard", "link", "news", "notices", "parts", "sign_in"] {
        let path = format!("{}/../shared/views/src/pages/{page}.rs", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(words_in(&std::fs::read_to_string(path).unwrap()), Vec::<String>::new(), "{page}");
    }
    assert_eq!(
        words_in(r#"html! { p.soft { "Delivery" } a href="to/there" { (x) " seats" } }"#),
        ["Delivery", " seats"]
    );
}
