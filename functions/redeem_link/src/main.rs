//! Wiring of the function `redeem_link`.

use std::process::ExitCode;

use redeem_link::RedeemLink;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    portal_runtime::run(async |env| {
        let function = RedeemLink::start(env).await?;
        portal_web::serve(&function.respond, |request| function.handle(request)).await
    })
    .await
}
