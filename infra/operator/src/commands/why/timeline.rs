//! What happened, one entry after the other: from the functions' logs, and from sign-ins in the table, which outlast them.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use portal_domain::{booking::BookingId, sign_in::SignIn};
use serde::Serialize;

use crate::logs::Line;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Entry {
    /// When.
    pub(crate) at: Timestamp,
    #[serde(flatten)]
    pub(crate) what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(crate) enum What {
    Asked,
    AskedAgain,
    Limited { minutes: i64 },
    LimitedNetwork { minutes: i64 },
    Mailed { kind: String, booking: Option<String>, mail_id: Option<String> },
    NotMailed { reason: String },
    Rejected { kind: String, booking: Option<String> },
    Delivered { mail_id: String },
    Delayed { mail_id: String, status: Option<String> },
    CameBack { mail_id: String, status: Option<String> },
    Bounced { mail_id: String, status: Option<String> },
    Harmful { mail_id: String },
    Complained { mail_id: String },
    Used,
    LinkRefused { because: String },
    SignedOut,
    ConfirmationNotSent { booking: Option<String>, reason: String },
    Applied { event: String, revision: i64 },
    Stale { event: String, revision: i64 },
    Contradicted { event: String, revision: i64 },
    Remarkable { event: String, warning: String },
    FileMissing { document: String },
    Refused { reason: String },
    DroppedAsErased,
    Erased,
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let status = |status: &Option<String>| status.as_ref().map(|status| format!(" ({status})")).unwrap_or_default();
        match self {
            Self::Asked => f.write_str("asked for a link"),
            Self::AskedAgain => f.write_str("asked again within a minute: no second mail"),
            Self::Limited { minutes } => write!(f, "asked too often: refused, the next link in {minutes} minutes"),
            Self::LimitedNetwork { minutes } => {
                write!(f, "asked from a network that asks too often: refused for {minutes} minutes")
            }
            Self::Mailed { kind, booking, .. } => {
                let kind = if kind == "confirmation" { "a confirmation" } else { "a link" };
                let booking = booking.as_ref().map(|booking| format!(", booking {booking}")).unwrap_or_default();
                write!(f, "{kind} was mailed{booking}")
            }
            Self::NotMailed { reason } => write!(f, "no mail: {reason}"),
            Self::Rejected { .. } => f.write_str("SES refused the mail for good"),
            Self::Delivered { .. } => f.write_str("delivered to the mailbox"),
            Self::Delayed { status: code, .. } => {
                write!(f, "the mailbox puts it off: SES goes on trying{}", status(code))
            }
            Self::CameBack { status: code, .. } => write!(f, "came back this time{}", status(code)),
            Self::Bounced { status: code, .. } => write!(f, "came back for good{}", status(code)),
            Self::Harmful { .. } => f.write_str("SES took the mail for harmful"),
            Self::Complained { .. } => f.write_str("reported as spam"),
            Self::Used => f.write_str("signed in"),
            Self::LinkRefused { because } => write!(f, "a link was opened that no longer worked ({because})"),
            Self::SignedOut => f.write_str("signed out"),
            Self::ConfirmationNotSent { reason, .. } => write!(f, "no confirmation: {reason}"),
            Self::Applied { event, revision } => write!(f, "{event} was applied, revision {revision}"),
            Self::Stale { event, revision } => write!(f, "{event} was stale, revision {revision}"),
            Self::Contradicted { event, revision } => {
                write!(f, "{event} says something else of revision {revision}: what came first stays")
            }
            Self::Remarkable { event, warning } => write!(f, "{event}: {warning}"),
            Self::FileMissing { document } => {
                write!(f, "the file of a document was not uploaded, or is empty: {document}")
            }
            Self::Refused { reason } => write!(f, "an event was refused: {reason}"),
            Self::DroppedAsErased => f.write_str("an event was dropped: its customer was erased"),
            Self::Erased => f.write_str("erased"),
        }
    }
}

impl What {
    /// What a line of the functions' logs tells; none where it is of no interest here.
    pub(crate) fn of(line: &Line) -> Option<Self> {
        let text = |name: &str| line.field(name).map(str::to_owned);
        let named = |name: &str| text(name).unwrap_or_default();
        let minutes = || line.number("minutes").unwrap_or_default();
        let (mail_id, status) = (|| named("mail_id"), || text("status"));
        let revision = || line.number("revision").unwrap_or_default();
        Some(match line.message.as_str() {
            "a link was asked for" => Self::Asked,
            "a link was asked for again within a minute: no second mail" => Self::AskedAgain,
            "no link: too many were asked for by or for this customer" => Self::Limited { minutes: minutes() },
            "no link: too many were asked for from this network" => Self::LimitedNetwork { minutes: minutes() },
            "a mail was sent" => {
                Self::Mailed { kind: named("kind"), booking: text("booking"), mail_id: text("mail_id") }
            }
            "no mail: it was refused for good" => Self::Rejected { kind: named("kind"), booking: text("booking") },
            "no mail: no bookings" => Self::NotMailed { reason: "no booking had the address".into() },
            "no mail: it was asked for too long ago" => {
                Self::NotMailed { reason: "it was asked for too long ago".into() }
            }
            "no mail: an earlier one came back or was reported as spam" => {
                Self::NotMailed { reason: "an earlier one came back or was reported as spam".into() }
            }
            "a mail was delivered" => Self::Delivered { mail_id: mail_id() },
            "a mail is delayed: SES goes on trying" => Self::Delayed { mail_id: mail_id(), status: status() },
            "a mail came back this time" => Self::CameBack { mail_id: mail_id(), status: status() },
            "a mail came back for good: no more mail until a booking event names the address again" => {
                Self::Bounced { mail_id: mail_id(), status: status() }
            }
            "a mail was not delivered: SES took it for harmful" => Self::Harmful { mail_id: mail_id() },
            "a mail was reported as spam: no more mail until the operator allows it" => {
                Self::Complained { mail_id: mail_id() }
            }
            "a link was redeemed" => Self::Used,
            "a link was refused" => Self::LinkRefused { because: named("dead").to_lowercase() },
            "signed out" | "signed out everywhere" => Self::SignedOut,
            "a confirmation is not sent" => {
                Self::ConfirmationNotSent { booking: text("booking"), reason: named("reason") }
            }
            "an event was applied" => Self::Applied { event: named("about"), revision: revision() },
            "an event was stale" => Self::Stale { event: named("about"), revision: revision() },
            "an event says something else of a revision that is known: what came first stays" => {
                Self::Contradicted { event: named("about"), revision: revision() }
            }
            "an event is applied, but somebody should look at it" => {
                Self::Remarkable { event: named("about"), warning: named("warning") }
            }
            "a document is named whose file was not uploaded, or is empty" => {
                Self::FileMissing { document: named("document") }
            }
            "an event was refused" => Self::Refused { reason: named("reason") },
            "an event was dropped: its customer was erased" => Self::DroppedAsErased,
            "a customer was erased" => Self::Erased,
            _ => return None,
        })
    }

    /// Whether it is an event of the booking after which its confirmation was asked for where it was due.
    pub(crate) fn looks_for_confirmation(&self, booking: &BookingId) -> bool {
        match self {
            Self::Applied { event, .. } | Self::Stale { event, .. } | Self::Contradicted { event, .. } => {
                event.split_once(", booking ").is_some_and(|(_, id)| id == booking.as_str())
            }
            _ => false,
        }
    }

    /// The mail that it is about.
    pub(crate) fn mail_id(&self) -> Option<&str> {
        match self {
            Self::Mailed { mail_id, .. } => mail_id.as_deref(),
            Self::Delivered { mail_id }
            | Self::Delayed { mail_id, .. }
            | Self::CameBack { mail_id, .. }
            | Self::Bounced { mail_id, .. }
            | Self::Harmful { mail_id }
            | Self::Complained { mail_id } => Some(mail_id),
            _ => None,
        }
    }
}

/// A log may be so much later than what it tells of.
const LATER: SignedDuration = SignedDuration::from_secs(60);

/// The table keeps the second in which a link was used, which is after it was mailed.
const WITHIN_A_SECOND: SignedDuration = SignedDuration::from_millis(999);

/// What the lines tell, and the table's sign-ins where no line tells of them, oldest first. What follows from something never
/// stands before it: functions and the table keep their own clocks, and the table whole seconds.
pub(crate) fn timeline(lines: &[Line], sign_ins: &[SignIn]) -> Vec<Entry> {
    let mut entries: Vec<Entry> =
        lines.iter().filter_map(|line| Some(Entry { at: line.at, what: What::of(line)? })).collect();
    let is_told = |entries: &[Entry], at: Timestamp, is_it: fn(&What) -> bool| {
        entries.iter().any(|entry| is_it(&entry.what) && is_near(entry.at, at))
    };
    for sign_in in sign_ins {
        if let Some(at) =
            sign_in.mailed_at.filter(|at| !is_told(&entries, *at, |what| matches!(what, What::Mailed { .. })))
        {
            let booking = sign_in.booking.as_ref().map(ToString::to_string);
            entries.push(Entry { at, what: What::Mailed { kind: "sign_in".into(), booking, mail_id: None } });
        }
        if let Some(at) = sign_in.used_at.filter(|at| !is_told(&entries, *at, |what| matches!(what, What::Used))) {
            entries.push(Entry { at, what: What::Used });
        }
    }
    let mails = entries.iter().filter(|entry| matches!(entry.what, What::Mailed { .. }));
    let mailed: HashMap<String, Timestamp> =
        mails.filter_map(|entry| Some((entry.what.mail_id()?.to_owned(), entry.at))).collect();
    entries.sort_by_cached_key(|Entry { at, what }| {
        let follows = !matches!(what, What::Mailed { .. });
        let cause = what.mail_id().filter(|_| follows).and_then(|id| mailed.get(id));
        let at = if matches!(what, What::Used) && at.subsec_nanosecond() == 0 { *at + WITHIN_A_SECOND } else { *at };
        (cause.map_or(at, |cause| at.max(*cause)), cause.is_some())
    });
    entries
}

/// Whether a log that was written at `logged` may be of what the table has at `at`, in whole seconds.
pub(crate) fn is_near(logged: Timestamp, at: Timestamp) -> bool {
    (at - SignedDuration::from_secs(2)..at + LATER).contains(&logged)
}

#[cfg(test)]
mod tests {
    use portal_domain::{
        customer::{CustomerId, EmailAddress},
        link::LinkToken,
    };

    use super::*;

    #[test]
    fn what_follows_from_a_mail_stands_behind_it_whatever_the_clocks_say() {
        let at = |milliseconds| Timestamp::from_millisecond(milliseconds).unwrap();
        let line =
            |milliseconds, fields: &str| Line::of(at(milliseconds), &format!(r#"{{"fields":{{{fields}}}}}"#)).unwrap();
        let lines = [
            line(5_000, r#""message":"a mail was delivered","mail_id":"m""#),
            line(5_400, r#""message":"a mail was sent","kind":"sign_in","mail_id":"m""#),
        ];
        let token = LinkToken::generate(CustomerId::from_bytes([1; 16])).unwrap();
        let used = SignIn::new(&token, &EmailAddress::parse("ana@example.com").unwrap(), "", at(5_000));
        let used = SignIn { used_at: Some(at(5_000)), ..used };
        let told: Vec<String> = timeline(&lines, &[used]).iter().map(|entry| entry.what.to_string()).collect();
        assert_eq!(told, ["a link was mailed", "delivered to the mailbox", "signed in"]);
    }

    /// Every source that logs what is told here.
    const SOURCES: [&str; 7] = [
        include_str!("../../../../../functions/mail_feedback/src/lib.rs"),
        include_str!("../../../../../functions/project_bookings/src/lib.rs"),
        include_str!("../../../../../functions/redeem_link/src/lib.rs"),
        include_str!("../../../../../functions/request_link/src/lib.rs"),
        include_str!("../../../../../functions/send_mail/src/lib.rs"),
        include_str!("../../../../../functions/sign_out/src/lib.rs"),
        include_str!("../../../../../shared/aws/src/link_requests.rs"),
    ];

    #[test]
    fn what_is_looked_for_in_the_logs_is_what_the_functions_write() {
        let here = include_str!("timeline.rs");
        let (_, arms) = here.split_once("match line.message.as_str() {").unwrap();
        let (arms, _) = arms.split_once("_ => return None").unwrap();
        // The texts in quotation marks before each arrow.
        let patterns = arms.lines().filter_map(|line| line.split_once(" => ")).map(|(pattern, _)| pattern);
        let messages: Vec<&str> = patterns.flat_map(|pattern| pattern.split('"').skip(1).step_by(2)).collect();
        assert!(messages.len() > 20, "{messages:?}");
        for message in messages {
            let is_written = |source: &&str| source.contains(&format!("\"{message}\""));
            assert!(SOURCES.iter().any(is_written), "no function writes {message:?}");
        }
    }
}
