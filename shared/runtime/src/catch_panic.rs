//! Panics as errors.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use lambda_runtime::Error;

/// Runs a future. A panic in it becomes an error like any other, so that it ends one request and not a batch.
pub async fn catch_panic<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match AssertUnwindSafe(future).catch_unwind().await {
        Ok(result) => result,
        Err(_) => Err("a panic".into()),
    }
}
