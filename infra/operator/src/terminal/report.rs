//! A report and what a command came to.

use std::{
    io::{ErrorKind, Write},
    process::ExitCode,
};

use serde::Serialize;

use super::{
    failure::Failure,
    masking::masked_value,
    page::{Page, is_harmless},
};
use crate::global::Global;

/// What a command came to; its number is the program's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 0: it did what was asked, and found nothing wrong.
    Fine,
    /// 1: it did what was asked, and found something wrong.
    FoundSomething,
    /// 2: it could not do what was asked.
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Fine => 0,
            Outcome::FoundSomething => 1,
            Outcome::Failed => 2,
        })
    }
}

/// What a command tells: a page for people, and its own fields as JSON.
pub(crate) trait Report: Serialize {
    /// Writes it for people.
    fn show(&self, page: &mut Page);

    /// Whether it may hold texts of customers and booking systems, in which addresses are masked unless they may be shown. The
    /// addresses of the operator's own settings are no secret, and have to be typed as they are.
    fn quotes_others(&self) -> bool {
        true
    }

    /// What the command came to.
    fn outcome(&self) -> Outcome {
        Outcome::Fine
    }
}

impl Outcome {
    /// Prints what a command tells.
    pub(crate) fn of<R: Report>(global: &Global, result: Result<R, Failure>) -> Self {
        let printed = result.and_then(|report| {
            let masks = report.quotes_others() && !global.show_addresses;
            let text = if global.json {
                let mut value = serde_json::to_value(&report).map_err(|error| Failure::cannot("write JSON", &error))?;
                if masks {
                    masked_value(&mut value);
                }
                escaped(&format!("{value:#}\n"))
            } else {
                let mut page = if masks { Page::masking() } else { Page::default() };
                report.show(&mut page);
                page.aligned()
            };
            match anstream::stdout().write_all(text.as_bytes()) {
                // Whoever read it has read enough, such as `head`.
                Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                    Err(Failure::cannot("write to standard output", &error))
                }
                _ => Ok(report.outcome()),
            }
        });
        printed.unwrap_or_else(|failure| {
            anstream::eprintln!("portal: {failure}");
            Self::Failed
        })
    }
}

/// JSON that steers no terminal either: what serde leaves as it is, it may hold as an escape as well (RFC 8259 §7).
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            c if c == '\n' || is_harmless(c) => escaped.push(c),
            c => escaped.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_holds_what_it_holds_and_steers_no_terminal() {
        let text = "a \u{202e}b\u{9b}c\u{7f}d\u{e0001}e \u{1b} ñ 🛺";
        let json = escaped(&serde_json::to_string_pretty(&[text]).unwrap());
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
        assert!(json.chars().all(|c| c == '\n' || is_harmless(c)), "{json}");
        assert!(json.contains("ñ 🛺"), "{json}");
    }
}
