//! The shop's function that ships what is paid: it leaves a label in the bucket, and says so in the table.

use std::env;

use aws_sdk_dynamodb::types::AttributeValue::S;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

mod shop;

struct Shop {
    dynamodb: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    table: String,
    bucket: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = shop::config().await;
    let shop = Shop {
        dynamodb: aws_sdk_dynamodb::Client::new(&config),
        s3: aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build()),
        table: env::var("ORDERS")?,
        bucket: env::var("LABELS")?,
    };
    run(service_fn(async |event: LambdaEvent<Value>| shop.handle(&event.payload).await)).await
}

impl Shop {
    async fn handle(&self, event: &Value) -> Result<Value, Error> {
        let mut failures = Vec::new();
        for record in event["Records"].as_array().into_iter().flatten() {
            if let Err(error) = self.ship(record["body"].as_str().unwrap_or_default()).await {
                eprintln!("not shipped: {error}");
                failures.push(json!({"itemIdentifier": record["messageId"]}));
            }
        }
        Ok(json!({"batchItemFailures": failures}))
    }

    async fn ship(&self, body: &str) -> Result<(), Error> {
        let event: Value = serde_json::from_str(body)?;
        let id = event["detail"]["id"].as_str().ok_or("the event names no order")?;
        let label = format!("Order {id}").into_bytes().into();
        self.s3.put_object().bucket(&self.bucket).key(format!("{id}.txt")).body(label).send().await?;
        let update = self.dynamodb.update_item().table_name(&self.table).key("id", S(id.to_owned()));
        let update = update.update_expression("SET #state = :shipped").expression_attribute_names("#state", "state");
        update.expression_attribute_values(":shipped", S("shipped".to_owned())).send().await?;
        Ok(())
    }
}
