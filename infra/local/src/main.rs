//! `portal-local`: runs template.yaml on this machine until Ctrl-C.
//!
//! Reads from the environment: `PORT` (9000), `DATA` (a folder that keeps tables, objects and secrets), `PARAMS`
//! (`Name=Value Name="Some value"`), `TEMPLATE` (./template.yaml), `FUNCTIONS` (the folder with the functions' binaries,
//! else that of this program), `RUNNER` (what runs them, such as `qemu-aarch64`).
#![allow(clippy::print_stdout, reason = "the terminal is this program's face")]

use std::{collections::BTreeMap, env, error::Error, path::PathBuf, process::ExitCode};

use portal_local::{Options, Stack, start};
use sam_emulator::terminal;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("portal-local: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    terminal::run(start(options()?), greet).await
}

fn options() -> Result<Options, Box<dyn Error>> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let executable = env::current_exe()?;
    let template = variable("TEMPLATE").unwrap_or_else(|| "template.yaml".to_owned());
    let folder = executable.parent().ok_or("the program stands in no folder")?;
    let mut options = Options::new(template, variable("FUNCTIONS").map_or_else(|| folder.to_owned(), PathBuf::from));
    options.runner = variable("RUNNER").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    options.port = match variable("PORT") {
        Some(port) => port.parse().map_err(|_| format!("PORT should be a number from 0 to 65535, not {port}"))?,
        None => 9000,
    };
    options.data = variable("DATA").map(PathBuf::from);
    options.parameters = parameters(&variable("PARAMS").unwrap_or_default())?;
    options.demo = true;
    Ok(options)
}

/// Reads `Name=Value Name="Some value"`.
fn parameters(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            character if character.is_whitespace() && !quoted => words.push(String::new()),
            character => words.iter_mut().last().into_iter().for_each(|word| word.push(character)),
        }
    }
    if quoted {
        return Err("PARAMS has a quotation mark without its second".to_owned());
    }
    let given = words.iter().filter(|word| !word.is_empty());
    given
        .map(|word| match word.split_once('=') {
            Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
            None => Err(format!("PARAMS should be Name=Value Name=Value, not {word}")),
        })
        .collect()
}

fn greet(stack: &Stack) {
    println!("Portal     {}/", stack.url());
    println!("Inbox      {}/_local/", stack.url());
    println!("Open them in Chrome or Firefox: Safari drops Secure cookies on http://localhost.");
    println!();
}

#[cfg(test)]
mod tests {
    use super::parameters;

    #[test]
    fn parameters_may_be_quoted() {
        let given = parameters("A=1  B=\"two words\" \"C=x y\" D=a=b E=\n").unwrap();
        let expected = [("A", "1"), ("B", "two words"), ("C", "x y"), ("D", "a=b"), ("E", "")];
        assert_eq!(given, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        for wrong in ["A", "A=1 B", "A=\"1"] {
            assert!(parameters(wrong).is_err(), "{wrong}");
        }
    }
}
