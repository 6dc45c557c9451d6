//! The record of every call of a local AWS service.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::{lock::lock, policy::Need};

/// Every call that has ended.
#[derive(Clone, Default)]
pub struct Calls(Arc<Mutex<Vec<Call>>>);

/// One call.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// The calling function; `None` for an operator or a test.
    pub function: Option<String>,
    /// The request that the function was handling.
    pub request_id: Option<String>,
    /// The service's prefix in IAM, such as `dynamodb` or `secretsmanager`.
    pub service: &'static str,
    /// The API action.
    pub action: String,
    /// Table, `bucket/key`, sending identity, queue or bus.
    pub resource: Option<String>,
    /// The permissions it took.
    pub needs: Vec<Need>,
    /// When the request arrived.
    #[serde(serialize_with = "microseconds")]
    pub start: Timestamp,
    /// When the answer was complete.
    #[serde(serialize_with = "microseconds")]
    pub end: Timestamp,
    /// The answer's HTTP status; `None` if the caller hung up first.
    pub status: Option<u16>,
}

/// A call under way; it is recorded when this is dropped, so that a caller who hangs up leaves a trace too.
pub(super) struct Recording {
    pub(super) call: Call,
    calls: Calls,
}

impl Calls {
    /// Every call that has ended, in the order they arrived.
    pub fn all(&self) -> Vec<Call> {
        let mut calls = lock(&self.0).clone();
        calls.sort_by_key(|call| call.start);
        calls
    }

    pub(super) fn record(&self, call: Call) -> Recording {
        Recording { call, calls: self.clone() }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.call.end = Timestamp::now();
        lock(&self.calls.0).push(self.call.clone());
    }
}

fn microseconds<S: Serializer>(timestamp: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{timestamp:.6}"))
}
