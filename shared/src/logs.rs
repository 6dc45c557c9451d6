//! Logs: JSON lines in the form and at the level Lambda's logging controls ask for.

/// Starts logging. Call it first.
pub fn init() {
    lambda_http::tracing::init_default_subscriber();
}

/// An error with what caused it, on one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
