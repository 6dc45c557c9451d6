//! What the tests of the commands share: the tool, run as an operator runs it.

use std::{
    io::ErrorKind,
    process::{Output, Stdio},
};

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use portal_tests::{Item, Portal};
use serde_json::Value;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
};

/// What a command came to.
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Asserts how it ended.
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// What `--json` printed.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }

    /// Asserts that none of these stands in anything that was printed.
    pub fn never_says(&self, secrets: &[&str]) {
        for secret in secrets {
            assert!(
                !self.stdout.contains(secret) && !self.stderr.contains(secret),
                "{secret}: {}\n{}",
                self.stdout,
                self.stderr
            );
        }
    }
}

/// Starts a command, which dies with its handle.
pub fn spawned(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command.spawn().unwrap()
}

/// Runs a command with this on its standard input.
pub async fn portal(arguments: &[&str], input: &str) -> Said {
    let mut running = spawned(arguments);
    match running.stdin.take().unwrap().write_all(input.as_bytes()).await {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {} // it ended without reading
        written => written.unwrap(),
    }
    Said::of(running.wait_with_output().await.unwrap())
}

/// Runs a command on a local stack.
pub async fn on(stack: &Portal, arguments: &[&str], input: &str) -> Said {
    let local = ["--local", stack.url()];
    portal(&[arguments, &local].concat(), input).await
}

/// Kills a command as a power cut would (SIGKILL), and waits until it is gone.
pub async fn kill(mut running: Child) {
    running.start_kill().unwrap();
    running.wait().await.unwrap();
}

/// Answers `/_local/endpoints` as a stack does, but for these endpoints, and gives the address to use as `--local`: so a proxy
/// can stand between the tool and a service.
pub async fn with_endpoints(stack: &Portal, others: &[(&str, &str)]) -> String {
    let mut endpoints = stack.local("endpoints").await;
    for (service, url) in others {
        endpoints[*service] = Value::from(*url);
    }
    let router =
        axum::Router::new().route("/_local/endpoints", axum::routing::get(async move || axum::Json(endpoints.clone())));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// The table that DynamoDB restores to a moment.
pub const RESTORED: &str = "portal-restored";

/// Makes that table, with what stood in the portal's at that moment.
pub async fn restored(stack: &Portal, items: &[Item]) {
    let dynamodb = stack.dynamodb().await;
    let mut create = dynamodb.create_table().table_name(RESTORED).billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder().attribute_name(name).key_type(kind);
        create = create.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
    }
    create.send().await.unwrap();
    for item in items {
        dynamodb.put_item().table_name(RESTORED).set_item(Some(item.clone())).send().await.unwrap();
    }
}
