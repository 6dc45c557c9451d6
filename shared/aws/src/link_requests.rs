//! Requests for a link, by an address or by a dead link: counted for the network, then for the customer, then queued.

use std::net::IpAddr;

use aws_config::SdkConfig;
use jiff::{SignedDuration, Timestamp};
use portal_domain::{
    booking::BookingId,
    config::{BadConfiguration, Environment},
    customer::CustomerId,
    language::Language,
    rate_limit::{Limit, RateLimitKey, TooMany, Verdict, Whose},
    secret::SecretHash,
};
use portal_runtime::{logs::chain, metrics::Metric};

use crate::{
    mail_queue::{MailQueue, MailRequest, NotQueued},
    store::{Error as StoreError, Store},
};

/// How a link is asked for. Both count against the same limits: what they bound is mail.
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
    /// Too many were made; try again later.
    TooMany(TooMany),
}

/// A request for a link.
#[derive(Debug)]
pub struct LinkRequest {
    /// Whose bookings it is to open.
    pub customer: CustomerId,
    /// The browser that asks.
    pub browser: SecretHash,
    /// The booking to land on.
    pub booking: Option<BookingId>,
    /// The language of the page that asks.
    pub language: Language,
}

/// Takes requests for links.
pub struct LinkRequests {
    store: Store,
    queue: MailQueue,
    /// `REQUESTS_PER_SOURCE`: links that a network address may ask for at once, and again within an hour.
    per_source: Limit,
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
    /// Counts in `store`, within the limit that the environment names, and queues on its mail queue.
    pub fn from_env(store: &Store, aws: &SdkConfig, env: &Environment) -> Result<Self, BadConfiguration> {
        let per_source = env.number("REQUESTS_PER_SOURCE", 1..=10_000, "a number from 1 to 10000")?;
        let queue = MailQueue::from_env(aws, env)?;
        Ok(Self { store: store.clone(), queue, per_source: Limit::for_a_source(per_source) })
    }

    /// Opens the connection to the queue that a request needs.
    pub async fn preconnect(&self) {
        self.queue.preconnect().await;
    }

    /// Counts a request against the limit of its network. This comes first: a request refused here touches nothing of
    /// any customer's. `customer` is whom the request names, and is only logged.
    pub async fn admit(
        &self,
        by: AskedBy,
        source: IpAddr,
        customer: CustomerId,
        now: Timestamp,
    ) -> Result<Limited<Admitted>, Error> {
        Ok(match self.store.count_request(RateLimitKey::Source(source), &self.per_source, now).await? {
            Verdict::Refused(wait) => Limited::TooMany(refused(Whose::Network, wait, customer, by)),
            Verdict::Counted | Verdict::Repeated => Limited::Within(Admitted(by)),
        })
    }

    /// Counts an admitted request for its customer and asks for the mail. A repetition within a minute is answered
    /// alike and makes the same calls, but its message is marked `repeated` and makes no mail. Where the queue does not
    /// take the message, the next request counts at once.
    pub async fn ask(
        &self,
        Admitted(by): Admitted,
        request: LinkRequest,
        now: Timestamp,
    ) -> Result<Limited<()>, Error> {
        let LinkRequest { customer, browser, booking, language } = request;
        let key = RateLimitKey::Customer(customer);
        let repeated = match self.store.count_request(key, &Limit::FOR_A_CUSTOMER, now).await? {
            Verdict::Refused(wait) => return Ok(Limited::TooMany(refused(Whose::Customer, wait, customer, by))),
            Verdict::Repeated => true,
            Verdict::Counted => false,
        };
        let mail_request =
            MailRequest::SignIn { customer, asked_at: now, browser: Some(browser), booking, language, repeated };
        if let Err(error) = self.queue.enqueue(&mail_request).await {
            if let Err(error) = self.store.allow_repetition(key).await {
                tracing::warn!(error = chain(&error), "a repetition counts only after a minute");
            }
            return Err(error.into());
        }
        if repeated {
            tracing::info!(%customer, ?by, "a link was asked for again within a minute: no second mail");
            Metric::LinksRepeated.count();
        } else {
            tracing::info!(%customer, ?by, "a link was asked for");
            match by {
                AskedBy::Address => Metric::LinksRequested,
                AskedBy::DeadLink => Metric::LinksRenewed,
            }
            .count();
        }
        Ok(Limited::Within(()))
    }
}

fn refused(whose: Whose, wait: SignedDuration, customer: CustomerId, by: AskedBy) -> TooMany {
    let minutes = wait.as_mins();
    match whose {
        Whose::Network => {
            tracing::warn!(%customer, ?by, minutes, "no link: too many were asked for from this network");
            Metric::LinksRefusedNetwork.count();
        }
        Whose::Customer => {
            tracing::warn!(%customer, ?by, minutes, "no link: too many were asked for by or for this customer");
            Metric::LinksRefusedCustomer.count();
        }
    }
    TooMany { whose, wait }
}
