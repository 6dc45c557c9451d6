//! What is to be said of events before they are sent: every fault that would have them refused, and what somebody should look at.

use std::{cmp::Ordering, collections::HashMap};

use jiff::Timestamp;
use portal_aws::store::{Applied, Store};
use portal_domain::{
    booking::{Booking, BookingId},
    contract::{Fault, Faults, found::found},
    customer::CustomerId,
    events::{Accepted, BookingEvent, Event, Hosts, Received, Warning},
};
use serde::Serialize;
use serde_json::Value;

use super::{
    files::{self, Given, Kind, Position},
    times,
};
use crate::stack::Stack;

/// The most bytes of an entry that PutEvents took everywhere before 2026
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html>).
pub(crate) const LARGEST_ENTRY: usize = 256 * 1024;

/// How much a finding weighs, the heaviest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Weight {
    /// The portal refuses the event.
    Fault,
    /// The portal takes it, and somebody should look at it.
    Warning,
    /// Good to know.
    Note,
}

/// Something that is to be said of an event.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    /// `fault`, `warning` or `note`.
    pub(crate) weight: Weight,
    #[serde(flatten)]
    pub(crate) place: Position,
    /// In words; of a fault, those that the portal would give as the reason at the dead letter.
    pub(crate) text: String,
    /// Of a fault: where, what the contract says there, and what stands there.
    #[serde(flatten)]
    pub(crate) fault: Option<Mismatch>,
}

/// Where an event is not as the contract says.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Mismatch {
    /// For example `booking.documents[3].issued_at`; empty for the event itself.
    pub(crate) field: String,
    /// What the contract says there.
    pub(crate) expected: String,
    /// What stands there, by its kind and size and never as it is.
    pub(crate) found: String,
}

/// An event with what the portal's own checker makes of it; none where it would be refused.
pub(crate) struct Checked {
    pub(crate) given: Given,
    pub(crate) received: Option<Received>,
}

/// What an operator takes of events, and whether it is known which links that are.
pub(crate) struct Rules {
    pub(crate) accepted: Accepted,
    /// Without the hosts, a link that would be dropped is no news.
    pub(crate) knows_tracking_hosts: bool,
    pub(crate) knows_payment_hosts: bool,
}

impl Rules {
    /// What a stack takes.
    pub(crate) fn of(stack: &Stack) -> Self {
        let hosts = |name| Hosts::parse(stack.parameter(name).unwrap_or_default());
        let accepted = Accepted {
            business_id: stack.parameter("BusinessId").map(str::to_owned),
            tracking_hosts: hosts("TrackingHosts"),
            payment_hosts: hosts("PaymentHosts"),
        };
        Self { accepted, knows_tracking_hosts: true, knows_payment_hosts: true }
    }

    /// What any stack takes, where none is asked.
    pub(crate) fn unknown() -> Self {
        Self { accepted: Accepted::default(), knows_tracking_hosts: false, knows_payment_hosts: false }
    }

    fn tells(&self, warning: Warning) -> bool {
        match warning {
            Warning::TrackingLinkDropped => self.knows_tracking_hosts,
            Warning::PaymentLinkDropped => self.knows_payment_hosts,
            Warning::OccurredAhead | Warning::PriceDoesNotAddUp => true,
        }
    }
}

/// Reads events as the portal would at `now`, and says what is to be said of them.
pub(crate) fn examine(events: Vec<Given>, rules: &Rules, now: Timestamp) -> (Vec<Checked>, Vec<Finding>) {
    let mut findings = Findings::default();
    let mut checked = Vec::with_capacity(events.len());
    for given in events {
        findings.place = Some(given.place.clone());
        let received = findings.read(&given, rules, now);
        if let Some(Received { event: Event::Booking(event), .. }) = &received {
            times::warnings(&given.envelope["detail"]["booking"], &event.booking)
                .into_iter()
                .for_each(|warning| findings.add(Weight::Warning, warning));
            findings.compare(&event.booking);
        }
        if given.is_guessed {
            let guess = given.text("detail-type");
            findings.add(Weight::Note, format!("has no detail-type and is read as {guess}: --type says another"));
        }
        findings.look_at_event_id(&given);
        if given.size() > LARGEST_ENTRY {
            let size = given.size();
            findings
                .add(Weight::Warning, format!("its entry makes {size} bytes: PutEvents may not take more than 262144"));
        }
        checked.push(Checked { given, received });
    }
    (checked, findings.made)
}

/// What the portal says of a booking that the table cannot keep, whosever it is: all ids of customers are of one length.
fn too_large(event: &BookingEvent) -> Option<Fault> {
    match Store::too_large(event, CustomerId::from_bytes(Default::default())) {
        Ok(Some(Applied::TooLarge { bytes, most })) => {
            let expected = format!("at most {most} bytes as kept, where it has {bytes}");
            Faults::one("booking", expected).listed.pop()
        }
        _ => None,
    }
}

/// Findings, and what has been seen so far.
#[derive(Default)]
struct Findings {
    made: Vec<Finding>,
    /// Of the event that is looked at.
    place: Option<Position>,
    /// The newest of each booking.
    bookings: HashMap<BookingId, (Position, Booking)>,
    event_ids: HashMap<String, Position>,
}

impl Findings {
    fn add(&mut self, weight: Weight, text: String) {
        if let Some(place) = self.place.clone() {
            self.made.push(Finding { weight, place, text, fault: None });
        }
    }

    fn refuse(&mut self, fault: Fault, found: String) {
        if let Some(place) = self.place.clone() {
            let text = fault.to_string();
            let fault = Some(Mismatch { field: fault.field, expected: fault.expected, found });
            self.made.push(Finding { weight: Weight::Fault, place, text, fault });
        }
    }

    /// What the portal's own checker makes of an event.
    fn read(&mut self, given: &Given, rules: &Rules, now: Timestamp) -> Option<Received> {
        if given.kind == Kind::Unknown {
            let expected = "a PutEvents entry, an event of EventBridge, or a detail, in JSON";
            let faults = Faults::one("", expected).listed;
            faults.into_iter().for_each(|fault| self.refuse(fault, files::found(given)));
            return None;
        }
        match Event::read(&given.envelope.to_string(), &rules.accepted, now) {
            Ok(Received { event: Event::Booking(event), .. }) if let Some(fault) = too_large(&event) => {
                self.refuse(fault, found(&given.envelope, "booking"));
                None
            }
            Ok(received) => {
                for warning in received.warnings.iter().filter(|warning| rules.tells(**warning)) {
                    self.add(Weight::Warning, warning.to_string());
                }
                Some(received)
            }
            Err(refusal) => {
                for fault in refusal.faults.listed {
                    let found = found(&given.envelope, &fault.field);
                    self.refuse(fault, found);
                }
                if refusal.faults.more > 0 {
                    self.add(Weight::Note, format!("has {} faults more", refusal.faults.more));
                }
                None
            }
        }
    }

    /// Whether the event is news after those of its booking that were seen before.
    fn compare(&mut self, booking: &Booking) {
        let Some(place) = self.place.clone() else { return };
        if let Some((Position { file, index }, known)) = self.bookings.get(&booking.booking_id) {
            let said = match booking.revision.cmp(&known.revision) {
                Ordering::Greater => None,
                Ordering::Equal if known == booking => Some("repeats that of"),
                Ordering::Equal => Some("is that of another booking event, and what came first stays:"),
                Ordering::Less => Some("is below that of"),
            };
            if let Some(said) = said {
                return self.add(Weight::Warning, format!("booking.revision {said} {file}:{index}"));
            }
        }
        self.bookings.insert(booking.booking_id.clone(), (place, booking.clone()));
    }

    fn look_at_event_id(&mut self, given: &Given) {
        let id = given.envelope.pointer("/detail/metadata/event_id").and_then(Value::as_str);
        let (Some(id), Some(place)) = (id, self.place.clone()) else { return };
        if let Some(Position { file, index }) = self.event_ids.get(id) {
            self.add(Weight::Warning, format!("metadata.event_id is that of {file}:{index}"));
        } else {
            self.event_ids.insert(id.to_owned(), place);
        }
    }
}
