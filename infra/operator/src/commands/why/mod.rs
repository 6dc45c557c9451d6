//! `portal why`: why a customer got no mail, or what became of it.

mod evidence;
pub(in crate::commands) mod timeline;
mod verdict;
mod words;

pub(super) use evidence::listed;

use clap::Args;
use jiff::Timestamp;
use portal_aws::store::{BookingRecord, CustomerRecord, Store};
use portal_domain::{
    booking::{Booking, BookingId, BookingStatus},
    confirmation::{Due, NotDue},
    customer::{CustomerId, EmailAddress},
    text::Text,
};
use serde::Serialize;

use crate::{
    commands::{
        booking::parse_booking_id,
        dead_letters::{self, Queues},
    },
    global::Global,
    stack::{Place, Stack},
    terminal::{Failure, Mark, Outcome, Page, Report, read_address, when, word},
};
use evidence::{Evidence, OfBooking, OfCustomer};
use timeline::Entry;
use verdict::Verdict;

/// What it is told on the command line.
#[derive(Args)]
#[command(after_help = "Examples:\n  portal why                       asks for the customer's address\n  \
    portal why --booking bkg_1042    why there was no confirmation\n  \
    portal why --json < address.txt | jq .verdict.is")]
pub(crate) struct Arguments {
    /// The booking whose confirmation it is about, in place of a customer.
    #[arg(long, value_name = "ID", value_parser = parse_booking_id)]
    booking: Option<BookingId>,
    /// How many days back to look in the functions' logs.
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=400))]
    days: u16,
}

/// The answer, and what it is based on. `--json` prints these fields.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    place: Place,
    /// The customer's id, as logs name it; none where the booking is not known.
    customer: Option<String>,
    /// The address, masked unless it may be shown.
    address: Option<String>,
    /// The booking whose confirmation the verdict is about; none where it was asked for a booking, or the verdict is about links.
    confirmation_of: Option<BookingId>,
    /// What it comes to: `is` names it, its other fields say when.
    verdict: Verdict,
    /// The same in words.
    text: String,
    /// What to do, if there is something.
    advice: Option<String>,
    /// The customer's bookings, or the one that was asked for: id, reference, status, dates.
    bookings: Vec<Known>,
    /// What happened, oldest first.
    timeline: Vec<Entry>,
    /// What could not be looked at, and why.
    not_checked: Vec<String>,
}

/// A booking in a line.
#[derive(Serialize)]
struct Known {
    booking_id: BookingId,
    reference: String,
    /// None where this release cannot read the booking.
    status: Option<BookingStatus>,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
}

pub(crate) async fn run(global: &Global, arguments: Arguments) -> Outcome {
    let answer = match arguments.booking {
        Some(id) => of_booking(global, id, arguments.days).await,
        None => of_customer(global, arguments.days).await,
    };
    Outcome::of(global, answer)
}

async fn of_customer(global: &Global, days: u16) -> Result<Answer, Failure> {
    let stack = Stack::find(global).await?;
    let address = read_address("Address of the customer: ")?;
    let (key, resources) = tokio::try_join!(stack.customer_key(), stack.resources())?;
    let customer = key.customer(&address);
    let now = Timestamp::now();
    let store = stack.store()?;
    let record = store.customer_record(customer).await?;
    let confirmations = confirmations(&store, customer, &record, now).await?;
    let ids: Vec<BookingId> = confirmations.iter().map(|(id, _)| id.clone()).collect();
    let queues = Queues::of(&stack, &resources)?;
    let (mut evidence, dead) = tokio::join!(
        Evidence::of_customer(&stack, &resources, customer, &address, &record, &ids, evidence::since(days, now)),
        dead_letters::about_customer_or(&queues, &address, customer, &ids),
    );
    let of_customer = OfCustomer { record, dead: evidence.dead(dead), confirmations };
    let (confirmation_of, verdict) = Verdict::on_customer(&evidence, &of_customer, now);
    let rows = of_customer.record.bookings;
    let read = rows.active.iter().chain(&rows.past).map(|row| Known::of(&row.booking));
    let unreadable = rows.unreadable.iter().map(|booking| Known::unreadable(&booking.booking_id, &booking.reference));
    let bookings = read.chain(unreadable).collect();
    let customer = Some((customer.to_string(), address));
    Ok(Answer { confirmation_of, ..Answer::new(global, &stack, customer, verdict, bookings, evidence) })
}

/// The customer's next bookings whose confirmation was asked for and is not sent, the newest event first.
async fn confirmations(
    store: &Store,
    customer: CustomerId,
    record: &CustomerRecord,
    now: Timestamp,
) -> Result<Vec<(BookingId, BookingRecord)>, Failure> {
    let mut found = Vec::new();
    for row in record.bookings.active.iter().take(SHOWN) {
        let id = &row.booking.booking_id;
        let Some(booking) = store.booking_record(id).await? else { continue };
        let due = booking.filed.as_ref().map(|filed| booking.confirmation.due(filed, now));
        let is_open = match due {
            Some(Due::Send) => true,
            Some(Due::Not(NotDue::Answered)) => !booking.confirmation.sent.contains(&customer),
            _ => false,
        };
        if is_open && booking.owner == customer {
            found.push((id.clone(), booking));
        }
    }
    found.sort_by_key(|(_, booking)| std::cmp::Reverse(booking.occurred_at));
    Ok(found)
}

async fn of_booking(global: &Global, id: BookingId, days: u16) -> Result<Answer, Failure> {
    let stack = Stack::find(global).await?;
    let (resources, store, now) = (stack.resources().await?, stack.store()?, Timestamp::now());
    let record = store.booking_record(&id).await?;
    let address = record.as_ref().and_then(|record| Some(record.filed.as_ref()?.booking.customer.email.clone()));
    let queues = Queues::of(&stack, &resources)?;
    let (mut evidence, dead) = tokio::join!(
        Evidence::of_booking(&stack, &resources, &id, address.as_ref(), evidence::since(days, now)),
        dead_letters::about_booking(&queues, &id),
    );
    let dead = evidence.dead(dead);
    let owner = match &record {
        Some(record) => Some(OfCustomer {
            record: store.customer_record(record.owner).await?,
            dead: dead.clone(),
            confirmations: Vec::new(),
        }),
        None => None,
    };
    let mut erased_at = None;
    if record.is_none() {
        for customer in &evidence.customers {
            erased_at = erased_at.max(store.erasure_mark(*customer).await?.map(|mark| mark.at));
        }
    }
    let booking = OfBooking { record, erased_at, owner, dead };
    let verdict = Verdict::on_booking(&evidence, &id, &booking, now);
    let bookings = booking.record.as_ref().map(|record| match &record.filed {
        Some(filed) => Known::of(&filed.booking),
        None => Known::unreadable(&id, &record.reference),
    });
    let customer = booking.record.as_ref().map(|record| record.owner.to_string()).zip(address);
    Ok(Answer::new(global, &stack, customer, verdict, bookings.into_iter().collect(), evidence))
}

impl Known {
    fn of(booking: &Booking) -> Self {
        Self {
            booking_id: booking.booking_id.clone(),
            reference: booking.reference.to_string(),
            status: Some(booking.status),
            starts_at: Some(booking.starts_at),
            ends_at: Some(booking.ends_at),
        }
    }

    fn unreadable(id: &BookingId, reference: &Text) -> Self {
        Self { booking_id: id.clone(), reference: reference.to_string(), status: None, starts_at: None, ends_at: None }
    }
}

impl Answer {
    fn new(
        global: &Global,
        stack: &Stack,
        customer: Option<(String, EmailAddress)>,
        verdict: Verdict,
        bookings: Vec<Known>,
        evidence: Evidence,
    ) -> Self {
        let (customer, address) = customer.unzip();
        Self {
            place: stack.place.clone(),
            customer,
            address: address.map(|address| global.shown(&address)),
            confirmation_of: None,
            text: verdict.to_string(),
            advice: verdict.advice(|rest| stack.command(rest)),
            verdict,
            bookings,
            timeline: evidence.timeline,
            not_checked: evidence.not_checked,
        }
    }
}

impl Report for Answer {
    fn show(&self, page: &mut Page) {
        let mark = if self.verdict.is_wrong() { Mark::Failure } else { Mark::Ok };
        match &self.confirmation_of {
            Some(booking) => page.headline(Some(mark), format_args!("Confirmation of {booking}: {}", self.text)),
            None => page.headline(Some(mark), &self.text),
        }
        if let Some(advice) = &self.advice {
            page.advice(advice);
        }
        if let Some((customer, address)) = self.customer.as_ref().zip(self.address.as_ref()) {
            page.heading("Customer");
            page.row(&[address, customer]);
        }
        if !self.bookings.is_empty() {
            page.heading(format_args!("Bookings ({})", self.bookings.len()));
        }
        for Known { booking_id, reference, status, starts_at, ends_at } in self.bookings.iter().take(SHOWN) {
            let day = |at: &Option<Timestamp>| at.map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
            let status = status.map_or("cannot be read".to_owned(), |status| word(&status));
            page.row(&[reference, booking_id, &status, &format_args!("{} to {}", day(starts_at), day(ends_at))]);
        }
        if self.bookings.len() > SHOWN {
            page.line(format_args!("and {} more: --json names all", self.bookings.len() - SHOWN));
        }
        page.heading("What happened");
        if self.timeline.is_empty() {
            page.line("Nothing in the days that were looked at (--days).");
        }
        for Entry { at, what } in &self.timeline {
            page.row(&[&when(*at), what]);
        }
        for not_checked in &self.not_checked {
            page.heading("Not checked");
            page.block(not_checked);
        }
    }

    fn outcome(&self) -> Outcome {
        if self.verdict.is_wrong() { Outcome::FoundSomething } else { Outcome::Fine }
    }
}

/// Bookings that are shown to people.
const SHOWN: usize = 10;
