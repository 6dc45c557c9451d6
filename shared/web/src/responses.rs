//! Answers: pages with their status and headers, each in the language of who reads it, redirects, files.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use lambda_http::{
    Body, Error, Request, Response,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
};
use portal_domain::{
    booking::BookingId,
    config::{BadConfiguration, Business, Environment, PortalUrl},
    language::Language,
    rate_limit::TooMany,
    secret::Secret,
};
use portal_views::{
    pages::{Asked, Localized, Page, SCRIPT, Site, notices},
    touch_icon::touch_icon,
};
use sha2::{Digest, Sha256};

use crate::{cookies, origin, png::png, requests};

/// Answers with the pages of a site.
pub struct Responder {
    /// The site whose pages they are.
    pub site: Site,
    /// `PORTAL_URL`: where customers reach the portal, if that is not the domain name of their requests.
    pub(crate) portal_url: Option<PortalUrl>,
    /// Content-Security-Policy of pages without a script, and of the page of a link.
    policy: HeaderValue,
    policy_with_script: HeaderValue,
}

impl Responder {
    /// Answers with the pages of the business that the environment names.
    pub fn from_env(env: &Environment) -> Result<Self, BadConfiguration> {
        let site = Site::new(Business::from_env(env)?);
        let logo = site.business.logo_url.as_ref().map(|url| format!(" {}", url.origin())).unwrap_or_default();
        let rest = format!(
            "style-src '{}'; img-src data:{logo}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            source_hash(site.style())
        );
        let header = |policy: String| {
            HeaderValue::try_from(policy)
                .map_err(|_| BadConfiguration::malformed("LOGO_URL", "an https URL, or nothing"))
        };
        Ok(Self {
            policy: header(format!("default-src 'none'; {rest}"))?,
            policy_with_script: header(format!("default-src 'none'; script-src '{}'; {rest}", source_hash(SCRIPT)))?,
            site,
            portal_url: env.parsed_if_given(
                "PORTAL_URL",
                "an https origin such as https://portal.tybeecarts.example, or nothing",
            )?,
        })
    }

    /// Answers this request, in the language that its browser wants.
    pub fn to(&self, request: &Request) -> Reply<'_> {
        Reply { respond: self, language: requests::language(request), here: requests::here(request) }
    }

    /// The address of a page, for where it is opened outside the browser.
    pub fn url(&self, request: &Request, path: &str) -> String {
        match (&self.portal_url, origin::by_domain(request)) {
            (Some(portal), _) => portal.to(path),
            (None, Some(origin)) => format!("{origin}{path}"),
            (None, None) => path.to_owned(),
        }
    }

    /// The icon of a home screen. It is everybody's, and browsers may keep it for a day.
    pub fn touch_icon(&self) -> Result<Response<Body>, Error> {
        let mut response = Response::new(Body::Binary(png(&touch_icon(&self.site.business))?));
        let headers = response.headers_mut();
        secure(headers);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
        Ok(response)
    }
}

/// How one request is answered.
#[derive(Clone)]
pub struct Reply<'a> {
    respond: &'a Responder,
    /// The language that is wanted, if it is one of the portal's.
    language: Option<Language>,
    here: String,
}

impl Reply<'_> {
    /// The same in the language that the booking system knows, if any, where the browser wants none.
    #[must_use]
    pub fn or_in(&self, known: Option<Language>) -> Self {
        Self { language: self.language.or(known), ..self.clone() }
    }

    /// The language it is in.
    pub fn language(&self) -> Language {
        self.language.unwrap_or_default()
    }

    /// The site as who asks reads it.
    pub fn view(&self) -> Localized<'_> {
        self.respond.site.in_language(self.language(), &self.here)
    }

    /// 200.
    pub fn page(&self, page: Page) -> Response<Body> {
        self.page_with(StatusCode::OK, page)
    }

    /// A page with a status of its own.
    pub fn page_with(&self, status: StatusCode, page: Page) -> Response<Body> {
        let respond = self.respond;
        let policy = if page.script.is_some() { &respond.policy_with_script } else { &respond.policy };
        let mut response = Response::new(Body::Text(page.html));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        say(headers, self.language());
        secure(headers);
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
        response
    }

    /// 404: no such page, or somebody else's.
    pub fn not_found(&self) -> Response<Body> {
        self.page_with(StatusCode::NOT_FOUND, notices::not_found(&self.view()))
    }

    /// 404: a link nobody made, or one too old to be renewed.
    pub fn unknown_link(&self) -> Response<Body> {
        self.page_with(StatusCode::NOT_FOUND, notices::unknown_link(&self.view()))
    }

    /// 404: the booking has this document, but its file is not there.
    pub fn document_missing(&self) -> Response<Body> {
        self.page_with(StatusCode::NOT_FOUND, notices::document_missing(&self.view()))
    }

    /// 403: the request did not come from one of the portal's pages.
    pub fn not_from_here(&self) -> Response<Body> {
        self.page_with(StatusCode::FORBIDDEN, notices::not_from_here(&self.view()))
    }

    /// 413: the request's body is larger than any form of the portal's makes it.
    pub fn too_large(&self) -> Response<Body> {
        self.page_with(StatusCode::PAYLOAD_TOO_LARGE, notices::too_large(&self.view()))
    }

    /// 500: something the code did not expect.
    pub fn failed(&self) -> Response<Body> {
        self.page_with(StatusCode::INTERNAL_SERVER_ERROR, notices::failed(&self.view()))
    }

    /// 405: there is such a page, but not for this method.
    pub fn wrong_method(&self, allowed: &[Method]) -> Response<Body> {
        let mut response = self.page_with(StatusCode::METHOD_NOT_ALLOWED, notices::wrong_method(&self.view()));
        let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        if let Ok(allow) = HeaderValue::try_from(allowed) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }

    /// 303 to where to look for the link that a browser asked for, so that a reload or Back asks for nothing. The browser
    /// keeps the secret by which it will know the link, and for a while what it asked for.
    pub fn link_sent(&self, browser: &Secret, asked: &Asked) -> Result<Response<Body>, Error> {
        let mut response = see_other("/sign-in/sent")?;
        cookies::set_browser(response.headers_mut(), browser)?;
        cookies::set_asked(response.headers_mut(), asked)?;
        Ok(response)
    }

    /// Where nobody is signed in: 303 to the form, which leads on to the booking, alike for any id. Whoever used a link a
    /// moment ago and comes without any cookie has a browser that keeps none, and is told so.
    pub fn not_signed_in(
        &self,
        request: &Request,
        to: Option<&BookingId>,
        now: Timestamp,
    ) -> Result<Response<Body>, Error> {
        if requests::has_just_signed_in(request, now) && !cookies::are_kept(request) {
            return Ok(self.page(notices::cookies_off(&self.view())));
        }
        match to {
            Some(booking) => see_other(&format!("/sign-in?to={booking}")),
            None => see_other("/sign-in"),
        }
    }

    /// 429: too many links were asked for.
    pub fn too_many_requests(&self, too_many: TooMany) -> Response<Body> {
        let page = notices::too_many_requests(&self.view(), too_many);
        let mut response = self.page_with(StatusCode::TOO_MANY_REQUESTS, page);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(too_many.wait.as_secs()));
        response
    }
}

/// A calendar file (RFC 5545) that downloads under `file_name`, which is plain ASCII.
pub fn calendar(file: String, language: Language, file_name: &str) -> Result<Response<Body>, Error> {
    let mut response = Response::new(Body::Text(file));
    let headers = response.headers_mut();
    secure(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
    say(headers, language);
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{file_name}\""))?;
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// 200 without a body: what HEAD is told of something that GET leads to.
pub fn is_there() -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    secure(response.headers_mut());
    response
}

/// Sends the browser on to `location` with a GET.
pub fn see_other(location: &str) -> Result<Response<Body>, Error> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_str(location)?);
    secure(response.headers_mut());
    Ok(response)
}

/// Says in which language an answer is, and by what of the request it was chosen.
fn say(headers: &mut HeaderMap, language: Language) {
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language, cookie"));
}

/// The headers of every answer. The referrer policy is `strict-origin`, so a path, which may hold a token, never
/// leaves. With `no-referrer` browsers would send `Origin: null` with the portal's own forms.
pub(crate) fn secure(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "strict-origin"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// A hash source of CSP Level 3 §2.3.1.
fn source_hash(source: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(source)))
}

#[cfg(test)]
pub(crate) mod tests;
