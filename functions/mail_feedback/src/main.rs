//! Wiring of the function `mail_feedback`.

use lambda_runtime::{Error, service_fn};
use mail_feedback::MailFeedback;
use portal::{config::Environment, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let function = MailFeedback::start(&Environment::of_this_process()).await?;
    lambda_runtime::run(service_fn(|batch| function.handle(batch))).await
}
