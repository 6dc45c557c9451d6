//! A customer's browser, as far as HTTP goes: cookies, forms, and no hurry to paint.

use std::{collections::BTreeMap, io::Read};

use flate2::read::GzDecoder;
use reqwest::{
    Client, RequestBuilder, Response,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE},
    redirect::Policy,
};

use crate::result::Result;

/// The browser, with one connection that it keeps.
pub(crate) struct Phone {
    client: Client,
    origin: String,
    cookies: BTreeMap<String, String>,
}

impl Phone {
    /// Somebody new to the portal at this origin.
    pub(crate) fn new(origin: &str) -> Result<Self> {
        Ok(Self { client: client()?, origin: origin.to_owned(), cookies: BTreeMap::new() })
    }

    /// The next request makes a connection anew.
    pub(crate) fn forget_connection(&mut self) -> Result<()> {
        self.client = client()?;
        Ok(())
    }

    /// Opens a page, and gives it once all of it is there.
    pub(crate) async fn open(&mut self, path: &str) -> Result<String> {
        let request = self.client.get(format!("{}{path}", self.origin));
        let page = self.send(request, 200).await?;
        let is_packed = page.headers().contains_key(CONTENT_ENCODING);
        let bytes = page.bytes().await?;
        let mut text = String::new();
        match is_packed {
            true => GzDecoder::new(&*bytes).read_to_string(&mut text)?,
            false => (&*bytes).read_to_string(&mut text)?,
        };
        Ok(text)
    }

    /// Submits a form, and says where that leads.
    pub(crate) async fn submit(&mut self, path: &str, form: &str) -> Result<String> {
        let request = self.client.post(format!("{}{path}", self.origin)).header(ORIGIN, &self.origin);
        let request = request.header("sec-fetch-site", "same-origin").body(form.to_owned());
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self.send(request, 303).await?;
        let location = answer.headers().get(LOCATION).ok_or("a redirect to nowhere")?;
        Ok(location.to_str()?.to_owned())
    }

    async fn send(&mut self, request: RequestBuilder, status: u16) -> Result<Response> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(COOKIE, cookies.join("; ")).header(ACCEPT_ENCODING, "gzip");
        let answer = request.send().await?;
        if answer.status() != status {
            return Err(format!("{} answered {}", answer.url().path(), answer.status()).into());
        }
        self.keep(answer.headers())?;
        Ok(answer)
    }

    fn keep(&mut self, headers: &HeaderMap) -> Result<()> {
        for cookie in headers.get_all(SET_COOKIE) {
            let (cookie, attributes) = cookie.to_str()?.split_once(';').unwrap_or_default();
            let (name, value) = cookie.split_once('=').ok_or("a cookie without a name")?;
            match attributes.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        Ok(())
    }
}

fn client() -> Result<Client> {
    Ok(Client::builder().redirect(Policy::none()).build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_kept_replaced_and_taken_away() {
        let mut phone = Phone::new("http://localhost").unwrap();
        for (set, kept) in [
            ("a=1; Path=/; Max-Age=9", "a=1"),
            ("b=x=y; Secure", "a=1; b=x=y"),
            ("a=2; Path=/", "a=2; b=x=y"),
            ("b=; Max-Age=0; Path=/", "a=2"),
        ] {
            phone.keep(&HeaderMap::from_iter([(SET_COOKIE, set.parse().unwrap())])).unwrap();
            let cookies: Vec<_> = phone.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(cookies.join("; "), kept, "{set}");
        }
    }
}
