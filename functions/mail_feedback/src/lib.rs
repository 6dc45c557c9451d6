//! Takes note of mails that came back and of mails reported as spam, so that no further mail goes there.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{Error, LambdaEvent};
use portal_aws::{
    feedback::{Report, ReportKind},
    sdk,
    store::{Connections, Store},
};
use portal_domain::config::Environment;
use portal_runtime::{batches, metrics::Metric};

/// Reports of a batch that are worked on side by side.
const AT_ONCE: usize = 2;

/// The function and what it holds.
pub struct MailFeedback {
    store: Store,
}

impl MailFeedback {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let function = Self { store: Store::from_env(&sdk::config(env)?, env)? };
        function.store.preconnect(Connections::Two).await;
        Ok(function)
    }

    /// Works off a batch; names the messages that are to come again.
    pub async fn handle(&self, batch: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
        batches::each(batch, AT_ONCE, async |message| self.note(message).await).await
    }

    async fn note(&self, message: &SqsMessage) -> Result<(), Error> {
        let Report { kind, at, customer } = Report::parse(message.body.as_deref().unwrap_or_default())?;
        match kind {
            ReportKind::Bounce => {
                self.store.bounced(customer, at).await?;
                tracing::warn!(%customer, "a mail came back for good: no more mail until a booking event names the address again");
                Metric::Bounces.count();
            }
            ReportKind::SoftBounce => {
                tracing::info!(%customer, "a mail came back this time");
                Metric::SoftBounces.count();
            }
            ReportKind::Complaint => {
                self.store.complained(customer, at).await?;
                tracing::warn!(%customer, "a mail was reported as spam: no more mail until the operator allows it");
                Metric::Complaints.count();
            }
            ReportKind::NotSpam => tracing::info!(%customer, "a mail was taken out of the spam folder"),
        }
        Ok(())
    }
}
