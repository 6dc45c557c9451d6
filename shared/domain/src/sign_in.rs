//! A sign-in and its life: mailed, used, ended.
//!
//! Using the link of a sign-in turns it into the session itself: the browser keeps a session cookie, the sign-in the
//! hash of its secret.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    booking::BookingId,
    customer::CustomerId,
    link::{LinkHash, LinkToken},
    secret::{Secret, SecretHash},
    time::after,
};

/// A link works for one hour.
pub const LINK_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// For this long after it was made, a dead link offers to mail a fresh one.
pub const RENEWABLE_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::EmailAddress;

    fn ana() -> CustomerId {
        CustomerId::of(&EmailAddress::parse("ana@example.com").unwrap())
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
