//! From an address to its customer: an id that only the holder of a secret key can make.

use std::{array, fmt, str::FromStr};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    config::{BadConfiguration, Environment},
    customer::{CustomerId, EmailAddress},
    encoding::hex,
};

/// The secret key under which customers have their ids: without it nobody can tell which id an address has, so neither a
/// cookie nor a link can be made that names a customer. `Debug` prints nothing of it.
#[derive(Clone)]
pub struct CustomerKey(Hmac<Sha256>);

/// The text is no key: shorter than 32 characters, or with something else in it than visible ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key of at least 32 visible ASCII characters")]
pub struct NotACustomerKey;

impl CustomerKey {
    /// The key in `CUSTOMER_KEY`.
    pub fn from_env(env: &Environment) -> Result<Self, BadConfiguration> {
        env.parsed("CUSTOMER_KEY", "the stack's secret of at least 32 visible ASCII characters")
    }

    /// What a fingerprint is the keyed hash of. It is no address, for it has no @.
    const FINGERPRINT_OF: &str = "fingerprint";

    /// The customer who reads the mail of `address`.
    pub fn customer(&self, address: &EmailAddress) -> CustomerId {
        CustomerId::from_bytes(self.first_bytes_of(address.as_str()))
    }

    /// Tells this key from another and says nothing else of it, in 32 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        hex(&self.first_bytes_of(Self::FINGERPRINT_OF))
    }

    /// The first 16 bytes of HMAC-SHA-256 (RFC 2104; §5 allows no fewer than half of the hash).
    fn first_bytes_of(&self, text: &str) -> [u8; 16] {
        let code: [u8; 32] = self.0.clone().chain_update(text).finalize().into_bytes().into();
        array::from_fn(|i| code[i])
    }
}

impl FromStr for CustomerKey {
    type Err = NotACustomerKey;

    fn from_str(text: &str) -> Result<Self, NotACustomerKey> {
        if text.len() < 32 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(NotACustomerKey);
        }
        Hmac::new_from_slice(text.as_bytes()).map(Self).map_err(|_| NotACustomerKey)
    }
}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    /// `printf ana@example.com | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef`, the first half of it.
    #[test]
    fn an_id_is_the_keyed_hash_of_the_address() {
        let ana = EmailAddress::parse(" Ana@EXAMPLE.com").unwrap();
        assert_eq!(KEY.parse::<CustomerKey>().unwrap().customer(&ana).to_string(), "0e9166fe256f8cdc412827b7c18d7aea");
    }

    #[test]
    fn another_key_makes_other_ids_and_another_fingerprint() {
        let (key, other): (CustomerKey, CustomerKey) = (KEY.parse().unwrap(), KEY.replace('0', "O").parse().unwrap());
        let ana = EmailAddress::parse("ana@example.com").unwrap();
        assert_ne!(key.customer(&ana), other.customer(&ana));
        assert_ne!(key.fingerprint(), other.fingerprint());
        assert_ne!(key.fingerprint(), key.customer(&ana).to_string());
    }

    #[test]
    fn a_short_key_or_one_with_white_space_is_none_and_no_key_is_printed() {
        for text in ["", &KEY[1..], &format!("{KEY}\n"), &format!(" {KEY}"), &KEY.replace('0', "ü")] {
            assert!(text.parse::<CustomerKey>().is_err(), "{text:?}");
        }
        assert_eq!(format!("{:?}", KEY.parse::<CustomerKey>().unwrap()), "CustomerKey(…)");
    }
}
