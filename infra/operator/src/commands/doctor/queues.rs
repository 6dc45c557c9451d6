//! What waits in the queues, and what lies among the dead letters.

use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{Datapoint, Dimension, Statistic},
};
use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::future::join_all;

use super::{
    check::{Advice, Check, answer, required},
    context::{Context, count},
};
use crate::{stack::Service, terminal::Failure};

/// A queue of the template.
struct Queue {
    what: &'static str,
    /// What the template calls it.
    logical_id: &'static str,
    /// What a message is.
    thing: &'static str,
    role: Role,
}

/// What its messages are there for.
enum Role {
    /// They wait for a function; from so many seconds on an alarm of the template rings (MailsWait, BookingEventsWait and
    /// FeedbackWaits).
    Wait { function: &'static str, seconds: f64 },
    /// They wait for an operator.
    Dead,
}

const QUEUES: [Queue; 6] = [
    Queue {
        what: "mail queue",
        logical_id: "MailQueue",
        thing: "mail",
        role: Role::Wait { function: "send_mail", seconds: 300.0 },
    },
    Queue {
        what: "booking queue",
        logical_id: "BookingQueue",
        thing: "event",
        role: Role::Wait { function: "project_bookings", seconds: 600.0 },
    },
    Queue {
        what: "feedback queue",
        logical_id: "FeedbackQueue",
        thing: "report",
        role: Role::Wait { function: "mail_feedback", seconds: 3600.0 },
    },
    Queue { what: "dead mails", logical_id: "MailDeadLetters", thing: "mail", role: Role::Dead },
    Queue { what: "dead events", logical_id: "BookingDeadLetters", thing: "event", role: Role::Dead },
    Queue { what: "dead reports", logical_id: "FeedbackDeadLetters", thing: "report", role: Role::Dead },
];

/// A line for each queue.
pub(super) async fn checks(context: &Context<'_>) -> Vec<Check> {
    join_all(QUEUES.iter().map(|queue| async move { Check::of(queue.what, look(context, queue).await) })).await
}

async fn look(context: &Context<'_>, Queue { what, logical_id, thing, role }: &Queue) -> Result<Check, Failure> {
    use QueueAttributeName::{
        ApproximateNumberOfMessages, ApproximateNumberOfMessagesDelayed, ApproximateNumberOfMessagesNotVisible,
    };
    let counted =
        [ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, ApproximateNumberOfMessagesDelayed];
    let url = context.resource(logical_id)?;
    let question =
        context.stack.sqs()?.get_queue_attributes().queue_url(url).set_attribute_names(Some(counted.to_vec())).send();
    let Some(found) = answer("sqs:GetQueueAttributes", question).await? else {
        return Ok(Check::failure(what, "missing", context.removed()));
    };
    let attributes = found.attributes.unwrap_or_default();
    let number: usize =
        counted.iter().filter_map(|name| attributes.get(name)).filter_map(|number| number.parse::<usize>().ok()).sum();
    if number == 0 {
        return Ok(Check::ok(what, "empty"));
    }
    // How many there are is worth a line without their age.
    let age = age(context, url).await.ok().flatten();
    let found = match age {
        Some(age) => format!("{}, the oldest for {}", count(number, thing), rounded(age)),
        None => count(number, thing),
    };
    Ok(match role {
        Role::Dead => {
            let list = context.stack.command("dead-letters list");
            Check::failure(what, found, Advice::new("See what they are", list))
        }
        Role::Wait { function, seconds } if age.is_some_and(|age| age > *seconds) => {
            let look = context.log(function, "1h", "a message failed and will come again");
            Check::warning(what, found, Advice::new("Where the function reads the queue, it fails: see why", look))
        }
        Role::Wait { .. } => Check::ok(what, found),
    })
}

/// For how many seconds the oldest message has been there, by the newest number of the last quarter of an hour; none where
/// CloudWatch has no number yet.
///
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>
async fn age(context: &Context<'_>, url: &str) -> Result<Option<f64>, Failure> {
    let client = aws_sdk_cloudwatch::Client::new(&context.stack.config(Service::CloudWatch)?);
    let now = context.now.as_second();
    let queue = Dimension::builder().name("QueueName").value(url.rsplit('/').next().unwrap_or_default()).build();
    let question = client
        .get_metric_statistics()
        .namespace("AWS/SQS")
        .metric_name("ApproximateAgeOfOldestMessage")
        .dimensions(queue)
        .start_time(DateTime::from_secs(now - 15 * 60))
        .end_time(DateTime::from_secs(now))
        .period(60)
        .statistics(Statistic::Maximum);
    let points = required("cloudwatch:GetMetricStatistics", question.send()).await?.datapoints.unwrap_or_default();
    let newest = points.iter().max_by_key(|point| point.timestamp().map(DateTime::secs));
    Ok(newest.and_then(Datapoint::maximum))
}

/// In the largest unit of which there are at least two.
fn rounded(seconds: f64) -> String {
    let (size, unit) = [(86_400.0, "days"), (3600.0, "hours"), (60.0, "minutes")]
        .into_iter()
        .find(|(size, _)| seconds >= 2.0 * size)
        .unwrap_or((1.0, "seconds"));
    format!("{} {unit}", (seconds / size).floor())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_rounded_down_in_the_largest_unit_of_which_there_are_two() {
        for (seconds, text) in [
            (0.0, "0 seconds"),
            (119.0, "119 seconds"),
            (120.0, "2 minutes"),
            (7199.0, "119 minutes"),
            (7200.0, "2 hours"),
            (172_800.0, "2 days"),
            (1_200_000.0, "13 days"),
        ] {
            assert_eq!(rounded(seconds), text);
        }
    }
}
