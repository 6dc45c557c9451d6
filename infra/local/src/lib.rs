//! The local stack: the emulator with the portal's parameters, an inbox, sample events and demo data.

pub mod demo;
pub mod inbox;
mod routes;
mod start;
pub mod webhook;

pub use sam_emulator::{Delays, Stack, aws, lambda, stack, template};
pub use start::{Error, Options, start};
