//! Wiring of the function `redeem_link`.

use portal::{config::Environment, http, logs};
use redeem_link::RedeemLink;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let env = Environment::of_this_process();
    logs::init(&env);
    let function = RedeemLink::start(&env).await?;
    http::serve(&function.site, |request| function.handle(request)).await
}
