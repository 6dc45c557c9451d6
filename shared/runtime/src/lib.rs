//! What every function does around its work: environment, logs, metrics, panics, batches of queue messages.

pub mod batches;
mod environment;
pub mod logs;
pub mod metrics;
pub mod panics;
mod run;

pub use run::run;
