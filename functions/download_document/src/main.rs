//! Wiring of the function `download_document`.

use download_document::DownloadDocument;
use portal::{config::Environment, http, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let env = Environment::of_this_process();
    logs::init(&env);
    let function = DownloadDocument::start(&env).await?;
    http::serve(&function.site, |request| function.handle(request)).await
}
