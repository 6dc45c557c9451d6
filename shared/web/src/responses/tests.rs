use std::collections::HashMap;

use jiff::SignedDuration;
use lambda_http::RequestExt;
use portal_domain::{customer::EmailAddress, rate_limit::Whose};

use super::*;

/// Answers for Dune Carts.
pub(crate) fn responder() -> Responder {
    let env = Environment::new(|variable| {
        let value = match variable {
            "BUSINESS_NAME" => "Dune Carts",
            "BUSINESS_PHONE" => "+1 912 555 0142",
            "BUSINESS_EMAIL" => "hello@dunecarts.example",
            "BRAND_COLOR" => "#0b6b4f",
            "LOGO_URL" => "https://cdn.dunecarts.example/logo.png",
            _ => "",
        };
        Some(value.to_owned())
    });
    Responder::from_env(&env).unwrap()
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[test]
fn each_answer_has_its_status_its_language_and_what_keeps_browsers_careful() {
    let (respond, request) = (responder(), Request::default());
    let reply = respond.to(&request).or_in(Some(Language::Spanish));
    for (status, response) in [
        (200, reply.page(notices::cookies_off(&reply.view()))),
        (404, reply.not_found()),
        (404, reply.unknown_link()),
        (404, reply.document_missing()),
        (403, reply.not_from_here()),
        (413, reply.too_large()),
        (500, reply.failed()),
        (405, reply.wrong_method(&[Method::GET, Method::HEAD])),
        (429, reply.too_many_requests(TooMany { whose: Whose::Network, wait: SignedDuration::from_secs(90) })),
    ] {
        assert_eq!(response.status(), status);
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
        assert_eq!((header(&response, "content-language"), header(&response, "cache-control")), ("es", "no-store"));
        assert_eq!(header(&response, "vary"), "accept-language, cookie");
        let policy = header(&response, "content-security-policy");
        assert!(policy.contains("img-src data: https://cdn.dunecarts.example;"), "{policy}");
        assert!(policy.contains(&format!("style-src '{}'", source_hash(respond.site.style()))), "{policy}");
        assert!(matches!(response.body(), Body::Text(html) if html.contains("Dune Carts")));
    }
    assert_eq!(header(&reply.wrong_method(&[Method::GET, Method::HEAD]), "allow"), "GET, HEAD");
}

#[test]
fn an_answer_is_in_the_language_that_the_browser_wants_or_else_the_booking_system_knows() {
    let respond = responder();
    for (query, known, language) in [
        ("", None, Language::English),
        ("", Some(Language::Spanish), Language::Spanish),
        ("en", Some(Language::Spanish), Language::English),
        ("es", None, Language::Spanish),
    ] {
        let language_of = |tag: &str| vec![("language".to_owned(), vec![tag.to_owned()])];
        let request =
            Request::default().with_query_string_parameters(language_of(query).into_iter().collect::<HashMap<_, _>>());
        assert_eq!(respond.to(&request).or_in(known).language(), language, "{query}, {known:?}");
    }
}

#[test]
fn who_is_not_signed_in_is_led_to_the_form_or_told_that_the_browser_keeps_no_cookies() {
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let booking = BookingId::parse("bkg_1").unwrap();
    let (form, form_to, told) = ("/sign-in", "/sign-in?to=bkg_1", "");
    for (signed_in, cookie, to, leads_to) in [
        (None, "", None, form),
        (None, "", Some(&booking), form_to),
        (Some(now.as_second() - 60), "", None, told),
        (Some(now.as_second() - 60), "", Some(&booking), told),
        (Some(now.as_second() - 60), "__Host-language=es", Some(&booking), form_to),
        (Some(now.as_second() - 3600), "", None, form),
    ] {
        let mark: Vec<(String, Vec<String>)> =
            signed_in.map(|at| (requests::SIGNED_IN_AT.to_owned(), vec![at.to_string()])).into_iter().collect();
        let mut request = Request::default().with_query_string_parameters(mark.into_iter().collect::<HashMap<_, _>>());
        request.headers_mut().insert(header::COOKIE, HeaderValue::from_static(cookie));
        let response = responder().to(&request).not_signed_in(&request, to, now).unwrap();
        assert_eq!(header(&response, "location"), leads_to, "{signed_in:?} {cookie} {to:?}");
        assert_eq!(response.status(), if leads_to == told { 200 } else { 303 });
    }
}

#[test]
fn what_is_no_page_has_its_own_type_and_is_as_careful() {
    let (respond, language) = (responder(), Language::English);
    let reply = respond.to(&Request::default());
    let secret = Secret::generate().unwrap();
    let asked = Asked::ByAddress(EmailAddress::parse("ana@example.com").unwrap(), None);
    let sent = reply.link_sent(&secret, &asked).unwrap();
    let calendar = calendar("BEGIN:VCALENDAR".into(), language, "booking.ics").unwrap();
    for (response, status, content_type, location, is_kept) in [
        (&sent, 303, "", "/sign-in/sent", false),
        (&calendar, 200, "text/calendar; charset=utf-8", "", false),
        (&is_there(), 200, "", "", false),
        (&respond.touch_icon().unwrap(), 200, "image/png", "", true),
    ] {
        assert_eq!(response.status(), status);
        assert_eq!((header(response, "content-type"), header(response, "location")), (content_type, location));
        assert_eq!(header(response, "cache-control") != "no-store", is_kept);
        assert_eq!(header(response, "x-content-type-options"), "nosniff");
        assert_eq!(header(response, "referrer-policy"), "strict-origin");
    }
    assert_eq!(sent.headers().get_all("set-cookie").iter().count(), 2);
    assert_eq!(header(&calendar, "content-disposition"), "attachment; filename=\"booking.ics\"");
    assert_eq!(header(&calendar, "content-language"), "en");
}

#[test]
fn a_page_is_named_whole_where_the_portal_s_address_is_known() {
    let (respond, request) = (responder(), Request::default());
    assert_eq!(respond.url(&request, "/bookings/bkg_1"), "/bookings/bkg_1");
    let portal_url = Some("https://portal.dunecarts.example".parse().unwrap());
    let named = Responder { portal_url, ..responder() };
    assert_eq!(named.url(&request, "/bookings/bkg_1"), "https://portal.dunecarts.example/bookings/bkg_1");
}

#[test]
fn a_hash_source_is_that_of_the_specification_s_example() {
    let example = "alert('Hello, world.');"; // CSP Level 3 §7.1, "Nonce reuse" names its hash
    assert_eq!(source_hash(example), "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
}
