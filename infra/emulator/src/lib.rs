//! Runs a SAM template on one machine, without an AWS account.
//!
//! The functions are the real, unmodified binaries. They meet AWS behind endpoint URLs, over AWS's own protocols, so
//! that nothing in them knows where they run.

pub mod aws;
mod delays;
mod event_sources;
mod gateway;
pub mod lambda;
mod local_routes;
mod log;
pub mod queue_policies;
mod running;
pub mod stack;
pub mod template;
pub mod terminal;

pub use delays::Delays;
pub use running::Running;
pub use stack::{Error, Options, Stack};
