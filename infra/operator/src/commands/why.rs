//! `portal why`.

use crate::{
    global::Global,
    terminal::{Failure, Outcome},
};

/// What it is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) async fn run(_: &Global, _: Arguments) -> Outcome {
    anstream::eprintln!("portal: {}", Failure::new("not built yet", ""));
    Outcome::Failed
}
