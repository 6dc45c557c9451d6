//! Runs the tool as an operator does.

use std::{
    io::ErrorKind,
    process::{Output, Stdio},
};

use tokio::{io::AsyncWriteExt, process::Command};

/// Runs a command with this on its standard input.
pub(crate) async fn portal(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    match running.stdin.take().unwrap().write_all(input.as_bytes()).await {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {} // it ended without reading
        written => written.unwrap(),
    }
    running.wait_with_output().await.unwrap()
}
