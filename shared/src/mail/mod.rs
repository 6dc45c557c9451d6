//! Mails: what they say, how they look, and how SES sends them.

mod layout;
mod letters;
mod sender;

pub use letters::{Letter, confirmation, sign_in};
pub use sender::{NotSent, Sender};
