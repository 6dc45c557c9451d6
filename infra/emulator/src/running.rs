//! A running stack as its routes and its owner see it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    aws::Aws,
    lambda::{Lambda, Log},
    template::Description,
};

/// What is in a running stack.
#[derive(Clone)]
pub struct Running {
    /// The services.
    pub aws: Aws,
    /// The functions.
    pub lambda: Lambda,
    /// What the template describes.
    pub description: Arc<Description>,
    /// The stack's name.
    pub stack_name: String,
    /// When it was started.
    pub started_at: Timestamp,
    pub(crate) url: String,
}

impl Running {
    /// The API's origin: `http://localhost:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What the functions wrote, and which events matched no rule.
    pub fn log(&self) -> &Log {
        self.lambda.log()
    }
}
