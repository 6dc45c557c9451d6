//! What a verdict says, and what to do about it.

use jiff::Timestamp;
use portal_domain::booking::BookingId;

use super::verdict::Verdict;
use crate::{shell::typed, terminal::when};

impl Verdict {
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
