//! Rate limiting of mails: keeps below the rate that SES allows the account.

use std::{sync::Mutex, time::Duration};

use portal_domain::config::{BadConfiguration, Environment};
use tokio::time::{Instant, sleep_until};

/// Lets one mail go at a time, each a while after the one before.
pub struct SendRateLimiter {
    apart: Duration,
    next: Mutex<Option<Instant>>,
}

impl SendRateLimiter {
    /// The share of one instance in `MAILS_PER_SECOND` where `MAIL_CONCURRENCY` of them work at once.
    pub fn from_env(env: &Environment) -> Result<Self, BadConfiguration> {
        let rate = env.number("MAILS_PER_SECOND", 1..=10_000, "a number from 1 to 10000")?;
        let instances = env.number("MAIL_CONCURRENCY", 1..=1000, "a number from 1 to 1000")?;
        Ok(Self { apart: Duration::from_secs(instances.into()) / rate, next: Mutex::default() })
    }

    /// Waits for its turn.
    pub(super) async fn turn(&self) {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let turn = next.unwrap_or_else(Instant::now).max(Instant::now());
            *next = Some(turn + self.apart);
            turn
        };
        sleep_until(turn).await;
    }
}
