//! The portal as a whole: real functions, real protocols, over HTTP and in a browser.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "tests")]

mod asking;
mod bad_input;
mod bookings;
mod browser;
mod certificates;
mod configuration;
mod contract;
mod crashes;
mod dashboards;
mod documents;
mod drill;
mod events;
mod feedback;
mod head;
mod histories;
mod leaks;
mod limits;
mod looks;
mod mails;
mod nothing_to_learn;
mod pages;
mod pages_calendar;
mod policies;
mod queues;
mod races;
mod requests;
mod restoring;
mod round_trips;
mod scanners;
mod sessions;
mod sign_in;
mod states;
mod template;
mod time;
mod walls;
