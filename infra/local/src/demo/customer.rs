//! A customer of the demo business.

use super::{
    clock::Clock,
    data::{Demo, Error},
};

/// A customer of the demo business.
#[derive(Debug)]
pub struct DemoCustomer {
    /// First and last name.
    pub name: &'static str,
    /// The address that a link is asked for with.
    pub email: &'static str,
    /// The preferred language, where it is not the business's.
    pub locale: Option<&'static str>,
    /// What there is to see, in a sentence.
    pub about: &'static str,
    pub(super) life: fn(&Clock, &mut Demo) -> Result<(), Error>,
}
