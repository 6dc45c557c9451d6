//! How a function starts.

use std::process::ExitCode;

use lambda_runtime::Error;
use portal_domain::config::Environment;

use crate::{environment, logs, metrics};

/// Of static binaries: with musl's own allocator a first response takes a fifth longer.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Runs a function in the environment of this process, until Lambda ends that. A failure, which can only be one at the
/// start, is logged like any other.
pub async fn run(function: impl AsyncFnOnce(&Environment) -> Result<(), Error>) -> ExitCode {
    let env = environment::of_this_process();
    logs::init(&env);
    metrics::init(&env);
    match function(&env).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = logs::chain(error.as_ref()), "the function could not start");
            ExitCode::FAILURE
        }
    }
}
