//! When a function last said something in its log.

use aws_sdk_cloudwatchlogs::{Client, types::FilteredLogEvent};
use jiff::{SignedDuration, Timestamp};

use super::{
    check::{Advice, Check, required},
    context::Context,
};
use crate::terminal::{Failure, when};

/// How far back each look goes, in hours: an hour, a day, a week, 30 days. A log of many lines is read no further than it has
/// to be.
const WINDOWS: [i64; 4] = [1, 24, 7 * 24, 30 * 24];

/// The most pages that one look reads.
const PAGES: usize = 50;

/// What a function says when it has done something.
pub(super) struct Activity {
    pub(super) what: &'static str,
    /// What the template calls the log group.
    pub(super) log: &'static str,
    /// The words of the line.
    pub(super) words: &'static str,
    /// What would be missed, in the singular.
    pub(super) thing: &'static str,
}

/// When it was done last, or a warning where the log of 30 days, or of as many as it is kept, does not have it.
pub(super) async fn last(
    context: &Context<'_>,
    activity: &Activity,
    advice: impl Fn() -> Advice,
) -> Result<Check, Failure> {
    let logs = context.stack.logs()?;
    let group = context.resource(activity.log)?;
    let kept_days = context.number("LogRetentionDays").unwrap_or(30.0);
    let mut end = context.now;
    for hours in WINDOWS {
        let start = context.now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::UNIX_EPOCH);
        if let Some(at) = last_between(&logs, group, activity.words, start, end).await? {
            return Ok(Check::ok(activity.what, when(at)));
        }
        end = start;
    }
    let found = format!("no {} in {} days", activity.thing, kept_days.min(30.0));
    Ok(Check::warning(activity.what, found, advice()))
}

/// The time of the last line with these words. Pages come in the order of time, and one without a line is not the last.
async fn last_between(
    logs: &Client,
    group: &str,
    words: &str,
    start: Timestamp,
    end: Timestamp,
) -> Result<Option<Timestamp>, Failure> {
    let (mut last, mut token) = (None, None);
    for _ in 0..PAGES {
        let question = logs
            .filter_log_events()
            .log_group_name(group)
            .filter_pattern(format!("\"{words}\""))
            .start_time(start.as_millisecond())
            .end_time(end.as_millisecond())
            .set_next_token(token);
        let page = required("logs:FilterLogEvents", question.send()).await?;
        last = page.events().iter().filter_map(FilteredLogEvent::timestamp).max().max(last);
        token = page.next_token;
        if token.is_none() {
            return Ok(last.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok()));
        }
    }
    match last {
        Some(last) => Ok(Timestamp::from_millisecond(last).ok()),
        None => Err(Failure::new("its log is too long to look through", "Ask CloudWatch Logs Insights.")),
    }
}
