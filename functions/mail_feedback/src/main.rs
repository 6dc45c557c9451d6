//! Wiring of the function `mail_feedback`.

use lambda_runtime::{Error, service_fn};
use mail_feedback::MailFeedback;
use portal_runtime::{environment, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let env = environment::of_this_process();
    logs::init(&env);
    let function = MailFeedback::start(&env).await?;
    lambda_runtime::run(service_fn(|batch| function.handle(batch))).await
}
