//! The portal's two cookies: the session, and the browser that asked for a link.

use cookie::{Cookie, SameSite};
use jiff::SignedDuration;
use lambda_http::{
    Error, Request,
    http::{HeaderMap, HeaderValue, header},
};
use portal_domain::{randomness::NoRandomness, secret::Secret, session::Session};

/// The cookie that holds the session.
const SESSION: &str = "__Host-session";

/// The cookie that lets a browser know the links it asked for.
const BROWSER: &str = "__Host-browser";

/// How long a browser is remembered: longer than any link lives.
const BROWSER_LASTS: SignedDuration = SignedDuration::from_hours(24);

/// The session this browser claims to have.
pub fn session(request: &Request) -> Option<Session> {
    cookie(request, SESSION).and_then(|value| Session::parse(&value))
}

/// The secret by which this browser knows the links it asked for.
pub fn browser(request: &Request) -> Option<Secret> {
    cookie(request, BROWSER).and_then(|value| Secret::parse(&value))
}

/// The secret by which this browser will know the links it asks for: the one it has, or a fresh one.
pub fn browser_or_new(request: &Request) -> Result<Secret, NoRandomness> {
    browser(request).map_or_else(Secret::generate, Ok)
}

fn cookie(request: &Request, name: &str) -> Option<String> {
    let headers = request.headers().get_all(header::COOKIE);
    let mut cookies = headers.iter().filter_map(|value| value.to_str().ok()).flat_map(Cookie::split_parse).flatten();
    cookies.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

/// Gives the browser its session.
pub fn set_session(headers: &mut HeaderMap, session: &Session, lasts: SignedDuration) -> Result<(), Error> {
    set_cookie(headers, SESSION, session.reveal(), lasts)
}

/// Takes the session from the browser.
pub fn clear_session(headers: &mut HeaderMap) -> Result<(), Error> {
    set_cookie(headers, SESSION, String::new(), SignedDuration::ZERO)
}

/// Lets the browser know the links it asks for.
pub fn set_browser(headers: &mut HeaderMap, browser: &Secret) -> Result<(), Error> {
    set_cookie(headers, BROWSER, browser.reveal(), BROWSER_LASTS)
}

/// RFC 6265bis §4.1.3.2: `__Host-` makes browsers insist on Secure, no Domain, and the path `/`.
fn set_cookie(headers: &mut HeaderMap, name: &str, value: String, lasts: SignedDuration) -> Result<(), Error> {
    let cookie = Cookie::build((name, value)).path("/").secure(true).http_only(true).same_site(SameSite::Lax);
    let text = format!("{cookie}; Max-Age={}", lasts.as_secs());
    headers.append(header::SET_COOKIE, HeaderValue::from_str(&text)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use lambda_http::Body;
    use proptest::{collection::vec, prelude::any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn with_cookies(header: &[u8]) -> Request {
        let mut request = Request::new(Body::Empty);
        if let Ok(value) = HeaderValue::from_bytes(header) {
            request.headers_mut().insert(header::COOKIE, value);
        }
        request
    }

    proptest! {
        #[test]
        fn any_cookie_header_is_read_or_passed_over(
            noise in vec(any::<u8>(), 0..80), value in "[A-Za-z0-9_-]{0,110}", more in "[ -~]{0,80}"
        ) {
            let header = [&noise[..], b"; __Host-session=", value.as_bytes(), b"; ", more.as_bytes()].concat();
            let request = with_cookies(&header);
            if let Some(session) = session(&request) {
                prop_assert!(String::from_utf8_lossy(&header).contains(&session.reveal()));
            }
            if let Some(browser) = browser(&request) {
                prop_assert!(String::from_utf8_lossy(&header).contains(&browser.reveal()));
            }
        }

        #[test]
        fn a_cookie_that_was_set_is_read_back(bytes in vec(any::<u8>(), 32), others in "[a-z]{1,9}=[!-+--:<-~]{0,20}") {
            let text = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes);
            let mut set = HeaderMap::new();
            set_browser(&mut set, &Secret::parse(&text).unwrap()).unwrap();
            let set = set[header::SET_COOKIE].to_str().unwrap().to_owned();
            let pair = set.split(';').next().unwrap();
            let request = with_cookies(format!("{others}; {pair}").as_bytes());
            prop_assert_eq!(browser(&request).map(|secret| secret.reveal()), Some(text));
        }
    }
}
