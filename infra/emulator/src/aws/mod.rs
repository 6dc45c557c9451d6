//! The AWS services of the local stack, each at its own address on 127.0.0.1, speaking its real protocol.
//!
//! In front of every service stands the recorder: it knows a caller by its access key as AWS does, refuses what the
//! caller's IAM policy does not allow, and keeps a record of the call.

use std::{path::Path, sync::Arc};

use tokio::{net::TcpListener, task::JoinSet};

mod callers;
mod calls;
mod cloudformation;
mod cloudwatch;
mod dynamodb;
mod error;
mod events;
mod hex;
pub(crate) mod lenient;
pub(crate) mod lock;
mod logs;
mod names;
mod one_or_more;
mod permissions;
mod policy;
mod properties;
mod query;
mod recorder;
mod response;
mod s3;
mod secrets;
mod service;
mod ses;
mod sns;
mod sqs;

pub use callers::{Callers, SECRET_ACCESS_KEY};
pub use calls::{Call, Calls};
pub(crate) use cloudformation::stack_id;
pub use cloudformation::{CloudFormation, DeployedStack, StackResource};
pub use cloudwatch::CloudWatch;
pub(crate) use cloudwatch::alarm_arn;
pub use dynamodb::DynamoDb;
pub use error::Error;
pub use events::{EventBridge, Unmatched};
pub use logs::Logs;
pub(crate) use logs::log_group_arn;
pub use names::{ACCOUNT, DEFAULT_BUS, REGION};
pub(crate) use names::{DKIM_TOKENS, bus_name, rule_arn};
pub(crate) use one_or_more::OneOrMore;
pub use policy::{Need, idle, refused};
pub use s3::S3;
pub use secrets::SecretsManager;
pub(crate) use secrets::secret_arn;
pub use ses::{Mail, Ses, Tracking};
pub use sns::Sns;
pub(crate) use sns::topic_arn;
pub use sqs::{Message, Sqs};

use recorder::Recorder;
use service::Service;

use crate::log::Log;

/// All services, started; they stop when the last clone is dropped.
#[derive(Clone)]
pub struct Aws {
    /// Who holds which access key, and what they may do.
    pub callers: Callers,
    /// Every call made so far.
    pub calls: Calls,
    /// DynamoDB.
    pub dynamodb: DynamoDb,
    /// S3.
    pub s3: S3,
    /// SES v2.
    pub ses: Ses,
    /// SQS.
    pub sqs: Sqs,
    /// EventBridge.
    pub events: EventBridge,
    /// The log, which says which events matched no rule.
    pub(crate) log: Log,
    /// Secrets Manager.
    pub secrets: SecretsManager,
    /// CloudFormation.
    pub cloudformation: CloudFormation,
    /// CloudWatch Logs.
    pub logs: Logs,
    /// SNS.
    pub sns: Sns,
    /// CloudWatch.
    pub cloudwatch: CloudWatch,
    /// Where an AWS client finds the services.
    pub endpoints: Endpoints,
    _running: Arc<JoinSet<()>>,
}

/// The address of each service: `http://127.0.0.1:PORT`.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// DynamoDB.
    pub dynamodb: String,
    /// S3, path-style.
    pub s3: String,
    /// SES v2.
    pub ses: String,
    /// SQS.
    pub sqs: String,
    /// EventBridge.
    pub events: String,
    /// Secrets Manager.
    pub secrets: String,
    /// CloudFormation.
    pub cloudformation: String,
    /// CloudWatch Logs.
    pub logs: String,
    /// SNS.
    pub sns: String,
    /// CloudWatch.
    pub cloudwatch: String,
}

impl Aws {
    /// Starts every service on a free port of 127.0.0.1.
    ///
    /// `data` is the folder that keeps tables, objects and secrets; with `None` everything is forgotten at the end. Queues and
    /// mails live in memory in both cases.
    pub async fn start(data: Option<&Path>) -> Result<Self, Error> {
        let (dynamodb_listener, dynamodb_url) = listen().await?;
        let (s3_listener, s3_url) = listen().await?;
        let (ses_listener, ses_url) = listen().await?;
        let (sqs_listener, sqs_url) = listen().await?;
        let (events_listener, events_url) = listen().await?;
        let (secrets_listener, secrets_url) = listen().await?;
        let (cloudformation_listener, cloudformation_url) = listen().await?;
        let (logs_listener, logs_url) = listen().await?;
        let (sns_listener, sns_url) = listen().await?;
        let (cloudwatch_listener, cloudwatch_url) = listen().await?;

        let mut running = JoinSet::new();
        let dynamodb = DynamoDb::open(data, &mut running).await?;
        let s3 = S3::open(data)?;
        let sqs = Sqs::new(&sqs_url);
        let log = Log::new();
        let events = EventBridge::new(sqs.clone(), log.clone());
        let ses = Ses::new(events.clone());
        let secrets = SecretsManager::open(data)?;
        let cloudformation = CloudFormation::default();
        let logs = Logs::new(log.clone());
        let sns = Sns::default();
        let cloudwatch = CloudWatch::default();

        let recorder = Recorder::default();
        running.spawn(recorder.serve(dynamodb_listener, Service::DynamoDb(dynamodb.clone())));
        running.spawn(recorder.serve(s3_listener, Service::S3(s3.clone())));
        running.spawn(recorder.serve(ses_listener, Service::Ses(ses.clone())));
        running.spawn(recorder.serve(sqs_listener, Service::Sqs(sqs.clone())));
        running.spawn(recorder.serve(events_listener, Service::EventBridge(events.clone())));
        running.spawn(recorder.serve(secrets_listener, Service::SecretsManager(secrets.clone())));
        running.spawn(recorder.serve(cloudformation_listener, Service::CloudFormation(cloudformation.clone())));
        running.spawn(recorder.serve(logs_listener, Service::Logs(logs.clone())));
        running.spawn(recorder.serve(sns_listener, Service::Sns(sns.clone())));
        running.spawn(recorder.serve(cloudwatch_listener, Service::CloudWatch(cloudwatch.clone())));

        Ok(Self {
            callers: recorder.callers,
            calls: recorder.calls,
            dynamodb,
            s3,
            ses,
            sqs,
            events,
            log,
            secrets,
            cloudformation,
            logs,
            sns,
            cloudwatch,
            endpoints: Endpoints {
                dynamodb: dynamodb_url,
                s3: s3_url,
                ses: ses_url,
                sqs: sqs_url,
                events: events_url,
                secrets: secrets_url,
                cloudformation: cloudformation_url,
                logs: logs_url,
                sns: sns_url,
                cloudwatch: cloudwatch_url,
            },
            _running: Arc::new(running),
        })
    }
}

/// A listener on a free port of 127.0.0.1, and its URL.
async fn listen() -> Result<(TcpListener, String), Error> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

#[cfg(test)]
mod tests;
