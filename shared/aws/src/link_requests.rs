//! Requests for a link, by an address or by a dead link: counted for the network, then for the customer, then queued.

use std::net::IpAddr;

use aws_config::SdkConfig;
use jiff::{SignedDuration, Timestamp};
use portal_domain::{
    booking::BookingId,
    config::{BadConfiguration, Environment, Limits},
    customer::CustomerId,
    rate_limit::{RateLimitKey, Verdict},
    secret::SecretHash,
};
use portal_runtime::{logs::chain, metrics::Metric};

use crate::{
    mail_queue::{MailQueue, MailRequest, NotQueued},
    store::{Error as StoreError, Store},
};

/// How a link is asked for. Each is counted by itself, so that nobody's dead links use up what an address may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedBy {
    /// By typing an address.
    Address,
    /// By a link that works no longer.
    DeadLink,
}

/// A request that its network may make. Only [`LinkRequests::admit`] makes one, by counting it.
#[derive(Debug)]
pub struct Admitted(AskedBy);

/// What a request for a link comes to: to `T`, or to waiting.
#[derive(Debug)]
pub enum Limited<T> {
    /// Go on.
    Within(T),
    /// Too many were made; try again after this time.
    TooMany(SignedDuration),
}

/// What a link is asked for.
#[derive(Debug)]
pub struct LinkRequest {
    /// Whose bookings it is to open.
    pub customer: CustomerId,
    /// The browser that asks.
    pub browser: SecretHash,
    /// The booking to land on.
    pub booking: Option<BookingId>,
}

/// Takes requests for links.
pub struct LinkRequests {
    store: Store,
    queue: MailQueue,
    limits: Limits,
}

/// A request could not be counted or queued.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sources say it")]
pub enum Error {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] NotQueued),
}

impl LinkRequests {
    /// Counts in `store`, within the limits that the environment names, and queues on its mail queue.
    pub fn from_env(store: &Store, aws: &SdkConfig, env: &Environment) -> Result<Self, BadConfiguration> {
        Ok(Self { store: store.clone(), queue: MailQueue::from_env(aws, env)?, limits: Limits::from_env(env)? })
    }

    /// Opens the connection to the queue that a request needs.
    pub async fn preconnect(&self) {
        self.queue.preconnect().await;
    }

    /// Counts a request of a network. This comes first: a request refused here touches nothing of any customer's.
    pub async fn admit(&self, by: AskedBy, source: IpAddr, now: Timestamp) -> Result<Limited<Admitted>, Error> {
        let key = match by {
            AskedBy::Address => RateLimitKey::Source(source),
            AskedBy::DeadLink => RateLimitKey::RenewingSource(source),
        };
        Ok(match self.store.count_request(key, self.limits.per_source, now).await? {
            Verdict::Refused(wait) => Limited::TooMany(wait),
            Verdict::Counted | Verdict::Repeated => Limited::Within(Admitted(by)),
        })
    }

    /// Counts an admitted request for its customer and asks for the mail. The same request a moment later is answered
    /// alike and asks for nothing. Where the queue does not take it, the request may be repeated at once.
    pub async fn ask(
        &self,
        Admitted(by): Admitted,
        request: LinkRequest,
        now: Timestamp,
    ) -> Result<Limited<()>, Error> {
        let LinkRequest { customer, browser, booking } = request;
        let (key, metric) = match by {
            AskedBy::Address => (RateLimitKey::Customer(customer), Metric::LinksRequested),
            AskedBy::DeadLink => (RateLimitKey::RenewingCustomer(customer), Metric::LinksRenewed),
        };
        match self.store.count_request(key, self.limits.per_customer, now).await? {
            Verdict::Refused(wait) => return Ok(Limited::TooMany(wait)),
            Verdict::Repeated => return Ok(Limited::Within(())),
            Verdict::Counted => {}
        }
        let mail_request = MailRequest::SignIn { customer, asked_at: now, browser: Some(browser), booking };
        if let Err(error) = self.queue.enqueue(&mail_request).await {
            if let Err(error) = self.store.allow_repetition(key).await {
                tracing::warn!(error = chain(&error), "a repetition counts only after a minute");
            }
            return Err(error.into());
        }
        tracing::info!(%customer, ?by, "a link was asked for");
        metric.count();
        Ok(Limited::Within(()))
    }
}
