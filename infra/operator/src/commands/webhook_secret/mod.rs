//! `portal webhook-secret`: the secret with which the booking system signs events over HTTPS, shown and changed.

mod kept;
mod rotate;
mod show;

use clap::Subcommand;

use crate::{global::Global, terminal::Outcome};
pub(crate) use kept::Kept;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Prints the secret that signs now, for whoever configures the booking system: it alone on standard output, and where it is
    /// used on standard error. Whoever has it can write bookings.
    #[command(
        after_help = "Examples:\n  portal webhook-secret show\n  portal webhook-secret show --json | jq --raw-output .url"
    )]
    Show,
    /// Makes a new secret, which is good beside the one of now. The old one goes on to be good until it is ended with
    /// --end-old, once nothing is signed with it any more. Neither takes a deployment.
    #[command(after_help = "Examples:\n  portal webhook-secret rotate\n  portal webhook-secret rotate --end-old --yes")]
    Rotate(rotate::Arguments),
}

pub(crate) async fn run(global: &Global, command: Command) -> Outcome {
    match command {
        Command::Show => Outcome::of(global, show::show(global).await),
        Command::Rotate(arguments) => Outcome::of(global, rotate::rotate(global, arguments).await),
    }
}
