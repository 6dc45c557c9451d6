#![allow(missing_docs, clippy::unwrap_used, reason = "a failed test ends there")]

use reqwest::{Client, StatusCode};
use sam_emulator::{Options, Stack};
use serde_json::json;
use tokio::net::TcpListener;

#[tokio::test]
async fn an_order_is_in_the_table() {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/orders/template.yaml");
    let functions = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples");
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut options = Options::new(here, functions);
    options.parameters.insert("Currency".into(), "USD".into());
    let stack = Stack::start(socket, options).await.unwrap();

    let order = Client::new().post(format!("{}/orders", stack.url())).json(&json!({"id": "1", "thing": "tea"}));
    assert_eq!(order.send().await.unwrap().status(), StatusCode::CREATED);
    assert!(!stack.aws.dynamodb.is_empty("local-Orders").unwrap());
    let calls = stack.aws.calls.all();
    assert_eq!(calls.last().unwrap().action, "PutItem");
}
