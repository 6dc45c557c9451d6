//! Wiring of the function `redeem_link`.

use portal_runtime::{environment, logs};
use redeem_link::RedeemLink;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let env = environment::of_this_process();
    logs::init(&env);
    let function = RedeemLink::start(&env).await?;
    portal_web::serve(&function.respond, |request| function.handle(request)).await
}
