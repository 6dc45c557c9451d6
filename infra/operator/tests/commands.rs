//! The commands against a local stack, as an operator runs them.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::{
    io::ErrorKind,
    process::{Output, Stdio},
};

use portal_tests::{
    Portal,
    samples::{confirmed, sample},
    soon,
};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

const COMPLAINING: &str = "complaint+ana@simulator.amazonses.com";

/// Runs a command with this on its standard input.
async fn portal(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    match running.stdin.take().unwrap().write_all(input.as_bytes()).await {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {} // it ended without reading
        written => written.unwrap(),
    }
    running.wait_with_output().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_ends_by_allow_mail() {
    let stack = Portal::empty().await;
    let (kind, mut event) = sample("booking.confirmed.json");
    event["booking"]["customer"]["email"] = json!(COMPLAINING);
    stack.publish(&kind, &event).await;
    soon("the complaint", async || (stack.count_items("SUPPRESSION").await == 1).then_some(())).await;
    stack.person().post("/sign-in", &[("email", COMPLAINING)]).await;
    stack.rests().await;
    assert_eq!(stack.mails_to(COMPLAINING).await.len(), 1, "no link is mailed");

    let arguments = ["allow-mail", "--json", "--local", stack.url()];
    let done = portal(&arguments, "Complaint+ana@Simulator.amazonses.com\n").await;
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{said}");
    assert!(said.contains("account 000000000000, region us-east-1, stack portal"), "{said}");
    let done: Value = serde_json::from_slice(&done.stdout).unwrap();
    let expected = json!({
        "address": "c…a@simulator.amazonses.com", "customer": stack.customer(COMPLAINING),
        "was_suppressed_by_ses": true, "was_suppressed_by_portal": true,
    });
    assert_eq!(done, expected);

    stack.publish("booking.confirmed", &confirmed("bkg_2", COMPLAINING, 1, true)).await;
    soon("another mail", async || (stack.mails_to(COMPLAINING).await.len() == 2).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_ends_with_2_and_says_what_to_do() {
    let stack = Portal::empty().await;
    for (arguments, input, said) in [
        (&["allow-mail", "--local", stack.url()][..], "nobody\n", "Give one address on a line of standard input"),
        (&["allow-mail", "--local", stack.url()], "", "Give one address on a line of standard input"),
        (
            &["allow-mail", "--local", stack.url(), "--stack", "other"],
            "ana@example.com",
            "other is not a stack of the portal",
        ),
        (&["allow-mail", "--local", "http://127.0.0.1:1"], "ana@example.com", "make run"),
        (&["allow-mail", "--local", stack.url(), "ana@example.com"], "", "unexpected argument"),
    ] {
        let output = portal(arguments, input).await;
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty());
    }
}
