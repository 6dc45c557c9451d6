//! What a customer sees when something is not as it should be: what happened, and what to do next.

use jiff::SignedDuration;
use lambda_http::{
    Body, Response,
    http::{HeaderValue, Method, StatusCode, header},
};
use maud::{Markup, html};

use super::{Page, Site, parts};
use crate::words;

impl Site {
    /// 404: no such page, or somebody else's.
    pub fn not_found(&self) -> Response<Body> {
        self.notice(StatusCode::NOT_FOUND, words::NOT_FOUND, words::NOT_FOUND_WHY, to_bookings())
    }

    /// 405: there is such a page, but not for this method.
    pub fn wrong_method(&self, allowed: &[Method]) -> Response<Body> {
        let mut response =
            self.notice(StatusCode::METHOD_NOT_ALLOWED, words::WRONG_METHOD, words::WRONG_METHOD_WHY, to_bookings());
        let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        if let Ok(allow) = HeaderValue::try_from(allowed) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }

    /// 403: the request did not come from one of the portal's pages.
    pub fn not_from_here(&self) -> Response<Body> {
        self.notice(StatusCode::FORBIDDEN, words::NOT_FROM_HERE, words::NOT_FROM_HERE_WHY, to_bookings())
    }

    /// 500: something the code did not expect.
    pub fn failed(&self) -> Response<Body> {
        self.notice(
            StatusCode::INTERNAL_SERVER_ERROR,
            words::FAILED,
            words::FAILED_WHY,
            parts::call(&self.business.phone),
        )
    }

    /// 429: too many links were asked for.
    pub fn too_many_requests(&self, wait: SignedDuration) -> Response<Body> {
        let why = words::try_again_in((wait.as_secs() + 59) / 60);
        let call = parts::call(&self.business.phone);
        let mut response = self.notice(StatusCode::TOO_MANY_REQUESTS, words::TOO_MANY_REQUESTS, &why, call);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        response
    }

    /// 404: a link nobody made, or one too old to be renewed.
    pub fn unknown_link(&self) -> Response<Body> {
        let ask = html! { a.btn.main href="/sign-in" { (words::ASK_FOR_A_LINK) } };
        self.notice(StatusCode::NOT_FOUND, words::LINK_UNKNOWN, words::LINK_UNKNOWN_WHY, ask)
    }

    /// 404: the booking has this document, but its file is not there.
    pub fn document_missing(&self) -> Response<Body> {
        let next = html! { (parts::call(&self.business.phone)) (to_bookings()) };
        self.notice(StatusCode::NOT_FOUND, words::DOCUMENT_MISSING, words::DOCUMENT_MISSING_WHY, next)
    }

    fn notice(&self, status: StatusCode, title: &str, why: &str, next: Markup) -> Response<Body> {
        let main = html! {
            main.small {
                (self.logo())
                h1 { (title) }
                p { (why) }
                (next)
            }
        };
        self.small_page(status, &Page { title, signed_in: None, main })
    }
}

fn to_bookings() -> Markup {
    html! { a.btn href="/" { (words::YOUR_BOOKINGS) } }
}
