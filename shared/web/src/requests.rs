//! Requests as API Gateway hands them on (payload format 2.0).

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use lambda_http::{
    Error, Request, RequestExt,
    http::{Method, header},
    request::RequestContext,
};
use portal_domain::{booking::BookingId, dashboard::Cursor, language::Language};

use crate::{cookies, routes};

/// The route that matched, for example `GET /link/{token}`. Logs hold this and never the path, which may hold a token.
pub fn route(request: &Request) -> String {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.route_key.clone(),
        _ => None,
    }
    .unwrap_or_else(|| "unknown".into())
}

/// The network address the request came from, as API Gateway saw it; never a forwarded header.
pub fn source(request: &Request) -> Result<IpAddr, Error> {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref().and_then(|ip| ip.parse().ok()),
        _ => None,
    }
    .ok_or_else(|| "the request has no source address".into())
}

/// A parameter of the path, decoded.
pub fn path_parameter(request: &Request, name: &str) -> String {
    request.path_parameters().first(name).unwrap_or_default().to_owned()
}

/// The booking whose page or files the path names; none if it is no booking's id.
pub fn booking(request: &Request) -> Option<BookingId> {
    BookingId::parse(&path_parameter(request, "booking_id"))
}

/// A parameter of the query.
pub fn query_parameter(request: &Request, name: &str) -> Option<String> {
    request.query_string_parameters().first(name).map(str::to_owned)
}

/// The language that a link at the foot of a page chose. A link only opens pages.
pub(crate) fn chosen_language(request: &Request) -> Option<Language> {
    Language::of_tag(&query_parameter(request, "language").filter(|_| request.method().is_safe())?)
}

/// The first of the portal's languages that the browser asks for.
fn accepted_language(request: &Request) -> Option<Language> {
    Language::preferred(request.headers().get(header::ACCEPT_LANGUAGE)?.to_str().ok()?)
}

/// The language that this browser wants, if any of the portal's: chosen now, chosen before, or asked for.
pub(crate) fn language(request: &Request) -> Option<Language> {
    chosen_language(request).or_else(|| cookies::language(request)).or_else(|| accepted_language(request))
}

/// The address of the page that answers a request, as far as `language=`, to which a link at the page's foot adds a
/// language. A form may be sent to an address that is no page's: then it is the address of the bookings.
pub(crate) fn here(request: &Request) -> String {
    let is_page = |path| routes::methods_at(path).is_some_and(|methods| methods.contains(&Method::GET));
    if !request.method().is_safe() && !is_page(request.raw_http_path()) {
        return "/?".to_owned();
    }
    // What says which page it is; a form has it as a field.
    let to = landing(query_parameter(request, "to").or_else(|| form_field(request, "to")));
    let past = query_parameter(request, "past").and_then(|text| Cursor::parse(&text));
    let telling = [("to", to.as_ref().map(BookingId::as_str)), ("past", past.as_ref().map(Cursor::as_str))];
    let telling = telling.into_iter().filter_map(|(name, value)| Some((name, value?)));
    match form_urlencoded::Serializer::new(String::new()).extend_pairs(telling).finish().as_str() {
        "" => "?".to_owned(),
        telling => format!("?{telling}&"),
    }
}

/// The mark in the address where a customer lands who has just used a link: when that was, in seconds since 1970.
pub const SIGNED_IN_AT: &str = "signed-in";

/// How long that mark means that it was just now.
const JUST_NOW: SignedDuration = SignedDuration::from_mins(2);

/// Whether a link was used a moment ago, as the address says. Anybody can write that: it decides about words alone.
pub fn has_just_signed_in(request: &Request, now: Timestamp) -> bool {
    let at = query_parameter(request, SIGNED_IN_AT).and_then(|text| Timestamp::from_second(text.parse().ok()?).ok());
    at.is_some_and(|at| now.duration_since(at).abs() < JUST_NOW)
}

/// The booking that a customer wants to land on, in the field or parameter `to`; none if it is no booking's id.
pub fn landing(to: Option<String>) -> Option<BookingId> {
    to.as_deref().and_then(BookingId::parse)
}

/// A field of a form (`application/x-www-form-urlencoded`).
pub fn form_field(request: &Request, name: &str) -> Option<String> {
    form_urlencoded::parse(request.body().as_ref())
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.into_owned())
}

/// A header that is there once, as text.
pub fn only_header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let mut values = request.headers().get_all(name).iter();
    let only = values.next().filter(|_| values.next().is_none());
    only?.to_str().ok()
}

/// Whether the body says that it is JSON, whatever parameters it adds (RFC 9110 §8.3.1).
pub fn is_json(request: &Request) -> bool {
    let media_type = only_header(request, header::CONTENT_TYPE.as_str()).and_then(|value| value.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use lambda_http::{Body, aws_lambda_events::apigw::ApiGatewayV2httpRequestContext, http::HeaderValue};
    use proptest::{collection::vec, prelude::any, prop_assert_eq, proptest};

    use super::*;

    fn with_body(body: Vec<u8>) -> Request {
        Request::new(Body::Binary(body))
    }

    /// A request with this query, chosen language and `Accept-Language`.
    fn reader(query: &str, cookie: Option<&str>, accepted: Option<&str>) -> Request {
        let query: HashMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut request = Request::new(Body::Empty).with_query_string_parameters(query);
        let cookie = cookie.map(|tag| (header::COOKIE, format!("__Host-language={tag}")));
        let accepted = accepted.map(|accepted| (header::ACCEPT_LANGUAGE, accepted.to_owned()));
        for (name, value) in cookie.into_iter().chain(accepted) {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        request
    }

    #[test]
    fn a_language_is_chosen_now_or_before_or_asked_for_by_the_browser() {
        use Language::{English, Spanish};
        for (query, cookie, accepted, wanted) in [
            ("", None, None, None),
            ("", None, Some("fr"), None),
            ("", None, Some("es-MX, en;q=0.5"), Some(Spanish)),
            ("", Some("en"), Some("es"), Some(English)),
            ("", Some("fr"), Some("es"), Some(Spanish)),
            ("", Some("\"><script>"), None, None),
            ("language=es", Some("en"), Some("en"), Some(Spanish)),
            ("language=fr", Some("es"), Some("en"), Some(Spanish)),
            ("language=", None, Some("en"), Some(English)),
        ] {
            assert_eq!(language(&reader(query, cookie, accepted)), wanted, "{query} {cookie:?} {accepted:?}");
        }
        let mut request = Request::new(Body::Empty);
        request.headers_mut().insert(header::ACCEPT_LANGUAGE, HeaderValue::from_bytes(b"es\xff").unwrap());
        assert_eq!(language(&request), None);
    }

    #[test]
    fn the_other_language_is_that_of_the_same_page_where_that_can_be_opened_again() {
        for (query, address) in [
            ("", "?"),
            ("to=bkg_1", "?to=bkg_1&"),
            ("past=20260501T130000Z%7Ebkg_1", "?past=20260501T130000Z%7Ebkg_1&"),
            ("signed-out&language=es&utm=x", "?"),
            ("to=%22%3E%3Cscript%3E%26&past=nonsense", "?"),
        ] {
            assert_eq!(here(&reader(query, None, None)), address);
        }
        for (path, form, address) in [
            ("/sign-in", "", "?"),
            ("/sign-in", "email=ana&to=bkg_1", "?to=bkg_1&"),
            ("/link/abc", "", "?"),
            ("/link/abc/renew", "", "/?"),
            ("/sign-out", "", "/?"),
            ("/nowhere", "", "/?"),
        ] {
            let mut posted = reader("language=es", None, None).with_raw_http_path(path);
            *posted.method_mut() = Method::POST;
            *posted.body_mut() = Body::Text(form.to_owned());
            assert_eq!((here(&posted).as_str(), language(&posted)), (address, None), "{path} {form}");
        }
    }

    #[test]
    fn a_path_s_booking_is_a_booking_s_id_or_none() {
        let request = |name: &str, value: &str| {
            let parameters = HashMap::from([(name.to_owned(), value.to_owned())]);
            Request::new(Body::Empty).with_path_parameters(parameters)
        };
        let read = |request: &Request| booking(request).map(|booking| booking.as_str().to_owned());
        assert_eq!(path_parameter(&request("token", "a token"), "token"), "a token");
        assert_eq!(read(&request("booking_id", "bkg_1")).as_deref(), Some("bkg_1"));
        assert_eq!(read(&request("booking_id", "\"><script>")), None);
        assert_eq!(read(&request("token", "bkg_1")), None);
    }

    #[test]
    fn where_a_request_comes_from_is_what_api_gateway_saw_and_no_header() {
        let seen_by = |context: ApiGatewayV2httpRequestContext| {
            let mut request = Request::new(Body::Empty).with_request_context(RequestContext::ApiGatewayV2(context));
            request.headers_mut().insert("x-forwarded-for", HeaderValue::from_static("198.51.100.7"));
            (source(&request).ok().map(|address| address.to_string()), route(&request))
        };
        let mut context = ApiGatewayV2httpRequestContext::default();
        assert_eq!(seen_by(context.clone()), (None, "unknown".to_owned()));
        context.http.source_ip = Some("2001:db8::1".to_owned());
        context.route_key = Some("GET /link/{token}".to_owned());
        assert_eq!(seen_by(context), (Some("2001:db8::1".to_owned()), "GET /link/{token}".to_owned()));
    }

    #[test]
    fn json_is_what_says_so_once() {
        for (content_types, expected) in [
            (&["application/json"][..], true),
            (&["Application/JSON ; charset=utf-8"], true),
            (&["application/json", "application/json"], false),
            (&["application/json\u{e9}"], false),
            (&["application/jsonp"], false),
            (&["text/plain; application/json"], false),
            (&[""], false),
            (&[], false),
        ] {
            let mut request = Request::new(Body::Empty);
            for content_type in content_types {
                let value = HeaderValue::from_bytes(content_type.as_bytes()).unwrap();
                request.headers_mut().append(header::CONTENT_TYPE, value);
            }
            assert_eq!(is_json(&request), expected, "{content_types:?}");
        }
    }

    proptest! {
        #[test]
        fn any_body_is_read_as_a_form(body in vec(any::<u8>(), 0..300)) {
            form_field(&with_body(body), "email");
        }

        #[test]
        fn a_field_reads_back_as_it_was_typed(typed in ".{0,100}", other in ".{0,30}") {
            let form = form_urlencoded::Serializer::new(String::new())
                .append_pair("other", &other)
                .append_pair("email", &typed)
                .finish();
            prop_assert_eq!(form_field(&with_body(form.into_bytes()), "email"), Some(typed));
        }
    }
}
