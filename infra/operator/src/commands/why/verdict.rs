//! What to answer first: why there is no mail, or what became of it.

use jiff::{SignedDuration, Timestamp};
use portal_aws::store::BookingRecord;
use portal_domain::{
    booking::BookingId,
    confirmation::{Due, NotDue},
    sign_in::{DeadLink, SignIn},
    suppression::Suppressed,
};
use serde::Serialize;

use super::evidence::{Account, Dead, Evidence, Listed, OfBooking, OfCustomer};
use super::timeline::What;
use crate::{commands::booking::typed, terminal::when};

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
            (Some(asked), mail) if mail.is_none_or(|(sign_in, _)| sign_in.made_at < second(asked)) => {
                match evidence.last(is_link).filter(|(at, _)| *at >= second(asked)) {
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

    /// What to do, and by which command; nothing where there is nothing to do.
    pub(crate) fn advice(&self, command: impl Fn(&str) -> String) -> Option<String> {
        Some(match self {
            Self::NoSuchBooking => {
                "Look up the id in the booking system, and have it send the booking again: see infra/events/README.md"
                    .into()
            }
            Self::Gone { .. } => {
                "Where a customer or a test was removed, leave it so. After a restore, or if nobody knows why, look whether \
                 events were lost, and only then have the booking system send the booking again: "
                    .to_owned()
                    + &command("doctor")
            }
            Self::NoBooking => "Compare the address with the booking's: ".to_owned() + &command("booking ID"),
            Self::Erased { .. } => "A booking made since is shown once the booking system sends it.".into(),
            Self::MovedAway { bookings } => {
                let first = bookings.first().map_or("ID", BookingId::as_str);
                "Ask for the address it has now, or see it: ".to_owned() + &command(&format!("booking {}", typed(first)))
            }
            Self::EventRefused { dead_letter } | Self::DeadLetter { dead_letter } => {
                command(&format!("dead-letters show {dead_letter}"))
            }
            Self::Complained { .. } => "If the customer asks for mail again: ".to_owned() + &command("allow-mail"),
            Self::Bounced { .. } => {
                "Have the booking system correct the address, or make sure that it is right, and send the booking again with \
                 a higher revision: that event ends the bounce, and nothing else does. By hand: "
                    .to_owned()
                    + &command("events send booking.json --wait")
            }
            Self::Listed { .. } => "Take the address off that list: ".to_owned() + &command("allow-mail"),
            Self::HeldBack { .. } => {
                "Have the booking system send the booking again: that asks for the confirmation once more. By hand: ".to_owned()
                    + &command("events send booking.json --wait")
            }
            Self::SendingPaused => {
                "aws sesv2 put-account-sending-attributes --sending-enabled, if it was you; \
                 else see the mail from AWS. What waits goes out by itself within an hour; after that: "
                    .to_owned()
                    + &command("dead-letters redrive --all")
            }
            Self::Sandbox => {
                "Leave the sandbox: infra/operating/README.md, \"The sender's domain\". After that: ".to_owned()
                    + &command("dead-letters redrive --all")
            }
            Self::Rejected { .. } | Self::Lost { .. } => {
                "Look for what stands in the way: ".to_owned() + &command("doctor")
            }
            Self::Limited { until, .. } => format!("Ask again after {}. No command lifts the limit.", when(*until)),
            Self::Delayed { .. } => "SES goes on trying. If it lasts: ".to_owned() + &command("doctor"),
            Self::Sent { .. } | Self::Delivered { .. } => {
                "Have the customer look in the spam folder, and mark the mail as no spam.".into()
            }
            Self::Forgotten { .. } => "Have the customer ask for another link.".into(),
            Self::Expired { .. } => "Have the customer ask for another link; the old one offers it, too.".into(),
            Self::ConfirmationNotAsked => {
                "Have the booking system send booking.confirmed with notify true: infra/events/README.md".into()
            }
            Self::SentToFormerAddress => {
                "Have the booking system send booking.confirmed with notify true again, for the new address.".into()
            }
            Self::UnderWay { .. }
            | Self::Used { .. }
            | Self::NotAsked
            | Self::AlreadySent { .. }
            | Self::Over
            | Self::NotActive => return None,
        })
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

/// The second that a moment is in.
fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let on = |at: &Option<Timestamp>| at.map(|at| format!(" on {}", when(at))).unwrap_or_default();
        match self {
            Self::NoSuchBooking => f.write_str("The portal knows no such booking."),
            Self::Gone { applied } => write!(
                f,
                "Its event was applied on {}, and the booking is not there now: its customer was erased, test bookings were \
                 cleaned, or the table was restored.",
                when(*applied)
            ),
            Self::Forgotten { sent, delivered: None } => {
                write!(f, "A link was mailed on {}; the table knows it no longer, so it has ended.", when(*sent))
            }
            Self::Forgotten { delivered: Some(at), .. } => {
                write!(f, "A link was delivered on {}; the table knows it no longer, so it has ended.", when(*at))
            }
            Self::HeldBack { at, reason } => write!(f, "The confirmation was not sent on {}: {reason}.", when(*at)),
            Self::NoBooking => f.write_str("No booking has this address: nothing is mailed to it."),
            Self::Erased { at } => write!(f, "Erased{}: nothing older is known.", on(at)),
            Self::MovedAway { bookings } => {
                let bookings: Vec<_> = bookings.iter().map(BookingId::as_str).collect();
                write!(f, "Moved to another address: {}.", bookings.join(", "))
            }
            Self::EventRefused { .. } => f.write_str("The booking's event was refused: it breaks the contract."),
            Self::Complained { at } => write!(f, "Reported a mail as spam{}: nothing more is mailed.", on(at)),
            Self::Bounced { at } => write!(f, "A mail came back for good{}: nothing more is mailed.", on(at)),
            Self::Listed { reason, since } => {
                write!(f, "On the account's suppression list in SES{} ({reason}).", on(since))
            }
            Self::SendingPaused => f.write_str("SES does not send for this account: mails wait."),
            Self::Sandbox => f.write_str("The account is in SES's sandbox: only verified addresses get mail."),
            Self::DeadLetter { .. } => {
                f.write_str("The mail was given up after an hour: it lies among the dead letters.")
            }
            Self::Rejected { at } => write!(f, "SES refused the mail for good on {}.", when(*at)),
            Self::Limited { at, until } => {
                write!(f, "Too many links were asked for, last on {}: the next one after {}.", when(*at), when(*until))
            }
            Self::UnderWay { since } => write!(f, "Asked for on {}: on its way.", when(*since)),
            Self::Lost { since } => write!(f, "Asked for on {}, and nothing came of it.", when(*since)),
            Self::Delayed { since } => write!(f, "The mailbox puts the mail off since {}.", when(*since)),
            Self::Sent { at } => {
                write!(f, "SES took the mail on {}; the mailbox has not said that it has it.", when(*at))
            }
            Self::Delivered { at, until } => {
                write!(f, "Delivered on {}; the link works until {}.", when(*at), when(*until))
            }
            Self::Expired { sent, at, delivered: None } => {
                write!(f, "Mailed on {}, not used: the link ended on {}.", when(*sent), when(*at))
            }
            Self::Expired { at, delivered: Some(delivered), .. } => {
                write!(f, "Delivered on {}, not used: the link ended on {}.", when(*delivered), when(*at))
            }
            Self::Used { at } => write!(f, "Signed in on {} with the newest link.", when(*at)),
            Self::NotAsked => f.write_str("Has bookings, and asked for no link lately."),
            Self::ConfirmationNotAsked => f.write_str("No event asked for a confirmation (notify true)."),
            Self::AlreadySent { at, delivered: Some(delivered) } => {
                write!(f, "The confirmation was sent{}, and delivered on {}.", on(at), when(*delivered))
            }
            Self::AlreadySent { at, delivered: None } => write!(f, "The confirmation was sent{}.", on(at)),
            Self::SentToFormerAddress => {
                f.write_str("The confirmation went to the address that the booking had before.")
            }
            Self::Over => f.write_str("The rental has ended: no confirmation goes out any more."),
            Self::NotActive => f.write_str("The booking is cancelled or history: no confirmation goes out."),
        }
    }
}

#[cfg(test)]
mod tests {
    use portal_aws::store::CustomerRecord;
    use portal_domain::{
        booking::Booking,
        change::Change,
        customer::{CustomerId, EmailAddress},
        dashboard::{BookingRow, Rows},
        link::LinkToken,
        progress::Progress,
        suppression::Suppression,
    };

    use super::*;
    use crate::commands::why::timeline::Entry;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    /// A customer with a booking, whose links were mailed at these minutes.
    fn customer(mailed: &[i64], dead: Vec<Dead>) -> OfCustomer {
        let id = CustomerId::from_bytes([1; 16]);
        let sample = include_str!("../../../../events/samples/booking.confirmed.json");
        let mut sample: serde_json::Value = serde_json::from_str(sample).unwrap();
        let booking: Booking = serde_json::from_value(sample["Detail"]["booking"].take()).unwrap();
        let row = BookingRow::new(&booking, None::<Change>, Progress::default());
        let address = EmailAddress::parse("ana@example.com").unwrap();
        let sign_in = |minutes: &i64| {
            let sign_in = SignIn::new(&LinkToken::generate(id).unwrap(), &address, "", at(*minutes));
            SignIn { mailed_at: Some(at(*minutes)), ..sign_in }
        };
        let record = CustomerRecord {
            bookings: Rows { active: vec![row], past: vec![], unreadable: vec![], more: None },
            moved_away: vec![],
            sign_ins: mailed.iter().rev().map(sign_in).collect(),
            suppression: Suppression::default(),
            erased_at: None,
            requests: None,
        };
        OfCustomer { record, dead, confirmations: vec![] }
    }

    fn mailed(mail_id: &str) -> What {
        What::Mailed { kind: "sign_in".into(), booking: None, mail_id: Some(mail_id.into()) }
    }

    #[test]
    fn the_newest_request_decides_and_what_is_known_of_its_mail() {
        let dead = |is_event| vec![Dead { id: "1234".into(), is_event, confirms: None }];
        let asked = |minutes| (minutes, What::Asked);
        let delayed = What::Delayed { mail_id: "m".into(), status: None };
        let delivered = What::Delivered { mail_id: "m".into() };
        for (what, now, entries, mails, dead, expected) in [
            ("asked a minute ago", 1, vec![asked(0)], &[][..], vec![], Verdict::UnderWay { since: at(0) }),
            ("asked an hour ago", 60, vec![asked(0)], &[], vec![], Verdict::Lost { since: at(0) }),
            ("given up", 90, vec![asked(0)], &[], dead(false), Verdict::DeadLetter { dead_letter: "1234".into() }),
            (
                "refused for good",
                9,
                vec![asked(0), (1, What::Rejected { kind: "sign_in".into(), booking: None })],
                &[],
                vec![],
                Verdict::Rejected { at: at(1) },
            ),
            ("sent", 9, vec![asked(0), (0, mailed("m"))], &[0], vec![], Verdict::Sent { at: at(0) }),
            (
                "put off by the mailbox",
                9,
                vec![asked(0), (0, mailed("m")), (5, delayed.clone())],
                &[0],
                vec![],
                Verdict::Delayed { since: at(5) },
            ),
            (
                "put off, and taken then",
                9,
                vec![asked(0), (0, mailed("m")), (5, delayed), (8, delivered)],
                &[0],
                vec![],
                Verdict::Delivered { at: at(8), until: at(60) },
            ),
            (
                "never heard of again",
                61,
                vec![asked(0), (0, mailed("m"))],
                &[0],
                vec![],
                Verdict::Expired { sent: at(0), at: at(60), delivered: None },
            ),
            (
                "mailed by the log, and not in the table",
                9,
                vec![asked(0), (1, mailed("m")), (2, What::Delivered { mail_id: "m".into() })],
                &[],
                vec![],
                Verdict::Forgotten { sent: at(1), delivered: Some(at(2)) },
            ),
            (
                "used by the log, and not in the table",
                9,
                vec![asked(0), (1, mailed("m")), (3, What::Used)],
                &[],
                vec![],
                Verdict::Used { at: at(3) },
            ),
            ("asked anew", 70, vec![(0, mailed("m")), asked(69)], &[0], vec![], Verdict::UnderWay { since: at(69) }),
            (
                "limited, while a link works",
                9,
                vec![(5, What::Limited { minutes: 20 })],
                &[0],
                vec![],
                Verdict::Sent { at: at(0) },
            ),
            (
                "limited, with dead links",
                70,
                vec![(65, What::Limited { minutes: 20 })],
                &[0],
                vec![],
                Verdict::Limited { at: at(65), until: at(85) },
            ),
            ("never asked", 9, vec![], &[], vec![], Verdict::NotAsked),
        ] {
            let timeline = entries.into_iter().map(|(minutes, what)| Entry { at: at(minutes), what }).collect();
            let evidence = Evidence { timeline, ..Evidence::default() };
            assert_eq!(Verdict::on_customer(&evidence, &customer(mails, dead), at(now)), (None, expected), "{what}");
        }
    }

    #[test]
    fn a_refused_event_explains_a_customer_without_bookings() {
        let mut nobody = customer(&[], vec![Dead { id: "1234".into(), is_event: true, confirms: None }]);
        nobody.record.bookings.active.clear();
        let (_, verdict) = Verdict::on_customer(&Evidence::default(), &nobody, at(0));
        assert_eq!(verdict, Verdict::EventRefused { dead_letter: "1234".into() });
        assert_eq!(verdict.advice(|rest| format!("portal {rest}")).unwrap(), "portal dead-letters show 1234");
    }
}
