//! Wiring of the function `download_document`.

use download_document::DownloadDocument;
use portal::{config::Environment, http, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    logs::init();
    let function = DownloadDocument::start(&Environment::of_this_process()).await?;
    http::serve(&function.site, |request| function.handle(request)).await
}
