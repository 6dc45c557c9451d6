//! The lean SDK and nothing else: one GetItem a request, whatever comes of it.

use std::process::ExitCode;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use lambda_http::{Error, Request, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    portal_runtime::run(async |env| {
        let client = Client::new(&portal_aws::sdk::config(env)?);
        let table = env.text("TABLE", "the name of the DynamoDB table")?;
        let key = || AttributeValue::S("KEY".into());
        let get = async |_: Request| {
            let read = client.get_item().table_name(&table).key("pk", key()).key("sk", key()).send().await?;
            Ok::<_, Error>(if read.item.is_some() { "there" } else { "not there" })
        };
        lambda_http::run(service_fn(get)).await
    })
    .await
}
