//! `portal allow-mail` against a local stack, and what all commands have in common.

use crate::common::{on, portal};
use portal_tests::{
    Portal,
    samples::{booked, confirmed, sample},
    soon,
};
use serde_json::json;

const COMPLAINING: &str = "complaint+ana@simulator.amazonses.com";

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

    let done = on(&stack, &["allow-mail", "--json"], "Complaint+ana@Simulator.amazonses.com\n").await.ended(0);
    assert!(done.stderr.contains("account 000000000000, region us-east-1, stack portal"), "{}", done.stderr);
    done.never_says(&["ana@", "Complaint+"]);
    let expected = json!({
        "address": "c…a@simulator.amazonses.com", "customer": stack.customer(COMPLAINING),
        "was_suppressed_by_ses": true, "was_suppressed_by_portal": true,
        "has_booking": true, "bounced_at": null, "advice": null,
    });
    assert_eq!(done.json(), expected);

    stack.publish("booking.confirmed", &confirmed("bkg_2", COMPLAINING, 1, true)).await;
    soon("another mail", async || (stack.mails_to(COMPLAINING).await.len() == 2).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_complained_is_told_so_and_sees_an_address_whole_only_where_it_was_asked_for() {
    let stack = Portal::empty().await;
    booked(&stack, "bkg_1", "ana@example.com").await;
    let said = on(&stack, &["allow-mail"], "ana@example.com\n").await.ended(0);
    assert!(said.stdout.contains("ok  Nothing was in the way"), "{}", said.stdout);
    assert_eq!(said.stdout.matches("was not there").count(), 2, "{}", said.stdout);
    said.never_says(&["ana@example.com"]);
    let said = on(&stack, &["allow-mail", "--show-addresses"], "ana@example.com\n").await.ended(0);
    assert!(said.stdout.contains("(ana@example.com)"), "{}", said.stdout);
    let nobody = on(&stack, &["allow-mail"], "anna@example.com\n").await.ended(1);
    assert!(nobody.stdout.contains("No booking has this address"), "{}", nobody.stdout);
    assert!(nobody.stdout.contains("portal booking ID"), "{}", nobody.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bounce_is_ended_by_a_later_event_and_by_no_command() {
    const BOUNCING: &str = "bounce+ana@simulator.amazonses.com";
    let stack = Portal::empty().await;
    stack.publish("booking.confirmed", &confirmed("bkg_1", BOUNCING, 1, true)).await;
    soon("the bounce", async || (stack.count_items("SUPPRESSION").await == 1).then_some(())).await;
    for _ in 0..2 {
        let said = on(&stack, &["allow-mail"], &format!("{BOUNCING}\n")).await.ended(1).stdout;
        assert!(said.contains("failure  A bounce stands since "), "{said}");
        assert!(said.contains("By hand: portal events send booking.json --wait"), "{said}");
    }
    // The bus stamps whole seconds, and an event counts as of that time at most.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let mut later = confirmed("bkg_1", BOUNCING, 2, false);
    later["metadata"]["occurred_at"] = json!(jiff::Timestamp::now().to_string());
    stack.publish("booking.updated", &later).await;
    stack.rests().await;
    let said = on(&stack, &["allow-mail"], &format!("{BOUNCING}\n")).await;
    assert!(!said.stdout.contains("A bounce stands"), "{}", said.stdout);
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
        (&["allow-mail", "--local", stack.url(), "ana@example.com"], "", "It never stands on the command line"),
        (&["erase", "--local", stack.url(), "ana@example.com"], "", "It never stands on the command line"),
    ] {
        let refused = portal(arguments, input).await.ended(2);
        assert!(refused.stderr.contains(said), "{arguments:?}: {}", refused.stderr);
        assert!(refused.stdout.is_empty());
        refused.never_says(&["ana@example.com"]);
    }
}

/// What people read before they act: what a command does in whole sentences, and how it is typed.
#[tokio::test]
async fn every_command_that_changes_something_explains_itself() {
    for command in [
        &["allow-mail"][..],
        &["erase"],
        &["restore"],
        &["dead-letters", "list"],
        &["dead-letters", "show"],
        &["dead-letters", "redrive"],
        &["dead-letters", "drop"],
    ] {
        let help = portal(&[command, &["--help"]].concat(), "").await.ended(0).stdout;
        let example = format!("\n  portal {}", command.join(" "));
        assert!(help.contains("Example") && help.contains(&example), "{help}");
        assert!(help.split("Usage:").next().unwrap().matches('.').count() >= 1, "{help}");
    }
}
