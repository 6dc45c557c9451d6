//! A sign-in and its life: mailed, used, ended.
//!
//! The link in a mail carries a [`LinkToken`]; only its [`LinkHash`] is stored. Using the link turns the sign-in into
//! the session itself: the browser keeps a [`Session`] cookie, the sign-in the hash of its secret.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    booking::BookingId,
    customer::CustomerId,
    encoding::{base64url, unhex},
};

/// A link works for one hour.
pub const LINK_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// For this long after it was made, a dead link offers to mail a fresh one.
pub const RENEWABLE_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

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
pub struct LinkHash([u8; 32]);

/// 32 random bytes that a browser keeps in a cookie.
pub struct Secret([u8; 32]);

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
pub struct SecretHash([u8; 32]);

impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// Both hashes are written as 64 lower-case hexadecimal digits.
macro_rules! written_in_hex {
    ($($hash:ident)*) => {$(
        impl fmt::Display for $hash {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $hash {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($hash), "(…)"))
            }
        }

        impl TryFrom<String> for $hash {
            type Error = NotAHash;

            fn try_from(text: String) -> Result<Self, NotAHash> {
                unhex(&text).map(Self).ok_or(NotAHash)
            }
        }

        impl From<$hash> for String {
            fn from(hash: $hash) -> Self {
                hash.to_string()
            }
        }
    )*};
}

written_in_hex!(LinkHash SecretHash);

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("not a SHA-256 in hexadecimal digits")]
pub struct NotAHash;

/// What the session cookie says: whose session, which sign-in, and the secret that proves it.
pub struct Session {
    /// The customer who is signed in.
    pub customer: CustomerId,
    /// The sign-in that became this session.
    pub sign_in: LinkHash,
    /// What only this browser knows.
    pub secret: Secret,
}

impl Session {
    /// Reads exactly what [`Session::reveal`] writes, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 80] = base64url(text)?;
        Some(Self {
            customer: CustomerId::from_bytes(bytes[..16].try_into().ok()?),
            sign_in: LinkHash(bytes[16..48].try_into().ok()?),
            secret: Secret(bytes[48..].try_into().ok()?),
        })
    }

    /// The cookie's value.
    pub fn reveal(&self) -> String {
        let mut bytes = [0; 80];
        bytes[..16].copy_from_slice(self.customer.as_bytes());
        bytes[16..48].copy_from_slice(&self.sign_in.0);
        bytes[48..].copy_from_slice(&self.secret.0);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(…)")
    }
}

/// A sign-in as the table keeps it. All times in whole seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignIn {
    /// Whom it signs in.
    pub customer: CustomerId,
    /// What its link's token hashes to.
    pub link: LinkHash,
    /// The address the link went to, masked for showing.
    pub masked_address: String,
    /// The queue message that asked for the mail.
    pub message: String,
    /// When SES had taken the mail.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "jiff::fmt::serde::timestamp::second::optional")]
    pub mailed_at: Option<Timestamp>,
    /// The browser that asked for the link; none for a confirmation mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<SecretHash>,
    /// The booking the customer lands on; none for the dashboard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking: Option<BookingId>,
    /// When the link was made.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub made_at: Timestamp,
    /// From this moment on the link is refused.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub valid_until: Timestamp,
    /// From this moment on the dead link offers no fresh one.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub renewable_until: Timestamp,
    /// When the link was used.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "jiff::fmt::serde::timestamp::second::optional")]
    pub used_at: Option<Timestamp>,
    /// The session it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SecretHash>,
    /// From this moment on the session is refused.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "jiff::fmt::serde::timestamp::second::optional")]
    pub session_until: Option<Timestamp>,
    /// When it was ended by signing out.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "jiff::fmt::serde::timestamp::second::optional")]
    pub ended_at: Option<Timestamp>,
}

/// What the link of a sign-in is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It signs in, once.
    Fresh,
    /// It has signed somebody in, or was ended before it could.
    Used,
    /// Its hour is over.
    Expired,
}

impl SignIn {
    /// A sign-in whose link is about to be mailed. `booking_over` is the end of the booking a confirmation is about.
    pub fn new(
        link: &LinkToken,
        masked_address: String,
        message: String,
        browser: Option<SecretHash>,
        booking: Option<(BookingId, Timestamp)>,
        now: Timestamp,
    ) -> Self {
        let counted_from = booking.as_ref().map_or(now, |(_, over)| now.max(*over));
        Self {
            customer: link.customer(),
            link: link.hash(),
            masked_address,
            message,
            mailed_at: None,
            browser,
            booking: booking.map(|(id, _)| id),
            made_at: now,
            valid_until: after(now, LINK_LIFETIME),
            renewable_until: after(counted_from, RENEWABLE_FOR),
            used_at: None,
            session: None,
            session_until: None,
            ended_at: None,
        }
    }

    /// What its link is good for at `now`.
    pub fn link_state(&self, now: Timestamp) -> LinkState {
        if self.used_at.is_some() || self.ended_at.is_some() {
            LinkState::Used
        } else if now >= self.valid_until {
            LinkState::Expired
        } else {
            LinkState::Fresh
        }
    }

    /// Whether a fresh link may be mailed in place of this one at `now`.
    pub fn is_renewable(&self, now: Timestamp) -> bool {
        now < self.renewable_until
    }

    /// Whether `secret` is that of the session this sign-in became, and the session still lasts at `now`.
    pub fn is_session(&self, secret: &Secret, now: Timestamp) -> bool {
        self.session == Some(secret.hash())
            && self.ended_at.is_none()
            && self.session_until.is_some_and(|until| now < until)
    }

    /// Whether `browser` is the one that asked for the link.
    pub fn was_asked_for_by(&self, browser: Option<&Secret>) -> bool {
        self.browser.is_some() && self.browser == browser.map(Secret::hash)
    }
}

/// What became of an attempt to use a link.
#[derive(Debug)]
pub enum Redemption {
    /// The sign-in is now the session.
    Redeemed(SignIn),
    /// Somebody had used it before, or it had been ended.
    Used(SignIn),
    /// Its hour was over.
    Expired(SignIn),
    /// There is no such link.
    Unknown,
}

/// The operating system gave no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random numbers")]
pub struct NoRandomness(#[source] getrandom::Error);

fn random() -> Result<[u8; 32], NoRandomness> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    Ok(bytes)
}

/// `duration` after `moment`, or the end of time.
pub fn after(moment: Timestamp, duration: SignedDuration) -> Timestamp {
    moment.checked_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::any, prop_assert, prop_assert_eq, proptest};

    use super::*;
    use crate::customer::EmailAddress;

    fn ana() -> CustomerId {
        CustomerId::of(&EmailAddress::parse("ana@example.com").unwrap())
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
    fn a_session_cookie_with_trailing_bits_is_refused() {
        let session = Session {
            customer: ana(),
            sign_in: LinkToken::generate(ana()).unwrap().hash(),
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

    #[test]
    fn a_link_lasts_one_hour_to_the_second() {
        let now: Timestamp = "2026-07-10T12:00:00Z".parse().unwrap();
        let sign_in = SignIn::new(&LinkToken::generate(ana()).unwrap(), String::new(), String::new(), None, None, now);
        assert_eq!(sign_in.link_state(after(now, SignedDuration::from_secs(3599))), LinkState::Fresh);
        assert_eq!(sign_in.link_state(after(now, SignedDuration::from_secs(3600))), LinkState::Expired);
    }

    #[test]
    fn a_confirmation_can_be_renewed_until_30_days_after_the_booking() {
        let now: Timestamp = "2026-07-10T12:00:00Z".parse().unwrap();
        let over: Timestamp = "2026-12-24T12:00:00Z".parse().unwrap();
        let booking = Some((BookingId::parse("bkg_1").unwrap(), over));
        let sign_in =
            SignIn::new(&LinkToken::generate(ana()).unwrap(), String::new(), String::new(), None, booking, now);
        assert!(sign_in.is_renewable("2027-01-23T11:59:59Z".parse().unwrap()));
        assert!(!sign_in.is_renewable("2027-01-23T12:00:00Z".parse().unwrap()));
    }
}
