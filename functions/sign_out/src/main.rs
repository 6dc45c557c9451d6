//! Wiring of the function `sign_out`.

use portal::{config::Environment, http, logs};
use sign_out::SignOut;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    logs::init();
    let function = SignOut::start(&Environment::of_this_process()).await?;
    http::serve(&function.site, |request| function.handle(request)).await
}
