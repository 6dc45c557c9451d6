//! The words customers read, in each language one file: a struct of texts and functions, so that a language in which one is
//! missing does not compile. Short, friendly, exact; always what to do next; said so that it is still true when the page was
//! left open. Sentences are whole, so that each language orders them its own way.

mod catalog;
mod english;
mod spanish;

pub use catalog::{Dates, DayFrom, Messages, NamedZone};
pub use english::ENGLISH;
pub use spanish::SPANISH;

/// A language of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// US English.
    English,
    /// US Spanish.
    Spanish,
}

impl Language {
    /// What is said in it.
    pub fn messages(self) -> &'static Messages {
        match self {
            Self::English => &ENGLISH,
            Self::Spanish => &SPANISH,
        }
    }
}
