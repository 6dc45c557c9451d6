//! The secrets that sign requests of the booking system, kept by Secrets Manager and cached for some minutes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use jiff::Timestamp;
use portal_domain::{
    config::{BadConfiguration, Environment},
    webhook::{Freshness, NotWebhookSecrets, Signed, Unverified, WebhookSecrets},
};
use portal_runtime::logs::chain;

use crate::sdk::CallFailed;

/// The secrets of the stack, read again when [`Freshness`] says so.
pub struct KeptSecrets {
    client: Client,
    /// `WEBHOOK_SECRET_ARN`
    arn: String,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    secrets: Option<WebhookSecrets>,
    freshness: Freshness,
}

/// The secrets could not be read. Says nothing of what they hold.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sources say it")]
pub enum Unreadable {
    #[error(transparent)]
    Call(#[from] CallFailed),
    #[error("the secret of the webhook is {0}")]
    Value(#[from] NotWebhookSecrets),
    /// It was not read for an hour, and what was read before is good no longer.
    #[error("there is no secret to verify signatures with")]
    None,
}

impl KeptSecrets {
    /// The secret that `WEBHOOK_SECRET_ARN` names.
    pub fn from_env(aws: &SdkConfig, env: &Environment) -> Result<Self, BadConfiguration> {
        let arn = env.text("WEBHOOK_SECRET_ARN", "the ARN of the secret that signs webhooks")?;
        Ok(Self { client: Client::new(aws), arn, cache: Mutex::default() })
    }

    /// Reads the secrets ahead of the first request. Where that fails, the first request reads them.
    pub async fn preload(&self, now: Timestamp) {
        self.read(now).await;
    }

    /// Whether one of the secrets signed this body just now. A signature that none of them made has them read again, for one may
    /// be new: at most once a minute.
    pub async fn verify(
        &self,
        signed: &Signed<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Result<(), Unverified>, Unreadable> {
        if self.cache().freshness.is_due(now) {
            self.read(now).await;
        }
        let verified = self.good(now)?.verify(signed, body, now);
        if verified != Err(Unverified::BadSignature) || !self.cache().freshness.may_ask(now) {
            return Ok(verified);
        }
        self.read(now).await;
        Ok(self.good(now)?.verify(signed, body, now))
    }

    fn good(&self, now: Timestamp) -> Result<WebhookSecrets, Unreadable> {
        let cache = self.cache();
        cache.secrets.clone().filter(|_| cache.freshness.is_good(now)).ok_or(Unreadable::None)
    }

    async fn read(&self, now: Timestamp) {
        let read = self.ask().await;
        if let Err(error) = &read {
            tracing::error!(error = chain(error), "the secret of the webhook could not be read");
        }
        let mut cache = self.cache();
        cache.freshness.note(now, read.is_ok());
        cache.secrets = read.ok().or(cache.secrets.take());
    }

    async fn ask(&self) -> Result<WebhookSecrets, Unreadable> {
        let value = self.client.get_secret_value().secret_id(&self.arn).send().await;
        let value = value.map_err(|error| CallFailed::new("GetSecretValue", &error))?;
        Ok(WebhookSecrets::parse(value.secret_string().unwrap_or_default())?)
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
