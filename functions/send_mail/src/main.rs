//! Wiring of the function `send_mail`.

use lambda_runtime::{Error, service_fn};
use portal::{config::Environment, logs};
use send_mail::SendMail;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let function = SendMail::start(&Environment::of_this_process()).await?;
    lambda_runtime::run(service_fn(|batch| function.handle(batch))).await
}
