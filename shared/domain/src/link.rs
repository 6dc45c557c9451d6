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
    /// A fresh token from the operating system's random numbers, drawn again until it ends in a letter or digit: mail
    /// programs that find a bare address in a text leave out a `-` or `_` at its end.
    pub fn generate(customer: CustomerId) -> Result<Self, NoRandomness> {
        loop {
            let token = Self { customer, secret: random()? };
            if !token.reveal().ends_with(['-', '_']) {
                return Ok(token);
            }
        }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_fresh_link_ends_in_a_letter_or_digit_and_is_random_everywhere_else() {
        let customer = CustomerId::from_bytes([7; 16]);
        let drawn: Vec<Vec<u8>> =
            (0..5000).map(|_| LinkToken::generate(customer).unwrap().reveal().into_bytes()).collect();
        let seen = |place: usize| drawn.iter().map(|token| token[place]).collect::<BTreeSet<_>>();
        assert!(seen(63).iter().all(u8::is_ascii_alphanumeric));
        assert_eq!(seen(63).len(), 62);
        // The first 128 bits are the customer's id; the character after them holds two of its bits.
        for place in 22..63 {
            assert_eq!(seen(place).len(), 64, "character {place}");
        }
    }

    #[test]
    fn a_link_that_ends_otherwise_is_read_as_before() {
        for end in ['-', '_', 'A', '9'] {
            let text = format!("{}{end}", "A".repeat(63));
            assert_eq!(LinkToken::parse(&text).unwrap().reveal(), text);
        }
    }
}
