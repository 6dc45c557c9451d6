//! The local stack: reads template.yaml and runs the whole of it on one machine, without an AWS account.
//!
//! The functions are the real, unmodified binaries. They meet AWS behind endpoint URLs, over AWS's own protocols, so
//! that nothing in them knows where they run.

pub mod aws;
pub mod demo;
mod event_sources;
mod gateway;
pub mod inbox;
pub mod lambda;
mod local_routes;
mod log;
pub mod queue_policies;
pub mod stack;
pub mod template;

pub use stack::{Error, Options, Stack};
