//! The floor: `lambda_http` and nothing else, set up as the portal's functions are.

use lambda_http::{Error, Request, run, service_fn};
use portal_runtime::{environment, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init(&environment::of_this_process());
    run(service_fn(async |_: Request| Ok::<_, Error>("hello"))).await
}
