//! `portal booking ID --against FILE`: what an event would do to what stands, by the code that would do it.

use std::cmp::Ordering;

use jiff::Timestamp;
use portal_aws::store::{BookingRecord, CustomerRecord};
use portal_domain::{
    booking::BookingId,
    change::Change,
    confirmation::{Confirmation, Due, NotDue},
    customer::CustomerId,
    events::{BookingEvent, Event, Received},
    filed::FiledBooking,
    progress::Progress,
};
use serde::Serialize;

use super::{
    changed::parts,
    difference::{Difference, differences},
};
use crate::{
    commands::events::{
        files,
        findings::{Finding, Rules, Weight, examine},
    },
    global::Global,
    shell::typed,
    stack::{Place, Stack},
    terminal::{Failure, Mark, Outcome, Page, Report, word},
};

/// What the portal would make of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Would {
    /// The booking would become what it says.
    Apply,
    /// This revision or a newer one stands.
    BeStale,
    /// It says something else of the revision that stands, which stays.
    BeContradicted,
    /// Its customer was erased after it occurred.
    BeDropped,
    /// It breaks the contract.
    BeRefused,
}

/// What an event would do. `--json` prints these fields.
#[derive(Serialize)]
pub(super) struct Against {
    #[serde(flatten)]
    place: Place,
    booking_id: BookingId,
    /// `apply`, `be_stale`, `be_contradicted`, `be_dropped` or `be_refused`.
    would: Would,
    /// The revision that stands; none where the portal does not know the booking.
    known_revision: Option<u64>,
    /// The event's revision; none where it is refused.
    event_revision: Option<u64>,
    /// The customer whose pages would lose it to another's; none where it stays with its own.
    leaves: Option<CustomerId>,
    /// What `portal events check` says of the event.
    findings: Vec<Finding>,
    /// Where the event differs from what stands; values of persons are told by their size, unless they may be shown.
    differences: Vec<Difference>,
    /// What the customer's pages would say was changed, if it is applied.
    told: Vec<String>,
    /// Whether a confirmation would be mailed, or why not.
    mail: String,
}

/// Looks at the one event of a file that is about the booking.
pub(super) async fn look(
    global: &Global,
    id: BookingId,
    file: &str,
    detail_type: Option<&str>,
) -> Result<Against, Failure> {
    let stack = Stack::find(global).await?;
    let now = Timestamp::now();
    let (_, events) = files::read(&[file.to_owned()], detail_type, now)?;
    let (mut events, mut findings) = examine(events, &Rules::of(&stack), now);
    if events.len() > 1 {
        events
            .retain(|event| event.received.as_ref().is_some_and(|event| event.about.booking_id.as_ref() == Some(&id)));
    }
    let one =
        format!("Give one event: {}", stack.command(&format!("booking --against event.json {}", typed(id.as_str()))));
    let (Some(event), None) = (events.pop(), events.pop()) else {
        return Err(Failure::new(format!("{file} has not one event about {id}"), one));
    };
    findings.retain(|finding| finding.place == event.given.place);
    let known = stack.store()?.booking_record(&id).await?;
    let mut against = Against {
        place: stack.place.clone(),
        would: Would::BeRefused,
        known_revision: known.as_ref().map(|known| known.revision),
        event_revision: None,
        leaves: None,
        findings,
        differences: Vec::new(),
        told: Vec::new(),
        mail: "none: the event is refused".to_owned(),
        booking_id: id,
    };
    match event.received {
        None => {}
        Some(Received { event: Event::Booking(event), .. }) if event.booking.booking_id == against.booking_id => {
            let owner = stack.customer_key().await?.customer(&event.booking.customer.email);
            let customer = stack.store()?.customer_record(owner).await?;
            against.compare(global, &event, owner, known.as_ref(), &customer, now)?;
        }
        Some(_) => return Err(Failure::new(format!("the event of {file} is not about {}", against.booking_id), one)),
    }
    Ok(against)
}

impl Against {
    fn compare(
        &mut self,
        global: &Global,
        event: &BookingEvent,
        owner: CustomerId,
        known: Option<&BookingRecord>,
        customer: &CustomerRecord,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let BookingEvent { occurred_at, booking, asks_for_confirmation } = event;
        self.event_revision = Some(booking.revision);
        let confirmation = known.map(|known| known.confirmation.clone()).unwrap_or_default();
        let asks = *asks_for_confirmation && !confirmation.asked.contains(&owner);
        let filed = known.and_then(|known| known.filed.as_ref());
        let order = known.map_or(Ordering::Less, |known| known.revision.cmp(&booking.revision));
        let is_news = order == Ordering::Less || order == Ordering::Equal && filed.is_none();
        self.would = if (is_news || asks) && customer.erased_at.is_some_and(|at| at >= *occurred_at) {
            Would::BeDropped
        } else if is_news {
            Would::Apply
        } else if order == Ordering::Equal && filed.is_some_and(|filed| filed.booking != *booking) {
            Would::BeContradicted
        } else {
            Would::BeStale
        };
        if self.would == Would::Apply {
            self.leaves = known.map(|known| known.owner).filter(|of| *of != owner);
        }
        if matches!(self.would, Would::Apply | Would::BeContradicted)
            && let Some(filed) = filed
        {
            self.differences = differences(&filed.booking, booking, |address| global.shown(address))?;
        }
        if let (Would::Apply, Some(filed)) = (self.would, filed)
            && filed.owner == owner
        {
            let change = Change::between(&filed.booking, filed.change.clone(), booking, *occurred_at);
            self.told = change.as_ref().map(parts).unwrap_or_default();
        }
        let next = match (self.would, filed) {
            (Would::Apply, _) | (_, None) => {
                FiledBooking { owner, booking: booking.clone(), change: None, progress: Progress::default() }
            }
            (_, Some(filed)) => filed.clone(),
        };
        self.mail = match self.would {
            Would::BeDropped => "none: its customer was erased".to_owned(),
            _ => mail(confirmation, asks.then_some(owner), &next, customer, global, now),
        };
        Ok(())
    }
}

/// What the function would do about a confirmation once the event is applied, and what the mail worker would.
fn mail(
    mut confirmation: Confirmation,
    asks: Option<CustomerId>,
    next: &FiledBooking,
    customer: &CustomerRecord,
    global: &Global,
    now: Timestamp,
) -> String {
    confirmation.asked.extend(asks);
    match (confirmation.due(next, now), customer.suppression.suppressed()) {
        (Due::Not(why), _) => format!("none: {why}"),
        (Due::Send, Some(why)) => format!("none: {}", NotDue::Suppressed(why)),
        (Due::Send, None) => format!("a confirmation to {}", global.shown(&next.booking.customer.email)),
    }
}

impl Report for Against {
    fn show(&self, page: &mut Page) {
        let revision = |revision: Option<u64>| revision.map_or("unknown".to_owned(), |revision| revision.to_string());
        let mark = if self.outcome() == Outcome::Fine { Mark::Ok } else { Mark::Failure };
        page.headline(Some(mark), format_args!("{}: the event would {}", self.booking_id, word(&self.would)));
        page.row(&[&"revision that stands", &revision(self.known_revision)]);
        page.row(&[&"revision of the event", &revision(self.event_revision)]);
        if let Some(customer) = self.leaves {
            page.row(&[
                &"leaves",
                &format!("customer {customer}, whose pages lose it: the event names another address"),
            ]);
        }
        page.row(&[&"mail", &self.mail]);
        let told = if self.told.is_empty() { "nothing".to_owned() } else { self.told.join(", ") };
        page.row(&[&"told as changed", &told]);
        for finding in &self.findings {
            let mark = match finding.weight {
                Weight::Fault => Mark::Failure,
                Weight::Warning => Mark::Warning,
                Weight::Note => Mark::Note,
            };
            let found = finding.fault.as_ref().map(|fault| format!("; found {}", fault.found)).unwrap_or_default();
            page.check(mark, "event", format_args!("{}{found}", finding.text));
        }
        if !self.differences.is_empty() {
            page.heading("Field, as it stands, and as the event says");
        }
        for Difference { field, stands, says } in &self.differences {
            page.row(&[field, &stands.as_deref().unwrap_or("nothing"), &says.as_deref().unwrap_or("nothing")]);
        }
    }

    fn outcome(&self) -> Outcome {
        if matches!(self.would, Would::Apply | Would::BeStale) { Outcome::Fine } else { Outcome::FoundSomething }
    }
}
