//! The defence against cross-site request forgery (CSRF): whether a request that changes something comes from the
//! portal's own pages, by what the browser says of it. Also whether another site leads to a file.

use lambda_http::{Request, RequestExt, http::header, request::RequestContext};
use portal_domain::config::PortalUrl;

/// Tells what kind of site a request comes from (W3C Fetch Metadata). Safari sends it since 16.4.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Whether a page of another site led here, as it says itself: `Sec-Fetch-Site: cross-site`.
pub fn is_cross_site(request: &Request) -> bool {
    values(request, SEC_FETCH_SITE).contains(&"cross-site")
}

/// Who sent a request that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    /// One of the portal's own pages: a header proves it, and none speaks against it.
    OwnPage,
    /// `Sec-Fetch-Site` says anything but `same-origin`: another site, or `none`.
    ForeignSite,
    /// `Origin` is another one, or several.
    ForeignOrigin,
    /// No header says.
    Unproven,
}

impl Sender {
    /// Who sent this request to a portal that customers reach under the request's own domain, and under `portal_url` if
    /// that is set.
    pub(crate) fn of(request: &Request, portal_url: Option<&PortalUrl>) -> Self {
        let by_domain = by_domain(request);
        let own: Vec<&str> = by_domain.as_deref().into_iter().chain(portal_url.map(PortalUrl::as_str)).collect();
        Self::by(&values(request, SEC_FETCH_SITE), &values(request, header::ORIGIN.as_str()), &own)
    }

    /// `Sec-Fetch-Site: same-origin` proves that it was an own page, as does one of the origins that are the portal's `own`:
    /// scheme, host and port (RFC 6454 §6.2). `Origin: null` proves nothing, anything else is foreign.
    fn by(sec_fetch_site: &[&str], origin: &[&str], own: &[&str]) -> Self {
        let may_be_own = |origin: &&str| *origin == "null" || own.contains(origin);
        if sec_fetch_site.iter().any(|site| *site != "same-origin") {
            Self::ForeignSite
        } else if !origin.iter().all(may_be_own) || origin.windows(2).any(|pair| pair[0] != pair[1]) {
            Self::ForeignOrigin
        } else if sec_fetch_site.is_empty() && origin.first().is_none_or(|origin| *origin == "null") {
            Self::Unproven
        } else {
            Self::OwnPage
        }
    }
}

/// What a header says. API Gateway joins headers of one name with commas; what is not ASCII reads as nothing known.
fn values<'a>(request: &'a Request, name: &str) -> Vec<&'a str> {
    let values = request.headers().get_all(name).into_iter();
    values.flat_map(|value| value.to_str().unwrap_or_default().split(',')).map(str::trim).collect()
}

/// The origin of the domain name that a request came to.
pub(crate) fn by_domain(request: &Request) -> Option<String> {
    domain_name(request).map(|domain| format!("https://{domain}"))
}

fn domain_name(request: &Request) -> Option<&str> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.domain_name.as_deref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::{Body, http::HeaderValue};

    use super::*;

    const OWN: [&str; 2] = ["https://a1b2.execute-api.us-east-1.amazonaws.com", "https://portal.example"];

    #[test]
    fn a_sender_is_the_own_page_if_a_header_proves_it_and_none_speaks_against_it() {
        let origins: [&[&str]; 12] = [
            &[],
            &["null"],
            &["null", "null"],
            &[OWN[0]],
            &[OWN[1]],
            &[OWN[1], OWN[1]],
            &[OWN[1], "null"],
            &[OWN[1], "https://evil.example"],
            &["https://evil.example"],
            &["http://portal.example"],
            &["https://portal.example:8443"],
            &[""],
        ];
        let sites: [(&[&str], &str); 9] = [
            (&[], "???yyyoooooo"),
            (&["same-origin"], "yyyyyyoooooo"),
            (&["same-origin", "same-origin"], "yyyyyyoooooo"),
            (&["same-origin", "cross-site"], "ssssssssssss"),
            (&["cross-site"], "ssssssssssss"),
            (&["same-site"], "ssssssssssss"),
            (&["none"], "ssssssssssss"),
            (&["Same-Origin"], "ssssssssssss"),
            (&[""], "ssssssssssss"),
        ];
        for (site, expected) in sites {
            for (origin, expected) in origins.iter().zip(expected.chars()) {
                let expected = match expected {
                    'y' => Sender::OwnPage,
                    's' => Sender::ForeignSite,
                    'o' => Sender::ForeignOrigin,
                    _ => Sender::Unproven,
                };
                assert_eq!(Sender::by(site, origin, &OWN), expected, "{site:?} {origin:?}");
            }
        }
    }

    #[test]
    fn an_origin_that_only_looks_like_the_portal_s_is_foreign() {
        for origin in [
            "https://portal.example.evil.example",
            "https://evil-portal.example",
            "https://evil@portal.example",
            "https://portal.example:443",
            "https://portal.example/",
            "https://portal.example.",
            "https://PORTAL.example",
            "https://portal.example https://portal.example",
            "portal.example",
            "ftp://portal.example",
            "NULL",
        ] {
            for site in [&[][..], &["same-origin"]] {
                assert_eq!(Sender::by(site, &[origin], &OWN), Sender::ForeignOrigin, "{origin}");
            }
        }
    }

    #[test]
    fn headers_of_one_name_are_read_apart_however_they_arrive() {
        let mut request = Request::new(Body::Empty);
        let read = |request: &Request| values(request, SEC_FETCH_SITE).join("|");
        assert_eq!(values(&request, SEC_FETCH_SITE), [""; 0]);
        for (added, expected) in [
            (&b"same-origin,cross-site"[..], "same-origin|cross-site"),
            (b" none", "same-origin|cross-site|none"),
            (b"\xe9", "same-origin|cross-site|none|"),
        ] {
            request.headers_mut().append(SEC_FETCH_SITE, HeaderValue::from_bytes(added).unwrap());
            assert_eq!(read(&request), expected);
        }
    }
}
