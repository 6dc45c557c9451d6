//! `sam-emulator`: runs a SAM template on this machine until Ctrl-C.
#![allow(clippy::print_stdout, reason = "the terminal is this program's face")]

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use sam_emulator::{Options, Stack, terminal};
use tokio::net::TcpListener;

/// Runs a SAM template on this machine, without an AWS account, until Ctrl-C.
#[derive(Parser)]
#[command(version, after_help = EXAMPLE)]
struct Arguments {
    /// The SAM template.
    #[arg(long, value_name = "FILE", default_value = "template.yaml")]
    template: PathBuf,
    /// The folder with the functions' binaries, each with the name of its function in snake_case or that of
    /// Metadata.BuildProperties.Binary.
    #[arg(long, value_name = "DIR")]
    functions: PathBuf,
    /// The stack's name.
    #[arg(long, value_name = "NAME", default_value = "local")]
    stack: String,
    /// The port of the HTTP API on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// A folder that keeps tables, objects and secrets; without it they are forgotten.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// What runs binaries of another processor, with its arguments.
    #[arg(long, value_name = "COMMAND", default_value = "")]
    runner: String,
    /// Values of the template's parameters.
    #[arg(value_name = "Name=Value", value_parser = parameter)]
    parameters: Vec<(String, String)>,
}

const EXAMPLE: &str = "\
Example:
  sam-emulator --template template.yaml --functions target/debug --stack orders --data .data Currency=EUR
  curl http://localhost:9000/_local/endpoints";

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sam-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let port = arguments.port;
    let socket = TcpListener::bind(("127.0.0.1", port)).await;
    let socket = socket.map_err(|error| format!("cannot listen on 127.0.0.1:{port}: {error}"))?;
    let options = Options {
        stack_name: arguments.stack,
        parameters: arguments.parameters.into_iter().collect(),
        runner: arguments.runner.split_whitespace().map(str::to_owned).collect(),
        data: arguments.data,
        ..Options::new(arguments.template, arguments.functions)
    };
    terminal::run(Stack::start(socket, options), greet).await
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a parameter is given as Name=Value")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn greet(stack: &Stack) {
    println!("API        {}/", stack.url());
    println!("AWS        {}/_local/endpoints", stack.url());
    println!("Beside it  {}/_local/mails, events, log, calls, invocations", stack.url());
    println!();
}
