//! The page at `/_local/`, of a stack that has no function.
#![allow(clippy::unwrap_used, reason = "a failed test ends there")]

use portal_local::{Options, Stack, start};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

const TEMPLATE: &str = r"
Resources:
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: bookings}}
  Queue: {Type: AWS::SQS::Queue}
";

async fn stack() -> (Stack, TempDir) {
    let folder = TempDir::new().unwrap();
    let template = folder.path().join("template.yaml");
    std::fs::write(&template, TEMPLATE).unwrap();
    (start(Options::new(template, folder.path())).await.unwrap(), folder)
}

#[tokio::test]
async fn an_event_that_matches_no_rule_is_shown_as_such() {
    let (stack, _folder) = stack().await;
    let entry = json!([{"Source": "else", "DetailType": "t", "Detail": "{}", "EventBusName": "bookings"}]);
    let client = Client::new();
    let sent = client.post(format!("{}/_local/events", stack.url())).json(&entry).send().await.unwrap();
    assert_eq!(sent.json::<Value>().await.unwrap()["FailedEntryCount"], 0);
    let page = client.get(format!("{}/_local/", stack.url())).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Events that matched no rule") && page.contains("t of else on the bus bookings"), "{page}");
}

#[tokio::test]
async fn the_page_stands_beside_what_the_emulator_tells_and_is_for_this_machine_alone() {
    let (stack, _folder) = stack().await;
    for (path, status) in [
        ("/_local", StatusCode::OK),
        ("/_local/", StatusCode::OK),
        ("/_local/mails", StatusCode::OK),
        ("/_local/mails/none", StatusCode::NOT_FOUND),
        ("/_local/endpoints", StatusCode::OK),
        ("/_local/nothing/here", StatusCode::NOT_FOUND),
    ] {
        let request = Client::new().get(format!("{}{path}", stack.url()));
        assert_eq!(request.try_clone().unwrap().send().await.unwrap().status(), status, "{path}");
        let rebound = request.header("host", "rebound.example").send().await.unwrap();
        assert_eq!(rebound.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let endpoints = Client::new().get(format!("{}/_local/endpoints", stack.url())).send().await.unwrap();
    assert_eq!(endpoints.json::<Value>().await.unwrap()["stack"], "portal");
}
