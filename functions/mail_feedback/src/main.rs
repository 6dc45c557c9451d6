//! Wiring of the function `mail_feedback`.

use std::process::ExitCode;

use lambda_runtime::service_fn;
use mail_feedback::MailFeedback;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    portal_runtime::run(async |env| {
        let function = MailFeedback::start(env).await?;
        lambda_runtime::run(service_fn(|batch| function.handle(batch))).await
    })
    .await
}
