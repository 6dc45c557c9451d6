//! Wiring of the function `project_bookings`.

use lambda_runtime::{Error, service_fn};
use portal_runtime::{environment, logs};
use project_bookings::ProjectBookings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let env = environment::of_this_process();
    logs::init(&env);
    let function = ProjectBookings::start(&env).await?;
    lambda_runtime::run(service_fn(|batch| function.handle(batch))).await
}
