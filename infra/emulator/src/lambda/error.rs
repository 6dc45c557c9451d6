//! Why a function does not answer.

use std::time::Duration;

/// Why nothing is invoked any more.
pub(super) const ENDING: &str = "the local stack is ending";

/// Why an invocation has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The function reported an error of its own.
    #[error("{kind}: {message}")]
    FunctionError {
        /// The error's type.
        kind: String,
        /// The error's message.
        message: String,
    },
    /// The event took longer than the function's time-out; its instance was ended.
    #[error("Task timed out after {:.2} seconds", .0.as_secs_f64())]
    TimedOut(Duration),
    /// The process ended with the event in hand.
    #[error("Runtime exited with error: {0}")]
    Crashed(String),
    /// No instance came up.
    #[error("{0}")]
    InitFailed(String),
    /// There is no such function.
    #[error("Function not found: {0}")]
    NotFound(String),
}
