//! Waiting on a condition, never for a length of time.

use std::time::{Duration, Instant};

/// How long something may take that happens by itself, on a machine that builds something else meanwhile.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Polls until there is an answer; gives up after [`PATIENCE`].
pub async fn soon<T>(what: &str, ask: impl AsyncFnMut() -> Option<T>) -> T {
    soon_or(PATIENCE, ask).await.unwrap_or_else(|| panic!("did not happen in time: {what}"))
}

/// As [`soon`], with its own patience, and nothing where it runs out.
pub async fn soon_or<T>(patience: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    while started.elapsed() < patience {
        if let Some(answer) = ask().await {
            return Some(answer);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    None
}
