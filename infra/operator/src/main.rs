//! `portal`: exits with 0 if all is well, 1 if it found something wrong, 2 if it could not do what was asked.

use std::process::ExitCode;

use clap::Parser;
use portal_operator::Portal;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    portal_operator::run(Portal::parse()).await.into()
}
