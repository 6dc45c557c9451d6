//! The shop's function that takes orders and shows them.

use std::env;

use aws_sdk_dynamodb::{Client, types::AttributeValue::S};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

mod shop;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (dynamodb, table) = (Client::new(&shop::config().await), env::var("ORDERS")?);
    run(service_fn(async |event: LambdaEvent<Value>| handle(&dynamodb, &table, &event.payload).await)).await
}

async fn handle(dynamodb: &Client, table: &str, event: &Value) -> Result<Value, Error> {
    if event["routeKey"] == "POST /orders" {
        let order: Value = serde_json::from_str(event["body"].as_str().unwrap_or_default())?;
        let text = |field: &str| S(order[field].as_str().unwrap_or_default().to_owned());
        let put = dynamodb.put_item().table_name(table).item("id", text("id")).item("thing", text("thing"));
        let put = put.item("currency", S(env::var("CURRENCY")?)).item("state", S("taken".to_owned()));
        put.send().await?;
        return Ok(json!({"statusCode": 201}));
    }
    let id = event["pathParameters"]["id"].as_str().unwrap_or_default();
    let order = dynamodb.get_item().table_name(table).key("id", S(id.to_owned())).send().await?;
    let Some(order) = order.item else { return Ok(json!({"statusCode": 404})) };
    let order: Value = order.iter().map(|(name, value)| (name.clone(), json!(value.as_s().ok()))).collect();
    Ok(json!({"statusCode": 200, "headers": {"content-type": "application/json"}, "body": order.to_string()}))
}
