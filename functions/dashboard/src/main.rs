//! Wiring of the function `dashboard`.

use std::process::ExitCode;

use dashboard::Dashboard;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    portal_runtime::run(async |env| {
        let function = Dashboard::start(env).await?;
        portal_web::serve(&function.respond, |request| function.handle(request)).await
    })
    .await
}
