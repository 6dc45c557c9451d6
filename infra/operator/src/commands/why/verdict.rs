//! What to answer first: why there is no mail, or what became of it.

use jiff::{SignedDuration, Timestamp};
use portal_aws::store::BookingRecord;
use portal_domain::{
    booking::BookingId,
    confirmation::{Due, NotDue},
    sign_in::{DeadLink, SignIn},
    suppression::Suppressed,
    time::second_of,
};
use serde::Serialize;

use super::evidence::{Account, Dead, Evidence, Listed, OfBooking, OfCustomer};
use super::timeline::What;

/// So long a mail may be on its way before it is called lost: `send_mail` tries for about an hour, most of them at once.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(2);

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// The booking is not known.
    NoSuchBooking,
    /// No booking has the address.
    NoBooking,
    /// Its event was applied, and the booking is not there now.
    Gone { applied: Timestamp },
    /// What had the address, or the booking, was erased.
    Erased { at: Option<Timestamp> },
    /// The customer's bookings are somebody else's now.
    MovedAway { bookings: Vec<BookingId> },
    /// The event that would tell of it lies among the dead letters.
    EventRefused { dead_letter: String },
    /// The customer reported a mail as spam.
    Complained { at: Option<Timestamp> },
    /// A mail came back for good.
    Bounced { at: Option<Timestamp> },
    /// The account's own list in SES holds mail back.
    Listed { reason: String, since: Option<Timestamp> },
    /// SES does not send.
    SendingPaused,
    /// SES sends to verified addresses alone.
    Sandbox,
    /// The mail was given up.
    DeadLetter { dead_letter: String },
    /// SES refused the mail for good.
    Rejected { at: Timestamp },
    /// Too many links were asked for.
    Limited { at: Timestamp, until: Timestamp },
    /// It was asked for a moment ago.
    UnderWay { since: Timestamp },
    /// It was asked for, and nothing came of it.
    Lost { since: Timestamp },
    /// SES has it, and tries to deliver it.
    Delayed { since: Timestamp },
    /// SES has it; nothing was heard since.
    Sent { at: Timestamp },
    /// The mailbox has it, and its link works.
    Delivered { at: Timestamp, until: Timestamp },
    /// The mailbox has it, or SES; nobody used the link in time.
    Expired { sent: Timestamp, at: Timestamp, delivered: Option<Timestamp> },
    /// It was mailed by the log, and the table does not have it.
    Forgotten { sent: Timestamp, delivered: Option<Timestamp> },
    /// The customer signed in with it.
    Used { at: Timestamp },
    /// Nobody asked for a link.
    NotAsked,
    /// No event asked for a confirmation.
    ConfirmationNotAsked,
    /// The confirmation was due and held back, and is due still.
    HeldBack { at: Timestamp, reason: String },
    /// The confirmation was sent.
    AlreadySent { at: Option<Timestamp>, delivered: Option<Timestamp> },
    /// The confirmation went to the address that the booking had before.
    SentToFormerAddress,
    /// The rental has ended.
    Over,
    /// The booking is cancelled or history.
    NotActive,
}

impl Verdict {
    /// Whether somebody has to do something.
    pub(crate) fn is_wrong(&self) -> bool {
        !matches!(
            self,
            Self::UnderWay { .. }
                | Self::Sent { .. }
                | Self::Delivered { .. }
                | Self::Used { .. }
                | Self::NotAsked
                | Self::AlreadySent { .. }
        )
    }

    /// Why a customer has no link or confirmation, or what became of the newest link; with the booking, if it is about a
    /// confirmation. That is what it is about where no link stands in the way, and none was mailed since the booking's event.
    pub(crate) fn on_customer(evidence: &Evidence, customer: &OfCustomer, now: Timestamp) -> (Option<BookingId>, Self) {
        let on_links = Self::on_links(evidence, customer, now);
        if on_links.is_wrong() && !matches!(on_links, Self::Expired { .. } | Self::Forgotten { .. }) {
            return (None, on_links);
        }
        let linked_at = customer.record.sign_ins.iter().filter_map(mailed_at).max();
        let open = customer.confirmations.iter().filter(|(_, booking)| linked_at < Some(booking.occurred_at));
        let mut verdicts = open.map(|(id, booking)| (id, Self::on_confirmation(evidence, customer, id, booking, now)));
        match verdicts.find(|(_, verdict)| verdict.is_wrong() || on_links == Self::NotAsked) {
            Some((id, verdict)) => (Some(id.clone()), verdict),
            None => (None, on_links),
        }
    }

    fn on_links(evidence: &Evidence, customer: &OfCustomer, now: Timestamp) -> Self {
        let record = &customer.record;
        let dead_event = customer.dead.iter().find(|dead| dead.is_event);
        let rows = &record.bookings;
        if rows.active.is_empty() && rows.past.is_empty() && rows.unreadable.is_empty() {
            return match (&record.moved_away[..], dead_event, record.erased_at) {
                ([], Some(Dead { id, .. }), _) => Self::EventRefused { dead_letter: id.clone() },
                ([], None, Some(at)) => Self::Erased { at: Some(at) },
                ([], None, None) => Self::NoBooking,
                (moved, _, _) => Self::MovedAway { bookings: moved.to_vec() },
            };
        }
        if let Some(held_back) = Self::held_back(evidence, customer) {
            return held_back;
        }
        let asked = evidence.last(|what| matches!(what, What::Asked)).map(|(at, _)| at);
        let limited = evidence.last(|what| matches!(what, What::Limited { .. }));
        let mail = record.sign_ins.iter().find_map(|sign_in| Some((sign_in, mailed_at(sign_in)?)));
        let link_works = mail.is_some_and(|(sign_in, _)| sign_in.dead_link(now).is_none());
        if let Some((at, What::Limited { minutes })) = limited.filter(|(at, _)| asked < Some(*at) && !link_works) {
            return Self::Limited { at, until: at + SignedDuration::from_mins(*minutes) };
        }
        match (asked, mail) {
            // The table keeps whole seconds, and so much the log may be ahead of it.
            (Some(asked), mail) if mail.is_none_or(|(sign_in, _)| sign_in.made_at < second_of(asked)) => {
                match evidence.last(is_link).filter(|(at, _)| *at >= second_of(asked)) {
                    Some((at, link)) => Self::by_the_log(evidence, at, link),
                    None => Self::not_mailed(evidence, customer, None, asked, now),
                }
            }
            (_, Some((sign_in, mailed_at))) => Self::of_link(evidence, sign_in, mailed_at, now),
            (_, None) => match evidence.last(|what| matches!(what, What::Mailed { .. })) {
                Some((at, link)) if is_link(link) => Self::by_the_log(evidence, at, link),
                Some((at, mail)) => Self::AlreadySent { at: Some(at), delivered: evidence.delivered(mail) },
                None => Self::NotAsked,
            },
        }
    }

    /// What became of a link of which only the log tells.
    fn by_the_log(evidence: &Evidence, sent: Timestamp, link: &What) -> Self {
        match evidence.last(|what| matches!(what, What::Used)).filter(|(at, _)| *at >= sent) {
            Some((at, _)) => Self::Used { at },
            None => Self::Forgotten { sent, delivered: evidence.delivered(link) },
        }
    }

    /// Why a booking's confirmation was not mailed, or what became of it.
    pub(crate) fn on_booking(evidence: &Evidence, id: &BookingId, booking: &OfBooking, now: Timestamp) -> Self {
        let Some((record, owner)) = booking.record.as_ref().zip(booking.owner.as_ref()) else {
            let dead = booking.dead.iter().find(|dead| dead.is_event);
            let was_dropped = evidence.last(|what| matches!(what, What::DroppedAsErased)).is_some();
            let applied = evidence.last(|what| matches!(what, What::Applied { .. }));
            return match (dead, booking.erased_at, applied) {
                (Some(Dead { id, .. }), ..) => Self::EventRefused { dead_letter: id.clone() },
                (None, Some(at), _) => Self::Erased { at: Some(at) },
                (None, None, _) if was_dropped => Self::Erased { at: None },
                (None, None, Some((applied, _))) => Self::Gone { applied },
                (None, None, None) => Self::NoSuchBooking,
            };
        };
        Self::on_confirmation(evidence, owner, id, record, now)
    }

    fn on_confirmation(
        evidence: &Evidence,
        owner: &OfCustomer,
        id: &BookingId,
        record: &BookingRecord,
        now: Timestamp,
    ) -> Self {
        let confirmation = &record.confirmation;
        let due = record.filed.as_ref().map(|filed| confirmation.due(filed, now));
        let sent = evidence.last(|what| {
            matches!(what, What::Mailed { kind, booking, .. } if kind == "confirmation" && is_of(booking.as_ref(), id))
        });
        match due {
            Some(Due::Not(NotDue::NotAsked)) => Self::ConfirmationNotAsked,
            Some(Due::Not(NotDue::Answered)) => match Self::held_back(evidence, owner) {
                Some(held_back) => held_back,
                None if confirmation.sent.contains(&record.owner) => Self::AlreadySent {
                    at: sent.map(|(at, _)| at),
                    delivered: sent.and_then(|(_, what)| evidence.delivered(what)),
                },
                None if !confirmation.sent.is_empty() => Self::SentToFormerAddress,
                None => Self::Rejected { at: sent.map_or(record.occurred_at, |(at, _)| at) },
            },
            Some(Due::Not(NotDue::NotActive)) => Self::NotActive,
            Some(Due::Not(NotDue::Over)) => Self::Over,
            Some(Due::Not(NotDue::Erased)) => Self::Erased { at: None },
            Some(Due::Not(NotDue::Suppressed(_)) | Due::Send) | None => {
                let asked =
                    evidence.last(|what| what.looks_for_confirmation(id)).map_or(record.occurred_at, |(at, _)| at);
                match Self::held_back(evidence, owner) {
                    Some(held_back) => held_back,
                    None => Self::not_mailed(evidence, owner, Some(id), asked, now),
                }
            }
        }
    }

    /// What holds every mail to a customer back.
    fn held_back(evidence: &Evidence, customer: &OfCustomer) -> Option<Self> {
        let suppression = &customer.record.suppression;
        match (suppression.suppressed(), &evidence.listed) {
            (Some(Suppressed::Complained), _) => Some(Self::Complained { at: suppression.complained_at }),
            (Some(Suppressed::Bounced), _) => Some(Self::Bounced { at: suppression.bounced_at }),
            (None, Some(Listed { reason, since })) => Some(Self::Listed { reason: reason.clone(), since: *since }),
            (None, None) => None,
        }
    }

    /// A link, or the confirmation of a booking, that was asked for at `asked` and is not in the table as mailed.
    fn not_mailed(
        evidence: &Evidence,
        customer: &OfCustomer,
        of: Option<&BookingId>,
        asked: Timestamp,
        now: Timestamp,
    ) -> Self {
        let since = |is_it: &dyn Fn(&What) -> bool| evidence.last(is_it).filter(|(at, _)| *at >= asked);
        let rejected = since(&|what| match (what, of) {
            (What::Rejected { kind, booking }, Some(id)) => kind == "confirmation" && is_of(booking.as_ref(), id),
            (What::Rejected { kind, .. }, None) => kind != "confirmation",
            _ => false,
        });
        let held_back = since(&|what| match (what, of) {
            (What::ConfirmationNotSent { booking, .. }, Some(id)) => is_of(booking.as_ref(), id),
            _ => false,
        });
        let dead = customer.dead.iter().find(|dead| !dead.is_event && dead.confirms.as_ref() == of);
        match (&evidence.account, rejected, dead) {
            (Some(Account { sends: false, .. }), _, _) => Self::SendingPaused,
            (Some(Account { in_sandbox: true, .. }), _, _) => Self::Sandbox,
            (_, Some((at, _)), _) => Self::Rejected { at },
            (_, None, Some(Dead { id, .. })) => Self::DeadLetter { dead_letter: id.clone() },
            (_, None, None) if let Some((at, What::ConfirmationNotSent { reason, .. })) = held_back => {
                Self::HeldBack { at, reason: reason.clone() }
            }
            (_, None, None) if now < asked + UNDER_WAY => Self::UnderWay { since: asked },
            (_, None, None) => Self::Lost { since: asked },
        }
    }

    fn of_link(evidence: &Evidence, sign_in: &SignIn, mailed_at: Timestamp, now: Timestamp) -> Self {
        let mail = evidence.mail_of(sign_in);
        let delivered = mail.and_then(|mail| evidence.delivered(mail));
        match (sign_in.dead_link(now), sign_in.used_at) {
            (_, Some(at)) => Self::Used { at },
            (Some(DeadLink::Used | DeadLink::Expired), None) => {
                Self::Expired { sent: mailed_at, at: sign_in.ended_at.unwrap_or(sign_in.valid_until), delivered }
            }
            (None, None) => match (delivered, mail.and_then(|mail| evidence.delayed(mail))) {
                (Some(at), _) => Self::Delivered { at, until: sign_in.valid_until },
                (None, Some(since)) => Self::Delayed { since },
                (None, None) => Self::Sent { at: mailed_at },
            },
        }
    }
}

/// When a sign-in was mailed. Of a confirmation's link the table does not say so: one that was used was.
fn mailed_at(sign_in: &SignIn) -> Option<Timestamp> {
    sign_in.mailed_at.or(sign_in.used_at.map(|_| sign_in.made_at))
}

fn is_link(what: &What) -> bool {
    matches!(what, What::Mailed { kind, .. } if kind != "confirmation")
}

fn is_of(booking: Option<&String>, id: &BookingId) -> bool {
    booking.is_some_and(|booking| booking == id.as_str())
}

#[cfg(test)]
mod tests;
