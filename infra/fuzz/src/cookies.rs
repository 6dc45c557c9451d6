//! Cookies: the header is everybody's who shares the domain.

use jiff::SignedDuration;
use lambda_http::http::{HeaderMap, header};
use portal_domain::session::Session;
use portal_web::cookies;

use crate::requests::with_cookies;

/// A session that reads well.
const GOOD: &str =
    "AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM";

/// Whatever stands beside a good session costs it nothing, unless it is a session itself; what is read is written so that it
/// reads the same.
pub(crate) fn read(bytes: &[u8]) {
    let Some(alone) = with_cookies(&[bytes]) else { return };
    let good = format!("__Host-session={GOOD}");
    match cookies::session(&alone) {
        Some(session) => {
            let text = session.reveal();
            assert!(
                bytes.windows(text.len()).any(|part| part == text.as_bytes()),
                "a session that is not there as it is written"
            );
        }
        None => {
            let beside = [bytes, b"; ", good.as_bytes(), b"; ", bytes].concat();
            for headers in [&[beside.as_slice()][..], &[bytes, good.as_bytes()], &[good.as_bytes(), bytes]] {
                let session = with_cookies(headers).and_then(|request| cookies::session(&request));
                assert_eq!(
                    session.as_ref().map(Session::reveal).as_deref(),
                    Some(GOOD),
                    "a cookie beside the session cost it"
                );
            }
        }
    }
    if let Some(browser) = cookies::browser(&alone) {
        assert!(bytes.windows(43).any(|part| part == browser.reveal().as_bytes()));
    }
    if let Some(asked) = cookies::asked(&alone) {
        let mut headers = HeaderMap::new();
        cookies::set_asked(&mut headers, &asked).unwrap();
        let set = headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap();
        assert_eq!(cookies::asked(&with_cookies(&[set.as_bytes()]).unwrap()), Some(asked), "{set}");
    }
    let mut headers = HeaderMap::new();
    cookies::set_session(&mut headers, &Session::parse(GOOD).unwrap(), SignedDuration::from_hours(1)).unwrap();
    assert!(headers[header::SET_COOKIE].to_str().unwrap().starts_with(&format!("{good};")));
}
