//! How far a measurement is, for who watches it.

use std::io::{IsTerminal, stderr};

/// Prints to standard error, and only to a terminal: a log would keep every state of a line that is written over.
pub(crate) fn progress(text: &str) {
    if stderr().is_terminal() {
        eprint!("{text}");
    }
}
