//! Wiring of the function `sign_out`.

use portal::{config::Environment, http, logs};
use sign_out::SignOut;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let env = Environment::of_this_process();
    logs::init(&env);
    let function = SignOut::start(&env).await?;
    http::serve(&function.site, |request| function.handle(request)).await
}
