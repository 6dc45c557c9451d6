//! The mail queue: what is asked of send_mail. Messages carry ids and hashes, never an address or a token.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::{Client, types::MessageAttributeValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sdk::{Context, open_ahead};
use portal_domain::{
    booking::BookingId,
    config::{BadConfiguration, Environment},
    customer::CustomerId,
    secret::SecretHash,
};

/// A mail that is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mail", rename_all = "snake_case")]
pub enum Wanted {
    /// A sign-in link for a customer, if that customer has bookings.
    SignIn {
        /// Who asked.
        customer: CustomerId,
        /// When.
        asked_at: Timestamp,
        /// The browser that asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        browser: Option<SecretHash>,
        /// The booking to land on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        booking: Option<BookingId>,
    },
    /// The confirmation of a booking, if it is still due.
    Confirmation {
        /// Which booking.
        booking: BookingId,
    },
}

/// The mail queue.
#[derive(Clone)]
pub struct Outbox {
    client: Client,
    queue_url: String,
}

/// A message could not be put on a queue.
#[derive(Debug, thiserror::Error)]
#[error("the message could not be queued: {0}")]
pub struct NotQueued(String);

impl Outbox {
    /// The queue at `MAIL_QUEUE_URL`.
    pub fn from_env(aws: &SdkConfig, env: &Environment) -> Result<Self, BadConfiguration> {
        let queue_url = env.text("MAIL_QUEUE_URL", "the URL of the mail queue")?;
        Ok(Self { client: Client::new(aws), queue_url })
    }

    /// Opens the connection that a request needs.
    pub async fn warm_up(&self) {
        open_ahead(self.client.get_queue_attributes().queue_url(&self.queue_url).send()).await;
    }

    /// Asks for a mail.
    pub async fn want(&self, wanted: &Wanted) -> Result<(), NotQueued> {
        let body = serde_json::to_string(wanted).map_err(|e| NotQueued(e.to_string()))?;
        let send = self.client.send_message().queue_url(&self.queue_url).message_body(body).send();
        send.await.map(drop).map_err(|error| NotQueued(error.context()))
    }
}

/// A message could not be hidden for longer.
#[derive(Debug, thiserror::Error)]
#[error("the message could not be put off: {0}")]
pub struct NotPutOff(String);

/// When a message that failed comes again: after a first wait, then after twice as long each time.
#[derive(Clone)]
pub struct Later {
    client: Client,
    queue_url: String,
    first: Duration,
}

impl Later {
    /// No message waits longer than this: with the first wait of the template all of them add up to about an hour.
    const LONGEST: Duration = Duration::from_secs(20 * 60);

    /// The queue at `MAIL_QUEUE_URL`, the first wait `FIRST_RETRY_SECONDS`.
    pub fn from_env(aws: &SdkConfig, env: &Environment) -> Result<Self, BadConfiguration> {
        let queue_url = env.text("MAIL_QUEUE_URL", "the URL of the mail queue")?;
        let first = env.number("FIRST_RETRY_SECONDS", 1..=900, "a number of seconds from 1 to 900")?;
        Ok(Self { client: Client::new(aws), queue_url, first: Duration::from_secs(first.into()) })
    }

    /// Hides a message that has been delivered `deliveries` times. Left alone it would come again after the queue's own
    /// visibility time-out, so a failure here delays it and loses nothing.
    pub async fn put_off(&self, receipt_handle: &str, deliveries: u32) -> Result<Duration, NotPutOff> {
        let wait = self.wait(deliveries);
        let change = self.client.change_message_visibility().queue_url(&self.queue_url);
        let seconds = i32::try_from(wait.as_secs()).unwrap_or(i32::MAX);
        let change = change.receipt_handle(receipt_handle).visibility_timeout(seconds).send();
        change.await.map(|_| wait).map_err(|error| NotPutOff(error.context()))
    }

    fn wait(&self, deliveries: u32) -> Duration {
        let doublings = deliveries.saturating_sub(1).min(16);
        (self.first * 2_u32.pow(doublings)).min(Self::LONGEST)
    }
}

/// A queue for events that cannot be applied.
#[derive(Clone)]
pub struct DeadLetters {
    client: Client,
    queue_url: String,
}

impl DeadLetters {
    /// The queue at `DEAD_LETTER_QUEUE_URL`.
    pub fn from_env(aws: &SdkConfig, env: &Environment) -> Result<Self, BadConfiguration> {
        let queue_url = env.text("DEAD_LETTER_QUEUE_URL", "the URL of the dead-letter queue of booking events")?;
        Ok(Self { client: Client::new(aws), queue_url })
    }

    /// Puts an event there whole, with the reason as the message attribute `reason`.
    pub async fn put(&self, event: &str, reason: &str) -> Result<(), NotQueued> {
        let attribute = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(reason)
            .build()
            .map_err(|e| NotQueued(e.to_string()))?;
        let send = self
            .client
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(event)
            .message_attributes("reason", attribute)
            .send();
        send.await.map(drop).map_err(|error| NotQueued(error.context()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_of_a_mail_grow_and_add_up_to_about_an_hour() {
        let config = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new("us-east-1"))
            .build();
        let first = Duration::from_secs(20); // FIRST_RETRY_SECONDS and maxReceiveCount as in template.yaml
        let later = Later { client: Client::new(&config), queue_url: String::new(), first };
        let waits: Vec<u64> = (1..=8).map(|deliveries| later.wait(deliveries).as_secs()).collect();
        assert_eq!(waits, [20, 40, 80, 160, 320, 640, 1200, 1200]);
        assert!((3000..=4000).contains(&waits.iter().sum::<u64>()));
    }
}
