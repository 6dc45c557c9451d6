//! What the portal says of events: reads an envelope a line, answers each with a line, the list of its faults in JSON.
//! `make test-senders` holds it against the schemas, as ordinary tools read them.

use std::io::{Error, Write, stdin, stdout};

use jiff::Timestamp;
use portal_domain::events::{Accepted, Event};

fn main() -> Result<(), Error> {
    // Later than every envelope, so that no clock is ahead.
    let now = Timestamp::MAX;
    for envelope in stdin().lines() {
        let faults: Vec<String> = match Event::read(&envelope?, &Accepted::default(), now) {
            Ok(_) => Vec::new(),
            Err(refusal) => refusal.faults.listed.iter().map(ToString::to_string).collect(),
        };
        writeln!(stdout(), "{}", serde_json::to_string(&faults)?)?;
    }
    Ok(())
}
