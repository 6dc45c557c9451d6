//! `portal preview`: what a customer sees, as files.

mod folder;
mod lens;
mod look;
mod mark;
mod moment;
mod sheets;
mod stages;

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use portal_domain::{booking::BookingId, language::Language};
use serde::Serialize;

use crate::{
    commands::booking::parse_booking_id,
    global::Global,
    stack::{Place, Stack},
    terminal::{Failure, Mark, Outcome, Page, Report, counted, read_address},
};
use look::{Gathered, Look};
use moment::At;
use sheets::{Facts, Sheet};

/// What it is told on the command line.
#[derive(Args)]
#[command(after_help = "Examples:\n  portal preview bkg_1042                      as it is now\n  \
    portal preview bkg_1042 --at 2027-06-11      on the morning of that day\n  \
    portal preview bkg_1042 --stages --language es\n  \
    portal preview --customer < address.txt      the dashboard, each booking, and the mail with the link")]
pub(crate) struct Arguments {
    /// The booking system's id of a booking: its page, its confirmation mail, and its customer's dashboard.
    #[arg(value_parser = parse_booking_id, required_unless_present = "customer", conflicts_with = "customer")]
    id: Option<BookingId>,
    /// A customer, whose address is asked for: the dashboard, the page of each booking on it, and the mail with the link.
    #[arg(long)]
    customer: bool,
    /// The booking's page at every stage of the rental as well, as if all went as planned and then were late.
    #[arg(long, conflicts_with = "customer")]
    stages: bool,
    /// When it is looked at: a time with offset, or a date (eight in the morning) or time on the clocks of the booking's zone.
    /// What the booking says stays as it is.
    #[arg(long, value_name = "TIME")]
    at: Option<At>,
    /// Pages and mails in this language (en, es), whatever the customer's is.
    #[arg(long, value_name = "TAG", value_parser = parse_language)]
    language: Option<Language>,
    /// The folder for the files.
    #[arg(long, value_name = "FOLDER", default_value = "preview")]
    to: PathBuf,
}

fn parse_language(tag: &str) -> Result<Language, &'static str> {
    Language::ALL.into_iter().find(|language| language.tag() == tag).ok_or("expected en or es")
}

/// What was written. `--json` prints these fields.
#[derive(Serialize)]
struct Previewed {
    #[serde(flatten)]
    place: Place,
    /// The customer's id, as logs name it.
    customer: String,
    /// The moment at which the customer would see it.
    at: Timestamp,
    /// The same on the clocks of the booking's zone.
    local_time: String,
    files: Vec<Written>,
    /// What there is no preview of, and why.
    left_out: Vec<String>,
}

/// A file.
#[derive(Serialize)]
struct Written {
    path: PathBuf,
    #[serde(flatten)]
    facts: Facts,
}

pub(crate) async fn run(global: &Global, arguments: Arguments) -> Outcome {
    Outcome::of(global, preview(global, arguments).await)
}

async fn preview(global: &Global, arguments: Arguments) -> Result<Previewed, Failure> {
    let stack = Stack::find(global).await?;
    let look = Look { stack: &stack, store: stack.store()?, wanted: arguments.language, at: arguments.at };
    let whom = arguments.id.as_ref().map_or("--customer".to_owned(), ToString::to_string);
    let Gathered { customer, at, sheets, left_out } = match arguments.id {
        Some(id) => look.at_booking(&id, arguments.stages).await?,
        None => look.at_customer(&read_address("The customer's address: ")?).await?,
    };
    let local_time = sheets.when(at);
    let (facts, files): (Vec<_>, Vec<_>) = sheets.all.into_iter().map(Sheet::split).unzip();
    let paths = folder::write(&arguments.to, &files, &stack.command(&format!("preview {whom} --to FOLDER")))?;
    Ok(Previewed {
        place: stack.place,
        customer: customer.to_string(),
        at,
        local_time,
        files: paths.into_iter().zip(facts).map(|(path, facts)| Written { path, facts }).collect(),
        left_out,
    })
}

impl Report for Previewed {
    fn show(&self, page: &mut Page) {
        page.headline(
            Some(Mark::Ok),
            format_args!("{}, as seen on {}", counted(self.files.len(), "file"), self.local_time),
        );
        for Written { path, facts } in &self.files {
            page.row(&[&path.display(), &facts.what]);
        }
        for left_out in &self.left_out {
            page.line(format_args!("Left out: {left_out}."));
        }
        page.line("They hold a customer's data: nobody else may read them (mode 0600). Delete them when you are done.");
    }
}
