//! Wiring of the function `download_document`.

use std::process::ExitCode;

use download_document::DownloadDocument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    portal_runtime::run(async |env| {
        let function = DownloadDocument::start(env).await?;
        portal_web::serve(&function.respond, |request| function.handle(request)).await
    })
    .await
}
