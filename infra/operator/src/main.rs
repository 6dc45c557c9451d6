//! `portal`: exits with 0 if all is well, 1 if it found something wrong, 2 if it could not do what was asked.

use std::process::ExitCode;

use clap::Parser;
use portal_operator::Portal;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match Portal::try_parse() {
        Ok(portal) => portal_operator::run(portal).await.into(),
        // Nothing repeats it.
        Err(error) if error.use_stderr() && std::env::args().any(|argument| argument.contains('@')) => {
            anstream::eprintln!(
                "portal: an address is asked for, or read from standard input. It never stands on the command line, where a shell keeps it."
            );
            ExitCode::from(2)
        }
        Err(error) => error.exit(),
    }
}
