//! Queue policies: without one, EventBridge may not put an event into a queue.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sqs-permissions>
//!
//! A policy is one queue's, as SQS has it, and each of its statements names that queue alone.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

use crate::{
    aws::{ACCOUNT, OneOrMore, rule_arn},
    template::{Description, Resource},
};

/// Why the rules cannot deliver.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy holds something that the local stack does not know.
    #[error("{policy}: {reason}")]
    NotUnderstood {
        /// The policy's key in the template.
        policy: String,
        /// What is not understood.
        reason: String,
    },
    /// AWS would drop the rule's events.
    #[error(
        "{queue} takes no events of the rule {rule}: no AWS::SQS::QueuePolicy allows it \
         (Allow, Principal Service events.amazonaws.com, sqs:SendMessage, Resource {resource}, aws:SourceArn {source_arn})"
    )]
    Closed {
        /// The queue: a target or its dead letters.
        queue: String,
        /// The rule.
        rule: String,
        /// The queue's ARN.
        resource: String,
        /// The rule's ARN.
        source_arn: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct QueuePolicy {
    /// Its URL.
    queues: [String; 1],
    policy_document: Document,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    #[serde(rename = "Version")]
    _version: Option<String>,
    #[serde(rename = "Id")]
    _id: Option<String>,
    #[serde(deserialize_with = "statements")]
    statement: Vec<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    /// A `Deny` is not known, and refused.
    #[serde(rename = "Effect")]
    _effect: Allow,
    principal: Principal,
    action: OneOrMore,
    /// SetQueueAttributes refuses a list.
    resource: String,
    #[serde(default)]
    condition: Condition,
}

#[derive(Deserialize)]
enum Allow {
    Allow,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Principal {
    service: OneOrMore,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Condition {
    arn_equals: Option<SourceArn>,
    string_equals: Option<SourceAccount>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceArn {
    #[serde(rename = "aws:SourceArn")]
    source_arn: OneOrMore,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceAccount {
    #[serde(rename = "aws:SourceAccount")]
    source_account: OneOrMore,
}

/// Reads the one statement or each of several, so that an error names what is not understood.
fn statements<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Statement>, D::Error> {
    let written = match Value::deserialize(deserializer)? {
        Value::Array(several) => several,
        one => vec![one],
    };
    let statements = written.into_iter().map(serde_json::from_value);
    statements.collect::<Result<_, _>>().map_err(D::Error::custom)
}

/// Refuses a rule's target, or the target's dead letters, whose queue no policy opens to that rule.
pub(crate) fn check(description: &Description) -> Result<(), Error> {
    let policies = description.queue_policies.iter().map(|resource| {
        QueuePolicy::deserialize(&resource.properties).map_err(|error| Error::NotUnderstood {
            policy: resource.logical_id.clone(),
            reason: format!("the local stack does not know this queue policy: {error}"),
        })
    });
    let policies = policies.collect::<Result<Vec<_>, _>>()?;
    for rule in &description.rules {
        let source_arn = rule_arn(rule.bus(), &rule.name);
        for queue_arn in queue_arns(rule) {
            if !policies.iter().any(|policy| policy.opens(queue_arn, &source_arn)) {
                let (queue, resource) = (queue_name(queue_arn).to_owned(), queue_arn.to_owned());
                return Err(Error::Closed { queue, rule: rule.name.clone(), resource, source_arn });
            }
        }
    }
    Ok(())
}

impl QueuePolicy {
    fn opens(&self, queue_arn: &str, source_arn: &str) -> bool {
        self.queues.iter().any(|url| url.rsplit('/').next() == Some(queue_name(queue_arn)))
            && self.policy_document.statement.iter().any(|statement| {
                statement.principal.service.has("events.amazonaws.com")
                    && statement.action.has("sqs:SendMessage")
                    && statement.resource == queue_arn
                    && statement.condition.holds(source_arn)
            })
    }
}

impl Condition {
    fn holds(&self, source_arn: &str) -> bool {
        self.arn_equals.as_ref().is_none_or(|arn| arn.source_arn.has(source_arn))
            && self.string_equals.as_ref().is_none_or(|account| account.source_account.has(ACCOUNT))
    }
}

/// The queues a rule puts events into: its targets and their dead letters.
fn queue_arns(rule: &Resource) -> Vec<&str> {
    let targets = rule.properties["Targets"].as_array().into_iter().flatten();
    targets.flat_map(|target| [&target["Arn"], &target["DeadLetterConfig"]["Arn"]]).filter_map(Value::as_str).collect()
}

fn queue_name(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}
