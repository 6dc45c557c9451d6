//! Logs: JSON lines in the form and at the level Lambda's logging controls ask for.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use lambda_http::Error;

/// Starts logging. Call it first.
pub fn init() {
    lambda_http::tracing::init_default_subscriber();
}

/// What a future comes to; a panic in it is an error like any other, so that it ends one request and not a batch.
pub async fn settled<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match AssertUnwindSafe(future).catch_unwind().await {
        Ok(result) => result,
        Err(_) => Err("a panic".into()),
    }
}

/// An error with what caused it, on one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
