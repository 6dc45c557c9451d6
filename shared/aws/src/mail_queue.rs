//! The mail queue: what is asked of send_mail. Messages carry ids and hashes, never an address or a token.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use jiff::Timestamp;
use portal_domain::{
    booking::BookingId,
    config::{BadConfiguration, Environment},
    customer::CustomerId,
    language::Language,
    secret::SecretHash,
};
use serde::{Deserialize, Serialize};

use crate::{
    sdk::{error_code, preconnect},
    unquoted::Unquoted,
};

/// A request for a mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mail", rename_all = "snake_case")]
pub enum MailRequest {
    /// A sign-in link for a customer, if that customer has bookings.
    SignIn {
        /// Whom the link signs in.
        customer: CustomerId,
        /// When it was asked for.
        asked_at: Timestamp,
        /// The browser that asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        browser: Option<SecretHash>,
        /// The booking to land on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        booking: Option<BookingId>,
        /// The language of the page that asked.
        #[serde(default)]
        language: Language,
        /// The same request again, which makes no mail: it is queued so that nobody can tell by what asking does, or by
        /// how long it takes, whether somebody had just asked.
        #[serde(default)]
        repeated: bool,
    },
    /// The confirmation of a booking, if it is still due.
    Confirmation {
        /// Which booking.
        booking: BookingId,
    },
}

/// A queue message is no request for a mail. Says what is wrong with it and quotes nothing.
#[derive(Debug, thiserror::Error)]
#[error("the message is no request for a mail")]
pub struct NotARequest(#[source] Unquoted);

impl MailRequest {
    /// Reads a queue message.
    pub fn parse(message: &str) -> Result<Self, NotARequest> {
        serde_json::from_str(message).map_err(|error| NotARequest(Unquoted::of(&error)))
    }
}

/// The mail queue.
#[derive(Clone)]
pub struct MailQueue {
    client: Client,
    queue_url: String,
}

/// A message could not be put on the mail queue.
#[derive(Debug, thiserror::Error)]
pub enum NotQueued {
    /// SQS did not take it; its error code.
    #[error("the message could not be queued: {0}")]
    Call(String),
    /// It could not be written as JSON.
    #[error("the message could not be written")]
    Write(#[from] serde_json::Error),
}

impl MailQueue {
    /// The queue at `MAIL_QUEUE_URL`.
    pub fn from_env(aws: &SdkConfig, env: &Environment) -> Result<Self, BadConfiguration> {
        let queue_url = env.text("MAIL_QUEUE_URL", "the URL of the mail queue")?;
        Ok(Self { client: Client::new(aws), queue_url })
    }

    /// Opens the connection that a request needs.
    pub async fn preconnect(&self) {
        preconnect(self.client.get_queue_attributes().queue_url(&self.queue_url).send()).await;
    }

    /// Asks for the confirmation of a booking.
    pub async fn enqueue_confirmation(&self, booking: BookingId) -> Result<(), NotQueued> {
        self.enqueue(&MailRequest::Confirmation { booking }).await
    }

    /// Puts a request on the queue. Links are asked for by [`crate::link_requests`] alone, which counts them first.
    pub(crate) async fn enqueue(&self, request: &MailRequest) -> Result<(), NotQueued> {
        let body = serde_json::to_string(request)?;
        let send = self.client.send_message().queue_url(&self.queue_url).message_body(body).send();
        send.await.map(drop).map_err(|error| NotQueued::Call(error_code(&error)))
    }
}
