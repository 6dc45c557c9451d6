//! A mail, ready to be sent.

use crate::customer::EmailAddress;

/// A mail, ready to be sent.
pub struct Letter {
    /// Whom it goes to.
    pub to: EmailAddress,
    /// One line.
    pub subject: String,
    /// For mail programs that show text.
    pub text: String,
    /// For all others.
    pub html: String,
}
