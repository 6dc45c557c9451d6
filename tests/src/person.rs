//! Someone who uses the portal over HTTP, with a browser's cookies and headers.

use std::{collections::BTreeMap, fmt, net::IpAddr, sync::Mutex};

use regex::Regex;
use reqwest::{
    Client, Method, RequestBuilder, StatusCode,
    header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE},
    redirect::Policy,
};

use crate::Portal;

/// A person and the browser they use.
pub struct Person {
    client: Client,
    url: String,
    origin: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What the portal answered. Its `Debug` is what a failed assertion shows: what a person would see of it.
#[allow(missing_docs, reason = "the names say it")]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// Where the answer sends the browser; nothing if it does not.
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |value| value.to_str().unwrap_or_default())
    }

    /// Where somebody lands who has just used a link: the address without the mark of when that was, which is there.
    pub fn landing(&self) -> &str {
        self.location().split_once("?signed-in=").map_or("", |(path, _)| path)
    }

    /// Whether another answer has the same status and the same body.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.status, &self.body) == (other.status, &other.body)
    }

    /// Whether the page holds this text, as it is or across the spans that keep words on one line.
    pub fn shows(&self, text: &str) -> bool {
        let whole = Regex::new("<span class=\"whole\">([^<]*)</span>").unwrap();
        self.body.contains(text) || whole.replace_all(&self.body, "$1").contains(text)
    }

    /// The value of a header; nothing if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or_default())
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if !self.location().is_empty() {
            write!(f, ", to {}", self.location())?;
        }
        if !self.body.is_empty() {
            write!(f, ", {}", readable(&self.body))?;
        }
        Ok(())
    }
}

/// The session that the form of a page which asks before a switch says it leaves.
pub fn leaving(page: &Answer) -> String {
    let field = Regex::new("name=\"leaving\" value=\"([0-9a-f]{64})\"").unwrap();
    field.captures(&page.body).unwrap_or_else(|| panic!("a page that asks before it switches: {page:?}"))[1].to_owned()
}

/// A page's title and text, without style sheets, scripts and tags; anything else as it is. Cut where it is long.
pub fn readable(body: &str) -> String {
    const LONGEST: usize = 2000;
    let replaced =
        |pattern: &str, with: &str, text: &str| Regex::new(pattern).unwrap().replace_all(text, with).into_owned();
    let mut text = body.trim().to_owned();
    if text.starts_with("<!") {
        text = replaced("(?s)<(style|script)[ >].*?</(style|script)>", "", &text);
        text = replaced("(?s)<title>(.*?)</title>", "“$1” ", &text);
        text = replaced(r"(?s)<[^>]*>|\s+", " ", &text);
        text = replaced(" {2,}", " ", &text).trim().to_owned();
    }
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} … ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}

impl Person {
    /// Somebody new to the portal at `url`.
    pub fn new(url: &str) -> Self {
        Self::at(url, None)
    }

    /// Somebody new to the portal at `url`, who comes from this network address.
    pub fn at(url: &str, source: impl Into<Option<IpAddr>>) -> Self {
        let client = Client::builder().redirect(Policy::none()).local_address(source).build().unwrap();
        Self { client, url: url.to_owned(), origin: url.to_owned(), cookies: Mutex::default() }
    }

    /// The same, whose browser sees the portal at another origin: TLS ends before it, which this client does not speak.
    pub fn seeing(self, origin: &str) -> Self {
        Self { origin: origin.to_owned(), ..self }
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, None, &[]).await
    }

    /// Submits a form of one of the portal's pages.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.request(Method::POST, path, Some(form), &[("sec-fetch-site", "same-origin"), ("origin", &self.origin)])
            .await
    }

    /// Submits the body of a form, as it is, to one of the portal's pages.
    pub async fn post_body(&self, path: &str, body: Vec<u8>) -> Answer {
        let request = self.client.post(format!("{}{path}", self.url)).header("origin", &self.origin).body(body);
        self.send(request.header("content-type", "application/x-www-form-urlencoded")).await
    }

    /// Sends any request, with this browser's cookies, and keeps what cookies come back.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        form: Option<&[(&str, &str)]>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        let cookies = self.cookie_header();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(form) = form {
            request = request.form(form);
        }
        self.send(request).await
    }

    /// Sends any request with these `Cookie` headers, byte by byte, in place of this browser's cookies.
    pub async fn request_with_cookies(&self, method: Method, path: &str, cookies: &[&[u8]]) -> Answer {
        let request = self.client.request(method, format!("{}{path}", self.url)).header("origin", &self.origin);
        self.send(cookies.iter().fold(request, |request, cookies| request.header(COOKIE, *cookies))).await
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        Answer { status, headers, body: response.text().await.unwrap() }
    }

    /// Downloads what lies behind an absolute address, without this portal's cookies.
    pub async fn download(&self, url: &str) -> reqwest::Response {
        self.client.get(url).send().await.unwrap()
    }

    /// Sends DELETE to an absolute address, without this portal's cookies.
    pub async fn delete(&self, url: &str) -> StatusCode {
        self.client.delete(url).send().await.unwrap().status()
    }

    /// Asks for a link, waits for the mail and follows it.
    pub async fn sign_in(&self, portal: &Portal, address: &str) {
        let before = portal.mails_to(address).await.len();
        let asked = self.post("/sign-in", &[("email", address)]).await;
        assert_eq!(asked.status, 303, "{asked:?}");
        let mails = crate::soon("the mail with the link", async || {
            let mails = portal.mails_to(address).await;
            (mails.len() > before).then_some(mails)
        });
        let link = portal.path_in(&mails.await[0]);
        let opened = self.post(&link, &[]).await;
        assert_eq!((opened.status.as_u16(), opened.landing()), (303, "/"), "{opened:?}");
    }

    /// The cookie of this name.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Puts a cookie into this browser.
    pub fn plant(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// Every cookie of this browser: name and value.
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().unwrap().clone()
    }

    fn cookie_header(&self) -> String {
        let cookies = self.cookies.lock().unwrap();
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&self, cookie: &str) {
        let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        let mut cookies = self.cookies.lock().unwrap();
        if cookie.contains("Max-Age=0") {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_assertion_shows_what_a_person_would_see() {
        let page = "<!DOCTYPE html><html><head><title>Your carts</title><style>p { color: red }</style>\
                    <script src=\"a.js\">go()</script></head><body><h1>Hello</h1>\n<p class=\"soft\">Two <b>carts</b></p></body>";
        let headers = HeaderMap::from_iter([(LOCATION, "/sign-in".parse().unwrap())]);
        let mut answer = Answer { status: StatusCode::SEE_OTHER, headers, body: String::new() };
        assert_eq!(format!("{answer:?}"), "303 See Other, to /sign-in");
        (answer.headers, answer.body) = (HeaderMap::new(), page.to_owned());
        assert_eq!(format!("{answer:?}"), "303 See Other, “Your carts” Hello Two carts");
        answer.body = "é".repeat(9000);
        assert!(format!("{answer:?}").ends_with("é … (9000 characters)"));
    }
}
