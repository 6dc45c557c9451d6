//! Turns booking events into what the pages read, and asks for confirmation mails.

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
    booking::{Booking, BookingId, Document},
    config::{BadConfiguration, Environment},
    confirmation::{Due, NotDue},
    contract::Faults,
    customer::{CustomerId, EmailAddress},
    events::{About, Accepted, BookingEvent, Event, Hosts, Received, Refusal, Warning},
};
use portal_runtime::{batches, logs::chain, metrics::Metric};

/// Events of a batch that are worked on side by side: one that waits for AWS does not hold up the others.
const AT_ONCE: usize = 4;

/// The function and what it holds.
pub struct ProjectBookings {
    store: Store,
    mail_queue: MailQueue,
    dead_letters: DeadLetters,
    documents: Documents,
    customer_ids: CustomerIds,
    accepted: Accepted,
}

impl ProjectBookings {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let aws = sdk::config(env)?;
        let hosts = |variable| {
            let list = env.optional(variable, "host names separated by commas, or nothing")?;
            Ok::<_, BadConfiguration>(Hosts::parse(list.as_deref().unwrap_or_default()))
        };
        let accepted = Accepted {
            business_id: env.optional("BUSINESS_ID", "the id under which events name this business, or nothing")?,
            tracking_hosts: hosts("TRACKING_HOSTS")?,
            payment_hosts: hosts("PAYMENT_HOSTS")?,
        };
        let store = Store::from_env(&aws, env)?;
        let function = Self {
            customer_ids: CustomerIds::from_env(&store, env)?.leaving_fingerprint(),
            store,
            mail_queue: MailQueue::from_env(&aws, env)?,
            dead_letters: DeadLetters::from_env(&aws, env)?,
            documents: Documents::from_env(&aws, env)?,
            accepted,
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
        let envelope = message.body.as_deref().unwrap_or_default();
        match Event::read(envelope, &self.accepted, Timestamp::now()) {
            Err(refusal) => self.refuse(message, &refusal).await,
            Ok(Received { about, event, warnings }) => {
                warnings.iter().for_each(|warning| warn(&about, *warning));
                let done = match event {
                    Event::CustomerErased { occurred_at, address } => self.erase(&address, occurred_at).await,
                    Event::Booking(event) => self.apply(message, &about, &event).await,
                };
                done.map_err(|error| format!("{about}: {}", chain(error.as_ref())).into())
            }
        }
    }

    async fn apply(&self, message: &SqsMessage, about: &About, event: &BookingEvent) -> Result<(), Error> {
        let id = &event.booking.booking_id;
        let owner = self.customer_ids.of(&event.booking.customer.email).await?;
        match self.store.apply(event, owner).await? {
            Applied::Changed { new_documents } => {
                tracing::info!(%about, revision = event.booking.revision, "an event was applied");
                Metric::EventsApplied.count();
                self.look_for(&new_documents, about).await;
                self.confirm_if_due(event).await
            }
            Applied::Stale => {
                tracing::info!(%about, revision = event.booking.revision, "an event was stale");
                Metric::EventsStale.count();
                self.confirm_if_due(event).await
            }
            Applied::Contradicted => {
                tracing::warn!(
                    %about,
                    revision = event.booking.revision,
                    "an event says something else of a revision that is known: what came first stays"
                );
                Metric::EventsContradicted.count();
                self.confirm_if_due(event).await
            }
            Applied::Erased => {
                tracing::info!(%about, "an event was dropped: its customer was erased");
                Metric::EventsVoid.count();
                if event.asks_for_confirmation {
                    confirmation_is_not_sent(id, NotDue::Erased);
                }
                self.erase_documents_of(event, owner).await
            }
            Applied::TooLarge { bytes, most } => {
                let faults = Faults::one("booking", format_args!("at most {most} bytes as kept, where it has {bytes}"));
                self.refuse(message, &Refusal { about: about.clone(), faults }).await
            }
        }
    }

    /// An event that breaks the contract would break it again: it goes aside whole, for a person to look at.
    async fn refuse(&self, message: &SqsMessage, refusal: &Refusal) -> Result<(), Error> {
        let about = &refusal.about;
        tracing::error!(%about, reason = %refusal, "an event was refused");
        self.dead_letters.put(message.body.as_deref().unwrap_or_default(), refusal).await?;
        Metric::EventsRefused.count();
        Ok(())
    }

    /// Says which documents have no file: now somebody can still upload it before the customer asks for it.
    async fn look_for(&self, documents: &[Document], about: &About) {
        match self.documents.missing(documents).await {
            Ok(missing) => {
                for document in missing {
                    tracing::warn!(%about, %document, "a document is named whose file was not uploaded, or is empty");
                    Metric::DocumentsMissing.count();
                }
            }
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(%about, error, "whether the documents' files are there could not be seen");
            }
        }
    }

    /// Queues the confirmation mail where it is due, by what stands in the table after the write: of two events applied
    /// at once, the later one sees both. A stale event looks, too, since an earlier attempt may have ended between the
    /// table and the queue.
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

    /// Erases a customer. The mark comes first, so that no event of before it slips in between. The documents go last,
    /// since a table without the customer matters most.
    async fn erase(&self, address: &EmailAddress, occurred_at: Timestamp) -> Result<(), Error> {
        let customer = self.customer_ids.of(address).await?;
        self.store.mark_erased(customer, occurred_at).await?;
        let removed = self.store.erase(customer, occurred_at).await?;
        let documents = self.erase_documents(customer).await?;
        let Removed { bookings, confirmations, sign_ins, later_bookings, unreadable } = removed;
        if unreadable > 0 {
            // It comes again, and lies among the dead letters in the end, until somebody has looked at the table.
            return Err(format!("{unreadable} items that may be the erased customer's cannot be read, and stay").into());
        }
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

    /// Erases the documents that a void event may have brought with it. Only those go that the event itself names, for
    /// the booking's folder may hold what somebody else was given since.
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

/// Logs and counts what is remarkable about an event that is applied all the same.
fn warn(about: &About, warning: Warning) {
    tracing::warn!(%about, %warning, "an event is applied, but somebody should look at it");
    match warning {
        Warning::OccurredAhead => Metric::EventsAhead.count(),
        Warning::PriceDoesNotAddUp => Metric::PricesNotAddingUp.count(),
        Warning::TrackingLinkDropped | Warning::PaymentLinkDropped => Metric::LinksDropped.count(),
    }
}

fn confirmation_is_not_sent(booking: &BookingId, why: NotDue) {
    tracing::info!(%booking, reason = %why, "a confirmation is not sent");
}
