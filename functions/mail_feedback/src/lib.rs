//! Takes note of what became of mails: logs whether they arrived, and keeps which came back or were reported as spam, so that
//! no further mail goes there.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{Error, LambdaEvent};
use portal_aws::{
    feedback::{EnhancedStatus, Report, ReportKind},
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

    /// Of what SES tells, the log holds the kind, the mail and the enhanced status code: an SMTP answer quotes addresses.
    /// `send_mail` has logged whose mail it was.
    async fn note(&self, message: &SqsMessage) -> Result<(), Error> {
        let report = Report::parse(message.body.as_deref().unwrap_or_default())?;
        let Report { kind, customer, mail_id, status } = &report;
        let (name, status) = (kind.name(), status.as_ref().map(EnhancedStatus::as_str));
        match *kind {
            ReportKind::Delivery => {
                tracing::info!(kind = name, mail_id, status, "a mail was delivered");
                Metric::MailsDelivered.count();
            }
            ReportKind::Delay => {
                tracing::info!(kind = name, mail_id, status, "a mail is delayed: SES goes on trying");
                Metric::DeliveriesDelayed.count();
            }
            ReportKind::Reject => {
                tracing::error!(kind = name, mail_id, status, "a mail was not delivered: SES took it for harmful");
                Metric::MailsRejected.count();
            }
            ReportKind::Bounce { at } => {
                self.store.bounced(*customer, at).await?;
                let then = "a mail came back for good: no more mail until a booking event names the address again";
                tracing::warn!(kind = name, mail_id, status, "{then}");
                Metric::Bounces.count();
            }
            ReportKind::SoftBounce => {
                tracing::info!(kind = name, mail_id, status, "a mail came back this time");
                Metric::SoftBounces.count();
            }
            ReportKind::Complaint { at } => {
                self.store.complained(*customer, at).await?;
                let then = "a mail was reported as spam: no more mail until the operator allows it";
                tracing::warn!(kind = name, mail_id, status, "{then}");
                Metric::Complaints.count();
            }
            ReportKind::NotSpam => {
                tracing::info!(kind = name, mail_id, status, "a mail was taken out of the spam folder");
            }
        }
        Ok(())
    }
}
