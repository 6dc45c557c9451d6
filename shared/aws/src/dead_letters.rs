//! The dead letters of booking events: what breaks the contract goes there whole, with the reason.

use aws_config::SdkConfig;
use aws_sdk_sqs::{Client, error::BuildError, types::MessageAttributeValue};
use portal_domain::{
    config::{BadConfiguration, Environment},
    events::{About, Refusal},
};

use crate::sdk::error_code;

/// An event could not be put aside.
#[derive(Debug, thiserror::Error)]
pub enum NotPut {
    /// SQS did not take it; its error code.
    #[error("the event could not be put aside: {0}")]
    Call(String),
    /// The reason could not be made an attribute.
    #[error("the reason could not be attached to the event")]
    Reason(#[source] BuildError),
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

    /// Puts an event there whole, with message attributes: the `reason`, and what names the event (`event_id`, `detail_type`,
    /// `booking_id`) as far as it can be read.
    pub async fn put(&self, event: &str, refusal: &Refusal) -> Result<(), NotPut> {
        let About { event_id, detail_type, booking_id } = &refusal.about;
        let mut send = self.client.send_message().queue_url(&self.queue_url).message_body(event);
        for (name, value) in [
            ("reason", Some(refusal.to_string())),
            ("event_id", event_id.clone()),
            ("detail_type", detail_type.clone()),
            ("booking_id", booking_id.as_ref().map(ToString::to_string)),
        ] {
            let Some(value) = value else { continue };
            let attribute = MessageAttributeValue::builder().data_type("String").string_value(value);
            send = send.message_attributes(name, attribute.build().map_err(NotPut::Reason)?);
        }
        send.send().await.map(drop).map_err(|error| NotPut::Call(error_code(&error)))
    }
}
