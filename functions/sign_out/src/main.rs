//! Wiring of the function `sign_out`.

use std::process::ExitCode;

use sign_out::SignOut;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    portal_runtime::run(async |env| {
        let function = SignOut::start(env).await?;
        portal_web::serve(&function.respond, |request| function.handle(request)).await
    })
    .await
}
