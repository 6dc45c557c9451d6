//! `portal import`: bookings of a CSV file become events of the contract that mail nobody.

mod check;
mod fields;
mod groups;
mod header;
mod keys;
mod looked;
mod made;
mod map;
mod money;
mod plan;
mod price;
mod quotes;
mod report;
mod rows;
mod send;
mod settings;
mod standing;
mod table;
mod times;

use std::{fs, time::Instant};

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::events::{findings::Rules, follow::Watch};
use crate::{
    global::Global,
    shell::quoted,
    stack::Stack,
    terminal::{Failure, Outcome, Page, Report, confirmed, counted},
};
use check::plan;
use looked::Looked;
use map::Map;
use plan::{Basis, Line, Plan};
use report::Done;
use rows::Reader;
use send::Sending;

/// What it is told on the command line.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The file, with the names of its columns above the rows.
    #[arg(value_name = "FILE.csv")]
    file: String,
    /// Which column is which field, and how the file writes them: see infra/events/imports.
    #[arg(long, value_name = "map.toml")]
    map: String,
    /// Only says what would be sent. Asks nobody, neither AWS nor a stack.
    #[arg(long)]
    dry_run: bool,
    /// Leaves rows out that are refused; without it nothing is sent where there are any.
    #[arg(long)]
    skip_refused: bool,
    /// Writes every row with what became of it to this file: line, booking, outcome, reason.
    #[arg(long, value_name = "FILE.csv")]
    report: Option<String>,
    /// Does not ask.
    #[arg(long)]
    yes: bool,
}

/// What an import tells. `--json` prints the fields of either.
#[derive(Serialize)]
#[serde(untagged)]
enum Told {
    /// Nothing was sent.
    Looked(Looked),
    /// Everything was sent that could be.
    Done(Done),
}

pub(crate) async fn run(global: &Global, arguments: Arguments) -> Outcome {
    Outcome::of(global, import(global, &arguments).await)
}

async fn import(global: &Global, arguments: &Arguments) -> Result<Told, Failure> {
    let Arguments { file, dry_run, skip_refused, report, yes, .. } = arguments;
    // Before anything is sent, since what cannot be written then is lost.
    let write = |lines: &[Line]| report.as_ref().map_or(Ok(()), |report| report::write(report, lines));
    write(&[])?;
    let looked = |plan: &Plan, command: String, is_refusal: bool| {
        let looked = Looked::of(global, file, plan, command, is_refusal);
        write(looked.lines()).map(|()| Told::Looked(looked))
    };
    if *dry_run {
        let plan = planned(arguments, &Rules::unknown())?;
        let command = format!("portal {}{}", arguments.command(!plan.problems.is_empty()), global.options());
        return looked(&plan, command, false);
    }
    let stack = Stack::find(global).await?;
    let bus = stack.output("Bus")?.to_owned();
    let mut plan = planned(arguments, &Rules::of(&stack))?;
    if plan.bookings.is_empty() || !plan.problems.is_empty() && !skip_refused {
        return looked(&plan, stack.command(&arguments.command(true)), true);
    }
    let watch = Watch::begin(&stack).await?;
    let known = plan.compare(&watch).await?;
    let mut warned = Page::default();
    report::show_warnings(&mut warned, &plan.warnings);
    anstream::eprint!("{}", warned.aligned());
    let sending = Sending { stack: &stack, bus: &bus, watch, bookings: &plan.bookings, known };
    let (rows, bookings) = (counted(plan.rows, "row"), counted(plan.bookings.len(), "booking"));
    anstream::eprintln!("{rows}, {bookings}: {} to send to bus {bus}, and nobody is mailed", sending.left());
    let command = stack.command(&arguments.command(*skip_refused));
    // For who is asked and says no.
    write(&in_order(sending.lines(), plan.lines.clone()))?;
    if sending.left() > 0 && !confirmed("Send them? (y/n) ", *yes)? {
        return Err(Failure::new("nothing was sent", format!("Answer y, or: {command} --yes")));
    }
    let began = Instant::now();
    let sent = sending.send().await?;
    let seconds = began.elapsed().as_secs_f64();
    let lines = in_order(sent, plan.lines);
    write(&lines)?;
    let look = stack.command("dead-letters list --queue bookings");
    let (file, outcomes) = (file.clone(), report::counts(&lines));
    let (place, rows, warnings) = (stack.place.clone(), plan.rows, plan.warnings);
    Ok(Told::Done(Done { place, file, rows, outcomes, warnings, seconds, lines, command, look }))
}

/// Every row, in the order of the file.
fn in_order(of_bookings: Vec<Line>, others: Vec<Line>) -> Vec<Line> {
    let mut lines = [of_bookings, others].concat();
    lines.sort_by_key(|line| line.line);
    lines
}

impl Arguments {
    /// The same command as one types it, but for asking.
    fn command(&self, skip_refused: bool) -> String {
        let skip = if skip_refused { " --skip-refused" } else { "" };
        let report = self.report.as_ref().map(|file| format!(" --report {}", quoted(file))).unwrap_or_default();
        format!("import {} --map {}{skip}{report}", quoted(&self.file), quoted(&self.map))
    }
}

/// Reads map and file, and decides what is to become of each row.
fn planned(Arguments { file, map: map_file, .. }: &Arguments, rules: &Rules) -> Result<Plan, Failure> {
    let again = format!("Mend it, and look again: portal import {} --map {} --dry-run", quoted(file), quoted(map_file));
    let text = fs::read_to_string(map_file).map_err(|error| {
        Failure::new(format!("{map_file} cannot be read: {error}"), "Copy one of infra/events/imports, and change it.")
    })?;
    let map = Map::parse(&text).map_err(|error| Failure::new(format!("{map_file}, {error}"), again.clone()))?;
    let table = table::read(file, map_file, &map.csv)?;
    let now = Timestamp::now();
    let reader =
        Reader::new(&map, &table.columns, now).map_err(|error| Failure::new(format!("{map_file}, {error}"), again))?;
    let made = table.rows.into_iter().map(|row| reader.read(&row)).collect();
    let basis = Basis { file, reader: &reader, row: map.carts.row, rules, now };
    Ok(plan(made, &basis))
}

impl Report for Told {
    fn show(&self, page: &mut Page) {
        match self {
            Self::Looked(looked) => looked.show(page),
            Self::Done(done) => done.show(page),
        }
    }

    fn outcome(&self) -> Outcome {
        match self {
            Self::Looked(looked) => looked.outcome(),
            Self::Done(done) => done.outcome(),
        }
    }
}
