//! The mails: what they say, and how they look.

mod layout;
mod letters;

pub use letters::{confirmation, sign_in};
