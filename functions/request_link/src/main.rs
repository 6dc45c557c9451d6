//! Wiring of the function `request_link`.

use portal_runtime::{environment, logs};
use request_link::RequestLink;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let env = environment::of_this_process();
    logs::init(&env);
    let function = RequestLink::start(&env).await?;
    portal_web::serve(&function.respond, |request| function.handle(request)).await
}
