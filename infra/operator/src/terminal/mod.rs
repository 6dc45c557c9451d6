//! How the tool speaks: one report on standard output, for people or as JSON; what it asks, what it is about to do, and why it
//! could not, on standard error.

mod failure;
mod masking;
mod page;
mod prompt;
mod report;

pub(crate) use failure::Failure;
pub(crate) use masking::masked;
pub(crate) use page::{Mark, Page, counted, when, word};
pub(crate) use prompt::{confirm_address, confirmed, read_address};
pub use report::Outcome;
pub(crate) use report::Report;
