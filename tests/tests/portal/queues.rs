//! At-least-once delivery: what a killed function had in hand comes again, and a poison message ends among the dead
//! letters.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use portal_local::Options;
use portal_tests::{Portal, Proxy, Service, functions_dir, samples::confirmed, soon, soon_or};

use crate::template::edited;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_batch_comes_again_and_only_its_poison_ends_among_the_dead_letters() {
    let ses = Proxy::open_for(3).await;
    let (_folder, path) = edited(&[
        ("      Timeout: 30\n", "      Timeout: 6\n"),
        ("VisibilityTimeout: 180", "VisibilityTimeout: 8"),
        ("maxReceiveCount: 8", "maxReceiveCount: 2"),
        ("FIRST_RETRY_SECONDS: 20", "FIRST_RETRY_SECONDS: 1"),
        ("BatchSize: 10\n", "BatchSize: 10\n            MaximumBatchingWindowInSeconds: 1\n"),
    ]);
    let options = Options::new(path, functions_dir());
    let portal = Portal::start_behind(options, &[(Service::Ses, &ses)]).await;

    let addresses: BTreeSet<String> = (1..=9).map(|n| format!("customer{n}@example.com")).collect();
    for (n, address) in addresses.iter().enumerate() {
        portal.publish("booking.confirmed", &confirmed(&format!("bkg_{n}"), address, 1, false)).await;
    }
    soon("the bookings", async || (portal.count_items("BOOKING").await == 9).then_some(())).await;

    // Ten at once: nine that can be sent, and in their midst one that cannot even be read.
    let customers = customers(&portal).await;
    let mut bodies: Vec<String> = customers.iter().map(|customer| sign_in_request(customer)).collect();
    bodies.insert(5, "poison".into());
    let entries = bodies.iter().enumerate().map(|(n, body)| {
        SendMessageBatchRequestEntry::builder().id(format!("m{n}")).message_body(body).build().unwrap()
    });
    let queue = portal.queue_url("MailQueue");
    let sqs = portal.sqs().await;
    let batch = sqs.send_message_batch().queue_url(&queue).set_entries(Some(entries.collect()));
    assert!(batch.send().await.unwrap().failed.is_empty());

    ses.holds(1).await; // three mails are out, the others in the middle of it
    soon("the three mails to be noted", async || (mailed(&portal).await == 3).then_some(())).await;
    portal.kill_the_busy_instance("SendMail").await;
    assert_eq!(portal.mails().await.len(), 3);
    let attributes = sqs.get_queue_attributes().queue_url(&queue).attribute_names(QueueAttributeName::All);
    let attributes = attributes.send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible], "10", "all ten stay invisible");
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessages], "0");
    ses.holds_nothing().await;
    ses.open();

    let patience = Duration::from_secs(60); // two time-outs must run out
    let letters = soon_or(patience, async || {
        let letters = portal.messages("MailDeadLetters").await;
        (!letters.is_empty()).then_some(letters)
    })
    .await
    .expect("the poison among the dead letters");
    assert_eq!(letters.iter().map(|letter| letter.body.as_deref()).collect::<Vec<_>>(), [Some("poison")]);
    let received = letters[0].attributes.as_ref().unwrap()[&"ApproximateReceiveCount".into()].parse::<u32>().unwrap();
    assert!(received > 2, "its receive count grew to {received}");

    portal.rests_within(patience).await;
    let mails = portal.mails().await;
    let to: Vec<String> = mails.iter().map(|mail| mail["to"][0].as_str().unwrap().to_owned()).collect();
    assert_eq!(to.len(), 9, "each is delivered once: {to:?}");
    assert_eq!(to.into_iter().collect::<BTreeSet<_>>(), addresses);
}

async fn customers(portal: &Portal) -> BTreeSet<String> {
    let items = portal.items().await;
    let partitions = items.iter().filter_map(|item| item["pk"].as_s().unwrap().strip_prefix("CUSTOMER#"));
    partitions.map(str::to_owned).collect()
}

/// How many sign-ins are noted as mailed.
async fn mailed(portal: &Portal) -> usize {
    portal.items().await.iter().filter(|item| item.contains_key("mailed_at")).count()
}

fn sign_in_request(customer: &str) -> String {
    serde_json::json!({"mail": "sign_in", "customer": customer, "asked_at": jiff::Timestamp::now()}).to_string()
}
