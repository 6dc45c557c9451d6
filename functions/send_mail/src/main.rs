//! Wiring of the function `send_mail`.

use std::process::ExitCode;

use lambda_runtime::service_fn;
use send_mail::SendMail;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    portal_runtime::run(async |env| {
        let function = SendMail::start(env).await?;
        lambda_runtime::run(service_fn(|batch| function.handle(batch))).await
    })
    .await
}
