//! Signed requests of the booking system, as Standard Webhooks has them: HMAC-SHA-256 over id, time and body.
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;

use crate::randomness::{NoRandomness, random};

mod freshness;
#[cfg(test)]
mod tests;

pub use freshness::{Freshness, READ_EVERY};

/// How far the time of a request may be from now, either way.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// What stands before the Base64 of a secret.
const PREFIX: &str = "whsec_";

/// A key that signs requests: 24 to 64 bytes. `Debug` prints nothing of it.
#[derive(Clone)]
pub struct WebhookSecret {
    key: Vec<u8>,
    hmac: Hmac<Sha256>,
}

/// The text is no secret of Standard Webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 24 to 64 bytes in Base64, with or without whsec_ before them")]
pub struct NotAWebhookSecret;

impl FromStr for WebhookSecret {
    type Err = NotAWebhookSecret;

    /// Reads Base64 with its padding (RFC 4648 §4), with or without `whsec_` before it.
    fn from_str(text: &str) -> Result<Self, NotAWebhookSecret> {
        let key = STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text)).map_err(|_| NotAWebhookSecret)?;
        if !(24..=64).contains(&key.len()) {
            return Err(NotAWebhookSecret);
        }
        let hmac = Hmac::new_from_slice(&key).map_err(|_| NotAWebhookSecret)?;
        Ok(Self { key, hmac })
    }
}

impl WebhookSecret {
    /// The secret as libraries of Standard Webhooks take it: `whsec_` and Base64 with its padding. For the booking system and
    /// Secrets Manager, and for nothing else.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.key))
    }

    /// The HMAC over `{id}.{timestamp}.{body}`.
    fn content(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        let content = self.hmac.clone().chain_update(id).chain_update(".").chain_update(timestamp).chain_update(".");
        content.chain_update(body)
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// The secrets that are good now: one, or while it is rotated the new one and the old one.
#[derive(Debug, Clone)]
pub struct WebhookSecrets(Vec<WebhookSecret>);

/// The value holds no secrets. Quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(r#"not {{"secret": "…"}} or {{"secrets": ["…", "…"]}} of one or two, each of 24 to 64 bytes in Base64"#)]
pub struct NotWebhookSecrets;

impl WebhookSecrets {
    /// Reads `{"secret": "…"}`, which is what Secrets Manager can make by itself, or `{"secrets": [new, old]}`, which is what
    /// rotating writes. Anything else is refused whole, so that a slip of the pen leaves no secret in force unseen.
    pub fn parse(json: &str) -> Result<Self, NotWebhookSecrets> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Value {
            secret: Option<String>,
            secrets: Option<Vec<String>>,
        }
        let texts = match serde_json::from_str(json).map_err(|_| NotWebhookSecrets)? {
            Value { secret: Some(one), secrets: None } => vec![one],
            Value { secret: None, secrets: Some(several) } if (1..=2).contains(&several.len()) => several,
            _ => return Err(NotWebhookSecrets),
        };
        let secrets: Result<_, NotAWebhookSecret> = texts.iter().map(|text| text.parse()).collect();
        secrets.map(Self).map_err(|_| NotWebhookSecrets)
    }

    /// The secrets, the newest first.
    pub fn all(&self) -> &[WebhookSecret] {
        &self.0
    }

    /// The signatures of a message by each of the secrets, as `webhook-signature` has them: so it passes wherever one of them is
    /// known. The time is in seconds since 1970.
    pub fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let codes = self.0.iter().map(|secret| secret.content(id, timestamp, body).finalize().into_bytes());
        codes.map(|code| format!("v1,{}", STANDARD.encode(code))).collect::<Vec<_>>().join(" ")
    }

    /// The secret that signs from now on.
    fn newest(&self) -> Option<&WebhookSecret> {
        self.0.first()
    }

    /// A fresh secret of 32 bytes before the newest, in the form that [`WebhookSecrets::parse`] reads.
    pub fn rotated(&self) -> Result<String, NoRandomness> {
        let fresh = format!("{PREFIX}{}", STANDARD.encode(random::<32>()?));
        let secrets: Vec<String> = std::iter::once(fresh).chain(self.newest().map(WebhookSecret::reveal)).collect();
        Ok(json!({ "secrets": secrets }).to_string())
    }

    /// The newest secret alone, in the form that [`WebhookSecrets::parse`] reads.
    pub fn without_old(&self) -> String {
        json!({ "secrets": self.newest().map(WebhookSecret::reveal).as_slice() }).to_string()
    }

    /// Whether one of the secrets signed this body, and did so just now. Nothing of the body may be believed before.
    pub fn verify(&self, signed: &Signed<'_>, body: &[u8], now: Timestamp) -> Result<(), Unverified> {
        let Signed { id, timestamp, signatures } = signed;
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_graphic() && !b".,".contains(&byte)) {
            return Err(Unverified::BadId);
        }
        let is_plain = !timestamp.is_empty() && timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let at = timestamp.parse().ok().filter(|_| is_plain).and_then(|seconds| Timestamp::from_second(seconds).ok());
        let age = now.duration_since(at.ok_or(Unverified::BadTimestamp)?);
        if age > TOLERANCE {
            return Err(Unverified::TooOld);
        }
        if age < -TOLERANCE {
            return Err(Unverified::TooNew);
        }
        let given: Vec<Vec<u8>> = signatures
            .split(' ')
            .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
            .collect();
        let is_signed = self.0.iter().fold(false, |found, secret| {
            let content = secret.content(id, timestamp, body);
            // Compares in constant time, and each with each: which one it was, no time tells.
            given.iter().fold(found, |found, signature| found | content.clone().verify_slice(signature).is_ok())
        });
        if is_signed { Ok(()) } else { Err(Unverified::BadSignature) }
    }
}

/// What the headers of a request say of its signature.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// `webhook-id`: the sender's name of the message. It has no full stop, which would let it run into the time, and no
    /// comma, by which API Gateway joins headers of one name.
    pub id: &'a str,
    /// `webhook-timestamp`: when it was sent, in seconds since 1970.
    pub timestamp: &'a str,
    /// `webhook-signature`: one or more of `v1,` and Base64, with a space between them. Other versions are passed over.
    pub signatures: &'a str,
}

/// Why a request is not known to come from the booking system. For the log alone: the answer does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// One of the three headers is not there, or is there twice.
    #[error("missing header")]
    MissingHeader,
    /// The id is empty, or has a full stop, a comma, white space, or something else than ASCII in it.
    #[error("bad id")]
    BadId,
    /// The time is not a plain number of seconds.
    #[error("bad timestamp")]
    BadTimestamp,
    /// It was sent more than five minutes ago.
    #[error("too old")]
    TooOld,
    /// It says that it was sent more than five minutes from now.
    #[error("too new")]
    TooNew,
    /// No signature is of one of the secrets.
    #[error("bad signature")]
    BadSignature,
}
