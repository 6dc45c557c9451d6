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
    store::{Applied, Connections, Standing, Store},
};
use portal_domain::{
    booking::{BookingId, Document},
    config::{BadConfiguration, Environment},
    confirmation::Due,
    contract::Faults,
    customer::CustomerId,
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
                match event {
                    Event::CustomerErased { occurred_at, address } => {
                        self.erase(self.customer_ids.of(&address).await?, occurred_at).await
                    }
                    Event::Booking(event) => self.apply(message, &about, &event).await,
                }
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
                self.confirm_if_due(id).await
            }
            Applied::Stale => {
                tracing::info!(%about, revision = event.booking.revision, "an event was stale");
                Metric::EventsStale.count();
                self.confirm_if_due(id).await
            }
            Applied::Contradicted => {
                tracing::warn!(
                    %about,
                    revision = event.booking.revision,
                    "an event says something else of a revision that is known: what came first stays"
                );
                Metric::EventsContradicted.count();
                self.confirm_if_due(id).await
            }
            Applied::Erased => {
                tracing::info!(%about, "an event was dropped: its customer was erased");
                Metric::EventsVoid.count();
                self.erase_documents(id).await
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
                    tracing::warn!(%about, %document, "a document is named whose file was not uploaded");
                    Metric::DocumentsMissing.count();
                }
            }
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(%about, error, "whether the documents' files are there could not be seen");
            }
        }
    }

    /// Decided by what stands in the table after the write, so that of two events applied at once the later one sees
    /// both; also after a stale event, since an earlier attempt may have ended between the table and the queue.
    async fn confirm_if_due(&self, id: &BookingId) -> Result<(), Error> {
        if let Some(Standing { filed, confirmation }) = self.store.standing(id).await?
            && confirmation.due(&filed, Timestamp::now()) == Due::Send
        {
            self.mail_queue.enqueue_confirmation(filed.booking.booking_id).await?;
        }
        Ok(())
    }

    /// A booking that is gone stays on a list until its documents are gone, too, so that an erasure that was cut short
    /// goes on where it ended.
    async fn erase(&self, customer: CustomerId, occurred_at: Timestamp) -> Result<(), Error> {
        self.store.mark_erased(customer, occurred_at).await?;
        for booking in self.store.bookings_up_to(customer, occurred_at).await? {
            self.store.erase_booking(customer, &booking, occurred_at).await?;
        }
        for booking in self.store.documents_to_erase(customer).await? {
            self.erase_documents(&booking).await?;
            self.store.documents_erased(customer, &booking).await?;
        }
        self.store.erase_traces(customer).await?;
        tracing::info!(%customer, "a customer was erased");
        Metric::CustomersErased.count();
        Ok(())
    }

    /// What a later event names stays: it has come while the erasure ran.
    async fn erase_documents(&self, id: &BookingId) -> Result<(), Error> {
        let kept = async || {
            let standing = self.store.booking(id).await?;
            let documents = standing.into_iter().flat_map(|filed| filed.booking.documents);
            Ok::<_, Error>(documents.map(|document| document.file.key).collect())
        };
        self.documents.erase(id, kept).await
    }
}

/// A word about an event that is applied all the same.
fn warn(about: &About, warning: Warning) {
    tracing::warn!(%about, %warning, "an event is applied, but somebody should look at it");
    match warning {
        Warning::OccurredAhead => Metric::EventsAhead.count(),
        Warning::PriceDoesNotAddUp => Metric::PricesNotAddingUp.count(),
        Warning::TrackingLinkDropped | Warning::PaymentLinkDropped => Metric::LinksDropped.count(),
    }
}
