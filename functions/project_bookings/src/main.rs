//! Wiring of the function `project_bookings`.

use lambda_runtime::{Error, service_fn};
use portal::{config::Environment, logs};
use project_bookings::ProjectBookings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let function = ProjectBookings::start(&Environment::of_this_process()).await?;
    lambda_runtime::run(service_fn(|batch| function.handle(batch))).await
}
