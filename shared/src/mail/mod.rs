//! Mails: what they say, how they look, and how SES sends them.

mod layout;
mod letters;
mod pace;
mod sender;

pub use letters::{Letter, confirmation, sign_in};
pub use pace::Pace;
pub use sender::{NotSent, Sender};
