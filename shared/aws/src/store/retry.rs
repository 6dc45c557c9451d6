//! Trying again, with back-off: optimistic locks that others broke, and what DynamoDB left out of an answer.

use std::time::Duration;

use portal_domain::randomness::random;

use super::errors::Error;

/// How often a write under an optimistic lock is tried.
pub(super) const ATTEMPTS: usize = 16;

/// Attempts at one thing, with back-off between them.
pub(super) struct Attempts {
    action: &'static str,
    most: usize,
    made: usize,
}

impl Attempts {
    pub(super) fn new(action: &'static str, most: usize) -> Self {
        Self { action, most, made: 0 }
    }

    /// Lets the next attempt begin: the first at once, each further one after a back-off with jitter, a random wait
    /// that grows up to a tenth of a second. An error when all have been made.
    pub(super) async fn next(&mut self) -> Result<(), Error> {
        if self.made == self.most {
            return Err(Error::GaveUp { action: self.action, attempts: self.made });
        }
        if self.made > 0 {
            let most = 10 * u64::try_from(self.made.min(10)).unwrap_or(10);
            tokio::time::sleep(Duration::from_millis(1 + u64::from_le_bytes(random()?) % most)).await;
        }
        self.made += 1;
        Ok(())
    }
}
