//! What the functions logged, found by an id.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{
    stack::{Resources, Stack},
    terminal::Failure,
};

/// The most lines that are read of one function's log.
const MOST: usize = 2_000;

/// The names of a term's alternatives in one pattern; CloudWatch takes 1,024 characters.
const TERMS_AT_ONCE: usize = 10;

/// What lines are looked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Customer,
    Booking,
    Mail,
    Message,
}

/// A line of a function's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) at: Timestamp,
    pub(crate) message: String,
    fields: Map<String, Value>,
}

impl Line {
    /// Reads a line of the portal's own; none of others, such as the platform's.
    pub(crate) fn of(at: Timestamp, text: &str) -> Option<Self> {
        let mut line: Map<String, Value> = serde_json::from_str(text).ok()?;
        let Value::Object(mut fields) = line.remove("fields")? else { return None };
        let message = fields.remove("message")?.as_str()?.to_owned();
        Some(Self { at, message, fields })
    }

    /// The booking that it is about; an event's line names it as the last of what the event is `about`.
    pub(crate) fn booking(&self) -> Option<&str> {
        self.field("booking").or_else(|| Some(self.field("about")?.split_once(", booking ")?.1))
    }

    /// What it names so.
    fn named(&self, by: By) -> Option<&str> {
        match by {
            By::Customer => self.field("customer"),
            By::Booking => self.booking(),
            By::Mail => self.field("mail_id"),
            By::Message => Some(&self.message),
        }
    }

    /// A field of the line as text.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    /// A field of the line as a number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.fields.get(name)?.as_i64()
    }
}

/// The lines of a function's log, named as in the template (`SendMailLog`), that name any of these, oldest first. CloudWatch
/// finds a quoted term within longer ones, too, so each line is held against what it names.
pub(crate) async fn lines(
    stack: &Stack,
    resources: &Resources,
    log: &str,
    by: By,
    any_of: &[&str],
    since: Timestamp,
) -> Result<Vec<Line>, Failure> {
    let client = stack.logs()?;
    let group = resources.required(log)?;
    let mut found = Vec::new();
    for terms in any_of.chunks(TERMS_AT_ONCE) {
        let pattern = match terms {
            [term] => format!("\"{term}\""),
            terms => terms.iter().map(|term| format!("?\"{term}\"")).collect::<Vec<_>>().join(" "),
        };
        let events = client
            .filter_log_events()
            .log_group_name(group)
            .filter_pattern(pattern)
            .start_time(since.as_millisecond())
            .into_paginator()
            .send();
        let mut pages = events;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Failure::of_call("logs:FilterLogEvents", &error))?;
            let events = page.events.unwrap_or_default().into_iter();
            let lines = events
                .filter_map(|event| Line::of(Timestamp::from_millisecond(event.timestamp?).ok()?, &event.message?));
            found.extend(lines.filter(|line| line.named(by).is_some_and(|name| any_of.contains(&name))));
            if found.len() >= MOST {
                break;
            }
        }
    }
    found.sort_by_key(|line| line.at);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_its_customer_its_booking_and_its_mail() {
        for (fields, by, name) in [
            (r#""customer":"ab""#, By::Customer, Some("ab")),
            (r#""booking":"bkg_1","kind":"sign_in""#, By::Booking, Some("bkg_1")),
            (r#""about":"event e1, booking.updated, booking bkg_1""#, By::Booking, Some("bkg_1")),
            (r#""about":"event bkg_1, booking.updated""#, By::Booking, None),
            (r#""mail_id":"0100-1""#, By::Mail, Some("0100-1")),
            (r#""mail_id":"0100-1""#, By::Customer, None),
            (r#""mail_id":"0100-1""#, By::Message, Some("m")),
        ] {
            let line = Line::of(Timestamp::UNIX_EPOCH, &format!(r#"{{"fields":{{"message":"m",{fields}}}}}"#)).unwrap();
            assert_eq!(line.named(by), name, "{fields} {by:?}");
        }
    }

    #[test]
    fn a_line_of_the_portals_is_read_and_others_are_passed_over() {
        let at = Timestamp::UNIX_EPOCH;
        let line =
            r#"{"level":"INFO","fields":{"message":"a link was asked for","customer":"ab","minutes":5},"span":{}}"#;
        let line = Line::of(at, line).unwrap();
        assert_eq!(
            (line.message.as_str(), line.field("customer"), line.number("minutes")),
            ("a link was asked for", Some("ab"), Some(5))
        );
        for other in
            ["REPORT RequestId: 1", r#"{"time":"…","type":"platform.report"}"#, r#"{"fields":{}}"#, r#"{"_aws":{}}"#]
        {
            assert!(Line::of(at, other).is_none(), "{other}");
        }
    }
}
