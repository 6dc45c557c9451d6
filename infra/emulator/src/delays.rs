//! What AWS takes where this machine takes no time.

use std::time::Duration;

/// Delays that AWS has and this machine has not. None, unless somebody wants to know how long a person waits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Delays {
    /// From the need of an instance to the start of its process.
    pub instance: Duration,
    /// From the end of a batch to the invocation with it.
    pub event_source: Duration,
}
