//! The words customers read, in each language one file: a struct of texts and functions, so that a language in which one is
//! missing does not compile. Short, friendly, exact; always what to do next; said so that it is still true when the page was
//! left open. Sentences are whole, so that each language orders them its own way.

mod catalog;
mod english;
mod money;
mod parts;
mod sentence;
mod spanish;

pub use catalog::{Dates, DayFrom, Messages, NamedZone};
pub use english::ENGLISH;
use portal_domain::language::Language;
pub(crate) use sentence::sentence;
pub use spanish::SPANISH;

impl Messages {
    /// What is said in a language.
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Spanish => &SPANISH,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_s_words_say_which_they_are() {
        for language in Language::ALL {
            assert_eq!(Messages::of(language).language, language);
        }
    }
}
