//! What a browser that is signed in keeps in its cookie.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{customer::CustomerId, encoding::base64url, link::LinkHash, secret::Secret};

/// What the session cookie says: whose session, which sign-in, and the secret that proves it.
pub struct Session {
    /// The customer who is signed in.
    pub customer: CustomerId,
    /// What the link of the sign-in that became this session hashes to.
    pub link_hash: LinkHash,
    /// What only this browser knows.
    pub secret: Secret,
}

impl Session {
    /// Reads exactly what [`Session::reveal`] writes, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 80] = base64url(text)?;
        Some(Self {
            customer: CustomerId::from_bytes(bytes[..16].try_into().ok()?),
            link_hash: LinkHash(bytes[16..48].try_into().ok()?),
            secret: Secret(bytes[48..].try_into().ok()?),
        })
    }

    /// The cookie's value.
    pub fn reveal(&self) -> String {
        let mut bytes = [0; 80];
        bytes[..16].copy_from_slice(self.customer.as_bytes());
        bytes[16..48].copy_from_slice(&self.link_hash.0);
        bytes[48..].copy_from_slice(&self.secret.0);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::any, prop_assert, prop_assert_eq, proptest};

    use super::*;
    use crate::link::LinkToken;

    fn ana() -> CustomerId {
        CustomerId::from_bytes([1; 16])
    }

    #[test]
    fn a_token_is_64_characters_and_reads_back() {
        let token = LinkToken::generate(ana()).unwrap();
        let text = token.reveal();
        assert_eq!(text.len(), 64);
        let read = LinkToken::parse(&text).unwrap();
        assert_eq!((read.customer(), read.hash()), (ana(), token.hash()));
    }

    #[test]
    fn anything_but_the_exact_token_is_refused() {
        let text = LinkToken::generate(ana()).unwrap().reveal();
        for wrong in [&text[1..], &format!("{text}A"), &format!("{text}="), &text.replace(&text[..1], "+"), "", " "] {
            assert!(LinkToken::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn debug_prints_nothing_of_a_secret() {
        let (token, secret) = (LinkToken::generate(ana()).unwrap(), Secret::generate().unwrap());
        assert_eq!(format!("{token:?} {secret:?}"), "LinkToken(…) Secret(…)");
        let session = Session { customer: ana(), link_hash: token.hash(), secret };
        assert_eq!(format!("{session:?}"), "Session(…)");
    }

    #[test]
    fn a_session_cookie_with_trailing_bits_is_refused() {
        let session = Session {
            customer: ana(),
            link_hash: LinkToken::generate(ana()).unwrap().hash(),
            secret: Secret::generate().unwrap(),
        };
        let text = session.reveal();
        assert!(Session::parse(&text).is_some());
        let last = text.as_bytes()[text.len() - 1];
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let at = alphabet.iter().position(|&c| c == last).unwrap();
        let twin = alphabet[at + 1] as char;
        assert!(Session::parse(&format!("{}{twin}", &text[..text.len() - 1])).is_none());
    }

    proptest! {
        #[test]
        fn what_is_read_as_a_secret_is_what_would_be_written(text in r"[A-Za-z0-9_=%+/ -]{0,120}|.{0,120}") {
            prop_assert!(LinkToken::parse(&text).is_none_or(|token| token.reveal() == text));
            prop_assert!(Secret::parse(&text).is_none_or(|secret| secret.reveal() == text));
            prop_assert!(Session::parse(&text).is_none_or(|session| session.reveal() == text));
        }

        #[test]
        fn of_texts_of_the_right_length_those_are_read_that_can_be_written(
            token in "[A-Za-z0-9_-]{64}", secret in "[A-Za-z0-9_-]{43}", session in "[A-Za-z0-9_-]{107}"
        ) {
            // 64 characters are 48 bytes to the bit; of the others the last character holds bits that must be zero.
            prop_assert_eq!(LinkToken::parse(&token).map(|token| token.reveal()), Some(token));
            prop_assert!(Secret::parse(&secret).is_none_or(|read| read.reveal() == secret));
            prop_assert!(Session::parse(&session).is_none_or(|read| read.reveal() == session));
        }

        #[test]
        fn every_secret_reads_back(bytes in vec(any::<u8>(), 80)) {
            for length in [32, 48, 80] {
                let text = URL_SAFE_NO_PAD.encode(&bytes[..length]);
                let read = match length {
                    32 => Secret::parse(&text).map(|secret| secret.reveal()),
                    48 => LinkToken::parse(&text).map(|token| token.reveal()),
                    _ => Session::parse(&text).map(|session| session.reveal()),
                };
                prop_assert_eq!(read, Some(text));
            }
        }
    }

    #[test]
    fn no_secret_can_be_printed() {
        let token = LinkToken::generate(ana()).unwrap();
        let secret = Secret::generate().unwrap();
        let printed = format!("{token:?} {:?} {secret:?} {:?}", token.hash(), secret.hash());
        assert!(!printed.contains(&token.reveal()) && !printed.contains(&secret.reveal()));
        assert_eq!(printed, "LinkToken(…) LinkHash(…) Secret(…) SecretHash(…)");
    }
}
