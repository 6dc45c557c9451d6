//! `portal why` against a local stack: for each thing that can keep a mail from somebody, the verdict.

use crate::common::{Said, on};
use aws_sdk_sesv2::types::{MailType, SuppressionListReason};
use jiff::{SignedDuration, Timestamp};
use portal_tests::{
    OPERATOR, Portal,
    samples::{booked, confirmed, erased},
    soon,
};
use serde_json::{Value, json};

const BOUNCING: &str = "bounce+ana@simulator.amazonses.com";
const COMPLAINING: &str = "complaint+ana@simulator.amazonses.com";
const ANA: &str = "ana@example.com";

/// What the tool answers about a customer.
async fn why(stack: &Portal, address: &str) -> Value {
    let said = on(stack, &["why", "--json"], &format!("{address}\n")).await;
    said.never_says(&[address]);
    answer(said)
}

/// What the tool answers about a booking's confirmation.
async fn why_booking(stack: &Portal, id: &str) -> Value {
    answer(on(stack, &["why", "--json", "--booking", id], "").await)
}

fn answer(said: Said) -> Value {
    let place = "account 000000000000, region us-east-1, stack portal";
    assert_eq!(said.stderr.lines().next(), Some(place), "{}", said.stderr);
    let answer = said.json();
    let is_fine = ["under_way", "sent", "delivered", "used", "not_asked", "already_sent"];
    let expected = if is_fine.contains(&answer["verdict"]["is"].as_str().unwrap()) { 0 } else { 1 };
    assert_eq!((said.code, &answer["not_checked"]), (expected, &json!([])), "{answer}");
    answer
}

/// Asks for a link as somebody in a browser does, and waits until nothing is left to do.
async fn ask(stack: &Portal, address: &str) {
    stack.person().post("/sign-in", &[("email", address)]).await;
    stack.rests().await;
}

/// The verdict, and what happened in its order.
fn told(answer: &Value) -> (&str, Vec<&str>) {
    let happened = answer["timeline"].as_array().unwrap().iter().map(|entry| entry["what"].as_str().unwrap());
    (answer["verdict"]["is"].as_str().unwrap(), happened.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_followed_from_nobody_to_an_erasure() {
    let stack = Portal::empty().await;
    assert_eq!(told(&why(&stack, ANA).await), ("no_booking", vec![]));
    ask(&stack, ANA).await;
    assert_eq!(told(&why(&stack, ANA).await), ("no_booking", vec!["asked", "not_mailed"]));

    booked(&stack, "bkg_1", ANA).await;
    stack.limits_age(60 * 60 * 24).await;
    stack.person().post("/sign-in", &[("email", ANA)]).await;
    soon("the delivery", async || (stack.counted("MailsDelivered") == 1).then_some(())).await;
    let answer = why(&stack, ANA).await;
    assert_eq!(told(&answer), ("delivered", vec!["asked", "not_mailed", "asked", "mailed", "delivered"]));
    assert_eq!(answer["bookings"][0]["booking_id"], "bkg_1");
    assert_eq!(answer["customer"], stack.customer(ANA).to_string());

    // A link that nobody used within its hour.
    let link = stack.link_to(ANA).await;
    let sign_in = stack.sign_in_of(&link).await;
    let passed = Timestamp::now().as_second() - 10;
    stack.set(&sign_in, &[("valid_until", passed)]).await;
    assert_eq!(told(&why(&stack, ANA).await).0, "expired");
    stack.person().post(&link, &[]).await;
    assert_eq!(told(&why(&stack, ANA).await).1.last(), Some(&"link_refused"));

    // Too many are asked for.
    for _ in 0..3 {
        stack.limits_age(61).await;
        ask(&stack, ANA).await;
    }
    let link = stack.link_to(ANA).await;
    for sign_in in stack.items_of("SIGNINS#", "").await {
        stack.set(&sign_in, &[("valid_until", passed)]).await;
    }
    stack.limits_age(61).await;
    assert_eq!(stack.person().post("/sign-in", &[("email", ANA)]).await.status, 429);
    let answer = why(&stack, ANA).await;
    assert_eq!(told(&answer).0, "limited");
    assert!(answer["text"].as_str().unwrap().starts_with("Too many links were asked for"), "{answer}");

    // One is used after all.
    let until = Timestamp::now().as_second() + 600;
    stack.set(&stack.sign_in_of(&link).await, &[("valid_until", until)]).await;
    stack.person().post(&link, &[]).await;
    assert_eq!(told(&why(&stack, ANA).await).1.last(), Some(&"used"));

    stack.publish("booking.updated", &confirmed("bkg_1", "ben@example.com", 2, false)).await;
    stack.rests().await;
    let moved = why(&stack, ANA).await;
    assert_eq!((told(&moved).0, &moved["verdict"]["bookings"]), ("moved_away", &json!(["bkg_1"])));
    stack.publish("customer.erased", &erased(ANA)).await;
    stack.rests().await;
    assert_eq!(told(&why(&stack, ANA).await).0, "erased");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_holds_every_mail_back_is_the_verdict() {
    let stack = Portal::empty().await;
    for (address, id, verdict, advice) in [
        (
            BOUNCING,
            "bkg_1",
            "bounced",
            "Have the booking system correct the address, or make sure that it is right, and send",
        ),
        (COMPLAINING, "bkg_2", "complained", "If the customer asks for mail again: portal allow-mail"),
    ] {
        stack.publish("booking.confirmed", &confirmed(id, address, 1, true)).await;
        let suppressed = async || {
            let items = stack.items_of(&format!("SUPPRESSION#{}", stack.customer(address)), "").await;
            (!items.is_empty()).then_some(())
        };
        soon("the report", suppressed).await;
        stack.rests().await;
        ask(&stack, address).await;
        let answer = why(&stack, address).await;
        assert_eq!(told(&answer).0, verdict);
        assert!(answer["advice"].as_str().unwrap().starts_with(advice), "{answer}");
        assert_eq!(told(&why_booking(&stack, id).await).0, verdict);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ses_says_of_account_and_address_is_the_verdict_where_no_mail_goes_out() {
    let stack = Portal::empty().await;
    let ses = aws_sdk_sesv2::Client::new(&stack.sdk(OPERATOR, &stack.stack.aws.endpoints.ses).await);
    let event = |id, address| confirmed(id, address, 1, false);
    for (id, address) in [("bkg_1", ANA), ("bkg_2", "ben@example.com"), ("bkg_3", "cleo@example.com")] {
        stack.publish("booking.confirmed", &event(id, address)).await;
    }
    stack.rests().await;

    ses.put_account_sending_attributes().sending_enabled(false).send().await.unwrap();
    stack.person().post("/sign-in", &[("email", ANA)]).await;
    soon("the mail that waits", async || (stack.counted("SendingPaused") == 1).then_some(())).await;
    let paused = why(&stack, ANA).await;
    assert_eq!(told(&paused).0, "sending_paused");
    assert!(paused["advice"].as_str().unwrap().starts_with("aws sesv2 put-account-sending-attributes"), "{paused}");

    ses.put_account_sending_attributes().sending_enabled(true).send().await.unwrap();
    let sandbox = ses.put_account_details().production_access_enabled(false);
    sandbox.mail_type(MailType::Transactional).website_url("https://example.com").send().await.unwrap();
    stack.person().post("/sign-in", &[("email", "ben@example.com")]).await;
    soon("the mail that waits", async || (stack.counted("SendingPaused") >= 2).then_some(())).await;
    assert_eq!(told(&why(&stack, "ben@example.com").await).0, "sandbox");

    let list = ses.put_suppressed_destination().email_address("cleo@example.com");
    list.reason(SuppressionListReason::Bounce).send().await.unwrap();
    let listed = why(&stack, "cleo@example.com").await;
    assert_eq!((told(&listed).0, &listed["verdict"]["reason"]), ("listed", &json!("bounce")));
    assert!(
        listed["advice"].as_str().unwrap().ends_with(&format!("portal allow-mail --local {}", stack.url())),
        "{listed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_among_the_dead_letters_is_the_verdict_where_nothing_else_is_known() {
    let stack = Portal::empty().await;
    let mut refused = confirmed("bkg_9", "eve@example.com", 1, true);
    refused["booking"]["status"] = json!("somehow");
    stack.publish("booking.confirmed", &refused).await;
    let letter = soon("the dead letter", async || stack.messages("BookingDeadLetters").await.pop()).await;
    let id = &letter.message_id.unwrap()[..8];
    for answer in [why(&stack, "eve@example.com").await, why_booking(&stack, "bkg_9").await] {
        assert_eq!(told(&answer).0, "event_refused");
        assert!(answer["advice"].as_str().unwrap().starts_with(&format!("portal dead-letters show {id}")), "{answer}");
    }

    // A mail that was given up: it was asked for, and its message lies among the dead letters.
    booked(&stack, "bkg_1", ANA).await;
    let ses = aws_sdk_sesv2::Client::new(&stack.sdk(OPERATOR, &stack.stack.aws.endpoints.ses).await);
    ses.put_account_sending_attributes().sending_enabled(false).send().await.unwrap();
    stack.person().post("/sign-in", &[("email", ANA)]).await;
    soon("the mail that waits", async || (stack.counted("SendingPaused") == 1).then_some(())).await;
    let sqs = stack.sqs().await;
    sqs.purge_queue().queue_url(stack.queue_url("MailQueue")).send().await.unwrap();
    ses.put_account_sending_attributes().sending_enabled(true).send().await.unwrap();
    let request =
        json!({"mail": "sign_in", "customer": stack.customer(ANA), "asked_at": Timestamp::now(), "language": "en"});
    let given_up = sqs.send_message().queue_url(stack.queue_url("MailDeadLetters"));
    given_up.message_body(request.to_string()).send().await.unwrap();
    assert_eq!(told(&why(&stack, ANA).await).0, "dead_letter");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_is_followed_by_its_booking() {
    let stack = Portal::empty().await;
    assert_eq!(told(&why_booking(&stack, "bkg_1").await).0, "no_such_booking");
    let over = || {
        let mut event = confirmed("bkg_3", ANA, 1, true);
        let day = |days: i64| json!((Timestamp::now() - SignedDuration::from_hours(24 * days)).to_string());
        (event["booking"]["starts_at"], event["booking"]["ends_at"]) = (day(3), day(2));
        event
    };
    let cancelled = || {
        let mut event = confirmed("bkg_4", ANA, 1, true);
        event["booking"]["status"] = json!("cancelled");
        event
    };
    for (id, events, verdict) in [
        ("bkg_1", vec![("booking.confirmed", confirmed("bkg_1", ANA, 1, false))], "confirmation_not_asked"),
        ("bkg_2", vec![("booking.confirmed", confirmed("bkg_2", ANA, 1, true))], "already_sent"),
        ("bkg_3", vec![("booking.confirmed", over())], "over"),
        ("bkg_4", vec![("booking.confirmed", cancelled())], "not_active"),
        (
            "bkg_5",
            vec![
                ("booking.confirmed", confirmed("bkg_5", ANA, 1, true)),
                ("booking.updated", confirmed("bkg_5", "ben@example.com", 2, false)),
            ],
            "sent_to_former_address",
        ),
        (
            "bkg_6",
            vec![
                ("customer.erased", erased("eve@example.com")),
                ("booking.confirmed", {
                    let mut event = confirmed("bkg_6", "eve@example.com", 1, true);
                    event["metadata"]["occurred_at"] = json!("2026-10-01T00:00:00Z");
                    event
                }),
            ],
            "erased",
        ),
    ] {
        for (kind, event) in events {
            stack.publish(kind, &event).await;
            stack.rests().await;
        }
        let answer = why_booking(&stack, id).await;
        assert_eq!(told(&answer).0, verdict, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_told_of_alone_where_ids_of_others_begin_like_its_own() {
    let stack = Portal::empty().await;
    for id in ["bkg_p1", "bkg_p10"] {
        stack.publish("booking.confirmed", &confirmed(id, ANA, 1, true)).await;
        stack.rests().await;
    }
    soon("the deliveries", async || (stack.counted("MailsDelivered") == 2).then_some(())).await;
    stack.rests().await;
    let happened = vec!["applied", "mailed", "delivered"];
    assert_eq!(told(&why_booking(&stack, "bkg_p1").await), ("already_sent", happened));
    assert_eq!(told(&why_booking(&stack, "bkg_p").await), ("no_such_booking", vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_whose_confirmation_does_not_go_out_is_told_so() {
    let stack = Portal::empty().await;
    let ses = aws_sdk_sesv2::Client::new(&stack.sdk(OPERATOR, &stack.stack.aws.endpoints.ses).await);
    ses.put_account_sending_attributes().sending_enabled(false).send().await.unwrap();
    stack.publish("booking.confirmed", &confirmed("bkg_1", ANA, 1, true)).await;
    soon("the mail that waits", async || (stack.counted("SendingPaused") == 1).then_some(())).await;
    let paused = why(&stack, ANA).await;
    assert_eq!((told(&paused).0, &paused["confirmation_of"]), ("sending_paused", &json!("bkg_1")), "{paused}");

    // It is given up: its message lies among the dead letters.
    let sqs = stack.sqs().await;
    sqs.purge_queue().queue_url(stack.queue_url("MailQueue")).send().await.unwrap();
    ses.put_account_sending_attributes().sending_enabled(true).send().await.unwrap();
    let given_up = sqs.send_message().queue_url(stack.queue_url("MailDeadLetters"));
    given_up.message_body(r#"{"mail":"confirmation","booking":"bkg_1"}"#).send().await.unwrap();
    let given_up = why(&stack, ANA).await;
    assert_eq!((told(&given_up).0, &given_up["confirmation_of"]), ("dead_letter", &json!("bkg_1")), "{given_up}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_was_there_is_not_asked_for_again() {
    let stack = Portal::empty().await;
    for (id, address, notify) in [("bkg_1", ANA, true), ("bkg_2", "ben@example.com", false)] {
        let mut event = confirmed(id, address, 1, notify);
        event["metadata"]["occurred_at"] = json!("2026-10-01T00:00:00Z");
        stack.publish("booking.confirmed", &event).await;
        stack.rests().await;
        stack.publish("customer.erased", &erased(address)).await;
        stack.rests().await;
    }
    // The log names the customer of the mail, and none of an event that asked for no mail.
    for (id, verdict) in [("bkg_1", "erased"), ("bkg_2", "gone"), ("bkg_3", "no_such_booking")] {
        assert_eq!(told(&why_booking(&stack, id).await).0, verdict);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_tells_of_a_link_counts_where_the_table_has_lost_it() {
    let stack = Portal::empty().await;
    booked(&stack, "bkg_1", ANA).await;
    ask(&stack, ANA).await;
    soon("the delivery", async || (stack.counted("MailsDelivered") == 1).then_some(())).await;
    let link = stack.link_to(ANA).await;
    let lose = async || {
        for item in stack.items_of("SIGNINS#", "").await {
            stack.remove(&item).await;
        }
    };
    let sign_in = stack.sign_in_of(&link).await;
    lose().await;
    assert_eq!(told(&why(&stack, ANA).await).0, "forgotten");
    stack.put_item(sign_in).await;
    stack.person().post(&link, &[]).await;
    lose().await;
    assert_eq!(told(&why(&stack, ANA).await).0, "used");
}

#[tokio::test(flavor = "multi_thread")]
async fn for_people_the_verdict_comes_first() {
    let stack = Portal::empty().await;
    booked(&stack, "bkg_1", ANA).await;
    ask(&stack, ANA).await;
    soon("the delivery", async || (stack.counted("MailsDelivered") == 1).then_some(())).await;
    let told = on(&stack, &["why"], "ANA@example.com\n").await.ended(0).stdout;
    let mut lines = told.lines();
    assert!(lines.next().unwrap().starts_with("ok  Delivered on "), "{told}");
    assert!(
        told.contains("a…a@example.com") && told.contains("REF-bkg_1") && told.contains("asked for a link"),
        "{told}"
    );
    let told = on(&stack, &["why", "--show-addresses"], "ana@example.com\n").await.ended(0).stdout;
    assert!(told.contains(ANA), "{told}");
}
