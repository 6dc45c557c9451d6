//! `portal`: exits with 0 if it did what was asked, and with 2 if it could not.

use std::process::ExitCode;

use clap::Parser;
use portal_operator::Portal;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    portal_operator::run(Portal::parse()).await.into()
}
