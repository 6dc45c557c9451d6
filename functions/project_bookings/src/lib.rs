//! Turns booking events into what the pages read, and asks for confirmation mails.

use std::collections::BTreeSet;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::Timestamp;
use lambda_runtime::Error;
use portal::{
    aws,
    booking::{Booking, BookingId},
    config::Environment,
    confirmation::Due,
    customer::CustomerId,
    documents::Documents,
    events::{Event, TrackingHosts},
    outbox::{DeadLetters, Outbox, Wanted},
    store::{Applied, Connections, Standing, Store},
    worker,
};

/// The function and what it holds.
pub struct ProjectBookings {
    store: Store,
    outbox: Outbox,
    dead_letters: DeadLetters,
    documents: Documents,
    /// `TRACKING_HOSTS`: where live tracking links may point, separated by commas.
    tracking_hosts: TrackingHosts,
}

impl ProjectBookings {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let aws = aws::config().await;
        let hosts = env.optional("TRACKING_HOSTS", "host names separated by commas, or nothing")?.unwrap_or_default();
        let hosts: BTreeSet<String> = hosts.split(',').filter(|host| !host.is_empty()).map(str::to_owned).collect();
        let function = Self {
            store: Store::from_env(&aws, env)?,
            outbox: Outbox::from_env(&aws, env)?,
            dead_letters: DeadLetters::from_env(&aws, env)?,
            documents: Documents::from_env(&aws, env)?,
            tracking_hosts: TrackingHosts(hosts),
        };
        function.store.warm_up(Connections::Two).await;
        Ok(function)
    }

    /// Works off a batch; names the messages that are to come again.
    pub async fn handle(&self, batch: SqsEvent) -> Result<SqsBatchResponse, Error> {
        worker::each(batch, async |message| self.project(message).await).await
    }

    /// An event that breaks the contract would break it again: it goes aside whole, for a person to look at.
    async fn project(&self, message: &SqsMessage) -> Result<(), Error> {
        let envelope = message.body.as_deref().unwrap_or_default();
        match Event::parse(envelope, &self.tracking_hosts) {
            Err(refusal) => {
                let message_id = message.message_id.as_deref().unwrap_or_default();
                tracing::error!(message_id, reason = %refusal, "an event was refused");
                Ok(self.dead_letters.put(envelope, &refusal.to_string()).await?)
            }
            Ok(Event::CustomerErased { occurred_at, customer }) => self.erase(customer, occurred_at).await,
            Ok(Event::Booking { occurred_at, booking, changed_at, asks_for_confirmation, tracking_link_dropped }) => {
                if tracking_link_dropped {
                    tracing::warn!(booking = %booking.booking_id, "a tracking link was dropped: its host is not allowed");
                }
                self.apply(&booking, occurred_at, changed_at, asks_for_confirmation).await
            }
        }
    }

    async fn apply(
        &self,
        booking: &Booking,
        occurred_at: Timestamp,
        changed_at: Option<Timestamp>,
        asks_for_confirmation: bool,
    ) -> Result<(), Error> {
        let id = &booking.booking_id;
        let revision = booking.revision;
        match self.store.apply(booking, occurred_at, changed_at, asks_for_confirmation).await? {
            Applied::Changed => tracing::info!(booking = %id, revision, "an event was applied"),
            Applied::Stale => tracing::info!(booking = %id, revision, "an event was stale"),
            Applied::Erased => {
                tracing::info!(booking = %id, revision, "an event was dropped: its customer was erased");
                return Ok(());
            }
        }
        self.confirm_if_due(id).await
    }

    /// Decided by what stands in the table after the write, so that of two events applied at once the later one sees
    /// both; also after a stale event, since an earlier attempt may have ended between the table and the queue.
    async fn confirm_if_due(&self, id: &BookingId) -> Result<(), Error> {
        if let Some(Standing { booking, confirmation }) = self.store.standing(id).await?
            && confirmation.due(&booking, Timestamp::now()) == Due::Send
        {
            self.outbox.want(&Wanted::Confirmation { booking: booking.booking_id }).await?;
        }
        Ok(())
    }

    /// The documents first: once a booking is gone, nothing leads to its documents any more.
    async fn erase(&self, customer: CustomerId, occurred_at: Timestamp) -> Result<(), Error> {
        self.store.mark_erased(customer, occurred_at).await?;
        for booking in self.store.bookings_up_to(customer, occurred_at).await? {
            self.documents.erase(&booking).await?;
            self.store.erase_booking(&booking, occurred_at).await?;
        }
        self.store.erase_traces(customer).await?;
        tracing::info!(%customer, "a customer was erased");
        Ok(())
    }
}
