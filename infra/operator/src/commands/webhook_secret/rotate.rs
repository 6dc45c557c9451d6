//! `portal webhook-secret rotate`: a new secret beside the one of now, and the end of the old one.

use clap::Args;
use jiff::Timestamp;
use portal_domain::webhook::READ_EVERY;
use serde::Serialize;

use super::Kept;
use crate::{
    global::Global,
    stack::{self, Stack},
    terminal::{Failure, Mark, Page, Report, confirmed, when},
};

/// What it is told on the command line.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Ends the old secret: what is signed with it is refused from then on.
    #[arg(long)]
    end_old: bool,
    /// Does not ask.
    #[arg(long)]
    yes: bool,
}

/// What was done. `--json` prints these fields.
#[derive(Serialize)]
pub(super) struct Rotated {
    #[serde(flatten)]
    place: stack::Place,
    /// Where events are posted.
    url: String,
    /// What was done to the secrets.
    done: Done,
    /// When every instance of `receive_events` knows it at the latest, while Secrets Manager answers; null where nothing was
    /// done.
    known_by: Option<Timestamp>,
    /// What to do next.
    #[serde(skip)]
    next: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Done {
    /// There is a new secret beside the old one.
    Rotated,
    /// The old secret was ended.
    Ended,
    /// There was no old secret to end.
    Nothing,
}

pub(super) async fn rotate(global: &Global, Arguments { end_old, yes }: Arguments) -> Result<Rotated, Failure> {
    let stack = Stack::find(global).await?;
    let kept = Kept::read(&stack).await?;
    let end_old_command = stack.command("webhook-secret rotate --end-old");
    let is_rotated = kept.secrets.all().len() > 1;
    let rotated =
        |done, known_by, next| Rotated { place: stack.place.clone(), url: kept.url.clone(), done, known_by, next };
    let (done, value, question) = match (end_old, is_rotated) {
        (false, false) => {
            let value = kept.secrets.rotated().map_err(|error| Failure::cannot("make a secret", &error))?;
            (Done::Rotated, value, "A new secret will be good beside the one of now. Make it? (y/n) ")
        }
        (true, true) => {
            let question = "What is signed with the old secret will be refused. End it? (y/n) ";
            (Done::Ended, kept.secrets.without_old(), question)
        }
        (true, false) => return Ok(rotated(Done::Nothing, None, Vec::new())),
        // A third secret would end the oldest, with which the booking system may sign still.
        (false, true) => {
            return Err(Failure::new(
                "the secret was rotated before, and the old one is good still: nothing was changed",
                format!("End it, once nothing is signed with it any more: {end_old_command}"),
            ));
        }
    };
    if !confirmed(question, yes)? {
        let again = if end_old { end_old_command } else { stack.command("webhook-secret rotate") };
        return Err(Failure::new("nothing was changed", format!("Answer y, or: {again} --yes")));
    }
    kept.replace(value, &stack).await?;
    let next = match done {
        Done::Rotated => vec![
            format!("Give the booking system the new one: {}", stack.command("webhook-secret show")),
            format!("Once nothing is signed with the old one any more: {end_old_command}"),
        ],
        _ => Vec::new(),
    };
    Ok(rotated(done, Some(Timestamp::now() + READ_EVERY), next))
}

impl Report for Rotated {
    fn show(&self, page: &mut Page) {
        let by = self.known_by.map(when).unwrap_or_default();
        match self.done {
            Done::Rotated => {
                page.headline(Some(Mark::Ok), "There is a new secret, and the old one is good beside it.");
                page.line(format_args!(
                    "receive_events knows it by {by}, or before, within a minute of the first request that is signed with it."
                ));
            }
            Done::Ended => {
                page.headline(Some(Mark::Ok), "The old secret has ended.");
                page.line(format_args!("receive_events refuses it by {by}, unless Secrets Manager does not answer."));
            }
            Done::Nothing => page.headline(Some(Mark::Note), "There is no old secret: one alone is good."),
        }
        self.next.iter().for_each(|next| page.advice(next));
    }
}
