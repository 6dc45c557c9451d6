//! What the tool asks. Addresses come from standard input, never from the command line, where a shell keeps them.

use std::io::{IsTerminal, Write, stdin};

use portal_domain::customer::EmailAddress;

use super::failure::Failure;

/// Reads one address from standard input; asks for it where somebody sits there.
pub(crate) fn read_address(question: &str) -> Result<EmailAddress, Failure> {
    EmailAddress::parse(ask(question)?.trim()).map_err(|reason| {
        Failure::new(reason.to_string(), "Give one address on a line of standard input, like name@example.com.")
    })
}

/// Reads an address again, which has to be the same.
pub(crate) fn confirm_address(question: &str, address: &EmailAddress) -> Result<(), Failure> {
    match EmailAddress::parse(ask(question)?.trim()) {
        Ok(again) if again == *address => Ok(()),
        _ => Err(Failure::new(
            "the second address is not the first: nothing was done",
            "Give the same address twice, on a line each.",
        )),
    }
}

/// Whether somebody at the terminal says yes. Where nobody sits there, `yes` has to be said beforehand.
pub(crate) fn confirmed(question: &str, yes: bool) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    if !stdin().is_terminal() {
        return Err(Failure::new("nobody can be asked: nothing was done", "Give --yes as well."));
    }
    Ok(matches!(ask(question)?.trim(), "y" | "Y" | "yes"))
}

fn ask(question: &str) -> Result<String, Failure> {
    if stdin().is_terminal() {
        anstream::eprint!("{question}");
        std::io::stderr().flush().map_err(|error| Failure::cannot("write to standard error", &error))?;
    }
    let mut line = String::new();
    stdin().read_line(&mut line).map_err(|error| Failure::cannot("read standard input", &error))?;
    Ok(line)
}
