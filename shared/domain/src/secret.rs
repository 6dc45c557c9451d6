//! Secrets that a browser keeps, and the hashes that are stored of them.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    encoding::base64url,
    randomness::{NoRandomness, random},
};

/// 32 random bytes that a browser keeps in a cookie.
pub struct Secret(pub(crate) [u8; 32]);

impl Secret {
    /// A fresh secret from the operating system's random numbers.
    pub fn generate() -> Result<Self, NoRandomness> {
        random().map(Self)
    }

    /// Reads exactly what [`Secret::reveal`] writes, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        base64url(text).map(Self)
    }

    /// The 43 characters of base64url, for the cookie and for nothing else.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What may be stored of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0).into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 of a [`Secret`]. Compared in constant time.
#[derive(Clone, Copy, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretHash(pub(crate) [u8; 32]);

impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

crate::hash::written_in_hex!(SecretHash);
