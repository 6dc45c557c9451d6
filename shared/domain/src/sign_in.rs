//! A sign-in and its life: mailed, used, ended.
//!
//! Using the link of a sign-in turns it into the session itself: the browser keeps a session cookie, the sign-in the
//! hash of its secret.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    booking::{Booking, BookingId},
    change::Change,
    customer::{CustomerId, EmailAddress},
    filed::{FiledBooking, UnreadableBooking},
    link::{LinkHash, LinkToken},
    progress::Progress,
    secret::{Secret, SecretHash},
    session::Session,
    time::after,
};

/// A link works for one hour.
pub const LINK_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// For this long after it was made, a dead link offers to mail a fresh one.
pub const RENEWABLE_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// No session lasts longer.
pub const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A sign-in as the table keeps it. All times in whole seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignIn {
    /// Whom it signs in.
    pub customer: CustomerId,
    /// What its link's token hashes to.
    pub link_hash: LinkHash,
    /// The address the link went to, masked for showing.
    pub masked_address: String,
    /// The id of the queue message that asked for the mail.
    pub message_id: String,
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

/// Why a link no longer signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadLink {
    /// It has signed somebody in, or was ended before it could.
    Used,
    /// Its hour is over.
    Expired,
}

impl SignIn {
    /// A sign-in whose link is about to be mailed to `to`, as the queue message of this id asks. It lands on the dashboard.
    pub fn new(token: &LinkToken, to: &EmailAddress, message_id: &str, now: Timestamp) -> Self {
        Self {
            customer: token.customer(),
            link_hash: token.hash(),
            masked_address: to.masked(),
            message_id: message_id.to_owned(),
            mailed_at: None,
            browser: None,
            booking: None,
            made_at: now,
            valid_until: after(now, LINK_LIFETIME),
            renewable_until: after(now, RENEWABLE_FOR),
            used_at: None,
            session: None,
            session_until: None,
            ended_at: None,
        }
    }

    /// The same, for the browser that asked for the link.
    pub fn asked_for_by(self, browser: Option<SecretHash>) -> Self {
        Self { browser, ..self }
    }

    /// The same, landing on a booking, and renewable until [`RENEWABLE_FOR`] after that has ended.
    pub fn landing_on(self, booking: &Booking) -> Self {
        let renewable_until = after(self.made_at.max(booking.ends_at), RENEWABLE_FOR);
        Self { booking: Some(booking.booking_id.clone()), renewable_until, ..self }
    }

    /// Why its link is dead at `now`; none while it works.
    pub fn dead_link(&self, now: Timestamp) -> Option<DeadLink> {
        if self.used_at.is_some() || self.ended_at.is_some() {
            Some(DeadLink::Used)
        } else {
            (now >= self.valid_until).then_some(DeadLink::Expired)
        }
    }

    /// Whether a fresh link may be mailed in place of this one at `now`.
    pub fn is_renewable(&self, now: Timestamp) -> bool {
        now < self.renewable_until
    }

    /// Whether `browser` is the one that asked for the link.
    pub fn was_asked_for_by(&self, browser: Option<&Secret>) -> bool {
        self.browser.is_some() && self.browser == browser.map(Secret::hash)
    }

    /// Whether it became the session of `secret`, and that still lasts at `now`. No session lasts longer than
    /// [`LONGEST_SESSION`], whatever is written in it.
    pub fn is_session_of(&self, secret: &Secret, now: Timestamp) -> bool {
        let Some((used_at, until)) = self.used_at.zip(self.session_until) else { return false };
        self.session == Some(secret.hash())
            && self.ended_at.is_none()
            && now < until.min(after(used_at.min(now), LONGEST_SESSION))
    }
}

/// A customer who is signed in. Only the session check makes one, so whoever holds it may show that customer's data; the
/// operator's preview, which no customer is shown, has one without.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedIn {
    customer: CustomerId,
    masked_address: String,
}

impl SignedIn {
    /// The session check: the stored `sign_in` became this very session, and that still lasts at `now`.
    pub fn check(sign_in: SignIn, session: &Session, now: Timestamp) -> Option<Self> {
        let is_theirs = sign_in.customer == session.customer && sign_in.is_session_of(&session.secret, now);
        is_theirs.then_some(Self { customer: sign_in.customer, masked_address: sign_in.masked_address })
    }

    /// As if the customer were signed in who reads the mail of this address: for the operator's preview alone.
    pub fn previewed(customer: CustomerId, address: &EmailAddress) -> Self {
        Self { customer, masked_address: address.masked() }
    }

    /// Who.
    pub fn customer(&self) -> CustomerId {
        self.customer
    }

    /// The address their link went to, masked for showing.
    pub fn masked_address(&self) -> &str {
        &self.masked_address
    }
}

/// What a browser that claims a session may see of a booking.
#[derive(Debug)]
pub enum Access {
    /// Nobody is signed in.
    NotSignedIn,
    /// There is no such booking, or it is somebody else's: nobody is told which.
    NotTheirs,
    /// The booking, to its owner.
    Own(Box<OwnBooking>),
    /// It is theirs, but this release can read no more of it than what it is called.
    Unreadable(SignedIn, UnreadableBooking),
}

/// A booking, and the proof that its owner is signed in.
#[derive(Debug)]
pub struct OwnBooking {
    customer: SignedIn,
    booking: Booking,
    change: Option<Change>,
    progress: Progress,
}

impl OwnBooking {
    /// Compares the booking's owner with who is signed in.
    pub fn check(customer: SignedIn, filed: Option<Result<FiledBooking, UnreadableBooking>>) -> Access {
        match filed {
            Some(Ok(filed)) if filed.owner == customer.customer => Access::Own(Box::new(Self::of(customer, filed))),
            Some(Err(unreadable)) if unreadable.owner == customer.customer => Access::Unreadable(customer, unreadable),
            _ => Access::NotTheirs,
        }
    }

    /// A booking as its owner sees it: for the operator's preview alone.
    pub fn previewed(filed: FiledBooking) -> Self {
        Self::of(SignedIn::previewed(filed.owner, &filed.booking.customer.email), filed)
    }

    fn of(customer: SignedIn, FiledBooking { booking, change, progress, .. }: FiledBooking) -> Self {
        Self { customer, booking, change, progress }
    }

    /// Who is signed in.
    pub fn customer(&self) -> &SignedIn {
        &self.customer
    }

    /// Their booking.
    pub fn booking(&self) -> &Booking {
        &self.booking
    }

    /// What was changed of it lately.
    pub fn change(&self) -> Option<&Change> {
        self.change.as_ref()
    }

    /// When its delivery took its steps.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }
}

/// What became of an attempt to use a link.
#[derive(Debug)]
pub enum Redemption {
    /// The sign-in is now the session.
    Redeemed(SignIn),
    /// The link was dead.
    Refused(SignIn, DeadLink),
    /// There is no such link.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana() -> EmailAddress {
        EmailAddress::parse("ana@example.com").unwrap()
    }

    fn token() -> LinkToken {
        LinkToken::generate(CustomerId::from_bytes([1; 16])).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const MADE_AT: &str = "2026-07-10T12:00:00Z";

    fn sign_in() -> SignIn {
        SignIn::new(&token(), &ana(), "message", at(MADE_AT))
    }

    #[test]
    fn a_link_lasts_one_hour_to_the_second_and_works_once() {
        let used = SignIn { used_at: Some(at(MADE_AT)), ..sign_in() };
        let ended = SignIn { ended_at: Some(at(MADE_AT)), ..sign_in() };
        for (sign_in, now, state) in [
            (sign_in(), MADE_AT, None),
            (sign_in(), "2026-07-10T12:59:59Z", None),
            (sign_in(), "2026-07-10T13:00:00Z", Some(DeadLink::Expired)),
            (used.clone(), "2026-07-10T12:00:01Z", Some(DeadLink::Used)),
            (used, "2026-07-10T13:00:00Z", Some(DeadLink::Used)),
            (ended, "2026-07-10T12:00:01Z", Some(DeadLink::Used)),
        ] {
            assert_eq!(sign_in.dead_link(at(now)), state, "{now}");
        }
    }

    #[test]
    fn only_its_own_session_is_signed_in_and_only_while_it_lasts() {
        let (secret, stranger) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        let until = "2026-07-11T12:00:00Z";
        let used = SignIn {
            used_at: Some(at(MADE_AT)),
            session: Some(secret.hash()),
            session_until: Some(at(until)),
            ..sign_in()
        };
        let for_years = SignIn { session_until: Some(at("2036-07-10T12:00:00Z")), ..used.clone() };
        let never_used = SignIn { used_at: None, ..used.clone() };
        let ended = SignIn { ended_at: Some(at("2026-07-10T12:30:00Z")), ..used.clone() };
        let somebody_else = CustomerId::from_bytes([2; 16]);
        for (sign_in, customer, proof, now, is_signed_in) in [
            (&used, used.customer, &secret, "2026-07-11T11:59:59Z", true),
            (&used, used.customer, &secret, until, false),
            (&used, used.customer, &stranger, MADE_AT, false),
            (&used, somebody_else, &secret, MADE_AT, false),
            (&ended, used.customer, &secret, MADE_AT, false),
            (&sign_in(), used.customer, &secret, MADE_AT, false),
            (&never_used, used.customer, &secret, MADE_AT, false),
            (&for_years, used.customer, &secret, "2026-08-09T11:59:59Z", true),
            (&for_years, used.customer, &secret, "2026-08-09T12:00:00Z", false),
        ] {
            let secret = Secret::parse(&proof.reveal()).unwrap();
            let session = Session { customer, link_hash: sign_in.link_hash, secret };
            let signed_in = SignedIn::check(sign_in.clone(), &session, at(now));
            assert_eq!(signed_in.is_some(), is_signed_in, "{now}");
            assert!(
                signed_in
                    .is_none_or(|who| who.customer() == used.customer && who.masked_address() == "a…a@example.com")
            );
        }
    }

    fn booking() -> Booking {
        let sample = include_str!("../../../infra/events/samples/booking.confirmed.json");
        let mut sample: serde_json::Value = serde_json::from_str(sample).unwrap();
        serde_json::from_value(sample["Detail"]["booking"].take()).unwrap()
    }

    #[test]
    fn a_confirmation_lands_on_its_booking_and_can_be_renewed_until_30_days_after_it() {
        let booking = Booking { ends_at: at("2026-12-24T12:00:00Z"), ..booking() };
        let sign_in = sign_in().landing_on(&booking);
        assert_eq!(sign_in.booking, Some(booking.booking_id));
        assert!(sign_in.is_renewable(at("2027-01-23T11:59:59Z")));
        assert!(!sign_in.is_renewable(at("2027-01-23T12:00:00Z")));
    }

    #[test]
    fn only_the_browser_that_asked_for_a_link_is_the_one_that_did() {
        let (browser, other) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        for (asked, claims, is_the_one) in [
            (Some(&browser), Some(&browser), true),
            (Some(&browser), Some(&other), false),
            (Some(&browser), None, false),
            (None, Some(&browser), false),
            (None, None, false),
        ] {
            let sign_in = sign_in().asked_for_by(asked.map(Secret::hash));
            assert_eq!(sign_in.was_asked_for_by(claims), is_the_one);
        }
    }

    #[test]
    fn a_booking_is_seen_whole_by_its_owner_alone() {
        let (owner, other) = (CustomerId::from_bytes([1; 16]), CustomerId::from_bytes([2; 16]));
        let signed_in = || SignedIn::previewed(owner, &ana());
        let (booking, moment) = (booking(), at(MADE_AT));
        let change = Change { at: moment, dates: None, carts: None, handover: None, way_back: None, total: None };
        let progress = Progress { delivered: Some(moment), ..Progress::default() };
        let readable = |owner| {
            let (booking, change) = (booking.clone(), Some(change.clone()));
            Some(Ok(FiledBooking { owner, booking, change, progress }))
        };
        let unreadable = |owner| {
            let (booking_id, reference) = (booking.booking_id.clone(), booking.reference.clone());
            Some(Err(UnreadableBooking { owner, booking_id, reference }))
        };
        let Access::Own(own) = OwnBooking::check(signed_in(), readable(owner)) else { panic!("it is theirs") };
        assert_eq!((own.customer(), own.booking()), (&signed_in(), &booking));
        assert_eq!((own.change(), own.progress()), (Some(&change), &progress));
        assert!(matches!(OwnBooking::check(signed_in(), unreadable(owner)), Access::Unreadable(..)));
        for filed in [readable(other), unreadable(other), None] {
            assert!(matches!(OwnBooking::check(signed_in(), filed), Access::NotTheirs));
        }
    }
}
