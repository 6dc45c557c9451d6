//! The link in a mail carries a [`LinkToken`]; only its [`LinkHash`] is stored.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    customer::CustomerId,
    encoding::base64url,
    randomness::{NoRandomness, random},
};

/// What the path of a link carries: the customer's id and 32 random bytes, as 64 characters of base64url (RFC 4648 §5).
pub struct LinkToken {
    customer: CustomerId,
    secret: [u8; 32],
}

impl LinkToken {
    /// A fresh token from the operating system's random numbers.
    pub fn generate(customer: CustomerId) -> Result<Self, NoRandomness> {
        Ok(Self { customer, secret: random()? })
    }

    /// Reads exactly what [`LinkToken::reveal`] writes, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 48] = base64url(text)?;
        let (customer, secret) = bytes.split_at(16);
        Some(Self { customer: CustomerId::from_bytes(customer.try_into().ok()?), secret: secret.try_into().ok()? })
    }

    /// The customer this link is for, if it is genuine.
    pub fn customer(&self) -> CustomerId {
        self.customer
    }

    /// The name under which the sign-in of this link is stored.
    pub fn hash(&self) -> LinkHash {
        LinkHash(Sha256::new().chain_update(self.customer.as_bytes()).chain_update(self.secret).finalize().into())
    }

    /// The 64 characters, for the mail and for nothing else.
    pub fn reveal(&self) -> String {
        let mut bytes = [0; 48];
        bytes[..16].copy_from_slice(self.customer.as_bytes());
        bytes[16..].copy_from_slice(&self.secret);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

/// SHA-256 of a [`LinkToken`]: names a sign-in in the table, is worth nothing as a link.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkHash(pub(crate) [u8; 32]);

crate::hash::written_in_hex!(LinkHash);
