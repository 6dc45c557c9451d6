//! What can go wrong with the table, in words that a log may hold.

use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use portal_domain::randomness::NoRandomness;

use crate::{sdk::CallFailed, unquoted::Unquoted};

/// The table could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// DynamoDB did not do what was asked.
    #[error(transparent)]
    Call(#[from] CallFailed),
    /// A request is not one that the SDK can send.
    #[error("a request of {action} could not be built")]
    Request {
        /// What was to be asked.
        action: &'static str,
        /// What is wrong with it.
        source: BuildError,
    },
    /// An item is not of the form the portal writes.
    #[error("the item {key} could not be read")]
    Read {
        /// Its key.
        key: String,
        /// What is wrong with it.
        source: Unquoted,
    },
    /// A value could not be made an item.
    #[error("the item {key} could not be written")]
    Write {
        /// Its key.
        key: String,
        /// What is wrong with it.
        source: Unquoted,
    },
    /// A write was refused although the item meets its condition.
    #[error("{action} was refused by the item {key}, which does not speak against it")]
    Contradiction {
        /// What was asked.
        action: &'static str,
        /// The item's key.
        key: String,
    },
    /// Others kept changing the same items, or DynamoDB kept leaving them out.
    #[error("{action} was given up after {attempts} attempts")]
    GaveUp {
        /// What was tried.
        action: &'static str,
        /// How often.
        attempts: usize,
    },
    /// The key of customer ids is not the one with which the table was filled.
    #[error(
        "CUSTOMER_KEY is not the key that made the customer ids of this table: give the stack the secret it had, or a new \
         table (infra/operating/README.md, \"The customer key\")"
    )]
    OtherCustomerKey,
    /// There were no random numbers, which name a request or a change and spread a back-off.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// Keeps of a failed call what may be logged.
pub(super) fn failed<E: ProvideErrorMetadata, R>(action: &'static str) -> impl FnOnce(SdkError<E, R>) -> Error {
    move |error| CallFailed::new(action, &error).into()
}

/// Says which request could not be built.
pub(super) fn not_built(action: &'static str) -> impl FnOnce(BuildError) -> Error {
    move |source| Error::Request { action, source }
}
