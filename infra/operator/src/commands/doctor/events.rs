//! How booking events come in, and what SES tells of mails: buses, rules, and the functions that read the queues.

use aws_sdk_eventbridge::types::RuleState;
use futures_util::future::join_all;

use super::{
    activity::{Activity, last},
    check::{Advice, Check, answer, required},
    context::Context,
};
use crate::{stack::Service, terminal::Failure};

const BUS: &str = "bus";
const SOURCES: &str = "event sources";

/// A rule of the template: what the template calls it, the queue it delivers to, and the target's id.
const RULES: [(&str, &str, &str); 3] = [
    ("BookingRule", "BookingQueue", "bookings"),
    ("OtherSourcesRule", "BookingDeadLetters", "dead-letters"),
    ("FeedbackRule", "FeedbackQueue", "feedback"),
];

/// The functions that read queues.
const READERS: [&str; 3] = ["SendMail", "ProjectBookings", "MailFeedback"];

const APPLIED: Activity =
    Activity { what: "last event", log: "ProjectBookingsLog", words: "an event was applied", thing: "booking event" };

/// The way of an event, and when the last one came.
pub(super) async fn checks(context: &Context<'_>) -> Vec<Check> {
    let rules = join_all(RULES.into_iter().map(|rule| async move {
        // A bus of somebody else's has no rule for other sources.
        match context.resources() {
            Ok(resources) if resources.physical(rule.0).is_none() && rule.0 == "OtherSourcesRule" => None,
            _ => Some(Check::of(rule.0, self::rule(context, rule).await)),
        }
    }));
    let nothing_came = || {
        let list =
            format!("aws events list-rules --event-bus-name {}", context.stack.output("Bus").unwrap_or("default"));
        Advice::new("Look at the booking system, then at its bus", list)
    };
    let (bus, rules, sources, last) =
        tokio::join!(bus(context), rules, sources(context), last(context, &APPLIED, nothing_came));
    let mut checks = vec![Check::of(BUS, bus)];
    checks.extend(rules.into_iter().flatten());
    checks.extend(sources);
    checks.extend(hosts(context));
    checks.push(Check::of(APPLIED.what, last));
    checks
}

fn events(context: &Context<'_>) -> Result<aws_sdk_eventbridge::Client, Failure> {
    Ok(aws_sdk_eventbridge::Client::new(&context.stack.config(Service::Events)?))
}

async fn bus(context: &Context<'_>) -> Result<Check, Failure> {
    let name = context.stack.output("Bus")?;
    let question = events(context)?.describe_event_bus().name(name).send();
    Ok(match answer("events:DescribeEventBus", question).await? {
        Some(_) => Check::ok(BUS, name),
        None => {
            let create = Advice::new(
                "Make it, and see below for its rules",
                format!("aws events create-event-bus --name {name}"),
            );
            Check::failure(BUS, format!("{name} is missing: the booking system's events go nowhere"), create)
        }
    })
}

/// Whether a rule is there, is enabled, and delivers to its queue.
async fn rule(context: &Context<'_>, (what, queue, id): (&str, &str, &str)) -> Result<Check, Failure> {
    let physical = context.resource(what)?;
    // What CloudFormation calls a rule has its bus before it, unless that is the default one.
    let (bus, name) = physical.rsplit_once('|').unwrap_or(("default", physical));
    let client = events(context)?;
    let question = client.describe_rule().name(name).event_bus_name(bus).send();
    let Some(rule) = answer("events:DescribeRule", question).await? else {
        return Ok(Check::failure(what, format!("{name} is missing on {bus}"), context.removed()));
    };
    if !matches!(rule.state(), Some(RuleState::Enabled)) {
        let enable = format!("aws events enable-rule --name {name} --event-bus-name {bus}");
        return Ok(Check::failure(what, format!("{name} is disabled"), Advice::new("Enable it", enable)));
    }
    let queue = context.resource(queue)?.rsplit('/').next().unwrap_or_default();
    let question = client.list_targets_by_rule().rule(name).event_bus_name(bus).send();
    let targets = required("events:ListTargetsByRule", question).await?.targets.unwrap_or_default();
    if targets.iter().any(|target| target.arn().rsplit(':').next() == Some(queue)) {
        return Ok(Check::ok(what, format!("{name} is enabled on {bus}")));
    }
    // arn:PARTITION:events:REGION:ACCOUNT:rule/…
    let partition = rule.arn().and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws");
    let (region, account) = (&context.stack.place.region, &context.stack.place.account);
    let put = format!(
        "aws events put-targets --rule {name} --event-bus-name {bus} \
         --targets Id={id},Arn=arn:{partition}:sqs:{region}:{account}:{queue}"
    );
    Ok(Check::failure(what, format!("{name} does not deliver to its queue"), Advice::new("Give it its target", put)))
}

/// Whether the functions read their queues: a line if all do, and else one for each that does not.
async fn sources(context: &Context<'_>) -> Vec<Check> {
    let asked = join_all(READERS.map(|function| async move { source(context, function).await }));
    let answers = asked.await.into_iter().collect::<Result<Vec<Option<Check>>, Failure>>();
    match answers.map(|checks| checks.into_iter().flatten().collect::<Vec<_>>()) {
        Ok(checks) if checks.is_empty() => {
            vec![Check::ok(SOURCES, format!("{} functions read their queues", READERS.len()))]
        }
        Ok(checks) => checks,
        Err(failure) => vec![Check::not_checked(SOURCES, &failure)],
    }
}

/// What is wrong with a function's event source.
async fn source(context: &Context<'_>, function: &str) -> Result<Option<Check>, Failure> {
    let lambda = aws_sdk_lambda::Client::new(&context.stack.config(Service::Lambda)?);
    let question = lambda.list_event_source_mappings().function_name(context.resource(function)?).send();
    let mappings =
        answer("lambda:ListEventSourceMappings", question).await?.and_then(|list| list.event_source_mappings);
    let mappings = mappings.unwrap_or_default();
    let is_on = |state: Option<&str>| matches!(state, Some("Enabled" | "Enabling" | "Updating"));
    let Some(mapping) = mappings.first() else {
        return Ok(Some(Check::failure(SOURCES, format!("{function} reads no queue"), context.removed())));
    };
    if is_on(mapping.state()) {
        return Ok(None);
    }
    let enable = format!(
        "aws lambda update-event-source-mapping --uuid {} --enabled --query State",
        mapping.uuid().unwrap_or_default()
    );
    let found = format!("{function} does not read its queue: {}", mapping.state().unwrap_or("no state"));
    Ok(Some(Check::failure(SOURCES, found, Advice::new("Enable it, unless a table is being restored", enable))))
}

/// The hosts that links may lead to.
fn hosts(context: &Context<'_>) -> [Check; 2] {
    let [tracking, payment] = ["TrackingHosts", "PaymentHosts"]
        .map(|name| (name, context.stack.parameter(name).map(|hosts| Check::ok(name, hosts.replace(',', ", ")))));
    let name = || Advice::new("Name the hosts in samconfig.toml, as TrackingHosts", "sam deploy");
    let dropped = "empty: links to live tracking are dropped";
    [
        tracking.1.unwrap_or_else(|| Check::warning(tracking.0, dropped, name())),
        payment.1.unwrap_or_else(|| Check::ok(payment.0, "empty: links to payment pages are dropped")),
    ]
}
