//! `portal dead-letters`.

use crate::{
    global::Global,
    terminal::{Failure, Outcome},
};

/// What to do with them.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Names each.
    List,
}

pub(crate) async fn run(_: &Global, _: Command) -> Outcome {
    anstream::eprintln!("portal: {}", Failure::new("not built yet", ""));
    Outcome::Failed
}
