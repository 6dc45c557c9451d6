//! Logs: JSON lines, at the level Lambda's logging controls ask for.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use lambda_runtime::Error;
use tracing_subscriber::filter::LevelFilter;

use portal_domain::config::Environment;

/// Starts logging. Call it first.
///
/// Never in more detail than INFO: below that, the AWS SDK and the runtime write down what they send and receive, and
/// that holds addresses and tokens.
pub fn init(env: &Environment) {
    let level = env.log_level().parse().unwrap_or(LevelFilter::INFO).min(LevelFilter::INFO);
    tracing_subscriber::fmt().json().without_time().with_target(false).with_max_level(level).init();
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
