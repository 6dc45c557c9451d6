//! Wiring of the function `dashboard`.

use dashboard::Dashboard;
use portal::{config::Environment, http, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    logs::init();
    let function = Dashboard::start(&Environment::of_this_process()).await?;
    http::serve(&function.site, |request| function.handle(request)).await
}
