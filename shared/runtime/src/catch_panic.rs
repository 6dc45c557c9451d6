//! Panics as errors.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use lambda_runtime::Error;

/// Runs a future. A panic in it becomes an error like any other, so that it ends one request and not a batch.
///
/// No `async fn`, whose future would hold the given one twice: as its argument, and where it is awaited.
pub fn catch_panic<T>(future: impl Future<Output = Result<T, Error>>) -> impl Future<Output = Result<T, Error>> {
    AssertUnwindSafe(future).catch_unwind().map(|result| result.unwrap_or_else(|_| Err("a panic".into())))
}
