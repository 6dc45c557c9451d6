//! What the portal reads from strangers, and what must be so whatever that is. Each target takes bytes and panics where a
//! property does not hold: libFuzzer hands them over (`make fuzz`), and so do plain tests.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "whatever panics here is a find")]

mod cookies;
mod events;
mod feedback;
mod forms;
mod inputs;
mod links;
mod requests;
mod webhooks;

/// A name, under which the corpus lies, and what is tried.
pub type Target = (&'static str, fn(&[u8]));

/// All that is tried.
pub const TARGETS: [Target; 6] = [
    ("cookies", cookies::read),
    ("links", links::read),
    ("events", events::read),
    ("forms", forms::read),
    ("webhooks", webhooks::read),
    ("feedback", feedback::read),
];
