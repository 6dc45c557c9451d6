//! Wiring of the function `download_document`.

use download_document::DownloadDocument;
use portal_runtime::{environment, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let env = environment::of_this_process();
    logs::init(&env);
    let function = DownloadDocument::start(&env).await?;
    portal_web::serve(&function.respond, |request| function.handle(request)).await
}
