//! The lean SDK and nothing else: one GetItem a request, whatever comes of it.

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use lambda_http::{Error, Request, run, service_fn};
use portal_runtime::{environment, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let env = environment::of_this_process();
    logs::init(&env);
    let (client, table) = (Client::new(&portal_aws::sdk::config(&env)?), std::env::var("TABLE")?);
    let key = || AttributeValue::S("WARM_UP".into());
    run(service_fn(async |_: Request| {
        let read = client.get_item().table_name(&table).key("pk", key()).key("sk", key()).send().await?;
        Ok::<_, Error>(if read.item.is_some() { "there" } else { "not there" })
    }))
    .await
}
