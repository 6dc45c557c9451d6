//! The portal as a whole: real functions, real protocols, over HTTP and in a browser.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod bad_input;
mod bookings;
mod browser;
mod configuration;
mod contract;
mod crashes;
mod drill;
mod events;
mod feedback;
mod histories;
mod limits;
mod mails;
mod nothing_to_learn;
mod queues;
mod races;
mod round_trips;
mod samples;
mod scanners;
mod sign_in;
mod template;
mod time;
mod walls;
