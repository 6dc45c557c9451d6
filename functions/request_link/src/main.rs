//! Wiring of the function `request_link`.

use portal::{config::Environment, http, logs};
use request_link::RequestLink;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let env = Environment::of_this_process();
    logs::init(&env);
    let function = RequestLink::start(&env).await?;
    http::serve(&function.site, |request| function.handle(request)).await
}
