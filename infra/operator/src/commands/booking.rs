//! `portal booking`: what the portal knows of a booking.

mod against;
mod changed;
mod difference;
mod remarks;

use clap::Args;
use jiff::Timestamp;
use portal_aws::{documents::Documents, store::BookingRecord};
use portal_domain::{
    booking::{Booking, BookingId, BookingStatus, Document, NotAnId},
    change::Change,
    confirmation::{Due, NotDue},
    stage::{Stage, stage},
};
use serde::Serialize;

use changed::parts;
use remarks::{Remark, Remarks};

use crate::{
    commands::events::check::parse_detail_type,
    global::Global,
    stack::{Place, Stack},
    terminal::{Failure, Mark, Outcome, Page, Report, when, word},
};

/// What it is told on the command line.
#[derive(Args)]
#[command(after_help = "Examples:\n  portal booking bkg_1042\n  portal booking bkg_1042 --json | jq .documents\n  \
    portal booking bkg_1042 --against event.json")]
pub(crate) struct Arguments {
    /// The booking system's id of it.
    #[arg(value_parser = parse_booking_id)]
    id: BookingId,
    /// Says what the event of this file would do to the booking, and changes nothing; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    against: Option<String>,
    /// The detail-type of a detail that stands alone.
    #[arg(long = "type", value_name = "TYPE", requires = "against", value_parser = parse_detail_type)]
    detail_type: Option<&'static str>,
}

/// Reads a booking's id from the command line.
pub(crate) fn parse_booking_id(text: &str) -> Result<BookingId, NotAnId> {
    BookingId::parse(text).ok_or(NotAnId)
}

/// The command that says why a booking has no confirmation, or is not there.
pub(crate) fn why(stack: &Stack, id: &BookingId) -> String {
    let separator = if id.as_str().starts_with('-') { '=' } else { ' ' };
    stack.command(&format!("why --booking{separator}{id}"))
}

/// What is known of a booking; a failure where that is nothing.
pub(crate) async fn record_of(stack: &Stack, id: &BookingId) -> Result<BookingRecord, Failure> {
    stack.store()?.booking_record(id).await?.ok_or_else(|| {
        Failure::new(format!("the portal knows no booking {id}"), format!("{} says why", why(stack, id)))
    })
}

/// What is known. `--json` prints these fields.
#[derive(Serialize)]
struct Known {
    #[serde(flatten)]
    place: Place,
    booking_id: BookingId,
    /// What people call it.
    reference: String,
    /// The newest revision that is known, and when it occurred.
    revision: u64,
    occurred_at: Timestamp,
    /// The customer's id, as logs name it.
    customer: String,
    /// What stands in it; none where this release cannot read it.
    details: Option<Details>,
    confirmation: Confirmation,
    documents: Vec<Presence>,
    /// What somebody should look at: of what stands, and of what the log says of the events that made it so.
    warnings: Vec<Remark>,
    /// What could not be looked at, and why.
    not_checked: Vec<String>,
}

/// What stands in a booking.
#[derive(Serialize)]
struct Details {
    /// The address, masked unless it may be shown.
    address: String,
    status: BookingStatus,
    /// Where it stands, as its customer sees it.
    stage: Stage,
    starts_at: Timestamp,
    ends_at: Timestamp,
    /// The same in the booking's own zone.
    local_times: String,
    carts: Vec<String>,
    /// What was changed lately, with what stood before.
    changed: Option<Change>,
}

/// What became of its confirmation mail.
#[derive(Serialize)]
struct Confirmation {
    /// For how many customers an event asked for it.
    asked: usize,
    /// How many of these requests are answered.
    answered: usize,
    /// Whether the booking's customer was sent one.
    was_sent: bool,
    /// Why none is sent now; none where it is about to be.
    not_due: Option<String>,
}

/// Whether a document's file is there.
#[derive(Serialize)]
struct Presence {
    document_id: String,
    kind: &'static str,
    title: String,
    key: String,
    /// How many bytes the event promised.
    promised_bytes: u64,
    /// How many bytes are there; none where there is no file.
    bytes: Option<u64>,
}

pub(crate) async fn run(global: &Global, Arguments { id, against, detail_type }: Arguments) -> Outcome {
    match against {
        Some(file) => Outcome::of(global, against::look(global, id, &file, detail_type).await),
        None => Outcome::of(global, look(global, id).await),
    }
}

async fn look(global: &Global, id: BookingId) -> Result<Known, Failure> {
    let stack = Stack::find(global).await?;
    let record = record_of(&stack, &id).await?;
    let documents = record.filed.iter().flat_map(|filed| &filed.booking.documents);
    let documents = Presence::of_all(&stack.documents()?, documents).await?;
    let now = Timestamp::now();
    let Remarks { warnings, not_checked } = Remarks::of(&stack, &id, &record).await;
    Ok(Known {
        place: stack.place.clone(),
        reference: record.reference.to_string(),
        revision: record.revision,
        occurred_at: record.occurred_at,
        customer: record.owner.to_string(),
        details: record.filed.as_ref().map(|filed| Details::of(global, &filed.booking, filed.change.clone(), now)),
        confirmation: Confirmation::of(&record, now),
        documents,
        warnings,
        not_checked,
        booking_id: id,
    })
}

impl Details {
    fn of(global: &Global, booking: &Booking, changed: Option<Change>, now: Timestamp) -> Self {
        let local = |at: Timestamp| booking.time_zone.at(at).strftime("%a %Y-%m-%d %H:%M").to_string();
        Self {
            address: global.shown(&booking.customer.email),
            status: booking.status,
            stage: stage(booking, now).stage,
            starts_at: booking.starts_at,
            ends_at: booking.ends_at,
            local_times: format!(
                "{} to {} {}",
                local(booking.starts_at),
                local(booking.ends_at),
                booking.time_zone.name()
            ),
            carts: booking.carts.iter().map(|cart| cart.name.to_string()).collect(),
            changed,
        }
    }
}

impl Confirmation {
    fn of(record: &BookingRecord, now: Timestamp) -> Self {
        let BookingRecord { confirmation, owner, filed, .. } = record;
        let not_due = filed.as_ref().and_then(|filed| match confirmation.due(filed, now) {
            Due::Send => None,
            Due::Not(why) => Some(why),
        });
        Self {
            asked: confirmation.asked.len(),
            answered: confirmation.answered.len(),
            was_sent: confirmation.sent.contains(owner),
            not_due: not_due.as_ref().map(NotDue::to_string),
        }
    }
}

impl Presence {
    async fn of_all(bucket: &Documents, documents: impl Iterator<Item = &Document>) -> Result<Vec<Self>, Failure> {
        let mut found = Vec::new();
        for document in documents {
            found.push(Self {
                document_id: document.document_id.to_string(),
                kind: document.kind.as_str(),
                title: document.title.to_string(),
                key: document.file.key.clone(),
                promised_bytes: document.file.size_bytes,
                bytes: bucket.size(&document.file).await?,
            });
        }
        Ok(found)
    }

    fn judged(&self) -> (Mark, String) {
        match self.bytes {
            None => (Mark::Failure, "the file was not uploaded".to_owned()),
            Some(0) => (Mark::Failure, "the file is empty".to_owned()),
            Some(bytes) if bytes == self.promised_bytes => (Mark::Ok, format!("{bytes} bytes")),
            Some(bytes) => (Mark::Warning, format!("{bytes} bytes, where the event says {}", self.promised_bytes)),
        }
    }
}

impl Report for Known {
    fn show(&self, page: &mut Page) {
        let mark = match (&self.details, &self.warnings[..]) {
            (None, _) => Mark::Failure,
            (Some(_), []) => Mark::Ok,
            (Some(_), _) => Mark::Warning,
        };
        let state =
            self.details.as_ref().map_or("cannot be read by this release".to_owned(), |details| word(&details.status));
        page.headline(Some(mark), format_args!("{} ({}): {state}", self.reference, self.booking_id));
        if self.details.is_none() {
            page.advice("Have the booking system send it again: a newer revision replaces it.");
        }
        page.row(&[&"revision", &format_args!("{}, occurred on {}", self.revision, when(self.occurred_at))]);
        page.row(&[&"customer", &self.customer]);
        if let Some(details) = &self.details {
            page.row(&[&"address", &details.address]);
            page.row(&[&"customer sees", &word(&details.stage)]);
            page.row(&[&"dates", &details.local_times]);
            page.row(&[&"carts", &details.carts.join(", ")]);
            if let Some(change) = &details.changed {
                page.row(&[&"changed", &format_args!("{} on {}", parts(change).join(", "), when(change.at))]);
            }
        }
        let Confirmation { asked, answered, was_sent, not_due } = &self.confirmation;
        let next = not_due.as_deref().unwrap_or("about to be sent");
        let sent = if *was_sent { "sent" } else { "not sent" };
        page.row(&[&"confirmation", &format_args!("{sent} (asked {asked}, answered {answered}): {next}")]);
        if !self.documents.is_empty() {
            page.heading("Documents");
        }
        for document in &self.documents {
            let (mark, found) = document.judged();
            page.check(
                mark,
                format_args!("{} {}", document.kind, document.document_id),
                format_args!("{found}: {}", document.key),
            );
        }
        if !self.warnings.is_empty() {
            page.heading("Warnings");
        }
        for Remark { at, text } in &self.warnings {
            page.check(Mark::Warning, at.map_or("as it stands".to_owned(), when), text);
        }
        for not_checked in &self.not_checked {
            page.heading("Not checked");
            page.block(not_checked);
        }
    }

    fn outcome(&self) -> Outcome {
        let is_fine = self.details.is_some()
            && self.warnings.is_empty()
            && self.documents.iter().all(|document| document.judged().0 == Mark::Ok);
        if is_fine { Outcome::Fine } else { Outcome::FoundSomething }
    }
}
