//! Requests as API Gateway hands them on (payload format 2.0).

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use lambda_http::{Error, Request, RequestExt, request::RequestContext};
use portal_domain::booking::BookingId;

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

#[cfg(test)]
mod tests {
    use lambda_http::Body;
    use proptest::{collection::vec, prelude::any, prop_assert_eq, proptest};

    use super::*;

    fn with_body(body: Vec<u8>) -> Request {
        Request::new(Body::Binary(body))
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
