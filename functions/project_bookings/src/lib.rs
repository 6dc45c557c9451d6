//! Turns booking events into what the pages read, and asks for confirmation mails.

use std::collections::BTreeSet;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};
use portal_aws::{
    customer_ids::CustomerIds,
    dead_letters::DeadLetters,
    documents::Documents,
    mail_queue::MailQueue,
    sdk,
    store::{Applied, Connections, Erasure, Removed, Standing, Store},
};
use portal_domain::{
    booking::{Booking, BookingId},
    config::Environment,
    confirmation::{Due, NotDue},
    customer::CustomerId,
    events::{BookingEvent, Event, TrackingHosts},
};
use portal_runtime::{batches, metrics::Metric};

/// Events of a batch that are worked on side by side: one that waits for AWS does not hold up the others.
const AT_ONCE: usize = 4;

/// The function and what it holds.
pub struct ProjectBookings {
    store: Store,
    mail_queue: MailQueue,
    dead_letters: DeadLetters,
    documents: Documents,
    customer_ids: CustomerIds,
    /// `TRACKING_HOSTS`: where live tracking links may point, separated by commas.
    tracking_hosts: TrackingHosts,
}

impl ProjectBookings {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let aws = sdk::config(env)?;
        let hosts = env.optional("TRACKING_HOSTS", "host names separated by commas, or nothing")?.unwrap_or_default();
        let hosts: BTreeSet<String> = hosts.split(',').filter(|host| !host.is_empty()).map(str::to_owned).collect();
        let store = Store::from_env(&aws, env)?;
        let function = Self {
            customer_ids: CustomerIds::from_env(&store, env)?.leaving_fingerprint(),
            store,
            mail_queue: MailQueue::from_env(&aws, env)?,
            dead_letters: DeadLetters::from_env(&aws, env)?,
            documents: Documents::from_env(&aws, env)?,
            tracking_hosts: TrackingHosts(hosts),
        };
        let (key, ()) = tokio::join!(function.customer_ids.preconnect(), function.store.preconnect(Connections::One));
        key?;
        Ok(function)
    }

    /// Works off a batch; names the messages that are to come again.
    pub async fn handle(&self, batch: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
        batches::each(batch, AT_ONCE, async |message| self.project(message).await).await
    }

    async fn project(&self, message: &SqsMessage) -> Result<(), Error> {
        match Event::parse(message.body.as_deref().unwrap_or_default(), &self.tracking_hosts) {
            Err(refusal) => self.refuse(message, &refusal.to_string()).await,
            Ok(Event::CustomerErased { occurred_at, address }) => {
                self.erase(self.customer_ids.of(&address).await?, occurred_at).await
            }
            Ok(Event::Booking(event)) => self.apply(message, &event).await,
        }
    }

    async fn apply(&self, message: &SqsMessage, event: &BookingEvent) -> Result<(), Error> {
        let (id, revision) = (&event.booking.booking_id, event.booking.revision);
        if event.tracking_link_dropped {
            tracing::warn!(booking = %id, "a tracking link was dropped: its host is not allowed");
        }
        let owner = self.customer_ids.of(&event.booking.customer.email).await?;
        match self.store.apply(event, owner).await? {
            Applied::Changed => {
                tracing::info!(booking = %id, revision, "an event was applied");
                Metric::EventsApplied.count();
                self.confirm_if_due(event).await
            }
            Applied::Stale => {
                tracing::info!(booking = %id, revision, "an event was stale");
                Metric::EventsStale.count();
                self.confirm_if_due(event).await
            }
            Applied::Erased => {
                tracing::info!(booking = %id, revision, "an event was dropped: its customer was erased");
                Metric::EventsVoid.count();
                if event.asks_for_confirmation {
                    confirmation_is_not_sent(id, NotDue::Erased);
                }
                self.erase_documents_of(event, owner).await
            }
            Applied::TooLarge { bytes, most } => {
                let reason = format!("booking: of {bytes} bytes, where at most {most} can be kept");
                self.refuse(message, &reason).await
            }
        }
    }

    /// An event that breaks the contract would break it again: it goes aside whole, for a person to look at.
    async fn refuse(&self, message: &SqsMessage, reason: &str) -> Result<(), Error> {
        tracing::error!(reason, "an event was refused");
        self.dead_letters.put(message.body.as_deref().unwrap_or_default(), reason).await?;
        Metric::EventsRefused.count();
        Ok(())
    }

    /// Decided by what stands in the table after the write, so that of two events applied at once the later one sees
    /// both; also after a stale event, since an earlier attempt may have ended between the table and the queue.
    async fn confirm_if_due(&self, event: &BookingEvent) -> Result<(), Error> {
        let id = &event.booking.booking_id;
        let due = match self.store.standing(id).await? {
            Some(Standing { filed, confirmation }) => confirmation.due(&filed, Timestamp::now()),
            None => Due::Not(NotDue::Erased),
        };
        match due {
            Due::Send => self.mail_queue.enqueue_confirmation(id.clone()).await?,
            Due::Not(why) if event.asks_for_confirmation => confirmation_is_not_sent(id, why),
            Due::Not(_) => {}
        }
        Ok(())
    }

    /// Marked first, so that no event of before it comes in between; its documents last, since a table without the customer
    /// matters most.
    async fn erase(&self, customer: CustomerId, occurred_at: Timestamp) -> Result<(), Error> {
        self.store.mark_erased(customer, occurred_at).await?;
        let removed = self.store.erase(customer, occurred_at).await?;
        let documents = self.erase_documents(customer).await?;
        let Removed { bookings, confirmations, sign_ins, later_bookings } = removed;
        tracing::info!(%customer, bookings, documents, sign_ins, confirmations, "a customer was erased");
        Metric::CustomersErased.count();
        match self.store.finish_erasure(customer, occurred_at).await? {
            Erasure::Repeated => {}
            _ if later_bookings > 0 => {
                tracing::warn!(%customer, later_bookings, "an erasure left bookings that occurred later");
                Metric::ErasuresPartial.count();
            }
            Erasure::First if bookings + documents + sign_ins + confirmations == 0 => {
                tracing::warn!(%customer, "an erasure found nothing: is it the address that was booked with?");
                Metric::ErasuresEmpty.count();
            }
            Erasure::First | Erasure::Resumed => {}
        }
        Ok(())
    }

    /// A booking that is gone stays on a list until its documents are gone, too, so that an erasure that was cut short
    /// goes on where it ended. Says how many went, each version counted.
    async fn erase_documents(&self, customer: CustomerId) -> Result<usize, Error> {
        let mut erased = 0;
        for id in self.store.documents_to_erase(customer).await? {
            let kept = async || Ok::<_, Error>(self.store.files_kept_from(customer, &id).await?);
            erased += self.documents.erase(&id, |_| true, kept).await?;
            self.store.documents_erased(customer, &id).await?;
        }
        Ok(erased)
    }

    /// A void event may have brought its documents with it: those go that it names itself, for in the booking's folder may
    /// lie what somebody else was given since.
    async fn erase_documents_of(&self, event: &BookingEvent, customer: CustomerId) -> Result<(), Error> {
        let Booking { booking_id: id, documents, .. } = &event.booking;
        if documents.is_empty() {
            return Ok(());
        }
        let is_named = |key: &str| documents.iter().any(|document| document.file.key == key);
        let kept = async || Ok::<_, Error>(self.store.files_kept_from(customer, id).await?);
        let documents = self.documents.erase(id, is_named, kept).await?;
        tracing::info!(booking = %id, documents, "the documents of a dropped event were erased");
        Ok(())
    }
}

fn confirmation_is_not_sent(booking: &BookingId, why: NotDue) {
    tracing::info!(%booking, reason = %why, "a confirmation is not sent");
}
