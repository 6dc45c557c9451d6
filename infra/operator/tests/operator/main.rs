//! The operator's tool, run as an operator runs it.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod allow_mail;
mod booking;
mod booking_against;
mod common;
mod dead_letters;
mod doctor;
mod erase;
mod events_check;
mod events_send;
mod events_trigger;
mod import;
mod preview;
mod promises;
mod restore;
mod webhook_secret;
mod why;
