//! Logs: JSON lines, at the level Lambda's logging controls ask for.

use std::panic;

use portal_domain::config::Environment;
use tracing_subscriber::filter::LevelFilter;

/// Starts logging. Each line names the span it belongs to: the request, or the queue message.
///
/// Never in more detail than INFO: below that, the AWS SDK and the runtime write down what they send and receive, and
/// that holds addresses and tokens.
pub(crate) fn init(env: &Environment) {
    let level = env.log_level().parse().unwrap_or(LevelFilter::INFO).min(LevelFilter::INFO);
    tracing_subscriber::fmt()
        .json()
        .with_span_list(false)
        .without_time()
        .with_target(false)
        .with_max_level(level)
        .init();
    // Of a panic its place, in the span it belongs to; never its message, which can hold what was being worked on.
    panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(at, "a panic");
    }));
}

/// An error with what caused it, on one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
