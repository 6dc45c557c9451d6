//! A booking system without any key of AWS: it signs as Standard Webhooks has it, with that project's own library, and posts.

use jiff::Timestamp;
use portal_local::webhook::Webhook;
use reqwest::{
    Client, Method, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Value, json};

use crate::Portal;

/// A booking system that knows a secret.
pub struct Sender {
    origin: String,
    signer: standardwebhooks::Webhook,
    client: Client,
}

/// What it is answered.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it was sent.
    pub body: String,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Sender {
    /// One that has the stack's own secret.
    pub fn of(portal: &Portal) -> Self {
        Self::with_secret(portal, &Webhook::of(&portal.stack).expect("webhooks are off").secret)
    }

    /// One that has another.
    pub fn with_secret(portal: &Portal, secret: &str) -> Self {
        let signer = standardwebhooks::Webhook::new(secret).unwrap();
        Self { origin: portal.stack.url().to_owned(), signer, client: Client::new() }
    }

    /// The headers of a body that is signed at this moment.
    pub fn signed_at(&self, id: &str, at: Timestamp, body: &[u8]) -> HeaderMap {
        let signature = self.signer.sign(id, at.as_second(), body).unwrap();
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        for (name, value) in
            [("webhook-id", id), ("webhook-timestamp", &at.as_second().to_string()), ("webhook-signature", &signature)]
        {
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    /// The headers of a body that is signed now.
    pub fn signed(&self, body: &str) -> HeaderMap {
        self.signed_at("msg_1", Timestamp::now(), body.as_bytes())
    }

    /// Sends what a test made up.
    pub async fn send(&self, method: &str, path: &str, headers: HeaderMap, body: impl Into<reqwest::Body>) -> Reply {
        self.try_to_send(method, path, headers, body).await.unwrap()
    }

    /// The same, where nobody may answer.
    pub async fn try_to_send(
        &self,
        method: &str,
        path: &str,
        headers: HeaderMap,
        body: impl Into<reqwest::Body>,
    ) -> reqwest::Result<Reply> {
        let method: Method = method.parse().unwrap();
        let request = self.client.request(method, format!("{}{path}", self.origin)).headers(headers).body(body);
        let response: Response = request.send().await?;
        Ok(Reply { status: response.status(), headers: response.headers().clone(), body: response.text().await? })
    }

    /// Posts JSON, signed.
    pub async fn post(&self, path: &str, json: &Value) -> Reply {
        let body = json.to_string();
        self.send("POST", path, self.signed(&body), body).await
    }

    /// Posts an event.
    pub async fn event(&self, detail_type: &str, detail: &Value) -> Reply {
        self.post("/events", &event(detail_type, detail)).await
    }

    /// Puts a file as a promise says.
    pub async fn put(&self, promise: &Value, file: &[u8]) -> Reply {
        let headers = promise["headers"].as_object().unwrap().iter();
        let headers: Vec<_> = headers.map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value)).collect();
        let headers = headers.into_iter().map(|(name, value)| (name, value.as_str().unwrap().parse().unwrap()));
        let request = self.client.put(promise["url"].as_str().unwrap()).headers(headers.collect()).body(file.to_vec());
        let response = request.send().await.unwrap();
        Reply { status: response.status(), headers: response.headers().clone(), body: response.text().await.unwrap() }
    }
}

/// An event as it is posted.
pub fn event(detail_type: &str, detail: &Value) -> Value {
    json!({"detail-type": detail_type, "detail": detail})
}
