//! Requests as API Gateway hands them on.

use lambda_http::{
    Body, Request,
    http::{HeaderValue, header},
};

/// A request with these headers of cookies; none where HTTP has no such header.
pub(crate) fn with_cookies(headers: &[&[u8]]) -> Option<Request> {
    let mut request = Request::new(Body::Empty);
    for bytes in headers {
        request.headers_mut().append(header::COOKIE, HeaderValue::from_bytes(bytes).ok()?);
    }
    Some(request)
}

/// A request with this body.
pub(crate) fn with_body(body: Body) -> Request {
    Request::new(body)
}
