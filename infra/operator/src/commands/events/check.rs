//! `portal events check`: what the portal would say of events, asked of nobody.

use clap::Args;
use jiff::Timestamp;
use portal_domain::{
    contract::table::{DETAIL_TYPES, DetailType},
    events::{Accepted, Hosts},
};
use serde::Serialize;

use super::{
    files::{self, FileRead, Form, Kind, Position},
    findings::{Finding, Rules, Weight, examine},
};
use crate::{
    global::Global,
    terminal::{Failure, Mark, Outcome, Page, Report, counted},
};

/// The most entries that a request of PutEvents holds (EventBridge API Reference, "PutEvents").
pub(super) const ENTRIES_OF_A_REQUEST: usize = 10;

/// What it is told on the command line.
#[derive(Args)]
#[command(after_help = "Examples:\n  portal events check infra/events/samples/*.json\n  \
    our-export | portal events check - --strict --tracking-hosts track.example.com\n  \
    portal events check detail.json --type booking.confirmed --json | jq '.findings[] | select(.weight == \"fault\")'")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(super) files: Files,
    /// The hosts of tracking links, as in the stack's parameter TrackingHosts: tells which links would be dropped.
    #[arg(long, value_name = "HOSTS")]
    tracking_hosts: Option<String>,
    /// The hosts of links to pay, as in the stack's parameter PaymentHosts: tells which links would be dropped.
    #[arg(long, value_name = "HOSTS")]
    payment_hosts: Option<String>,
    /// The stack's parameter BusinessId: events of another business are refused.
    #[arg(long, value_name = "ID")]
    business_id: Option<String>,
    /// Ends with 1 where there is a warning, too.
    #[arg(long)]
    strict: bool,
}

/// Files with events.
#[derive(Args)]
pub(crate) struct Files {
    /// PutEvents entries or a whole request, events as EventBridge hands them on, details alone, or any of these one a line;
    /// `-` is standard input.
    #[arg(required = true, value_name = "FILES")]
    pub(super) files: Vec<String>,
    /// The detail-type of details that stand alone.
    #[arg(long = "type", value_name = "TYPE", value_parser = parse_detail_type)]
    pub(super) detail_type: Option<&'static str>,
}

/// Reads a detail-type of the contract from the command line.
pub(crate) fn parse_detail_type(text: &str) -> Result<&'static str, String> {
    let names = || DETAIL_TYPES.iter().map(|known| known.name).collect::<Vec<_>>().join(", ");
    DetailType::named(text).map(|known| known.name).ok_or_else(|| format!("expected one of {}", names()))
}

/// What was found. `--json` prints these fields.
#[derive(Serialize)]
pub(super) struct Checked {
    /// Each file, and of which form it was.
    files: Vec<FileRead>,
    /// How many events there are in all files.
    events: usize,
    /// How many of them the portal would take.
    fine: usize,
    /// How many it would refuse.
    refused: usize,
    /// How many warnings there are.
    warnings: usize,
    /// What is to be said, the worst first.
    findings: Vec<Finding>,
    #[serde(skip)]
    strict: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    Outcome::of(global, check(arguments))
}

fn check(
    Arguments { files, tracking_hosts, payment_hosts, business_id, strict }: &Arguments,
) -> Result<Checked, Failure> {
    let hosts = |list: &Option<String>| Hosts::parse(list.as_deref().unwrap_or_default());
    let rules = Rules {
        accepted: Accepted {
            business_id: business_id.clone(),
            tracking_hosts: hosts(tracking_hosts),
            payment_hosts: hosts(payment_hosts),
        },
        knows_tracking_hosts: tracking_hosts.is_some(),
        knows_payment_hosts: payment_hosts.is_some(),
    };
    let now = Timestamp::now();
    let (files, events) = files::read(&files.files, files.detail_type, now)?;
    let (events, mut findings) = examine(events, &rules, now);
    findings.extend(files.iter().filter_map(FileRead::note));
    let refused = events.iter().filter(|event| event.received.is_none()).count();
    Ok(Checked::of(files, events.len(), refused, findings, *strict))
}

impl Checked {
    pub(super) fn of(
        files: Vec<FileRead>,
        events: usize,
        refused: usize,
        mut findings: Vec<Finding>,
        strict: bool,
    ) -> Self {
        findings.sort_by_key(|finding| finding.weight); // stable: in the order of the files
        let warnings = findings.iter().filter(|finding| finding.weight == Weight::Warning).count();
        Self { files, events, fine: events - refused, refused, warnings, findings, strict }
    }
}

impl FileRead {
    /// Whether PutEvents would refuse the file as it is, said of the first entry too many.
    fn note(&self) -> Option<Finding> {
        let is_request = matches!(self.form, Form::Request | Form::List)
            && self.kinds.iter().any(|kind| matches!(kind, Kind::Entry | Kind::ReadableEntry));
        let is_too_long = is_request && self.events > ENTRIES_OF_A_REQUEST;
        is_too_long.then(|| Finding {
            weight: Weight::Note,
            place: Position { file: self.file.clone(), index: ENTRIES_OF_A_REQUEST + 1 },
            text: format!("PutEvents takes {ENTRIES_OF_A_REQUEST} entries a request: events send splits them"),
            fault: None,
        })
    }

    fn in_words(&self) -> String {
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.in_words()).collect();
        let form = match self.form {
            Form::Request => "a request of PutEvents: ",
            Form::List => "a list: ",
            Form::Single => "",
            Form::JsonLines => "JSON lines: ",
            Form::NoJson => return "no JSON".to_owned(),
        };
        format!("{form}{} {}", counted(self.events, "event"), kinds.join(" and "))
    }
}

impl Report for Checked {
    fn show(&self, page: &mut Page) {
        for Finding { weight, place, text, fault } in &self.findings {
            let mark = match weight {
                Weight::Fault => Mark::Failure,
                Weight::Warning => Mark::Warning,
                Weight::Note => Mark::Note,
            };
            let found = fault.as_ref().filter(|fault| fault.found != "nothing");
            let found = found.map(|fault| format!("; found {}", fault.found)).unwrap_or_default();
            page.check(mark, format_args!("{}:{}", place.file, place.index), format_args!("{text}{found}"));
        }
        if !self.findings.is_empty() {
            page.line("");
        }
        self.files.iter().for_each(|file| page.row(&[&file.file, &file.in_words()]));
        let Self { events, fine, refused, warnings, .. } = self;
        let mark = match (self.outcome(), warnings) {
            (Outcome::Fine, 0) => Mark::Ok,
            (Outcome::Fine, _) => Mark::Warning,
            _ => Mark::Failure,
        };
        page.headline(
            Some(mark),
            format_args!(
                "{}: {fine} fine, {refused} refused, {}",
                counted(*events, "event"),
                counted(*warnings, "warning")
            ),
        );
    }

    fn outcome(&self) -> Outcome {
        let is_fine = self.refused == 0 && self.events > 0 && !(self.strict && self.warnings > 0);
        if is_fine { Outcome::Fine } else { Outcome::FoundSomething }
    }
}

impl Kind {
    fn in_words(self) -> &'static str {
        match self {
            Self::Entry => "for PutEvents",
            Self::ReadableEntry => "for PutEvents, with Detail as an object",
            Self::Envelope => "in EventBridge's envelope",
            Self::Detail => "without an envelope",
            Self::Unknown => "of no known form",
        }
    }
}
