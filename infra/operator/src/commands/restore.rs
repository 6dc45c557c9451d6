//! `portal restore`: the bookings of a table that DynamoDB restored come back into the portal's own.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use portal_aws::store::{NotRestored, Progress, Restored};
use serde::Serialize;

use crate::{
    global::Global,
    stack::Stack,
    terminal::{Failure, Mark, Outcome, Page, Report, confirmed, counted},
};

/// What has to be done before.
const SWITCH_OFF: &str = "The event sources have to be off by now, and stay off until this has ended: infra/operating/README.md, \"Restore the table\".";

/// How often progress is told.
const MENTION: Duration = Duration::from_secs(1);

/// What it is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The table that DynamoDB restored to a moment, in the stack's account and region.
    #[arg(long, value_name = "TABLE", value_parser = parse_table)]
    from: String,
    /// Only says what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Does not ask.
    #[arg(long)]
    yes: bool,
}

/// A name as DynamoDB allows it (API Reference, "CreateTable").
fn parse_table(name: &str) -> Result<String, &'static str> {
    let is_name = (3..=255).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    is_name.then(|| name.to_owned()).ok_or("a table's name has 3 to 255 letters, digits, `_`, `.` and `-`")
}

pub(crate) async fn run(global: &Global, arguments: Arguments) -> Outcome {
    Outcome::of(global, restore(global, arguments).await)
}

/// What was done. `--json` prints these fields.
#[derive(Serialize)]
struct Done {
    /// The table that was read.
    from: String,
    /// The portal's table.
    table: String,
    /// Whether it was only looked: then the numbers say what would be done.
    dry_run: bool,
    /// Bookings of that moment that the portal has now.
    bookings: usize,
    /// Items that were written; those that were right already are not counted.
    written: usize,
    /// Items that were deleted: newer bookings, sign-ins, counters of requests, cached dashboards.
    deleted: usize,
    /// Bookings left out because their customers were erased since.
    left_out_erased: usize,
    /// The ids of bookings left out because the moment lies in the middle of a change to them, or because they cannot be read.
    left_out_torn: Vec<String>,
    /// The same command without --dry-run.
    #[serde(skip)]
    command: String,
}

async fn restore(global: &Global, Arguments { from, dry_run, yes }: Arguments) -> Result<Done, Failure> {
    let stack = Stack::find(global).await?;
    let table = stack.output("TableName")?.to_owned();
    anstream::eprintln!("{} {from} into {table}", if dry_run { "Looks at a restore of" } else { "Restores" });
    if !dry_run {
        anstream::eprintln!("{SWITCH_OFF}");
        if !confirmed("Newer bookings, sign-ins and counters will be deleted. Go on? [y/N] ", yes)? {
            return Err(Failure::new("nothing was done", "Answer y, or give --yes."));
        }
    }
    let command = stack.command(&format!("restore --from {from}"));
    let mentioned = Cell::new(Instant::now());
    let tell = |progress| {
        if mentioned.get().elapsed() >= MENTION {
            mentioned.set(Instant::now());
            anstream::eprintln!("{}", so_far(progress));
        }
    };
    let restored = stack.store()?.restore(&from, dry_run, tell).await.map_err(|error| refused(error, &stack))?;
    let Restored { bookings, progress, erased, torn } = restored;
    anstream::eprintln!("{}", so_far(progress));
    let Progress { written, deleted, .. } = progress;
    let left_out_torn = torn.iter().map(ToString::to_string).collect();
    Ok(Done { from, table, dry_run, bookings, written, deleted, left_out_erased: erased, left_out_torn, command })
}

fn so_far(Progress { read, written, deleted }: Progress) -> String {
    format!("{} read, {written} written, {deleted} deleted", counted(read, "item"))
}

fn refused(error: NotRestored, stack: &Stack) -> Failure {
    let tables = "See the tables: aws dynamodb list-tables";
    match error {
        NotRestored::Store(error) => error.into(),
        NotRestored::OwnTable(_) | NotRestored::NoTable(_) | NotRestored::Empty(_) => {
            Failure::new(format!("{error}. Nothing was changed"), tables)
        }
        NotRestored::NoFingerprint(_) | NotRestored::OtherKey(..) => Failure::new(
            format!("{error}. Nothing was changed"),
            format!(
                "See infra/operating/README.md, \"The customer key\"; with the right table: {}",
                stack.command("restore --from TABLE")
            ),
        ),
    }
}

impl Report for Done {
    fn show(&self, page: &mut Page) {
        let mark = if self.left_out_torn.is_empty() { Mark::Ok } else { Mark::Warning };
        let would = if self.dry_run { "would be " } else { "" };
        page.headline(Some(mark), format_args!("{} {would}restored", counted(self.bookings, "booking")));
        page.row(&[&"from", &self.from]);
        page.row(&[&"into", &self.table]);
        page.row(&[&"written", &counted(self.written, "item")]);
        page.row(&[&"deleted", &counted(self.deleted, "item")]);
        page.line(
            "Deleted are newer bookings, sign-ins, counters and cached dashboards. Everybody has to sign in again.",
        );
        if self.left_out_erased > 0 {
            page.line(format_args!(
                "Left out, since their customers were erased since: {}",
                counted(self.left_out_erased, "booking")
            ));
        }
        if !self.left_out_torn.is_empty() {
            page.line(format_args!(
                "Left out, since the moment lies in the middle of a change to them: {}",
                self.left_out_torn.join(", ")
            ));
            page.advice("Have the booking system send those again.");
        }
        if self.dry_run {
            page.line(SWITCH_OFF);
            page.advice(format_args!("Then do it: {}", self.command));
        } else {
            page.advice(
                "Have the booking system send what happened since that moment again, each booking.confirmed with notify \
                 false: with notify true, confirmations that went out since would be mailed again.",
            );
        }
    }

    fn outcome(&self) -> Outcome {
        if self.left_out_torn.is_empty() { Outcome::Fine } else { Outcome::FoundSomething }
    }
}
