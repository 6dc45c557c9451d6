//! The booking queue, where the bus puts booking events, and where those go that come over HTTPS.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::{
    Client,
    error::BuildError,
    types::{SendMessageBatchRequestEntry, SendMessageBatchResultEntry},
};
use portal_domain::{
    config::{BadConfiguration, Environment},
    posted::Envelope,
};

use crate::sdk::{error_code, preconnect};

/// How often a batch is sent, each time with what SQS did not take of it before.
const ATTEMPTS: u32 = 3;

/// The wait before the second time; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The booking queue.
#[derive(Clone)]
pub struct BookingQueue {
    client: Client,
    queue_url: String,
}

/// Not every event is on the queue. Some may be.
#[derive(Debug, thiserror::Error)]
pub enum NotQueued {
    /// SQS did not answer, or refused the whole batch; its error code.
    #[error("the events could not be queued: {0}")]
    Call(String),
    /// SQS went on refusing some of them; its error code for the first.
    #[error("{count} events could not be queued: {code}")]
    Entries {
        /// How many.
        count: usize,
        /// The error code.
        code: String,
    },
    /// An entry is not one that the SDK can send.
    #[error("a request of SendMessageBatch could not be built")]
    Request(#[source] BuildError),
}

impl BookingQueue {
    /// The queue at `BOOKING_QUEUE_URL`.
    pub fn from_env(aws: &SdkConfig, env: &Environment) -> Result<Self, BadConfiguration> {
        let queue_url = env.text("BOOKING_QUEUE_URL", "the URL of the booking queue")?;
        Ok(Self { client: Client::new(aws), queue_url })
    }

    /// Opens the connection that a request needs.
    pub async fn preconnect(&self) {
        preconnect(self.client.get_queue_attributes().queue_url(&self.queue_url).send()).await;
    }

    /// Puts up to ten events on the queue, and returns without an error only once all of them are. What SQS does not take of a
    /// batch is sent again, with back-off.
    pub async fn put(&self, events: &[Envelope]) -> Result<(), NotQueued> {
        let entry = |(index, event): (usize, &Envelope)| {
            SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(&event.json).build()
        };
        let entries: Result<Vec<_>, _> = events.iter().enumerate().map(entry).collect();
        let mut left = entries.map_err(NotQueued::Request)?;
        let mut wait = FIRST_WAIT;
        for attempt in 1.. {
            let send = self.client.send_message_batch().queue_url(&self.queue_url).set_entries(Some(left.clone()));
            let answer = send.send().await.map_err(|error| NotQueued::Call(error_code(&error)))?;
            // Whatever the answer does not name as taken is not taken.
            let taken: Vec<&str> = answer.successful.iter().map(SendMessageBatchResultEntry::id).collect();
            left.retain(|entry| !taken.contains(&entry.id()));
            if left.is_empty() {
                break;
            }
            if attempt == ATTEMPTS {
                let code = answer.failed.first().map_or("an answer that names them not", |entry| entry.code());
                return Err(NotQueued::Entries { count: left.len(), code: code.to_owned() });
            }
            tracing::warn!(count = left.len(), attempt, "some events were not queued, and are sent again");
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        Ok(())
    }
}
