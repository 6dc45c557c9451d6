//! `portal dead-letters`: messages that no function could carry out, what a look now says of each, and the way back or out.

mod content;
mod desk;
mod of_customer;
mod queues;
mod report;
mod verdict;

use std::collections::HashSet;

use desk::{Desk, Judged};
pub(super) use of_customer::{about_booking, about_customer, about_customer_or, confirms, delete_about};
use queues::Then;
pub(super) use queues::{Letter, Queue, Queues, Unseen};
use report::{List, Moved, Row, Shown, Way};
use verdict::{Fate, Follows, Verdict};

use crate::{
    global::Global,
    terminal::{Failure, Outcome, confirmed, counted},
};

/// What to do with them.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Names each: since when it lies there, what it is about, why it was refused, and what would become of it now. Looking
    /// changes nothing but how often SQS counts it as received. Ends with 1 where there are any.
    #[command(after_help = "Examples:\n  portal dead-letters list\n  portal dead-letters list --queue mail --json")]
    List {
        /// Of this queue alone.
        #[arg(long)]
        queue: Option<Queue>,
    },
    /// Shows everything of one. Addresses, names and all other texts of an event are masked unless --show-addresses is given;
    /// of what cannot be read there is nothing but its size.
    #[command(after_help = "Example:\n  portal dead-letters show 1f0c22e1")]
    Show {
        /// Its id, or the first eight characters of it.
        id: String,
    },
    /// Sends dead letters back to the queue they failed in, one after the other, unless they would be refused again or nothing
    /// would come of them: those stay and are named. Says first what may follow, such as mails, and asks.
    #[command(
        after_help = "Examples:\n  portal dead-letters redrive 1f0c22e1\n  portal dead-letters redrive --all --queue bookings"
    )]
    Redrive {
        #[command(flatten)]
        which: Which,
        /// Of this queue alone.
        #[arg(long, requires = "all", conflicts_with = "id")]
        queue: Option<Queue>,
        /// Does not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Deletes dead letters for good: one, or all of which nothing would come, such as superseded events and links whose hour is
    /// over. Shows them first, and asks.
    #[command(
        after_help = "Examples:\n  portal dead-letters drop 1f0c22e1\n  portal dead-letters drop --all --superseded"
    )]
    Drop {
        #[command(flatten)]
        which: Which,
        /// With --all: those of which nothing would come.
        #[arg(long, requires = "all", required_if_eq("all", "true"), conflicts_with = "id")]
        superseded: bool,
        /// Does not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Which dead letters.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Which {
    /// The id of one, or the first eight characters of it.
    id: Option<String>,
    /// All of them.
    #[arg(long)]
    all: bool,
}

pub(crate) async fn run(global: &Global, command: Command) -> Outcome {
    match command {
        Command::List { queue } => Outcome::of(global, list(global, queue).await),
        Command::Show { id } => Outcome::of(global, show(global, &id).await),
        Command::Redrive { which, queue, yes } => {
            Outcome::of(global, move_on(global, Way::Back, which.id.as_deref(), queue, yes).await)
        }
        Command::Drop { which, yes, .. } => {
            Outcome::of(global, move_on(global, Way::Out, which.id.as_deref(), None, yes).await)
        }
    }
}

async fn list(global: &Global, queue: Option<Queue>) -> Result<List, Failure> {
    let desk = Desk::open(global).await?;
    let (judged, unseen) = desk.look(queue).await?;
    Ok(List::of(&desk.stack, judged.iter().map(Row::of).collect(), unseen))
}

async fn show(global: &Global, id: &str) -> Result<Shown, Failure> {
    let desk = Desk::open(global).await?;
    let judged = desk.one(id).await?;
    Ok(Shown::of(&desk.stack, &judged, global.show_addresses))
}

/// Sends dead letters back, or deletes them: looks first, says what it is about to do, asks, and then meets each again.
async fn move_on(
    global: &Global,
    way: Way,
    id: Option<&str>,
    queue: Option<Queue>,
    yes: bool,
) -> Result<Moved, Failure> {
    let desk = Desk::open(global).await?;
    let (judged, unseen) = match id {
        Some(id) => (vec![desk.one(id).await?], Unseen(0)),
        None => desk.look(queue).await?,
    };
    let goes = |verdict: &Verdict| match way {
        Way::Back => verdict.fate == Fate::Taken,
        Way::Out => id.is_some() || verdict.fate == Fate::NoEffect,
    };
    let (going, staying): (Vec<_>, Vec<_>) = judged.into_iter().partition(|judged| goes(&judged.verdict));
    // What drop leaves was not meant.
    let left = if way == Way::Back { staying.iter().map(Row::of).collect() } else { Vec::new() };
    let mut moved = Moved::of(&desk.stack, way, left, unseen);
    if going.is_empty() {
        return Ok(moved);
    }
    anstream::eprintln!("{}", announcement(way, &going));
    anstream::eprint!("{}", report::rows_as_text(&going.iter().map(Row::of).collect::<Vec<_>>()));
    if !confirmed("Go on? [y/N] ", yes)? {
        return Err(Failure::new("nothing was done", "Answer y, or give --yes."));
    }
    let mut meant: HashSet<String> = going.iter().map(|judged| judged.letter.id.clone()).collect();
    for queue in Queue::ALL {
        if !going.iter().any(|judged| judged.letter.queue == queue) {
            continue;
        }
        desk.queues
            .each(queue, async |letter| {
                if !meant.remove(&letter.id) {
                    return Ok(Then::Stays);
                }
                // Judged again: while the question was open, much may have happened.
                let judged = desk.judged(letter).await?;
                if !goes(&judged.verdict) {
                    moved.left.push(Row::of(&judged));
                    return Ok(Then::Stays);
                }
                match way {
                    Way::Back => desk.queues.redrive(&judged.letter).await?,
                    Way::Out => desk.queues.delete(&judged.letter).await?,
                }
                let done = if way == Way::Back { "went back" } else { "was deleted" };
                anstream::eprintln!("{} {done}", Row::of(&judged).short_id());
                moved.moved.push(Row::of(&judged));
                Ok(Then::Gone)
            })
            .await?;
    }
    let not_met = going.iter().filter(|judged| meant.contains(&judged.letter.id));
    moved.left.extend(not_met.map(|judged| Row::of(judged).not_met()));
    Ok(moved)
}

/// What is about to be done, and what may follow.
fn announcement(way: Way, going: &[Judged]) -> String {
    let letters = counted(going.len(), "dead letter");
    if way == Way::Out {
        return format!("About to delete {letters} for good:");
    }
    // Of one booking or customer there may be several, of which one makes a mail.
    let about = |follows| going.iter().filter(move |judged| judged.verdict.follows == follows).map(Judged::about);
    let count = |follows| about(follows).collect::<HashSet<_>>().len();
    let follow: Vec<String> = [
        (Follows::Confirmation, "confirmation", "may be mailed"),
        (Follows::SignIn, "sign-in link", "may be mailed"),
        (Follows::Erasure, "customer", "will be erased"),
    ]
    .into_iter()
    .filter(|(follows, ..)| count(*follows) > 0)
    .map(|(follows, what, happens)| format!("{} {happens}", counted(count(follows), what)))
    .collect();
    let follow = if follow.is_empty() { "no mail follows".to_owned() } else { follow.join(", ") };
    format!("About to send {letters} back: {follow}.")
}
