//! `portal webhook-secret` against a local stack.

use std::process::Command;

use crate::common::on;
use futures_util::future::join_all;
use portal_tests::{Portal, Sender, samples::confirmed, soon};
use serde_json::{Value, json};

const ROTATE: [&str; 3] = ["webhook-secret", "rotate", "--yes"];
const END_OLD: [&str; 4] = ["webhook-secret", "rotate", "--end-old", "--yes"];

async fn taking_webhooks() -> Portal {
    Portal::with_parameters(&[("AcceptWebhooks", "true")]).await
}

/// The secrets that are good, the newest first.
async fn secrets(stack: &Portal) -> Vec<String> {
    let shown = on(stack, &["webhook-secret", "show", "--json"], "").await.ended(0).json();
    assert_eq!(shown["url"], format!("{}/events", stack.url()));
    shown["secrets"].as_array().unwrap().iter().map(|secret| secret.as_str().unwrap().to_owned()).collect()
}

/// How an event is answered by a function that has just started, and so knows the secrets as they are: within five minutes every
/// other does, too.
async fn answered(stack: &Portal, secret: &str) -> u16 {
    for instance in stack.stack.lambda.instances("ReceiveEvents") {
        let pid = instance.pid.unwrap().to_string();
        assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    }
    soon("the end", async || stack.stack.lambda.instances("ReceiveEvents").is_empty().then_some(())).await;
    let event = confirmed("bkg_1", "ana@example.com", 1, false);
    Sender::with_secret(stack, secret).event("booking.confirmed", &event).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_system_changes_over_while_both_secrets_are_good_and_then_the_old_one_ends() {
    let stack = taking_webhooks().await;
    let shown = on(&stack, &["webhook-secret", "show"], "").await.ended(0);
    let old = stack.local("endpoints").await["webhook"]["secret"].as_str().unwrap().to_owned();
    assert_eq!(shown.stdout, format!("{old}\n"), "the secret, and nothing else");
    assert!(
        shown.stderr.contains("stack portal\n") && shown.stderr.contains("/events") && !shown.stderr.contains(&old)
    );
    assert_eq!(secrets(&stack).await, std::slice::from_ref(&old));

    let rotated = on(&stack, &ROTATE, "").await.ended(0);
    let local = stack.url();
    for next in ["show", "rotate --end-old"] {
        let command = format!("portal webhook-secret {next} --local {local}\n");
        assert!(rotated.stdout.contains(&command), "{}", rotated.stdout);
    }
    let both = secrets(&stack).await;
    assert_eq!((both.len(), &both[1]), (2, &old));
    rotated.never_says(&[&old[6..], &both[0][6..]]);
    assert_eq!(on(&stack, &["webhook-secret", "show"], "").await.ended(0).stdout, format!("{}\n", both[0]));
    assert_eq!((answered(&stack, &old).await, answered(&stack, &both[0]).await), (202, 202));

    // A third would end the old one unasked.
    let again = on(&stack, &ROTATE, "").await.ended(2);
    assert!(
        again.stderr.ends_with(&format!(": portal webhook-secret rotate --end-old --local {local}\n")),
        "{}",
        again.stderr
    );
    let nobody = on(&stack, &END_OLD[..3], "").await.ended(2);
    assert!(nobody.stderr.contains("nobody can be asked"), "{}", nobody.stderr);
    assert_eq!(secrets(&stack).await, both);

    let ended = on(&stack, &[&END_OLD[..], &["--json"]].concat(), "").await.ended(0);
    assert_eq!(ended.json()["done"], "ended");
    ended.never_says(&[&old[6..], &both[0][6..]]);
    assert_eq!(secrets(&stack).await, both[..1]);
    assert_eq!((answered(&stack, &old).await, answered(&stack, &both[0]).await), (401, 202));
    let nothing = on(&stack, &[&END_OLD[..], &["--json"]].concat(), "").await.ended(0).json();
    assert_eq!((&nothing["done"], &nothing["known_by"]), (&json!("nothing"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_operators_who_rotate_at_once_one_does_and_the_secret_of_before_stays() {
    let stack = taking_webhooks().await;
    let before = secrets(&stack).await;
    let said = join_all((0..4).map(|_| on(&stack, &ROTATE, ""))).await;
    assert_eq!(said.iter().filter(|said| said.code == 0).count(), 1);
    for other in said.iter().filter(|said| said.code != 0) {
        assert!(other.code == 2 && other.stderr.contains("nothing was changed"), "{}", other.stderr);
    }
    let after = secrets(&stack).await;
    assert_eq!((after.len(), &after[1]), (2, &before[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_without_webhooks_or_with_another_value_says_what_to_do() {
    let stack = Portal::empty().await;
    let said = on(&stack, &ROTATE, "").await.ended(2);
    assert!(said.stderr.contains("AcceptWebhooks be true: make run PARAMS=AcceptWebhooks=true"), "{}", said.stderr);

    let stack = taking_webhooks().await;
    let endpoint = stack.local("endpoints").await["secretsmanager"].as_str().unwrap().to_owned();
    let arn = &stack.stack.description.outputs["WebhookSecretArn"];
    let value = json!({"SecretId": arn, "ClientRequestToken": "1", "SecretString": r#"{"secret": "too-short"}"#});
    let put = reqwest::Client::new().post(endpoint).header("x-amz-target", "secretsmanager.PutSecretValue");
    assert!(put.body(value.to_string()).send().await.unwrap().status().is_success());
    let said = on(&stack, &["webhook-secret", "show"], "").await.ended(2);
    said.never_says(&["too-short"]);
    assert!(
        said.stderr.contains("24 to 64 bytes") && said.stderr.ends_with(&format!("--secret-id {arn}\n")),
        "{}",
        said.stderr
    );
}
