//! A report and what a command came to.

use std::{io::Write, process::ExitCode};

use serde::Serialize;

use super::{failure::Failure, page::Page};
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

    /// What the command came to.
    fn outcome(&self) -> Outcome {
        Outcome::Fine
    }
}

impl Outcome {
    /// Prints what a command tells.
    pub(crate) fn of<R: Report>(global: &Global, result: Result<R, Failure>) -> Self {
        let printed = result.and_then(|report| {
            let text = if global.json {
                serde_json::to_string_pretty(&report).map_err(|error| Failure::cannot("write JSON", &error))? + "\n"
            } else {
                let mut page = Page::default();
                report.show(&mut page);
                page.aligned()
            };
            let written = anstream::stdout().write_all(text.as_bytes());
            written.map(|()| report.outcome()).map_err(|error| Failure::cannot("write to standard output", &error))
        });
        printed.unwrap_or_else(|failure| {
            anstream::eprintln!("portal: {failure}");
            Self::Failed
        })
    }
}
