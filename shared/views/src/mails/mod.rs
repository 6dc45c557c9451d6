//! The mails: what they say, and how they look.

mod layout;
mod letterhead;
mod letters;
mod unlinked;

pub use letterhead::Letterhead;
pub use letters::{LeadsTo, confirmation, sign_in};
