//! `portal events send`: events are checked, put on the stack's bus or posted to its webhook, and followed.

use std::{collections::BTreeMap, time::Duration};

use clap::Args;
use jiff::Timestamp;
use portal_domain::{
    booking::BookingId,
    events::{Event, Received},
};
use serde::Serialize;

use super::{
    check::{self, Files},
    files::{self, Given},
    findings::{Checked, Rules, examine},
    follow::{self, Fate, Watch},
    post::post,
    put::{IN_ORDER, put},
};
use crate::{
    commands::webhook_secret::Kept,
    global::Global,
    shell::quoted,
    stack::{self, Stack},
    terminal::{Failure, Mark, Outcome, Page, Report, confirmed, counted, word},
};

/// What it is told on the command line.
#[derive(Args)]
#[command(after_help = "Examples:\n  portal events send booking.json --wait\n  \
    portal events send booking.json --over-https --wait\n  \
    portal events send export.jsonl --yes --wait=600 --json | jq '.events[] | select(.outcome != \"applied\")'")]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Posts them to the stack's webhook, signed with its secret, as a booking system without a key of AWS does.
    #[arg(long)]
    over_https: bool,
    /// Waits until each event is applied, stale, contradicted, dropped or refused; for so many seconds without news at most.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "120")]
    wait: Option<u64>,
    /// Does not ask.
    #[arg(long)]
    yes: bool,
}

/// What was sent. `--json` prints these fields.
#[derive(Serialize)]
struct Sent {
    #[serde(flatten)]
    place: stack::Place,
    /// The name of the bus.
    bus: String,
    /// Where they were posted in its place; null where they went on the bus.
    webhook: Option<String>,
    /// How many events the bus or the webhook took.
    sent: usize,
    /// Each event, in the order of the files.
    events: Vec<Line>,
    /// What to do about those that came to nothing, each with its command.
    advice: Vec<String>,
}

/// An event that was to be sent.
#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    place: files::Position,
    detail_type: String,
    /// The sender's own id of it, where that may stand in a log.
    event_id: Option<String>,
    booking_id: Option<BookingId>,
    outcome: OutcomeOfEvent,
    /// More about it in words, such as the revision that stands.
    text: String,
}

/// What became of an event, as far as it was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum OutcomeOfEvent {
    /// `sent`: the bus or the webhook took it, and nobody waited; `not_taken`: it did not, however often it was asked to.
    OnTheBus(OnTheBus),
    /// What became of it.
    Known(Fate),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum OnTheBus {
    Sent,
    NotTaken,
}

/// What a command that sends came to.
#[derive(Serialize)]
#[serde(untagged)]
enum Told {
    /// Something would be refused: nothing was sent.
    Refused(check::Checked),
    Sent(Sent),
}

pub(super) async fn run(global: &Global, arguments: &Arguments) -> Outcome {
    Outcome::of(global, send(global, arguments).await)
}

async fn send(global: &Global, Arguments { files, over_https, wait, yes }: &Arguments) -> Result<Told, Failure> {
    let stack = Stack::find(global).await?;
    let bus = stack.output("Bus")?.to_owned();
    let kept = if *over_https { Some(Kept::read(&stack).await?) } else { None };
    let now = Timestamp::now();
    let (read, events) = files::read(&files.files, files.detail_type, now)?;
    let (events, findings) = examine(events, &Rules::of(&stack), now);
    let refused = events.iter().filter(|event| event.received.is_none()).count();
    if refused > 0 || events.is_empty() {
        anstream::eprintln!("Nothing was sent.");
        return Ok(Told::Refused(check::Checked::of(read, events.len(), refused, findings, false)));
    }
    for finding in &findings {
        let mut page = Page::default();
        page.line(format_args!("{}:{} {}", finding.place.file, finding.place.index, finding.text));
        anstream::eprint!("{}", page.aligned());
    }
    let words: Vec<String> = files.files.iter().map(|file| quoted(file)).collect();
    let over = if *over_https { " --over-https" } else { "" };
    let again = format!("events send {}{over}", words.join(" "));
    let webhook = kept.as_ref().map(|kept| kept.url.clone());
    anstream::eprintln!("{}: {}", webhook.clone().unwrap_or_else(|| format!("bus {bus}")), intended(&events));
    if !confirmed("Send them? (y/n) ", *yes)? {
        return Err(Failure::new(
            "nothing was sent",
            format!("Answer y, or: {}", stack.command(&format!("{again} --yes"))),
        ));
    }

    let watch = match wait {
        Some(seconds) => {
            let received: Vec<&Received> = events.iter().filter_map(|event| event.received.as_ref()).collect();
            Some((Watch::begin(&stack).await?.knowing(&received).await?, Duration::from_secs(*seconds)))
        }
        None => None,
    };
    let given: Vec<&Given> = events.iter().map(|event| &event.given).collect();
    let codes = match &kept {
        Some(kept) => post(kept, &given).await?,
        None => put(&stack, &bus, &given, IN_ORDER).await?,
    };
    let taken = events.iter().zip(&codes).filter(|(_, code)| code.is_none());
    let taken: Vec<&Received> = taken.filter_map(|(event, _)| event.received.as_ref()).collect();
    let sent = taken.len();
    let mut seen = match watch {
        Some((watch, patience)) => watch.follow(&taken, patience, follow::mention()).await?.into_iter(),
        None => Vec::new().into_iter(),
    };
    let lines = events.into_iter().zip(codes).map(|(event, code)| {
        let (outcome, text) = match code {
            Some(code) => (OutcomeOfEvent::OnTheBus(OnTheBus::NotTaken), code),
            None => match seen.next() {
                Some(seen) => (OutcomeOfEvent::Known(seen.fate), seen.words),
                None => (OutcomeOfEvent::OnTheBus(OnTheBus::Sent), String::new()),
            },
        };
        Line::of(event, outcome, text)
    });
    let lines: Vec<Line> = lines.collect();
    let advice = advice(&stack, &lines, &again);
    Ok(Told::Sent(Sent { place: stack.place.clone(), events: lines, sent, bus, webhook, advice }))
}

/// What to do about each kind of outcome that is none, in the order in which it helps.
fn advice(stack: &Stack, lines: &[Line], again: &str) -> Vec<String> {
    use OutcomeOfEvent::{Known, OnTheBus as Bus};
    let waiting = format!("{again} --wait");
    let dropped = "Of a customer who was erased, only what occurred since is taken: correct metadata.occurred_at if it is wrong, \
                   and send it again";
    let kinds = [
        (Bus(OnTheBus::NotTaken), "Send what the bus did not take again; what it took is not applied twice", &*waiting),
        (Known(Fate::Contradicted), "Raise booking.revision of what was contradicted, and send it again", &waiting),
        (Known(Fate::Dropped), dropped, &waiting),
        (Known(Fate::Refused), "See why among the dead letters", "dead-letters list --queue bookings"),
        (Known(Fate::Unseen), "See whether events still come", "doctor"),
    ];
    let met = kinds.into_iter().filter(|(outcome, ..)| lines.iter().any(|line| line.outcome == *outcome));
    met.map(|(_, what, command)| format!("{what}: {}", stack.command(command))).collect()
}

/// What sending events may cause, before anybody is asked: how many of which types, and what follows from them.
fn intended(events: &[Checked]) -> String {
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut confirmations, mut erasures) = (0, 0);
    for Checked { given, received } in events {
        *types.entry(given.text("detail-type")).or_default() += 1;
        match received.as_ref().map(|received| &received.event) {
            Some(Event::Booking(event)) => confirmations += usize::from(event.asks_for_confirmation),
            Some(Event::CustomerErased { .. }) => erasures += 1,
            None => {}
        }
    }
    let types: Vec<String> = types.into_iter().map(|(name, count)| format!("{count} {name}")).collect();
    let mut text = format!("{}, {}", counted(events.len(), "event"), types.join(", "));
    if confirmations > 0 {
        text += &format!("; up to {} may be mailed", counted(confirmations, "confirmation"));
    }
    if erasures > 0 {
        text += &format!("; everything of {} will be removed", counted(erasures, "customer"));
    }
    text
}

impl Line {
    fn of(event: Checked, outcome: OutcomeOfEvent, text: String) -> Self {
        let Checked { given, received } = event;
        let about = received.map(|received| received.about).unwrap_or_default();
        Self {
            detail_type: given.text("detail-type").to_owned(),
            place: given.place,
            event_id: about.event_id,
            booking_id: about.booking_id,
            outcome,
            text,
        }
    }

    fn mark(&self) -> Mark {
        match self.outcome {
            OutcomeOfEvent::OnTheBus(OnTheBus::Sent) | OutcomeOfEvent::Known(Fate::Applied) => Mark::Ok,
            OutcomeOfEvent::Known(Fate::Stale | Fate::Dropped) => Mark::Note,
            OutcomeOfEvent::OnTheBus(OnTheBus::NotTaken)
            | OutcomeOfEvent::Known(Fate::Contradicted | Fate::Refused | Fate::Unseen) => Mark::Failure,
        }
    }

    fn in_words(&self) -> String {
        let outcome = word(&self.outcome);
        if self.text.is_empty() { outcome } else { format!("{outcome}: {}", self.text) }
    }
}

impl Report for Told {
    fn show(&self, page: &mut Page) {
        let sent = match self {
            Self::Refused(checked) => return checked.show(page),
            Self::Sent(sent) => sent,
        };
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for line in &sent.events {
            *counts.entry(word(&line.outcome)).or_default() += 1;
            let booking = line.booking_id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
            page.check(
                line.mark(),
                format_args!("{}:{}", line.place.file, line.place.index),
                format_args!("{}{booking}: {}", line.detail_type, line.in_words()),
            );
        }
        let counts: Vec<String> = counts.into_iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
        let mark = if self.outcome() == Outcome::Fine { Mark::Ok } else { Mark::Failure };
        page.headline(Some(mark), format_args!("{}: {}", counted(sent.events.len(), "event"), counts.join(", ")));
        sent.advice.iter().for_each(|advice| page.advice(advice));
    }

    fn outcome(&self) -> Outcome {
        match self {
            Self::Refused(checked) => checked.outcome(),
            Self::Sent(sent) if sent.events.iter().all(|line| line.mark() != Mark::Failure) => Outcome::Fine,
            Self::Sent(_) => Outcome::FoundSomething,
        }
    }
}
