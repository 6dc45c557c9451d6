//! The mails: what they say, and how they look.

mod greeting;
mod layout;
mod letters;
mod unlinked;

pub use letters::{confirmation, sign_in};
