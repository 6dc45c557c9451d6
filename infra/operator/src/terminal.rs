//! How the tool speaks: one report on standard output, for people or as JSON, and what it is about to do on standard error.
#![allow(clippy::print_stdout, reason = "the terminal is this program's face")]

use std::{
    error::Error,
    io::{IsTerminal, Write, stdin},
    process::ExitCode,
};

use portal_domain::customer::EmailAddress;
use serde::Serialize;

use crate::global::Global;

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did what was asked.
    Done,
    /// It could not do what was asked.
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::Failed => Self::from(2),
        }
    }
}

/// Why a command could not do what was asked, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{problem}\n{advice}")]
pub(crate) struct Failure {
    problem: String,
    advice: String,
}

impl Failure {
    pub(crate) fn new(problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { problem: problem.into(), advice: advice.into() }
    }

    /// AWS refused an action, or could not be reached.
    pub(crate) fn denied(action: &str, code: &str) -> Self {
        Self::new(
            format!("{action} failed: {code}"),
            format!("Look whether your credentials are valid (aws sts get-caller-identity) and allow {action}."),
        )
    }

    pub(crate) fn call(what: &str, error: &dyn Error) -> Self {
        Self::new(
            format!("{what}: {error}"),
            "Look whether your credentials are valid (aws sts get-caller-identity) and allow this.",
        )
    }
}

/// What a command tells: lines for people, and its own fields as JSON.
pub(crate) trait Report: Serialize {
    /// For people, columns aligned.
    fn lines(&self) -> Vec<String>;
}

impl Outcome {
    /// Prints what a command tells.
    pub(crate) fn of<R: Report>(global: &Global, result: Result<R, Failure>) -> Self {
        match result {
            Ok(report) if global.json => match serde_json::to_string_pretty(&report) {
                Ok(json) => {
                    println!("{json}");
                    Self::Done
                }
                Err(error) => {
                    eprintln!("portal: {error}");
                    Self::Failed
                }
            },
            Ok(report) => {
                println!("{}", report.lines().join("\n"));
                Self::Done
            }
            Err(failure) => {
                eprintln!("portal: {failure}");
                Self::Failed
            }
        }
    }
}

/// Reads one address from standard input; asks for it where somebody sits there.
pub(crate) fn read_address(question: &str) -> Result<EmailAddress, Failure> {
    if stdin().is_terminal() {
        eprint!("{question}");
        std::io::stderr().flush().map_err(|error| Failure::call("standard error", &error))?;
    }
    let mut line = String::new();
    stdin().read_line(&mut line).map_err(|error| Failure::call("standard input", &error))?;
    EmailAddress::parse(line.trim()).map_err(|reason| {
        Failure::new(reason.to_string(), "Give one address on a line of standard input, like name@example.com.")
    })
}
