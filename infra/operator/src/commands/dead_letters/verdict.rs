//! What would become of a dead letter that goes back to its queue now: by the contract's own checker, by what stands in the
//! table, and by nothing that anybody remembers of it.

use std::cmp::Ordering;

use jiff::Timestamp;
use portal_aws::{
    feedback::{Report, ReportKind},
    mail_queue::MailRequest,
    store::{Applied, Standing, Store},
};
use portal_domain::{
    booking::BookingId,
    confirmation::{Confirmation, Due, NotDue},
    customer::CustomerId,
    customer_key::CustomerKey,
    events::{Accepted, BookingEvent, Event, Hosts, Received},
    filed::FiledBooking,
    sign_in::LINK_LIFETIME,
    suppression::Suppressed,
    time::after,
};
use serde::Serialize;

use super::{content::Content, queues::Letter};
use crate::{stack::Stack, terminal::Failure};

/// What would become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    /// Its function would carry it out.
    Taken,
    /// Its function would take it and do nothing: it is superseded, late, or was carried out.
    NoEffect,
    /// Its function would refuse it, or hold the mail back.
    Refused,
}

/// What somebody may notice of a message that is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follows {
    Nothing,
    Confirmation,
    SignIn,
    Erasure,
}

/// What would become of a message, and why.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) fate: Fate,
    pub(crate) words: String,
    pub(crate) follows: Follows,
    /// Whom it is about, where it is not about a booking.
    pub(crate) customer: Option<CustomerId>,
    /// What holds the mail back, if it is that.
    pub(crate) held_back: Option<Suppressed>,
}

impl Verdict {
    fn taken(words: impl Into<String>, follows: Follows) -> Self {
        Self { fate: Fate::Taken, words: words.into(), follows, customer: None, held_back: None }
    }

    fn no_effect(words: impl ToString) -> Self {
        Self { fate: Fate::NoEffect, ..Self::taken(words.to_string(), Follows::Nothing) }
    }

    fn refused(words: impl ToString) -> Self {
        Self { fate: Fate::Refused, ..Self::taken(words.to_string(), Follows::Nothing) }
    }

    fn of(self, customer: CustomerId) -> Self {
        Self { customer: Some(customer), ..self }
    }
}

/// Judges dead letters by a stack's table and parameters.
pub(crate) struct Judge {
    store: Store,
    key: CustomerKey,
    pub(crate) accepted: Accepted,
}

impl Judge {
    pub(crate) async fn of(stack: &Stack) -> Result<Self, Failure> {
        let hosts = |name| Hosts::parse(stack.parameter(name).unwrap_or_default());
        let accepted = Accepted {
            business_id: stack.parameter("BusinessId").map(ToOwned::to_owned),
            tracking_hosts: hosts("TrackingHosts"),
            payment_hosts: hosts("PaymentHosts"),
        };
        Ok(Self { store: stack.store()?, key: stack.customer_key().await?, accepted })
    }

    /// What would become of a message at `now`.
    pub(crate) async fn judge(&self, letter: &Letter, content: &Content, now: Timestamp) -> Result<Verdict, Failure> {
        match content {
            Content::Event(read) => match read.as_ref() {
                Err(refusal) => Ok(Verdict::refused(format_args!("would be refused again: {refusal}"))),
                Ok(Received { event: Event::CustomerErased { occurred_at, address }, .. }) => {
                    let customer = self.key.customer(address);
                    let verdict = if self.store.is_erased(customer, *occurred_at).await? {
                        Verdict::no_effect("applied already")
                    } else {
                        Verdict::taken("would be taken now", Follows::Erasure)
                    };
                    Ok(verdict.of(customer))
                }
                Ok(Received { event: Event::Booking(event), .. }) => self.of_booking(event, now).await,
            },
            Content::Mail(Some(MailRequest::Confirmation { booking })) => self.of_confirmation(booking, now).await,
            Content::Mail(Some(MailRequest::SignIn { repeated: true, .. })) => {
                Ok(Verdict::no_effect("asked for again within a minute: it makes no mail"))
            }
            Content::Mail(Some(MailRequest::SignIn { customer, asked_at, repeated: false, .. })) => {
                Ok(self.of_link(letter, *customer, *asked_at, now).await?.of(*customer))
            }
            Content::Mail(None) => Ok(Verdict::refused("would be refused again: it is no request for a mail")),
            Content::Report(Some(report)) => Ok(self.of_report(report).await?.of(report.customer)),
            Content::Report(None) => Ok(Verdict::refused("would be refused again: SES tells nothing of this form")),
        }
    }

    /// What the function would do with an event: the order of the questions is that of `Store::apply`.
    async fn of_booking(&self, event: &BookingEvent, now: Timestamp) -> Result<Verdict, Failure> {
        let BookingEvent { booking, occurred_at, asks_for_confirmation } = event;
        let owner = self.key.customer(&booking.customer.email);
        if let Some(Applied::TooLarge { bytes, most }) = Store::too_large(event, owner)? {
            let words = "would be refused again: the table keeps a booking of at most";
            return Ok(Verdict::refused(format_args!("{words} {most} bytes, and this one has {bytes}")));
        }
        if self.store.erasure_mark(owner).await?.is_some_and(|mark| mark.voids(*occurred_at)) {
            return Ok(Verdict::no_effect("its customer was erased since"));
        }
        let standing = self.store.standing(&booking.booking_id).await?;
        let confirmation = standing.as_ref().map(|known| known.confirmation.clone()).unwrap_or_default();
        let asks = *asks_for_confirmation && !confirmation.asked.contains(&owner);
        let follows = |booking: FiledBooking| {
            let mut asked = confirmation.clone();
            asked.asked.extend(asks.then_some(owner));
            if asked.due(&booking, now) == Due::Send { Follows::Confirmation } else { Follows::Nothing }
        };
        let as_sent = || FiledBooking {
            owner,
            booking: booking.clone(),
            change: None,
            progress: portal_domain::progress::Progress::default(),
        };
        let Some(Standing { filed, .. }) = standing else {
            return Ok(Verdict::taken("would be taken now", follows(as_sent())));
        };
        let known = filed.booking.revision;
        let words = match known.cmp(&booking.revision) {
            Ordering::Less => return Ok(Verdict::taken("would be taken now", follows(as_sent()))),
            Ordering::Equal if filed.booking == *booking => "applied already".to_owned(),
            Ordering::Equal => format!("another event of revision {known} came first, and stays"),
            Ordering::Greater => format!("superseded by revision {known}"),
        };
        Ok(if asks {
            Verdict::taken(format!("{words}, but for the confirmation that it asks for"), follows(filed))
        } else {
            Verdict::no_effect(words)
        })
    }

    async fn of_confirmation(&self, booking: &BookingId, now: Timestamp) -> Result<Verdict, Failure> {
        let Some(Standing { filed, confirmation }) = self.store.standing(booking).await? else {
            return Ok(Verdict::no_effect(NotDue::Erased));
        };
        Ok(match confirmation.due(&filed, now) {
            Due::Send => match self.suppressed(filed.owner).await? {
                Some(why) => suppressed(why),
                None => Verdict::taken("would be sent", Follows::Confirmation),
            },
            Due::Not(NotDue::Answered) if was_sent(&confirmation, filed.owner) => {
                Verdict::no_effect("the confirmation was sent")
            }
            Due::Not(why) => Verdict::no_effect(why),
        })
    }

    async fn of_link(
        &self,
        letter: &Letter,
        customer: CustomerId,
        asked_at: Timestamp,
        now: Timestamp,
    ) -> Result<Verdict, Failure> {
        if now >= after(asked_at.min(letter.since), LINK_LIFETIME) {
            return Ok(Verdict::no_effect("the link's hour is over"));
        }
        if self.store.was_mailed(customer, &letter.id).await? {
            return Ok(Verdict::no_effect("the link was sent"));
        }
        if self.store.newest_addressee(customer).await?.is_none() {
            return Ok(Verdict::no_effect("the customer has no bookings"));
        }
        Ok(match self.suppressed(customer).await? {
            Some(why) => suppressed(why),
            None => Verdict::taken("would be sent", Follows::SignIn),
        })
    }

    async fn of_report(&self, report: &Report) -> Result<Verdict, Failure> {
        let known = self.store.suppression(report.customer).await?;
        let is_known = match report.kind {
            ReportKind::Bounce { at } => known.bounced_at >= Some(at),
            ReportKind::Complaint { at } => known.complained_at >= Some(at),
            _ => return Ok(Verdict::taken("would be logged now", Follows::Nothing)),
        };
        Ok(if is_known {
            Verdict::no_effect("applied already")
        } else {
            Verdict::taken("would be noted now: no more mail to that customer", Follows::Nothing)
        })
    }

    async fn suppressed(&self, customer: CustomerId) -> Result<Option<Suppressed>, Failure> {
        Ok(self.store.suppression(customer).await?.suppressed())
    }
}

fn was_sent(confirmation: &Confirmation, owner: CustomerId) -> bool {
    confirmation.sent.contains(&owner)
}

fn suppressed(why: Suppressed) -> Verdict {
    let words = format!("would be held back: {}", NotDue::Suppressed(why));
    Verdict { held_back: Some(why), ..Verdict::refused(words) }
}
