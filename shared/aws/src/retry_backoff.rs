//! Exponential back-off: when a mail that could not be sent is tried again.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use portal_domain::config::{BadConfiguration, Environment};

use crate::sdk::error_code;

/// A message could not be hidden for longer.
#[derive(Debug, thiserror::Error)]
#[error("the message could not be put off: {0}")]
pub struct NotPutOff(String);

/// When a message that failed comes again: after a first wait, then after twice as long each time.
#[derive(Clone)]
pub struct RetryBackoff {
    client: Client,
    queue_url: String,
    first: Duration,
}

impl RetryBackoff {
    /// No message waits longer than this: with the first wait of the template all of them add up to about an hour.
    const LONGEST: Duration = Duration::from_secs(20 * 60);

    /// The queue at `MAIL_QUEUE_URL`, the first wait `FIRST_RETRY_SECONDS`.
    pub fn from_env(aws: &SdkConfig, env: &Environment) -> Result<Self, BadConfiguration> {
        let queue_url = env.text("MAIL_QUEUE_URL", "the URL of the mail queue")?;
        let first = env.number("FIRST_RETRY_SECONDS", 1..=900, "a number of seconds from 1 to 900")?;
        Ok(Self { client: Client::new(aws), queue_url, first: Duration::from_secs(first.into()) })
    }

    /// Hides a message that has been delivered `deliveries` times for as long as its back-off takes. Where this fails,
    /// the message comes again after the queue's own visibility time-out, and nothing is lost.
    pub async fn put_off(&self, receipt_handle: &str, deliveries: u32) -> Result<Duration, NotPutOff> {
        let wait = self.wait(deliveries);
        let change = self.client.change_message_visibility().queue_url(&self.queue_url);
        let seconds = i32::try_from(wait.as_secs()).unwrap_or(i32::MAX);
        let change = change.receipt_handle(receipt_handle).visibility_timeout(seconds).send();
        change.await.map(|_| wait).map_err(|error| NotPutOff(error_code(&error)))
    }

    fn wait(&self, deliveries: u32) -> Duration {
        let doublings = deliveries.saturating_sub(1).min(16);
        (self.first * 2_u32.pow(doublings)).min(Self::LONGEST)
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
        let backoff = RetryBackoff { client: Client::new(&config), queue_url: String::new(), first };
        let waits: Vec<u64> = (1..=8).map(|deliveries| backoff.wait(deliveries).as_secs()).collect();
        assert_eq!(waits, [20, 40, 80, 160, 320, 640, 1200, 1200]);
        assert!((3000..=4000).contains(&waits.iter().sum::<u64>()));
    }
}
