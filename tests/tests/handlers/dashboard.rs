//! The customer's own pages, the icon of a home screen, and paths that lead nowhere.

use std::io;

use jiff::Timestamp;
use portal_domain::{dashboard::Cursor, secret::Secret};
use portal_tests::{Answer, samples::confirmed};
use portal_views::messages::ENGLISH;
use serde_json::json;

use crate::{
    customers::{Customer, Life, fresh, id},
    http::{Asked, Expected, answer, asked, astray, page, see},
    stack::{Stack, on_the_stack},
};

const BOOKING: &str = "/bookings/{booking_id}";
const CALENDAR: &str = "/bookings/{booking_id}/calendar.ics";

impl Stack {
    pub(crate) async fn dashboard(&self, asked: &Asked) -> Answer {
        answer(self.dashboard.handle(asked.request()).await)
    }

    /// A past rental of a customer that began on this day.
    async fn past_rental(&self, customer: &Customer, day: &str) -> String {
        let booking = fresh("bkg_");
        let mut detail = confirmed(&booking, &customer.address, 1, false);
        detail["booking"]["status"] = json!("returned");
        detail["booking"]["starts_at"] = json!(format!("{day}T09:00:00Z"));
        detail["booking"]["ends_at"] = json!(format!("{day}T17:00:00Z"));
        self.project("booking.updated", &detail).await;
        booking
    }
}

/// A calendar file.
fn calendar() -> Expected {
    page(200, "BEGIN:VCALENDAR")
}

#[test]
fn every_page_shows_its_customer_what_is_theirs_and_leads_everybody_else_to_the_form() {
    on_the_stack(async |stack| {
        let (customer, own) = stack.customer_with_booking().await;
        let (_, others) = stack.customer_with_booking().await;
        let none = fresh("bkg_");
        let session = async |life| stack.keep(&customer, life).await.cookie();
        let (live, ended, over) = (session(Life::Used).await, session(Life::Ended).await, session(Life::Over).await);
        let (unused, unknown) = (session(Life::Fresh).await, session(Life::Unknown).await);
        let not_found = || page(404, ENGLISH.not_found);
        let dashboard = page(200, (ENGLISH.hello)("Test Customer")).and(format!("REF-{own}"));
        let form_for = |booking: &str| see(format!("/sign-in?to={booking}"));
        for (path, booking, to_its_customer, to_nobody) in [
            ("/", None, dashboard, see("/sign-in")),
            (BOOKING, Some(&own), page(200, format!("REF-{own}")), form_for(&own)),
            (BOOKING, Some(&others), not_found(), form_for(&others)),
            (BOOKING, Some(&none), not_found(), form_for(&none)),
            (BOOKING, Some(&"no id".to_owned()), not_found(), see("/sign-in")),
            (CALENDAR, Some(&own), calendar().and(format!("REF-{own}")), form_for(&own)),
            (CALENDAR, Some(&others), not_found(), form_for(&others)),
            (CALENDAR, Some(&none), not_found(), form_for(&none)),
        ] {
            for (method, cookie, is_signed_in) in [
                ("GET", live.as_str(), true),
                ("HEAD", &live, true),
                ("GET", &ended, false),
                ("GET", &over, false),
                ("GET", &unused, false),
                ("GET", &unknown, false),
                ("GET", "", false),
                ("HEAD", "__Host-session=garbage", false),
            ] {
                let ask = asked(&format!("{method} {path}")).cookie(cookie);
                let ask = booking.iter().fold(ask, |ask, booking| ask.at("booking_id", booking));
                let expected = if is_signed_in { &to_its_customer } else { &to_nobody };
                expected.is(&stack.dashboard(&ask).await, (path, booking, method, cookie));
            }
        }
    });
}

#[test]
fn a_customer_without_bookings_is_told_so() {
    on_the_stack(async |stack| {
        let session = stack.keep(&stack.customer(), Life::Used).await.cookie();
        page(200, ENGLISH.no_bookings).is(&stack.dashboard(&asked("GET /").cookie(&session)).await, "no bookings");
    });
}

#[test]
fn a_calendar_file_downloads_unless_another_site_leads_there() {
    on_the_stack(async |stack| {
        let (customer, own) = stack.customer_with_booking().await;
        let (_, others) = stack.customer_with_booking().await;
        let session = stack.keep(&customer, Life::Used).await.cookie();
        for (site, booking, expected) in [
            ("", &own, calendar()),
            ("none", &own, calendar()),
            ("same-origin", &own, calendar()),
            ("cross-site", &own, see(format!("/bookings/{own}"))),
            ("cross-site", &others, page(404, ENGLISH.not_found)),
        ] {
            let ask = asked(&format!("GET {CALENDAR}")).at("booking_id", booking).cookie(&session);
            let ask = if site.is_empty() { ask } else { ask.header("sec-fetch-site", site) };
            let told = stack.dashboard(&ask).await;
            expected.is(&told, (site, booking));
            let is_file = told.status == 200;
            assert_eq!(
                told.header("content-disposition").starts_with("attachment; filename=\"REF-"),
                is_file,
                "{site}"
            );
            assert_eq!(told.header("content-type").starts_with("text/calendar"), is_file, "{site}");
        }
    });
}

#[test]
fn the_icon_of_a_home_screen_is_a_picture_in_the_colour_of_the_business_whoever_asks() {
    on_the_stack(async |stack| {
        let session = stack.keep(&stack.customer(), Life::Used).await.cookie();
        let brand = stack.dashboard.respond.site.business.color;
        for (method, cookie) in [
            ("GET", ""),
            ("GET", session.as_str()),
            ("GET", "__Host-session=garbage"),
            ("HEAD", ""),
            ("HEAD", &session),
        ] {
            let ask = asked(&format!("{method} /apple-touch-icon.png")).cookie(cookie);
            let told = stack.dashboard.handle(ask.request()).await.unwrap();
            assert_eq!(told.status(), 200, "{method} {cookie}");
            assert_eq!(told.headers()["content-type"], "image/png", "{method} {cookie}");
            assert_eq!(told.headers()["cache-control"], "public, max-age=86400", "{method} {cookie}");
            assert!(told.body().len() < 3_000, "{} bytes", told.body().len());

            let mut picture = png::Decoder::new(io::Cursor::new(told.body().as_ref()));
            picture.set_transformations(png::Transformations::EXPAND);
            let mut picture = picture.read_info().unwrap();
            let mut pixels = vec![0; picture.output_buffer_size().unwrap()];
            let frame = picture.next_frame(&mut pixels).unwrap();
            assert_eq!(
                (frame.width, frame.height, frame.color_type),
                (180, 180, png::ColorType::Rgb),
                "no transparency"
            );
            picture.finish().unwrap();
            let pixels: Vec<&[u8]> = pixels.chunks(3).collect();
            for corner in [0, 179, 180 * 179, 180 * 180 - 1] {
                assert_eq!(pixels[corner], brand.channels(), "{corner}");
            }
            let middle: Vec<&[u8]> =
                pixels.chunks(180).skip(60).take(60).flat_map(|row| &row[40..140]).copied().collect();
            for color in [brand, brand.text_on()] {
                let share = middle.iter().filter(|pixel| **pixel == color.channels()).count() * 100 / middle.len();
                assert!((15..80).contains(&share), "{color} fills {share} % of the middle");
            }
        }
    });
}

#[test]
fn past_rentals_go_on_where_the_address_says_and_begin_anew_where_it_says_nothing() {
    on_the_stack(async |stack| {
        let customer = stack.customer();
        let older = stack.past_rental(&customer, "2026-03-01").await;
        let newer = stack.past_rental(&customer, "2026-04-01").await;
        let other = stack.past_rental(&stack.customer(), "2026-03-15").await;
        let behind = |starts_at: Timestamp, booking: &str| Cursor::behind(starts_at, &id(booking)).as_str().to_owned();
        let at = |day: &str| format!("{day}T09:00:00Z").parse().unwrap();
        let starts_at = at("2026-04-01");
        let (theirs, end) = (behind(at("2026-03-15"), &other), behind(at("2025-01-01"), &newer));
        let session = stack.keep(&customer, Life::Used).await.cookie();
        for (what, cursor, title, shows) in [
            ("none", None, ENGLISH.your_bookings, &[&newer, &older][..]),
            ("behind the newer one", Some(behind(starts_at, &newer)), ENGLISH.past_bookings, &[&older]),
            ("one that names somebody else's", Some(theirs), ENGLISH.past_bookings, &[&older]),
            ("behind all", Some(end), ENGLISH.past_bookings, &[]),
            ("nothing", Some(String::new()), ENGLISH.your_bookings, &[&newer, &older]),
            ("garbage", Some("~".into()), ENGLISH.your_bookings, &[&newer, &older]),
            ("a key", Some("ROW#1#".into()), ENGLISH.your_bookings, &[&newer, &older]),
        ] {
            let query = cursor
                .map(|cursor| form_urlencoded::Serializer::new(String::new()).append_pair("past", &cursor).finish());
            let ask = asked("GET /").query(&query.unwrap_or_default());
            let told = stack.dashboard(&ask.cookie(&session)).await;
            page(200, format!("<title>{title} ")).is(&told, what);
            let shown: Vec<&String> = [&newer, &older, &other]
                .into_iter()
                .filter(|id| told.body.contains(&format!("/bookings/{id}\"")))
                .collect();
            assert_eq!(shown, shows, "{what}");
        }
        let nobody = asked("GET /").query("past=20260401T090000Z~bkg_1");
        see("/sign-in").is(&stack.dashboard(&nobody).await, "nobody");
    });
}

#[test]
fn a_browser_that_keeps_no_cookies_is_told_so_for_two_minutes_after_a_link() {
    on_the_stack(async |stack| {
        let ended = stack.keep(&stack.customer(), Life::Ended).await.cookie();
        let browser = format!("__Host-browser={}", Secret::generate().unwrap().reveal());
        let now = Timestamp::now().as_second();
        for (what, mark, cookie, is_told) in [
            ("just now", now.to_string(), "", true),
            ("just now, a cookie of somebody else's", now.to_string(), "ads=1", true),
            ("just now, and the browser's cookie", now.to_string(), &browser, false),
            ("just now, and a session that has ended", now.to_string(), &ended, false),
            ("just now, and what was asked", now.to_string(), "__Host-asked=email=a%40b.example", false),
            ("nearly two minutes ago", (now - 110).to_string(), "", true),
            ("two minutes ago", (now - 121).to_string(), "", false),
            ("by a clock that is ahead", (now + 90).to_string(), "", true),
            ("far ahead", (now + 150).to_string(), "", false),
            ("beyond all time", "9".repeat(18), "", false),
            ("not a time", "soon".into(), "", false),
            ("nothing", String::new(), "", false),
        ] {
            let marked = |route: &str| asked(route).query(&format!("signed-in={mark}")).cookie(cookie);
            for (ask, form) in [
                (marked("GET /"), "/sign-in"),
                (marked(&format!("GET {BOOKING}")).at("booking_id", "bkg_1"), "/sign-in?to=bkg_1"),
                (marked(&format!("GET {CALENDAR}")).at("booking_id", "bkg_1"), "/sign-in?to=bkg_1"),
            ] {
                let expected = if is_told { page(200, ENGLISH.cookies_off) } else { see(form) };
                expected.is(&stack.dashboard(&ask).await, (what, form));
            }
        }
    });
}

#[test]
fn a_path_without_a_route_is_not_there_or_takes_other_methods() {
    on_the_stack(async |stack| {
        let session = stack.keep(&stack.customer(), Life::Used).await.cookie();
        for (method, path, allowed) in [
            ("PUT", "/", Some("GET, HEAD")),
            ("POST", "/apple-touch-icon.png", Some("GET, HEAD")),
            ("OPTIONS", "/sign-in", Some("GET, HEAD, POST")),
            ("POST", "/sign-in/sent", Some("GET, HEAD")),
            ("GET", "/sign-out", Some("POST")),
            ("DELETE", "/link/some-token", Some("GET, HEAD, POST")),
            ("GET", "/link/some-token/renew", Some("POST")),
            ("POST", "/bookings/bkg_1", Some("GET, HEAD")),
            ("POST", "/bookings/bkg_1/calendar.ics", Some("GET, HEAD")),
            ("POST", "/bookings/bkg_1/documents/doc_1", Some("GET, HEAD")),
            ("GET", "/bookings", None),
            ("GET", "/bookings/", None),
            ("GET", "/link/", None),
            ("GET", "/sign-in/", None),
            ("GET", "/robots.txt", None),
            ("GET", "/apple-touch-icon-precomposed.png", None),
            ("POST", "/.env", None),
        ] {
            for cookie in ["", session.as_str()] {
                let told = stack.dashboard(&astray(method, path).cookie(cookie)).await;
                let expected = match allowed {
                    Some(_) => page(405, ENGLISH.wrong_method),
                    None => page(404, ENGLISH.not_found),
                };
                expected.is(&told, (method, path));
                assert_eq!(told.header("allow"), allowed.unwrap_or_default(), "{method} {path}");
            }
        }
    });
}
