//! What every function does around its work: environment, logs, metrics, panics, batches of queue messages.

pub mod batches;
pub mod catch_panic;
mod environment;
pub mod logs;
pub mod metrics;
mod run;

pub use run::run;
