//! The operator's tool: answers by one command, with the caller's own AWS credentials.
//!
//! It never makes, prints or uses a link, calls no route of the portal but the one for events (`events send --over-https`), sends
//! no mail itself, and writes bookings only by events. Addresses come from a prompt or standard input, never from the command line, where a shell keeps them.

mod commands;
mod dns;
mod global;
mod logs;
mod shell;
mod stack;
mod terminal;

use clap::{CommandFactory, Parser, Subcommand};

use commands::{
    allow_mail, booking, dead_letters, doctor, erase, events, import, preview, restore, webhook_secret, why,
};
use global::Global;
pub use terminal::Outcome;

/// The command line.
#[derive(Parser)]
#[command(name = "portal", about = "Runs a customer portal: one command, one answer.", version)]
#[command(after_help = "Each command names account, region and stack before it acts. \
    It ends with 0 if all is well, 1 if it found something wrong, 2 if it could not do what was asked.")]
pub struct Portal {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Looks whether everything is set up: domain, mail, events, queues, alarms, certificate.
    ///
    /// Each check is a line: ok, warning, failure, or not checked, where your credentials do not allow it or nobody answers. What
    /// is not ok comes with the command or the DNS record that mends it. Ends with 1 if there is a failure, or if AWS did not
    /// answer; warnings alone end with 0.
    Doctor(doctor::Arguments),
    /// Says why a customer got no mail, or what became of it.
    Why(why::Arguments),
    /// Shows what the portal knows of a booking.
    Booking(booking::Arguments),
    /// Writes what a customer sees as HTML files marked "Preview": pages and mails, in either language, at any time. It reads,
    /// and changes, sends and counts nothing; the files hold no link that signs in. Earlier previews of the same names are
    /// replaced, and no other file.
    Preview(preview::Arguments),
    /// Checks and sends events of the booking system, and makes test bookings.
    #[command(subcommand)]
    Events(events::Command),
    /// Imports bookings from a CSV file as events that mail nobody; a map says which column is which field. Duplicates, rows without
    /// an address and every fault come first, by row and column. What the portal has already is not sent again: cut short, it goes
    /// on when it is run again. Accounts for every row; ends with 1 where one was refused or failed.
    #[command(after_help = "Examples:\n  portal import bookings.csv --map map.toml --dry-run\n  \
        portal import bookings.csv --map map.toml --skip-refused --report report.csv")]
    Import(import::Arguments),
    /// Names, shows, sends back or drops the messages that no function could carry out.
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
    /// Erases a customer: bookings, documents, sign-ins, dead letters. Shows what there is, asks for the address twice, sends
    /// the event with which the booking system erases, waits until it is carried out, and looks whether anything is left. May
    /// be run again at any time. Ends with 1 where something is left, or nothing was known of the address.
    #[command(after_help = "Examples:\n  portal erase\n  portal erase --json < address-twice.txt")]
    Erase,
    /// Lets the portal mail a customer again who had reported a mail as spam, once that customer has asked for it. Takes the
    /// address off the account's suppression list at SES, and forgets the complaint. A bounce stays: it ends when a later event
    /// names the address. Ends with 1 where one stands, or nothing is known of the address.
    #[command(
        after_help = "Examples:\n  portal allow-mail\n  portal allow-mail --stack portal-east --json < address.txt"
    )]
    AllowMail,
    /// Brings the bookings of a restored table back into the portal's own, but nothing that a restore must not undo. Sign-ins
    /// and counters of requests are deleted; erasures, complaints and bounces since then stand. Switch the event sources off
    /// before (infra/operating/README.md, "Restore the table"); it asks first. Cut short, it goes on when it is run again. Ends with 1 where
    /// bookings have to be sent again.
    #[command(
        after_help = "Examples:\n  portal restore --from portal-restored --dry-run\n  portal restore --from portal-restored --yes"
    )]
    Restore(restore::Arguments),
    /// Shows and changes the secret that signs events over HTTPS.
    #[command(subcommand)]
    WebhookSecret(webhook_secret::Command),
    /// Prints what a shell needs to complete this tool's commands.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// Carries out a command; says on standard output what it found or did, and on standard error what it is about to do.
pub async fn run(Portal { global, command }: Portal) -> Outcome {
    match command {
        Command::Doctor(arguments) => doctor::run(&global, arguments).await,
        Command::Why(arguments) => why::run(&global, arguments).await,
        Command::Booking(arguments) => booking::run(&global, arguments).await,
        Command::Preview(arguments) => preview::run(&global, arguments).await,
        Command::Events(command) => events::run(&global, command).await,
        Command::Import(arguments) => import::run(&global, arguments).await,
        Command::DeadLetters(command) => dead_letters::run(&global, command).await,
        Command::Erase => erase::run(&global).await,
        Command::AllowMail => allow_mail::run(&global).await,
        Command::Restore(arguments) => restore::run(&global, arguments).await,
        Command::WebhookSecret(command) => webhook_secret::run(&global, command).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Portal::command(), "portal", &mut std::io::stdout());
            Outcome::Fine
        }
    }
}
