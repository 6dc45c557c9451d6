//! The portal's four cookies: the session, the browser that asked for a link, what it asked for, and the chosen language.
//!
//! A request carries the cookies of everybody who shares its domain. They are read one by one, as bytes and by their exact
//! name: what is not ASCII, not UTF-8 or not a pair costs nothing but itself.

use jiff::SignedDuration;
use lambda_http::{
    Error, Request,
    http::{HeaderMap, HeaderValue, header},
};
use portal_domain::{
    booking::BookingId, customer::EmailAddress, language::Language, randomness::NoRandomness, secret::Secret,
    session::Session,
};
use portal_views::pages::Asked;

/// The cookie that holds the session.
const SESSION: &str = "__Host-session";

/// The cookie by which a link knows the browser that asked for it.
const BROWSER: &str = "__Host-browser";

/// The cookie that lets the page after asking show what was asked.
const ASKED: &str = "__Host-asked";

/// How long that is shown.
const ASKED_LASTS: SignedDuration = SignedDuration::from_mins(10);

/// The cookie that keeps the language that was chosen at the foot of a page.
const LANGUAGE: &str = "__Host-language";

/// How long that is kept.
const LANGUAGE_LASTS: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How long a browser is remembered: longer than any link lives.
const BROWSER_LASTS: SignedDuration = SignedDuration::from_hours(24);

/// The session this browser claims to have.
pub fn session(request: &Request) -> Option<Session> {
    values(request, SESSION).find_map(Session::parse)
}

/// The secret by which this browser knows the links it asked for.
pub fn browser(request: &Request) -> Option<Secret> {
    values(request, BROWSER).find_map(Secret::parse)
}

/// The secret by which this browser will know the links it asks for: the one it has, or a fresh one.
pub fn browser_or_new(request: &Request) -> Result<Secret, NoRandomness> {
    browser(request).map_or_else(Secret::generate, Ok)
}

/// What this browser asked for lately. As hostile as what is typed: it is parsed like that.
pub fn asked(request: &Request) -> Option<Asked> {
    values(request, ASKED).find_map(|value| {
        let fields: Vec<_> = form_urlencoded::parse(value.as_bytes()).collect();
        let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_ref());
        if let Some(masked_address) = field("renewed") {
            return is_masked(masked_address).then(|| Asked::ByDeadLink(masked_address.to_owned()));
        }
        let address = EmailAddress::parse(field("email")?).ok()?;
        Some(Asked::ByAddress(address, field("to").and_then(BookingId::parse)))
    })
}

/// Whether a text is what [`EmailAddress::masked`] makes.
fn is_masked(text: &str) -> bool {
    EmailAddress::parse(&text.replacen('…', "", 1)).is_ok()
}

/// The language that was chosen in this browser.
pub(crate) fn language(request: &Request) -> Option<Language> {
    values(request, LANGUAGE).find_map(Language::of_tag)
}

/// Whether the browser sent one of these cookies, so that it keeps cookies at all.
pub fn are_kept(request: &Request) -> bool {
    [SESSION, BROWSER, ASKED, LANGUAGE].iter().any(|name| values(request, name).next().is_some())
}

/// The values of every cookie of this name. A browser has one `__Host-` cookie of a name (RFC 6265bis §4.1.3.2), so the
/// first that parses is the portal's: beside it stands at most what does not parse.
///
/// Only space and tab are trimmed (RFC 6265bis §5.6): a name that begins with another space is another name, one that
/// anybody may set who shares the domain.
fn values<'a>(request: &'a Request, name: &str) -> impl Iterator<Item = &'a str> {
    let headers = request.headers().get_all(header::COOKIE).into_iter();
    let pairs = headers.flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let (its_name, value) = (trimmed(&pair[..equals]), trimmed(&pair[equals + 1..]));
        if its_name == name.as_bytes() { str::from_utf8(value).ok() } else { None }
    })
}

fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Gives the browser its session.
pub fn set_session(headers: &mut HeaderMap, session: &Session, lasts: SignedDuration) -> Result<(), Error> {
    set_cookie(headers, SESSION, session.reveal(), lasts)
}

/// Takes the session from the browser.
pub fn clear_session(headers: &mut HeaderMap) -> Result<(), Error> {
    set_cookie(headers, SESSION, String::new(), SignedDuration::ZERO)
}

/// Gives the browser the secret by which the links it asks for know it.
pub fn set_browser(headers: &mut HeaderMap, browser: &Secret) -> Result<(), Error> {
    set_cookie(headers, BROWSER, browser.reveal(), BROWSER_LASTS)
}

/// Lets the next page show what was asked.
pub fn set_asked(headers: &mut HeaderMap, asked: &Asked) -> Result<(), Error> {
    let mut value = form_urlencoded::Serializer::new(String::new());
    match asked {
        Asked::ByDeadLink(masked_address) => value.append_pair("renewed", masked_address),
        Asked::ByAddress(address, None) => value.append_pair("email", address.as_str()),
        Asked::ByAddress(address, Some(booking)) => {
            value.append_pair("email", address.as_str()).append_pair("to", booking.as_str())
        }
    };
    set_cookie(headers, ASKED, value.finish(), ASKED_LASTS)
}

/// Forgets what was asked.
pub fn clear_asked(headers: &mut HeaderMap) -> Result<(), Error> {
    set_cookie(headers, ASKED, String::new(), SignedDuration::ZERO)
}

/// Keeps the language that was chosen.
pub(crate) fn set_language(headers: &mut HeaderMap, language: Language) -> Result<(), Error> {
    set_cookie(headers, LANGUAGE, language.tag().to_owned(), LANGUAGE_LASTS)
}

/// RFC 6265bis §4.1.3.2: `__Host-` makes browsers insist on Secure, no Domain, and the path `/`.
fn set_cookie(headers: &mut HeaderMap, name: &str, value: String, lasts: SignedDuration) -> Result<(), Error> {
    let text = format!("{name}={value}; Path=/; Max-Age={}; Secure; HttpOnly; SameSite=Lax", lasts.as_secs());
    headers.append(header::SET_COOKIE, HeaderValue::from_str(&text)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use lambda_http::Body;
    use proptest::{collection::vec, prelude::any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn with_cookies(headers: &[&[u8]]) -> Request {
        let mut request = Request::new(Body::Empty);
        for value in headers.iter().filter_map(|header| HeaderValue::from_bytes(header).ok()) {
            request.headers_mut().append(header::COOKIE, value);
        }
        request
    }

    /// A session, as its cookie holds it.
    fn a_session() -> String {
        let text = "A".repeat(107);
        Session::parse(&text).unwrap().reveal()
    }

    #[test]
    fn cookies_of_others_cost_nothing_but_themselves() {
        let session = a_session();
        let own = format!("__Host-session={session}").into_bytes();
        let long = format!("ads={}", "x".repeat(8000)).into_bytes();
        for foreign in [
            "city=M\u{e1}laga".as_bytes(),
            b"city=M\xe1laga",
            b"\xff\xfe=\xc3\x28",
            b"unpaired",
            b"=",
            b"",
            b"__Host-session",
            b"__Host-session=",
            b"__Host-session=garbage",
            b"__Host-session=\xff",
            b"__host-session=1",
            b"a=\"quoted; b=\"",
            b"$Version=1",
            b"city=A=B==",
            &long,
        ] {
            let is_read = |headers: &[&[u8]]| super::session(&with_cookies(headers)).map(|session| session.reveal());
            let before = [foreign, &own].join(&b"; "[..]);
            let after = [&own, foreign].join(&b"; "[..]);
            let twice = [foreign, &own, foreign].join(&b" ;\t"[..]);
            for headers in [&[&before[..]][..], &[&after], &[&twice], &[foreign, &own], &[&own, foreign]] {
                assert_eq!(is_read(headers), Some(session.clone()), "{}", String::from_utf8_lossy(foreign));
            }
            assert_eq!(is_read(&[foreign]), None, "{}", String::from_utf8_lossy(foreign));
        }
    }

    #[test]
    fn a_name_that_only_looks_like_the_session_s_is_another() {
        for before in ["\u{2003}", "\u{a0}", "\u{85}", "\u{3000}", "\u{feff}", "\u{200b}", "\u{fffd}", "x", "\"", "%20"]
        {
            let forged = format!("{before}__Host-session={}", a_session());
            assert!(session(&with_cookies(&[forged.as_bytes()])).is_none(), "{before:?}");
            let forged = format!("__Host-session{before}={}", a_session());
            assert!(session(&with_cookies(&[forged.as_bytes()])).is_none(), "{before:?}");
        }
        for before in [" ", "\t", " \t "] {
            let own = format!("{before}__Host-session{before}={before}{}{before}", a_session());
            assert!(session(&with_cookies(&[own.as_bytes()])).is_some(), "{before:?}");
        }
    }

    #[test]
    fn each_cookie_lasts_as_long_as_what_it_is_for_and_no_script_reads_it() {
        let session = Session::parse(&a_session()).unwrap();
        let (browser, address) = (Secret::generate().unwrap(), EmailAddress::parse("ana@example.com").unwrap());
        let by_dead_link = Asked::ByDeadLink("a…@example.com".to_owned());
        let by_address = |to| Asked::ByAddress(address.clone(), to);
        let mut headers = HeaderMap::new();
        set_session(&mut headers, &session, SignedDuration::from_hours(12)).unwrap();
        clear_session(&mut headers).unwrap();
        set_browser(&mut headers, &browser).unwrap();
        set_asked(&mut headers, &by_dead_link).unwrap();
        set_asked(&mut headers, &by_address(None)).unwrap();
        set_asked(&mut headers, &by_address(BookingId::parse("bkg_1"))).unwrap();
        clear_asked(&mut headers).unwrap();
        set_language(&mut headers, Language::Spanish).unwrap();
        let set: Vec<&str> = headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect();
        let expected = [
            (format!("session={}", session.reveal()), 43_200),
            ("session=".to_owned(), 0),
            (format!("browser={}", browser.reveal()), 86_400),
            ("asked=renewed=a%E2%80%A6%40example.com".to_owned(), 600),
            ("asked=email=ana%40example.com".to_owned(), 600),
            ("asked=email=ana%40example.com&to=bkg_1".to_owned(), 600),
            ("asked=".to_owned(), 0),
            ("language=es".to_owned(), 31_536_000),
        ];
        let expected = expected
            .map(|(pair, seconds)| format!("__Host-{pair}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"));
        assert_eq!(set, expected);
    }

    #[test]
    fn what_was_asked_is_read_back_unless_it_is_none_of_the_portal_s() {
        let address = EmailAddress::parse("ana@example.com").unwrap();
        let by_address = |to| Some(Asked::ByAddress(address.clone(), to));
        for (value, told) in [
            ("email=ana%40example.com", by_address(None)),
            ("email=ana%40example.com&to=bkg_1", by_address(BookingId::parse("bkg_1"))),
            ("email=ana%40example.com&to=%22%3E", by_address(None)),
            ("renewed=a%E2%80%A6%40example.com", Some(Asked::ByDeadLink("a…@example.com".to_owned()))),
            ("renewed=<script>", None),
            ("email=nobody", None),
            ("to=bkg_1", None),
            ("", None),
        ] {
            assert_eq!(asked(&with_cookies(&[format!("__Host-asked={value}").as_bytes()])), told, "{value}");
        }
    }

    #[test]
    fn a_browser_with_any_cookie_of_the_portal_s_keeps_cookies() {
        for (pair, kept) in [
            ("__Host-session=x", true),
            ("__Host-browser=x", true),
            ("__Host-asked=x", true),
            ("__Host-language=x", true),
            ("__Host-other=x", false),
            ("session=x", false),
        ] {
            assert_eq!(are_kept(&with_cookies(&[pair.as_bytes()])), kept, "{pair}");
        }
    }

    proptest! {
        #[test]
        fn any_cookie_header_is_read_or_passed_over(
            noise in vec(any::<u8>(), 0..80), value in "[A-Za-z0-9_-]{0,110}", more in "[ -~]{0,80}"
        ) {
            let header = [&noise[..], b"; __Host-session=", value.as_bytes(), b"; ", more.as_bytes()].concat();
            let request = with_cookies(&[&header]);
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
            let request = with_cookies(&[format!("{others}; {pair}").as_bytes()]);
            prop_assert_eq!(browser(&request).map(|secret| secret.reveal()), Some(text));
        }
    }
}
