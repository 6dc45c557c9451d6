//! Wiring of the function `request_link`.

use std::process::ExitCode;

use request_link::RequestLink;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    portal_runtime::run(async |env| {
        let function = RequestLink::start(env).await?;
        portal_web::serve(&function.respond, |request| function.handle(request)).await
    })
    .await
}
