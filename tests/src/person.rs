//! Someone who uses the portal over HTTP, with a browser's cookies and headers.

use std::{collections::BTreeMap, net::IpAddr, sync::Mutex};

use reqwest::{
    Client, Method, StatusCode,
    header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE},
    redirect::Policy,
};

use crate::Portal;

/// A person and the browser they use.
pub struct Person {
    client: Client,
    url: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What the portal answered.
#[derive(Debug)]
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

    /// The value of a header; nothing if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or_default())
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
        Self { client, url: url.to_owned(), cookies: Mutex::default() }
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, None, &[]).await
    }

    /// Submits a form of one of the portal's pages.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.request(Method::POST, path, Some(form), &[("sec-fetch-site", "same-origin"), ("origin", &self.url)]).await
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
        assert_eq!(asked.status, 200, "{}", asked.body);
        let mails = crate::soon("the mail with the link", async || {
            let mails = portal.mails_to(address).await;
            (mails.len() > before).then_some(mails)
        });
        let link = portal.path_in(&mails.await[0]);
        let opened = self.post(&link, &[]).await;
        assert_eq!((opened.status.as_u16(), opened.location()), (303, "/"), "{}", opened.body);
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
