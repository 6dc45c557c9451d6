//! Wiring of the function `request_link`.

use portal::{config::Environment, http, logs};
use request_link::RequestLink;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    logs::init();
    let function = RequestLink::start(&Environment::of_this_process()).await?;
    http::serve(&function.site, |request| function.handle(request)).await
}
