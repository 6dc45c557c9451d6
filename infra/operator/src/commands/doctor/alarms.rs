//! Who is told when something goes wrong, and what rings now.

use aws_sdk_cloudwatch::types::{MetricAlarm, StateValue};
use jiff::Timestamp;

use super::{
    check::{Advice, Check, required},
    context::Context,
    identity::sender_domain,
};
use crate::{
    stack::Service,
    terminal::{Failure, when},
};

const SUBSCRIPTION: &str = "subscription";
const ALARMS: &str = "alarms";

/// What CloudWatch names at once at most.
const MOST_NAMES: usize = 100;

/// Who is told, and each alarm that rings.
pub(super) async fn checks(context: &Context<'_>) -> Vec<Check> {
    let (subscription, alarms) = tokio::join!(subscription(context), alarms(context));
    let mut checks = vec![Check::of(SUBSCRIPTION, subscription)];
    checks.extend(alarms.unwrap_or_else(|failure| vec![Check::not_checked(ALARMS, &failure)]));
    checks
}

/// Whether somebody has confirmed to be told.
async fn subscription(context: &Context<'_>) -> Result<Check, Failure> {
    let topic = context.stack.output("AlarmTopic")?;
    let sns = aws_sdk_sns::Client::new(&context.stack.config(Service::Sns)?);
    let question = sns.list_subscriptions_by_topic().topic_arn(topic).send();
    let subscriptions = required("sns:ListSubscriptionsByTopic", question).await?.subscriptions.unwrap_or_default();
    let pending = subscriptions.iter().filter(|one| one.subscription_arn() == Some("PendingConfirmation")).count();
    let confirmed: Vec<&str> = subscriptions
        .iter()
        .filter(|one| one.subscription_arn().is_some_and(|arn| arn.starts_with("arn:")))
        .filter_map(|one| one.protocol())
        .collect();
    let domain = sender_domain(context).unwrap_or("\u{2026}");
    let subscribe =
        format!("aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint you@{domain}");
    Ok(match (&confirmed[..], pending) {
        ([], 0) if context.stack.parameter("AlarmAddress").is_none() => {
            let set =
                Advice::new("Set AlarmAddress in samconfig.toml, and confirm the mail that AWS sends", "sam deploy");
            Check::warning(SUBSCRIPTION, "AlarmAddress is empty: nobody is told", set)
        }
        ([], 0) => Check::warning(
            SUBSCRIPTION,
            "ended: nobody is told",
            Advice::new("Subscribe again, and confirm", subscribe),
        ),
        (confirmed, 1..) => {
            let nobody =
                if confirmed.is_empty() { "not confirmed: nobody is told until then" } else { "one is not confirmed" };
            let confirm = "Follow the link in AWS's mail, which may be among the spam, or have another sent";
            Check::warning(SUBSCRIPTION, nobody, Advice::new(confirm, subscribe))
        }
        (protocols, 0) => Check::ok(SUBSCRIPTION, format!("confirmed, by {}", protocols.join(", "))),
    })
}

/// A line if nothing rings, and else one for each alarm that does.
async fn alarms(context: &Context<'_>) -> Result<Vec<Check>, Failure> {
    let client = aws_sdk_cloudwatch::Client::new(&context.stack.config(Service::CloudWatch)?);
    let stack: Vec<(&str, &str)> = context.resources()?.of_type("AWS::CloudWatch::Alarm").collect();
    let mut checks = Vec::new();
    for some in stack.chunks(MOST_NAMES) {
        let names = some.iter().map(|(_, name)| (*name).to_owned()).collect();
        let question = client.describe_alarms().set_alarm_names(Some(names)).send();
        let found = required("cloudwatch:DescribeAlarms", question).await?.metric_alarms.unwrap_or_default();
        for (logical_id, name) in some {
            let alarm = found.iter().find(|alarm| alarm.alarm_name() == Some(*name));
            checks.extend(of_alarm(context, logical_id, name, alarm));
        }
    }
    if checks.is_empty() {
        checks.push(Check::ok(ALARMS, format!("none of {} rings", stack.len())));
    }
    Ok(checks)
}

/// What is wrong with an alarm.
fn of_alarm(context: &Context<'_>, logical_id: &str, name: &str, alarm: Option<&MetricAlarm>) -> Option<Check> {
    let Some(alarm) = alarm else {
        return Some(Check::failure(logical_id, "missing", context.removed()));
    };
    if alarm.state_value() == Some(&StateValue::Alarm) {
        let since = alarm.state_transitioned_timestamp().or(alarm.state_updated_timestamp());
        let since = since.and_then(|at| Timestamp::from_second(at.secs()).ok());
        let found = since.map_or("rings".to_owned(), |since| format!("rings since {}", when(since)));
        let advice = match logical_id {
            "MailDeadLettersAlarm" | "BookingDeadLettersAlarm" | "FeedbackDeadLettersAlarm" => {
                Advice::new("See what lies there", context.stack.command("dead-letters list"))
            }
            _ => Advice::new(
                format!("infra/operating/README.md, \"Alarms\", says what to do about {logical_id}; why it rings"),
                format!("aws cloudwatch describe-alarms --alarm-names {name} --query 'MetricAlarms[].StateReason'"),
            ),
        };
        return Some(Check::failure(logical_id, found, advice));
    }
    (alarm.actions_enabled() == Some(false)).then(|| {
        let enable = format!("aws cloudwatch enable-alarm-actions --alarm-names {name}");
        Check::warning(logical_id, "tells nobody: its actions are disabled", Advice::new("Enable them", enable))
    })
}
