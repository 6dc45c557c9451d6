//! Wiring of the function `sign_out`.

use portal_runtime::{environment, logs};
use sign_out::SignOut;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let env = environment::of_this_process();
    logs::init(&env);
    let function = SignOut::start(&env).await?;
    portal_web::serve(&function.respond, |request| function.handle(request)).await
}
