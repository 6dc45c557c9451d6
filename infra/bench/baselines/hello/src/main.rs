//! The floor: `lambda_http` and nothing else, set up as the portal's functions are.

use std::process::ExitCode;

use lambda_http::{Error, Request, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    portal_runtime::run(async |_| lambda_http::run(service_fn(async |_: Request| Ok::<_, Error>("hello"))).await).await
}
