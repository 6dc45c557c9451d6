//! Wiring of the function `project_bookings`.

use std::process::ExitCode;

use lambda_runtime::service_fn;
use project_bookings::ProjectBookings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    portal_runtime::run(async |env| {
        let function = ProjectBookings::start(env).await?;
        lambda_runtime::run(service_fn(|batch| function.handle(batch))).await
    })
    .await
}
