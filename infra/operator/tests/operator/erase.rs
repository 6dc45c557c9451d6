//! `portal erase` against a local stack.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use crate::common::{Said, kill, on, portal, spawned, with_endpoints};
use aws_sdk_sesv2::types::SuppressionListReason;
use futures_util::future::join_all;
use jiff::ToSpan;
use portal_tests::{
    Fate, OPERATOR, Portal, Proxy,
    samples::{booked, confirmed},
    soon,
};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

const ANA: &str = "ana@example.com";
const TWICE: &str = "Ana@Example.com\nana@example.com\n";

/// A stack on which Ana has bookings with documents, a link, a confirmation that knows her, and dead letters that name her; and
/// on which Ben has what was hers once.
async fn lived_in() -> Portal {
    let stack = Portal::empty().await;
    stack.put_document("documents/bkg_1/agreement.pdf").await;
    stack.put_document("documents/bkg_1/agreement.pdf").await;
    stack.put_document("documents/bkg_2/agreement.pdf").await;
    stack.publish("booking.confirmed", &confirmed("bkg_1", ANA, 1, true)).await;
    stack.link_to(ANA).await;
    stack.publish("booking.confirmed", &confirmed("bkg_2", ANA, 1, true)).await;
    stack.rests().await;
    stack.publish("booking.updated", &confirmed("bkg_2", "ben@example.com", 2, false)).await;
    stack.rests().await;
    let event =
        json!({"detail-type": "booking.updated", "detail": {"booking": {"customer": {"email": "ANA@example.com"}}}});
    let link = json!({"mail": "sign_in", "customer": stack.customer(ANA), "asked_at": "2026-11-01T00:00:00Z"});
    let of_ben = json!({"detail": confirmed("bkg_9", "ben@example.com", 1, false)});
    for (queue, body) in [("BookingDeadLetters", event), ("MailDeadLetters", link), ("BookingDeadLetters", of_ben)] {
        let send = stack.sqs().await.send_message().queue_url(stack.queue_url(queue));
        send.message_body(body.to_string()).send().await.unwrap();
    }
    stack
}

/// The sort keys of what the table holds of Ana, and the files of the bucket.
async fn left(stack: &Portal) -> (Vec<String>, Vec<String>) {
    let id = stack.customer(ANA).to_string();
    let items = stack.items().await;
    let of_ana = items.iter().filter(|item| item.values().any(|value| format!("{value:?}").contains(&id)));
    (of_ana.map(|item| item["sk"].as_s().unwrap().clone()).collect(), stack.document_versions().await)
}

async fn dead_letters(stack: &Portal) -> usize {
    stack.messages("BookingDeadLetters").await.len() + stack.messages("MailDeadLetters").await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_a_customer_goes_and_a_receipt_says_so() {
    let stack = lived_in().await;
    let said = on(&stack, &["erase", "--json"], TWICE).await.ended(0);
    let receipt = said.json();
    let gone = json!({
        "bookings": 1, "documents": 2, "sign_ins": 2, "confirmations": 2, "others": receipt["gone"]["others"], "dead_letters": 2,
    });
    let nothing =
        json!({"bookings": 0, "documents": 0, "sign_ins": 0, "confirmations": 0, "others": 0, "dead_letters": 0});
    assert_eq!((&receipt["gone"], &receipt["left"]), (&gone, &nothing));
    assert_eq!(receipt["customer"], json!(stack.customer(ANA)));
    assert_eq!((&receipt["address"], &receipt["was_known"]), (&json!("a…a@example.com"), &json!(true)));
    said.never_says(&[ANA, "Ana@"]);
    for said_before in
        ["1 booking, 2 versions of documents, 2 sign-ins, 2 confirmations", "2 dead letters", "cannot be undone"]
    {
        assert!(said.stderr.contains(said_before), "{}", said.stderr);
    }
    assert_eq!(left(&stack).await, (vec!["ERASED".to_owned()], vec!["documents/bkg_2/agreement.pdf".to_owned()]));
    assert_eq!(dead_letters(&stack).await, 1, "Ben's stays");

    // Again: there is nothing to erase, and it is known why.
    let said = on(&stack, &["erase"], TWICE).await.ended(0);
    assert!(
        said.stdout.contains("The customer is erased.") && said.stdout.contains("gone          nothing here"),
        "{}",
        said.stdout
    );
    said.never_says(&[ANA, "Ana@"]);
}

/// A console that polls a queue hides what it shows.
#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_that_somebody_else_looks_at_are_waited_for() {
    let stack = lived_in().await;
    let all = dead_letters(&stack).await;
    let (sqs, queue) = (stack.sqs().await, stack.queue_url("BookingDeadLetters"));
    let held = sqs.receive_message().queue_url(&queue).max_number_of_messages(10).visibility_timeout(3600);
    let held = held.send().await.unwrap().messages.unwrap();
    assert!(!held.is_empty());
    let mut running = spawned(&["erase", "--json", "--local", stack.url()]);
    running.stdin.take().unwrap().write_all(TWICE.as_bytes()).await.unwrap();
    let mut stderr = BufReader::new(running.stderr.take().unwrap()).lines();
    let mut said = async || stderr.next_line().await.unwrap().expect("it says that it waits");
    while !said().await.contains("somebody else looks at dead letters right now") {}
    for message in held {
        let show = sqs.change_message_visibility().queue_url(&queue).visibility_timeout(0);
        show.receipt_handle(message.receipt_handle.unwrap()).send().await.unwrap();
    }
    let said = Said::of(running.wait_with_output().await.unwrap()).ended(0);
    assert_eq!((&said.json()["left"]["dead_letters"], &said.json()["unseen"]), (&json!(0), &json!(0)));
    assert!(all > 1);
    assert_eq!(dead_letters(&stack).await, 1, "Ben's stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_ses_keeps_is_named_among_what_stays() {
    let stack = Portal::empty().await;
    booked(&stack, "bkg_1", ANA).await;
    let ses = aws_sdk_sesv2::Client::new(&stack.sdk(OPERATOR, &stack.stack.aws.endpoints.ses).await);
    let list = ses.put_suppressed_destination().email_address(ANA);
    list.reason(SuppressionListReason::Complaint).send().await.unwrap();
    let said = on(&stack, &["erase"], TWICE).await.ended(0);
    let stays = "the address itself, on the suppression list of SES in this account, for a complaint";
    assert!(said.stdout.contains(stays), "{}", said.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_whose_end_cannot_be_seen_says_that_it_was_sent() {
    let stack = lived_in().await;
    let looks = Mutex::new(0);
    let proxy = Proxy::new(move |call| match call.action.as_str() {
        "ReceiveMessage" => {
            *looks.lock().unwrap() += 1;
            if *looks.lock().unwrap() > 6 { Fate::Refuse(403, "AccessDenied") } else { Fate::Pass }
        }
        _ => Fate::Pass,
    })
    .await;
    proxy.leads_to(&stack.stack.aws.endpoints.sqs);
    let local = with_endpoints(&stack, &[("sqs", &proxy.url)]).await;
    let said = portal(&["erase", "--local", &local], TWICE).await.ended(2);
    let told = "the erasure was sent, and is not verified: your credentials do not allow sqs:ReceiveMessage";
    assert!(said.stderr.contains(told) && said.stderr.contains("Run it again"), "{}", said.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_stays_and_is_named() {
    let stack = Portal::empty().await;
    booked(&stack, "bkg_1", ANA).await;
    stack.store().await.complained(stack.customer(ANA), jiff::Timestamp::now()).await.unwrap();
    let said = on(&stack, &["erase", "--show-addresses"], TWICE).await.ended(0);
    assert!(said.stdout.contains("reported a mail as spam") && said.stdout.contains(ANA), "{}", said.stdout);
    assert_eq!(stack.count_items("SUPPRESSION").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_occurred_later_is_left_and_named() {
    let stack = Portal::empty().await;
    booked(&stack, "bkg_1", ANA).await;
    let soon_to_come = jiff::Timestamp::now() + 4.minutes();
    let mut later = confirmed("bkg_2", ANA, 1, false);
    later["metadata"]["occurred_at"] = json!(soon_to_come);
    let entries = json!([{
        "Source": "golfcartops.bookings", "DetailType": "booking.updated", "Detail": later.to_string(),
        "EventBusName": stack.stack.description.event_bus(), "Time": soon_to_come.as_second(),
    }]);
    let publish = reqwest::Client::new().post(format!("{}/_local/events", stack.url())).json(&entries);
    publish.send().await.unwrap().error_for_status().unwrap();
    soon("both bookings", async || (stack.count_items("BOOKING").await == 2).then_some(())).await;
    let said = on(&stack, &["erase"], TWICE).await.ended(1);
    assert!(said.stdout.contains("Something of the customer is left."), "{}", said.stdout);
    assert!(said.stdout.contains(&format!("portal erase --local {}", stack.url())), "{}", said.stdout);
    let said = on(&stack, &["erase", "--json"], TWICE).await.ended(1);
    assert_eq!(said.json()["left"]["bookings"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_erased_without_the_same_address_twice_and_an_unknown_one_is_said() {
    let stack = Portal::empty().await;
    booked(&stack, "bkg_1", ANA).await;
    for (input, said) in [
        ("", "Give one address"),
        ("ana\n", "Give one address"),
        ("ana@example.com\n", "the second address is not the first: nothing was done"),
        ("ana@example.com\nben@example.com\n", "the second address is not the first: nothing was done"),
    ] {
        let refused = on(&stack, &["erase"], input).await.ended(2);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
        refused.never_says(&["ana@", "ben@"]);
    }
    stack.rests().await;
    assert_eq!((stack.count_items("BOOKING").await, stack.count_items("ERASED").await), (1, 0));

    let unknown = on(&stack, &["erase"], "nobody@example.com\nnobody@example.com\n").await.ended(1);
    assert!(unknown.stdout.contains("Nothing was known of this address."), "{}", unknown.stdout);
    assert!(unknown.stdout.contains(&format!("portal erase --local {}", stack.url())), "{}", unknown.stdout);
    assert_eq!(stack.count_items("ERASED").await, 1, "events may still come");
}

/// Killed while it sends, waits or deletes, and run again, it comes to the same end.
#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_is_killed_and_run_again_comes_to_the_same_end() {
    let kills = [("events", "PutEvents"), ("dynamodb", "BatchGetItem"), ("sqs", "DeleteMessage")];
    join_all(kills.map(async |(service, action)| {
        let stack = lived_in().await;
        // Of the table it is the look whether the erasure is done: what was read before the event was sent goes through.
        let is_sent = Arc::new(AtomicBool::new(false));
        let (sending, sent) = (is_sent.clone(), is_sent);
        let bus = Proxy::new(move |_| {
            sending.store(true, Ordering::SeqCst);
            if action == "PutEvents" { Fate::HoldAnswer } else { Fate::Pass }
        })
        .await;
        let other = Proxy::new(move |call| {
            if call.action == action && sent.load(Ordering::SeqCst) { Fate::HoldAnswer } else { Fate::Pass }
        })
        .await;
        let endpoints = stack.local("endpoints").await;
        bus.leads_to(endpoints["events"].as_str().unwrap());
        other.leads_to(endpoints[service].as_str().unwrap());
        let local = with_endpoints(&stack, &[(service, &other.url), ("events", &bus.url)]).await;
        let proxy = if service == "events" { &bus } else { &other };
        let mut running = spawned(&["erase", "--local", &local]);
        running.stdin.take().unwrap().write_all(TWICE.as_bytes()).await.unwrap();
        proxy.holds(1).await;
        kill(running).await;
        // What it held hidden among the dead letters shows again after two minutes; those it has deleted are gone.
        let said = on(&stack, &["erase", "--json"], TWICE).await.ended(0);
        assert_eq!(said.json()["left"]["bookings"], 0, "{action}");
        assert_eq!(left(&stack).await.0, ["ERASED"], "{action}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bus_does_not_take_is_put_again() {
    let stack = Portal::empty().await;
    booked(&stack, "bkg_1", ANA).await;
    let puts = Arc::new(Mutex::new(Vec::new()));
    let seen = puts.clone();
    let proxy = Proxy::new(move |call| {
        let mut seen = seen.lock().unwrap();
        seen.push(call.input["Entries"][0]["Detail"].clone());
        if seen.len() > 2 {
            return Fate::Pass;
        }
        call.input["Entries"][0].as_object_mut().unwrap().remove("Detail");
        Fate::Pass
    })
    .await;
    let endpoints = stack.local("endpoints").await;
    proxy.leads_to(endpoints["events"].as_str().unwrap());
    let local = with_endpoints(&stack, &[("events", &proxy.url)]).await;
    let said = portal(&["erase", "--local", &local], TWICE).await.ended(0);
    assert!(said.stderr.contains("The bus did not take 1 of 1"), "{}", said.stderr);
    let puts: Vec<Value> = puts.lock().unwrap().clone();
    assert!(puts.len() == 3 && puts.iter().all(|put| *put == puts[0]), "the same event each time: {puts:?}");
    assert_eq!(stack.count_items("BOOKING").await, 0);
}
