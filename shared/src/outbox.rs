//! The mail queue: what is asked of send_mail. Messages carry ids and hashes, never an address or a token.

use aws_config::SdkConfig;
use aws_sdk_sqs::{Client, types::MessageAttributeValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    aws::Context,
    booking::BookingId,
    config::{BadConfiguration, Environment},
    customer::CustomerId,
    sign_in::SecretHash,
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

    /// Asks for a mail.
    pub async fn want(&self, wanted: &Wanted) -> Result<(), NotQueued> {
        let body = serde_json::to_string(wanted).map_err(|e| NotQueued(e.to_string()))?;
        let send = self.client.send_message().queue_url(&self.queue_url).message_body(body).send();
        send.await.map(drop).map_err(|error| NotQueued(error.context()))
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
