//! What becomes of mails: bounces and complaints, from SES over EventBridge to the next mail that is not sent.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use portal_tests::{Portal, samples::confirmed, soon};
use serde_json::{Value, json};

const BOUNCING: &str = "bounce+ana@simulator.amazonses.com";
const COMPLAINING: &str = "complaint+ana@simulator.amazonses.com";

async fn feedback(portal: &Portal, address: &str) -> Option<HashMap<String, AttributeValue>> {
    portal.items_of(&format!("SUPPRESSION#{}", portal.customer(address)), "").await.pop()
}

/// Puts on the mail queue what a request for a link puts there, and waits until it has been worked off.
async fn want_link(portal: &Portal, address: &str) {
    let mail_request =
        json!({"mail": "sign_in", "customer": portal.customer(address), "asked_at": jiff::Timestamp::now()});
    let send = portal.sqs().await.send_message().queue_url(portal.queue_url("MailQueue"));
    send.message_body(mail_request.to_string()).send().await.unwrap();
    portal.rests().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_more_is_mailed_to_an_address_that_bounced_until_a_later_booking_event_names_it_again() {
    let portal = Portal::empty().await;
    let mut event = confirmed("bkg_1", BOUNCING, 1, true);
    portal.publish("booking.confirmed", &event).await;
    soon("the bounce to be noted", async || feedback(&portal, BOUNCING).await).await;
    assert_eq!(portal.mails_to(BOUNCING).await.len(), 1);

    want_link(&portal, BOUNCING).await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", "ben@example.com", 1, true)).await;
    portal.link_to("ben@example.com").await;
    assert_eq!(portal.mails_to(BOUNCING).await.len(), 1, "the second one is withheld");
    assert_eq!((portal.counted("Bounces"), portal.counted("MailsSuppressed")), (1, 1));

    // An event from before the bounce says nothing about it.
    event["booking"]["revision"] = json!(2);
    event["metadata"]["occurred_at"] = json!("2026-01-01T00:00:00Z");
    portal.publish("booking.updated", &event).await;
    portal.rests().await;
    want_link(&portal, BOUNCING).await;
    assert_eq!(portal.mails_to(BOUNCING).await.len(), 1);

    // A clock that runs ahead counts as the time at which the bus got the event, in whole seconds: not that of the bounce.
    let bounce = Timestamp::now().as_second();
    soon("another second", async || (Timestamp::now().as_second() > bounce).then_some(())).await;
    event["booking"]["revision"] = json!(3);
    event["metadata"]["occurred_at"] = json!("2099-01-01T00:00:00Z");
    portal.publish("booking.updated", &event).await;
    portal.rests().await;
    want_link(&portal, BOUNCING).await;
    assert_eq!(portal.mails_to(BOUNCING).await.len(), 2, "the address was named again");
}

/// From SES over the default bus to the log: which mail, and what its mailbox said, without a word that it said.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_arrived_is_known_by_its_id() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let mail = soon("the mail", async || portal.mails_to("ana@example.com").await.pop()).await;
    soon("the delivery to be noted", async || (portal.counted("MailsDelivered") == 1).then_some(())).await;
    let lines = portal.stack.log().lines();
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(&line.line).ok());
    let fields: Vec<_> =
        lines.map(|line| line["fields"].clone()).filter(|fields| fields["kind"] == "delivery").collect();
    let message = "a mail was delivered";
    assert_eq!(fields, [json!({"message": message, "kind": "delivery", "mail_id": mail["id"], "status": "2.6.0"})]);
    assert_eq!(feedback(&portal, "ana@example.com").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_say_the_same_to_an_address_that_bounced() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", BOUNCING, 1, true)).await;
    soon("the bounce to be noted", async || feedback(&portal, BOUNCING).await).await;
    let known = portal.person().post("/sign-in", &[("email", BOUNCING)]).await;
    let unknown = portal.person().post("/sign-in", &[("email", "nobody@example.com")]).await;
    assert!(known.is_like(&unknown), "{known:?}\n{unknown:?}");
    let calls = async |address: &str| {
        let before = portal.stack.aws.calls.all().len();
        portal.person().post("/sign-in", &[("email", address)]).await;
        let calls = portal.stack.aws.calls.all().split_off(before);
        let of_request = calls.into_iter().filter(|call| call.function.as_deref() == Some("RequestLink"));
        of_request.map(|call| (call.service, call.action)).collect::<Vec<_>>()
    };
    assert_eq!(calls(BOUNCING).await, calls("nobody@example.com").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_outlives_booking_events() {
    let portal = Portal::empty().await;
    let mut event = confirmed("bkg_1", COMPLAINING, 1, true);
    portal.publish("booking.confirmed", &event).await;
    soon("the complaint to be noted", async || feedback(&portal, COMPLAINING).await).await;
    event["booking"]["revision"] = json!(2);
    event["metadata"]["occurred_at"] = json!("2099-01-01T00:00:00Z");
    portal.publish("booking.updated", &event).await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", COMPLAINING, 1, true)).await;
    portal.rests().await;
    want_link(&portal, COMPLAINING).await;
    assert_eq!(portal.mails_to(COMPLAINING).await.len(), 1, "neither a link nor the second confirmation");
    assert_eq!(portal.counted("Complaints"), 1);
    assert!(is_suppressed(&portal, COMPLAINING).await);
}

async fn is_suppressed(portal: &Portal, address: &str) -> bool {
    let path = format!("{}/v2/email/suppression/addresses/{address}", portal.stack.aws.endpoints.ses);
    portal.person().download(&path).await.status() == 200
}
