//! `portal doctor`: whether everything is set up.

mod activity;
mod alarms;
mod check;
mod context;
mod dmarc;
mod domain;
mod events;
mod functions;
mod identity;
mod mail;
mod pages;
mod queues;
mod ses;

use serde::Serialize;

use check::Check;
use context::{Context, count};

use crate::{
    global::Global,
    stack::{Place, Stack},
    terminal::{Failure, Mark, Outcome, Page, Report},
};

/// What it is told on the command line.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    portal doctor\n  \
    portal doctor --stack portal-staging --dns 1.1.1.1:53\n  \
    portal doctor --json | jq '.checks[] | select(.mark == \"failure\")'")]
pub(crate) struct Arguments {
    /// Asks this resolver, and not the system's.
    #[arg(long, value_name = "HOST:PORT")]
    dns: Option<String>,
}

/// What was looked at, in the order in which a mail comes about. `--json` prints these fields.
#[derive(Serialize)]
struct Examination {
    /// Account, region and stack.
    #[serde(flatten)]
    place: Place,
    /// Each thing that was looked at.
    #[serde(serialize_with = "without_subjects")]
    checks: Vec<(&'static str, Vec<Check>)>,
    /// How many things do not work.
    failures: usize,
    /// How many things somebody should look at.
    warnings: usize,
    /// How many things could not be looked at because AWS did not answer.
    unanswered: usize,
}

fn without_subjects<S: serde::Serializer>(
    subjects: &[(&'static str, Vec<Check>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(subjects.iter().flat_map(|(_, checks)| checks))
}

pub(crate) async fn run(global: &Global, arguments: Arguments) -> Outcome {
    Outcome::of(global, examine(global, &arguments).await)
}

async fn examine(global: &Global, arguments: &Arguments) -> Result<Examination, Failure> {
    let stack = Stack::find(global).await?;
    let context = &Context::new(&stack, arguments.dns.as_deref()).await;
    let sender = async {
        let identity = &identity::identity(context).await;
        tokio::join!(domain::checks(context, identity), ses::checks(context, identity))
    };
    let ((mut domain, ses), dmarc, events, queues, mail, alarms, mut pages, functions) = tokio::join!(
        sender,
        dmarc::checks(context),
        events::checks(context),
        queues::checks(context),
        mail::checks(context),
        alarms::checks(context),
        pages::checks(context),
        functions::checks(context),
    );
    domain.extend(dmarc);
    pages.extend(functions);
    let checks = vec![
        ("Sender's domain", domain),
        ("SES", ses),
        ("Events", events),
        ("Queues", queues),
        ("Mail", mail),
        ("Alarms", alarms),
        ("Pages", pages),
    ];
    let number = |mark| checks.iter().flat_map(|(_, checks)| checks).filter(|check| check.mark == mark).count();
    let (failures, warnings) = (number(Mark::Failure), number(Mark::Warning));
    let unanswered = checks.iter().flat_map(|(_, checks)| checks).filter(|check| check.unanswered).count();
    Ok(Examination { place: stack.place.clone(), checks, failures, warnings, unanswered })
}

/// How wide a line may be.
const WIDTH: usize = 110;

impl Report for Examination {
    fn show(&self, page: &mut Page) {
        let all = || self.checks.iter().flat_map(|(_, checks)| checks);
        let width = all().map(|check| check.what.chars().count()).max().unwrap_or_default();
        for (subject, checks) in &self.checks {
            page.heading(subject);
            for Check { mark, what, found, advice, .. } in checks {
                page.check(*mark, format_args!("{what:<width$}"), found);
                match advice {
                    Some(advice) if advice.to_string().chars().count() + 2 <= WIDTH => page.advice(advice),
                    Some(advice) => {
                        page.advice(format_args!("{}:", advice.words));
                        lines(&advice.remedy).iter().for_each(|line| page.line(line));
                    }
                    None => {}
                }
            }
        }
        page.line("");
        let not_checked = all().filter(|check| check.mark == Mark::NotChecked).count();
        let mut counts = format!("{}, {}", count(self.failures, "failure"), count(self.warnings, "warning"));
        if not_checked > 0 {
            counts += &format!(", {not_checked} not checked");
        }
        if self.unanswered > 0 {
            counts += &format!(", {} of them since AWS did not answer", self.unanswered);
        }
        page.headline(all().map(|check| check.mark).filter(|mark| *mark != Mark::NotChecked).max(), counts);
    }

    fn quotes_others(&self) -> bool {
        false
    }

    fn outcome(&self) -> Outcome {
        if self.failures + self.unanswered > 0 { Outcome::FoundSomething } else { Outcome::Fine }
    }
}

/// A command on as many lines as it needs, of which a shell makes one. A record has no option where it could be broken.
fn lines(remedy: &str) -> Vec<String> {
    let mut parts = remedy.split(" --");
    let mut lines = vec![format!("  {}", parts.next().unwrap_or_default())];
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.chars().count() + " --".len() + part.chars().count() + " \\".len() <= WIDTH => {
                *line += " --";
                *line += part;
            }
            line => {
                line.into_iter().for_each(|line| *line += " \\");
                lines.push(format!("    --{part}"));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_is_broken_before_options_as_a_shell_takes_it() {
        let long = "x".repeat(60);
        let command = format!("aws a b --c {long} --d --e {long}");
        let expected = [format!("  aws a b --c {long} --d \\"), format!("    --e {long}")];
        assert_eq!(lines(&command), expected);
        assert_eq!(lines("aws a b --c"), ["  aws a b --c"]);
        let record = format!("{long}.{long} CNAME {long}");
        assert_eq!(lines(&record), [format!("  {record}")]);
    }
}
