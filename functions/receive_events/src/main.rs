//! Wiring of the function `receive_events`.

use std::process::ExitCode;

use receive_events::ReceiveEvents;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    portal_runtime::run(async |env| {
        let function = ReceiveEvents::start(env).await?;
        portal_web::serve_programs(|request| function.handle(request)).await
    })
    .await
}
