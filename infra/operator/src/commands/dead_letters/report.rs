//! What `portal dead-letters` tells.

use jiff::Timestamp;
use portal_domain::suppression::Suppressed;
use serde::Serialize;
use serde_json::Value;

use super::{
    desk::Judged,
    queues::{Queue, Unseen, short},
    verdict::Fate,
};
use crate::{
    stack::Stack,
    terminal::{Outcome, Page, Report, counted, when},
};

/// Where a dead letter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To the queue it failed in.
    Back,
    /// Nowhere.
    Out,
}

/// One dead letter.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// Among whose dead letters it lies.
    queue: Queue,
    /// SQS's id of the message.
    id: String,
    /// When it was sent.
    since: Timestamp,
    /// How often it was received, this look included.
    receives: u32,
    /// An event's detail-type, the kind of mail, or what SES tells of one; none where that cannot be read.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// The sender's id of an event, SES's id of a mail.
    event: Option<String>,
    /// The booking it is about.
    booking: Option<String>,
    /// The customer's id, as logs name it: of an erasure, of a link that was asked for, of what SES tells.
    customer: Option<String>,
    /// All faults that the portal found in an event when it refused it; none where something else failed.
    reasons: Option<String>,
    /// Whether its function would carry it out now, take it and do nothing, or refuse it.
    fate: Fate,
    /// The same in words.
    verdict: String,
}

impl Row {
    pub(super) fn of(Judged { letter, content, verdict }: &Judged) -> Self {
        Self {
            queue: letter.queue,
            id: letter.id.clone(),
            since: letter.since,
            receives: letter.receives,
            kind: content.kind(),
            event: content.event(),
            booking: content.booking().map(|booking| booking.to_string()),
            customer: verdict.customer.map(|customer| customer.to_string()),
            reasons: letter.reason().map(ToOwned::to_owned),
            fate: verdict.fate,
            verdict: verdict.words.clone(),
        }
    }

    /// The same where it was meant, and was not met when its turn came.
    pub(super) fn not_met(self) -> Self {
        Self { verdict: "not met again: somebody else looks at it, or has taken it".to_owned(), ..self }
    }

    /// The beginning of the id, enough to name it.
    pub(super) fn short_id(&self) -> &str {
        short(&self.id)
    }

    fn show(&self, page: &mut Page) {
        let kind = self.kind.as_deref().unwrap_or("?");
        let about = self.booking.as_deref().or(self.customer.as_deref()).unwrap_or("-");
        let verdict = shortened(&self.verdict);
        page.row(&[&self.queue.name(), &self.short_id(), &when(self.since), &kind, &about, &verdict]);
    }
}

/// The first characters of a verdict, which may name fifty faults; `show` has all of it.
fn shortened(verdict: &str) -> String {
    const MOST: usize = 80;
    match verdict.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &verdict[..end]),
        None => verdict.to_owned(),
    }
}

/// Rows below each other.
fn show_rows(rows: &[Row], page: &mut Page) {
    page.row(&[&"queue", &"id", &"since", &"type", &"about", &"now"]);
    rows.iter().for_each(|row| row.show(page));
}

/// Rows for standard error, before a question.
pub(super) fn rows_as_text(rows: &[Row]) -> String {
    let mut page = Page::default();
    show_rows(rows, &mut page);
    page.aligned()
}

/// What `list` tells.
#[derive(Serialize)]
pub(super) struct List {
    letters: Vec<Row>,
    /// How many were not seen: somebody else looks at them, or there are more than 1,000 of a queue.
    unseen: Unseen,
    /// Commands that mend something.
    advice: Vec<String>,
}

impl List {
    pub(super) fn of(stack: &Stack, letters: Vec<Row>, unseen: Unseen) -> Self {
        let has = |fate| letters.iter().any(|row| row.fate == fate);
        let advice = [
            (Fate::Taken, "Those that would be taken or sent", "dead-letters redrive --all"),
            (Fate::NoEffect, "Those of which nothing would come", "dead-letters drop --all --superseded"),
        ];
        let advice = advice.into_iter().filter(|(fate, ..)| has(*fate));
        let mut advice: Vec<String> =
            advice.map(|(_, what, command)| format!("{what}: {}", stack.command(command))).collect();
        if let Some(refused) = letters.iter().find(|row| row.fate == Fate::Refused) {
            let command = stack.command(&format!("dead-letters show {}", refused.short_id()));
            advice.push(format!("Those that would be refused, one by one: {command}"));
        }
        Self { letters, unseen, advice }
    }
}

impl Report for List {
    fn show(&self, page: &mut Page) {
        match (self.letters.len(), self.unseen) {
            (0, Unseen(0)) => page.headline(None, "There are no dead letters."),
            (0, Unseen(_)) => page.headline(None, "No dead letter can be seen."),
            (letters, _) => {
                page.headline(None, counted(letters, "dead letter"));
                show_rows(&self.letters, page);
            }
        }
        self.unseen.words().iter().for_each(|words| page.line(words));
        self.advice.iter().for_each(|advice| page.advice(advice));
    }

    fn outcome(&self) -> Outcome {
        if self.letters.is_empty() && self.unseen == Unseen(0) { Outcome::Fine } else { Outcome::FoundSomething }
    }
}

/// What `show` tells.
#[derive(Serialize)]
pub(super) struct Shown {
    #[serde(flatten)]
    row: Row,
    /// The message, masked unless addresses may be shown.
    message: Value,
    /// What to do with it.
    advice: String,
}

impl Shown {
    pub(super) fn of(stack: &Stack, judged: &Judged, show_addresses: bool) -> Self {
        let row = Row::of(judged);
        let command = |what: &str| stack.command(&format!("dead-letters {what} {}", row.short_id()));
        let advice = match row.fate {
            Fate::Taken => format!("Send it back: {}", command("redrive")),
            Fate::NoEffect => format!("Nothing would come of it: {}", command("drop")),
            Fate::Refused if row.queue == Queue::Bookings => {
                format!("Have it corrected and sent again by the booking system, then: {}", command("drop"))
            }
            Fate::Refused if judged.verdict.held_back == Some(Suppressed::Complained) => {
                format!("Once the customer has asked for mail again: {}", stack.command("allow-mail"))
            }
            Fate::Refused if judged.verdict.held_back == Some(Suppressed::Bounced) => format!(
                "The bounce ends when the booking system sends the booking again, with the right address and a higher revision; \
                 then: {}",
                command("redrive")
            ),
            Fate::Refused => format!("No function can read it: {}", command("drop")),
        };
        Self { message: judged.content.shown(&judged.letter, show_addresses), row, advice }
    }
}

impl Report for Shown {
    fn show(&self, page: &mut Page) {
        let row = &self.row;
        page.headline(None, &row.verdict);
        page.row(&[&"queue", &row.queue.name()]);
        page.row(&[&"id", &row.id]);
        page.row(&[&"since", &when(row.since)]);
        page.row(&[&"received", &row.receives]);
        let parts = [
            ("type", &row.kind),
            ("event", &row.event),
            ("booking", &row.booking),
            ("customer", &row.customer),
            ("refused for", &row.reasons),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                page.row(&[&name, value]);
            }
        }
        page.heading("message");
        page.block(&serde_json::to_string_pretty(&self.message).unwrap_or_default());
        page.advice(&self.advice);
    }
}

/// What `redrive` and `drop` tell.
#[derive(Serialize)]
pub(super) struct Moved {
    /// Those that went back to their queue, or were deleted.
    pub(super) moved: Vec<Row>,
    /// Those that were meant and stay, and why.
    pub(super) left: Vec<Row>,
    /// How many were not seen: somebody else looks at them, or there are more than 1,000 of a queue.
    unseen: Unseen,
    #[serde(skip)]
    way: Way,
    #[serde(skip)]
    drop_superseded: String,
    #[serde(skip)]
    list: String,
}

impl Moved {
    pub(super) fn of(stack: &Stack, way: Way, left: Vec<Row>, unseen: Unseen) -> Self {
        let drop_superseded = stack.command("dead-letters drop --all --superseded");
        Self { moved: Vec::new(), left, unseen, way, drop_superseded, list: stack.command("dead-letters list") }
    }
}

impl Report for Moved {
    fn show(&self, page: &mut Page) {
        let done = if self.way == Way::Back { "sent back" } else { "deleted" };
        page.headline(None, format_args!("{} {done}", counted(self.moved.len(), "dead letter")));
        if !self.moved.is_empty() {
            show_rows(&self.moved, page);
        }
        if !self.left.is_empty() {
            page.heading(format_args!("{} left", counted(self.left.len(), "dead letter")));
            show_rows(&self.left, page);
        }
        self.unseen.words().iter().for_each(|words| page.line(words));
        if self.left.iter().any(|row| row.fate == Fate::NoEffect) {
            page.advice(format_args!("Those of which nothing would come: {}", self.drop_superseded));
        }
        if self.left.iter().any(|row| row.fate != Fate::NoEffect) {
            page.advice(format_args!("The others: {}", self.list));
        }
    }

    fn outcome(&self) -> Outcome {
        if self.left.is_empty() && self.unseen == Unseen(0) { Outcome::Fine } else { Outcome::FoundSomething }
    }
}
