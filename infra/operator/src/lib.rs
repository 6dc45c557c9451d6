//! The operator's tool: answers by one command, with the caller's own AWS credentials.
//!
//! It never makes, prints or uses a link, calls no route of the portal, sends no mail itself, and writes bookings only by
//! events. Addresses come from a prompt or standard input, never from the command line, where a shell keeps them.

mod commands;
mod global;
mod stack;
mod terminal;

use clap::{Parser, Subcommand};

use global::Global;
pub use terminal::Outcome;

/// The command line.
#[derive(Parser)]
#[command(name = "portal", about = "Runs a customer portal: one command, one answer.", version)]
pub struct Portal {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lets the portal mail a customer again who had reported a mail as spam, once that customer has asked for it.
    ///
    /// Reads the address from standard input. Removes it from the account's suppression list in SES, and the portal's own
    /// note of the complaint.
    AllowMail,
}

/// Carries out a command; says on standard output what it did, and on standard error what it is about to do.
pub async fn run(Portal { global, command }: Portal) -> Outcome {
    match command {
        Command::AllowMail => commands::allow_mail::run(&global).await,
    }
}
