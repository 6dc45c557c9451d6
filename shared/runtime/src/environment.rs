//! The one place that reads the environment.

use portal_domain::config::Environment;

/// The environment of this process.
#[expect(clippy::disallowed_methods, reason = "the one place")]
pub(crate) fn of_this_process() -> Environment {
    Environment::new(|variable| std::env::var(variable).ok())
}
