//! A missing or malformed configuration value stops a function at start with a message that names it.

use std::collections::BTreeMap;

use portal_tests::{Portal, functions_dir};
use serde_json::Value;
use tokio::process::Command;

use crate::webhook::ACCEPTED;

const MALFORMED: &[(&str, &str)] = &[
    ("BUSINESS_EMAIL", "hello"),
    ("LOGO_URL", "http://logo.example/logo.png"),
    ("BRAND_COLOR", "green"),
    ("SESSION_DAYS", "31"),
    ("REQUESTS_PER_SOURCE", "many"),
    ("PORTAL_URL", "http://portal.example"),
    ("SENDER_ADDRESS", "bookings"),
    ("MAILS_PER_SECOND", "0"),
    ("MAIL_CONCURRENCY", "two"),
    ("FIRST_RETRY_SECONDS", "0"),
];

/// What Lambda itself sets, and every function reads.
const FROM_LAMBDA: [(&str, &str); 3] =
    [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];

#[tokio::test(flavor = "multi_thread")]
async fn every_variable_of_every_function_is_checked_at_start() {
    let portal = Portal::with_parameters(&ACCEPTED).await;
    let mut checked = 0;
    for function in &portal.stack.description.functions {
        for variable in function.environment.keys() {
            let mut without = function.environment.clone();
            without.remove(variable);
            // Functions that write to no customer read nothing about the business and where its portal is.
            let is_mute = ["project_bookings", "mail_feedback", "receive_events"].contains(&function.binary.as_str());
            // And what queues events knows no table.
            let is_unread =
                is_mute && is_for_customers(variable) || (function.binary == "receive_events" && variable == "TABLE");
            let is_read = !is_unread;
            if is_read {
                let message = start(&function.binary, &without).await;
                assert!(message.contains(variable.as_str()), "{} without {variable}: {message}", function.binary);
                assert!(message.contains("it should hold"), "{message}");
                checked += 1;
            }
            for (_, value) in MALFORMED.iter().filter(|(name, _)| name == variable && is_read) {
                let mut malformed = function.environment.clone();
                malformed.insert(variable.clone(), (*value).to_owned());
                let message = start(&function.binary, &malformed).await;
                assert!(message.contains(variable.as_str()), "{} with {variable}={value}: {message}", function.binary);
                checked += 1;
            }
        }
    }
    assert!(checked > 60, "{checked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lambda_sets_is_checked_at_start_too() {
    let portal = Portal::with_parameters(&ACCEPTED).await;
    for function in &portal.stack.description.functions {
        for (variable, _) in FROM_LAMBDA {
            let mut environment = function.environment.clone();
            environment.insert(variable.to_owned(), String::new());
            let message = start(&function.binary, &environment).await;
            assert!(
                message.contains(&format!("{variable} is empty; it should hold")),
                "{}: {message}",
                function.binary
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_cannot_be_read_stop_a_function() {
    let portal = Portal::empty().await;
    let mut environment = portal.stack.description.functions[0].environment.clone();
    environment.insert("AWS_CA_BUNDLE".into(), "/nowhere/roots.pem".into());
    let message = start(&portal.stack.description.functions[0].binary, &environment).await;
    assert!(message.contains("AWS_CA_BUNDLE is malformed; it should hold the path"), "{message}");
}

fn is_for_customers(variable: &str) -> bool {
    variable.starts_with("BUSINESS_") || ["LOGO_URL", "BRAND_COLOR", "PORTAL_URL"].contains(&variable)
}

/// Starts a function's binary and gives what it says when it stops.
async fn start(binary: &str, environment: &BTreeMap<String, String>) -> String {
    let mut command = Command::new(functions_dir().join(binary));
    command.env_clear().envs(FROM_LAMBDA).envs(environment).kill_on_drop(true);
    let output = tokio::time::timeout(std::time::Duration::from_secs(10), command.output()).await.unwrap().unwrap();
    assert!(!output.status.success(), "{binary} started");
    // Told in the log, like everything that goes wrong.
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["level"], "ERROR", "{line}");
    line["fields"]["error"].as_str().unwrap().to_owned()
}
