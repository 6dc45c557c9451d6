//! What stands above every mail.

use portal_domain::config::{Business, PortalUrl};

use crate::messages::Messages;

/// Whose mail it is, and in what language.
pub struct Letterhead<'a> {
    /// The business.
    pub business: &'a Business,
    /// The portal's address.
    pub portal: &'a PortalUrl,
    /// The language.
    pub messages: &'static Messages,
}
