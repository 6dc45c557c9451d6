//! What every function does around its work: environment, logs, metrics, panics, batches of queue messages.

pub mod batches;
pub mod environment;
pub mod logs;
pub mod metrics;
