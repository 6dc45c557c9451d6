//! `portal events`: what a booking system sends, checked before it is sent, and sent.

pub(crate) mod check;
mod clean;
pub(crate) mod files;
pub(crate) mod findings;
pub(crate) mod follow;
mod pdf;
mod post;
pub(crate) mod put;
mod rental;
mod send;
mod test_bookings;
mod times;
mod trigger;

use crate::{global::Global, terminal::Outcome};

/// What to do with events.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Says of events, before anybody sends them, what the portal would: every fault with what is expected and what was found,
    /// and what is odd though it would be taken. Asks nobody, neither AWS nor a stack. Ends with 1 where an event would be
    /// refused, with 2 where a file cannot be read.
    Check(check::Arguments),
    /// Checks events, says what sending them may cause, asks, and puts them on the stack's bus, whatever bus they name; nothing
    /// is sent where one would be refused. What the bus does not take is put again, up to five times. Ends with 1 where
    /// something was refused, contradicted, not taken or, with --wait, not seen.
    Send(send::Arguments),
    /// Has something happen to a test booking of your own, as the booking system would tell it: asks for an address, says what
    /// that will cause, asks, sends the event, and waits until it is applied. `booking.confirmed` makes a new booking, anything
    /// else goes on with the newest.
    Trigger(trigger::Arguments),
    /// Removes the test bookings that `trigger` made for an address, with their documents, and nothing of any other booking.
    Clean(clean::Arguments),
}

pub(crate) async fn run(global: &Global, command: Command) -> Outcome {
    match command {
        Command::Check(arguments) => check::run(global, &arguments),
        Command::Send(arguments) => send::run(global, &arguments).await,
        Command::Trigger(arguments) => trigger::run(global, arguments).await,
        Command::Clean(arguments) => clean::run(global, &arguments).await,
    }
}
