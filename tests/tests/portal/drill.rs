//! Fault injection: on a bad day every AWS service fails now and then, in every way. Nothing is lost, and nothing but
//! poison messages is left over.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, stream};
use portal_local::Options;
use portal_tests::{
    Call, Fate, Portal, Proxy, Service, functions_dir,
    samples::{confirmed, erased},
    soon_or,
};
use portal_views::messages::ENGLISH;
use serde_json::json;

use crate::template::edited;

const BOOKINGS: usize = 250;
const EVENTS: usize = 2 * BOOKINGS;
const REQUESTS: usize = 500;
const POISON: usize = 5;
const ERASED: usize = 10;

/// Long, for the back-off of what fails grows with each attempt.
const PATIENCE: Duration = Duration::from_secs(400);

/// How often answers were lost on the way, so that whoever asked had to ask again.
#[derive(Default)]
struct Lost {
    of_ses: AtomicUsize,
    of_sqs: AtomicUsize,
}

/// Every so many requests one fails, each time in another way.
async fn bad_day(service: Service, every: usize, lost: Arc<Lost>) -> Proxy {
    let count = AtomicUsize::new(0);
    Proxy::new(move |call: &mut Call| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        if number % every != every - 1 || call.action == "ReceiveMessage" {
            return Fate::Pass;
        }
        let throttled = match service {
            Service::DynamoDb | Service::SecretsManager | Service::Sqs => Fate::Refuse(400, "ThrottlingException"),
            Service::Ses => Fate::Refuse(429, "TooManyRequestsException"),
            Service::S3 => Fate::Refuse(503, "SlowDown"),
        };
        let fate = match number / every % 6 {
            0 => Fate::Refuse(500, "InternalServerError"),
            1 => throttled,
            2 => Fate::Cut,
            3 => Fate::LoseAnswer,
            4 => Fate::Refuse(503, "ServiceUnavailable"),
            // Longer than any function waits: a time-out before or after the request took effect.
            _ if number / every % 12 == 5 => Fate::Delay(Duration::from_secs(12)),
            _ => Fate::Pass,
        };
        if matches!(fate, Fate::LoseAnswer | Fate::Delay(_)) {
            match service {
                Service::Ses => drop(lost.of_ses.fetch_add(1, Ordering::SeqCst)),
                Service::Sqs => drop(lost.of_sqs.fetch_add(1, Ordering::SeqCst)),
                Service::DynamoDb | Service::S3 | Service::SecretsManager => {}
            }
        }
        fate
    })
    .await
}

fn address(n: usize) -> String {
    format!("customer{n}@example.com")
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_bad_day_every_mail_goes_out_the_table_ends_right_and_only_poison_is_left() {
    let lost = Arc::new(Lost::default());
    let proxies = [
        (Service::DynamoDb, bad_day(Service::DynamoDb, 23, lost.clone()).await),
        (Service::Ses, bad_day(Service::Ses, 11, lost.clone()).await),
        (Service::Sqs, bad_day(Service::Sqs, 17, lost.clone()).await),
        (Service::S3, bad_day(Service::S3, 3, lost.clone()).await),
    ];
    let (_folder, path) = edited(&[
        ("      Timeout: 30\n", "      Timeout: 12\n"),
        ("VisibilityTimeout: 180", "VisibilityTimeout: 12"),
        ("FIRST_RETRY_SECONDS: 20", "FIRST_RETRY_SECONDS: 1"),
        // Poison need not wait for an hour; and on a day this bad an event may fail more often than on any other.
        ("maxReceiveCount: 8 #", "maxReceiveCount: 5 #"),
        ("maxReceiveCount: 5\n", "maxReceiveCount: 9\n"),
    ]);
    let mut options = Options::new(path, functions_dir());
    options.maximum_instances = 8;
    for (name, value) in [
        ("RequestsPerSource", "10000"),
        ("MailsPerSecond", "1000"),
        ("MailConcurrency", "4"),
        ("EventConcurrency", "4"),
    ] {
        options.parameters.insert(name.into(), value.into());
    }
    let portal = Portal::start_behind(options, &proxies.each_ref().map(|(service, proxy)| (*service, proxy))).await;

    // Two events a booking, the newer one first for every other; each asks for a confirmation. Poison in between.
    for n in 0..BOOKINGS {
        let mut revisions = [1, 2];
        revisions.rotate_left(n % 2);
        for revision in revisions {
            portal.publish("booking.confirmed", &confirmed(&format!("bkg_{n}"), &address(n), revision, true)).await;
        }
        if n % (BOOKINGS / POISON) == 0 {
            let mut poison = confirmed(&format!("poison_{n}"), &address(n), 1, true);
            poison["booking"]["status"] = json!("lost");
            portal.publish("booking.confirmed", &poison).await;
            let send = portal.sqs().await.send_message().queue_url(portal.queue_url("MailQueue"));
            send.message_body(format!("poison {n}")).send().await.unwrap();
        }
    }
    portal.rests_within(PATIENCE).await;
    let confirmations = mails_by_address(&portal).await;
    let (of_ses, of_sqs) = (lost.of_ses.load(Ordering::SeqCst), lost.of_sqs.load(Ordering::SeqCst));
    assert_eq!(confirmations.len(), BOOKINGS, "every customer has a confirmation");
    let doubles = confirmations.values().sum::<usize>() - BOOKINGS;
    assert!(doubles <= of_ses, "{doubles} second confirmations, {of_ses} lost answers of SES");

    // Each customer asks twice, in two browsers; whoever sees an error does what its page says.
    let before = of_ses;
    let requests = stream::iter(0..REQUESTS).map(async |n| {
        for _ in 0..20 {
            let answer = portal.person().post("/sign-in", &[("email", &address(n % BOOKINGS))]).await;
            if answer.status == 303 {
                return;
            }
            assert!(answer.body.contains(ENGLISH.failed_why), "{answer:?}");
            twenty_minutes_pass(&portal, &address(n % BOOKINGS)).await;
        }
        panic!("request {n} always failed");
    });
    requests.buffer_unordered(8).for_each(async |()| {}).await;
    portal.rests_within(PATIENCE).await;
    let all = mails_by_address(&portal).await;
    let (of_ses, of_sqs_now) = (lost.of_ses.load(Ordering::SeqCst) - before, lost.of_sqs.load(Ordering::SeqCst));
    let mut links = 0;
    for n in 0..BOOKINGS {
        let sent = all[&address(n)] - confirmations[&address(n)];
        assert!(sent >= 1, "customer {n} asked and got no link");
        links += sent;
    }
    // A second request within a minute makes no second mail; one that comes later, or after an error, may.
    let window = of_ses + of_sqs_now - of_sqs;
    assert!(links <= REQUESTS + window, "{links} links, {window} lost answers");

    // Some customers are erased, with their documents.
    for n in 0..ERASED {
        for document in ["agreement", "invoice"] {
            portal.put_document(&format!("documents/bkg_{n}/{document}.pdf")).await;
        }
        portal.publish("customer.erased", &erased(&address(n))).await;
    }
    portal.rests_within(PATIENCE).await;
    assert_eq!(portal.document_versions().await, Vec::<String>::new());

    let items = portal.items().await;
    let erased = items.iter().filter(|item| item["sk"].as_s().unwrap() == "ERASED");
    assert_eq!(erased.count(), ERASED);
    let newest =
        items.iter().filter(|item| item["sk"].as_s().unwrap() == "BOOKING" && item["revision"].as_n().unwrap() == "2");
    assert_eq!(newest.count(), BOOKINGS - ERASED);
    let rows: Vec<_> = items.iter().filter(|item| item["sk"].as_s().unwrap().starts_with("ROW#")).collect();
    assert_eq!(rows.len(), BOOKINGS - ERASED, "a row a booking, none left over");
    let dashboards: Vec<_> = items.iter().filter(|item| item["sk"].as_s().unwrap() == "DASHBOARD").collect();
    assert_eq!(dashboards.len(), BOOKINGS - ERASED, "a dashboard a customer, none of who was erased");
    assert!(dashboards.iter().all(|dashboard| dashboard.contains_key("cached")), "once all is applied");
    assert!(portal.stack.log().lines().len() > EVENTS, "the functions say what they do");

    // The dead letters are the poison, whole; redriven, it comes back as it was.
    let expected: BTreeSet<usize> = (0..BOOKINGS).step_by(BOOKINGS / POISON).collect();
    assert_eq!(poison(&portal).await, expected);
    for queue in ["BookingDeadLetters", "MailDeadLetters"] {
        let arn = portal_local::aws::Sqs::queue_arn(portal.queue_url(queue).rsplit('/').next().unwrap());
        portal
            .sqs()
            .await
            .start_message_move_task()
            .source_arn(arn)
            .destination_arn(home_of(&portal, queue))
            .send()
            .await
            .unwrap();
    }
    portal.rests_within(PATIENCE).await;
    assert_eq!(poison(&portal).await, expected, "redriven, still poison, still whole");
}

fn home_of(portal: &Portal, dead_letters: &str) -> String {
    let home = dead_letters.replace("DeadLetters", "Queue");
    portal_local::aws::Sqs::queue_arn(portal.queue_url(&home).rsplit('/').next().unwrap())
}

/// For the counter of a customer's requests, twenty minutes pass.
async fn twenty_minutes_pass(portal: &Portal, address: &str) {
    let customer = portal.customer(address);
    for counter in portal.items_of(&format!("LIMIT#CUSTOMER#{customer}"), "LIMIT").await {
        portal.set(&counter, &[("last_at", 0), ("burst_tat", 0)]).await;
    }
}

async fn mails_by_address(portal: &Portal) -> BTreeMap<String, usize> {
    let mut mails = BTreeMap::new();
    for mail in portal.mails().await {
        *mails.entry(mail["to"][0].as_str().unwrap().to_owned()).or_default() += 1;
    }
    mails
}

/// What the functions said of a message.
fn said_of(portal: &Portal, message_id: &str) -> Vec<String> {
    let lines = portal.stack.log().lines().into_iter().filter(|line| line.line.contains(message_id));
    lines.map(|line| format!("{} {}", line.time, line.line)).collect()
}

/// The numbers of the poison among the dead letters: each has to be there as an event and as a mail, and nothing else.
async fn poison(portal: &Portal) -> BTreeSet<usize> {
    let mut events = BTreeSet::new();
    for letter in portal.messages("BookingDeadLetters").await {
        let reason = letter.message_attributes.as_ref().and_then(|all| all["reason"].string_value.clone());
        let id = letter.message_id.as_deref().unwrap();
        let is_expected = reason.is_some_and(|reason| reason.starts_with("booking.status: expected one of "));
        assert!(is_expected, "{:#?}", said_of(portal, id));
        let event: serde_json::Value = serde_json::from_str(letter.body.as_deref().unwrap()).unwrap();
        let id = event["detail"]["booking"]["booking_id"].as_str().unwrap().to_owned();
        events.insert(id.strip_prefix("poison_").unwrap_or_else(|| panic!("{id} is no poison")).parse().unwrap());
    }
    let letters = portal.messages("MailDeadLetters").await;
    let mails: BTreeSet<usize> = letters
        .iter()
        .map(|letter| letter.body.as_deref().unwrap().strip_prefix("poison ").unwrap().parse().unwrap())
        .collect();
    assert_eq!(events, mails);
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn what_died_while_the_table_was_away_applies_once_it_is_redriven() {
    let away = Arc::new(AtomicUsize::new(1));
    let is_away = away.clone();
    let table = Proxy::new(move |_: &mut Call| match is_away.load(Ordering::SeqCst) {
        0 => Fate::Pass,
        _ => Fate::Refuse(500, "InternalServerError"),
    })
    .await;
    let (_folder, path) = edited(&[
        ("      Timeout: 30\n", "      Timeout: 8\n"),
        ("VisibilityTimeout: 180", "VisibilityTimeout: 8"),
        ("maxReceiveCount: 5", "maxReceiveCount: 1"),
    ]);
    let options = Options::new(path, functions_dir());
    let portal = Portal::start_behind(options, &[(Service::DynamoDb, &table)]).await;
    let event = confirmed("bkg_1", "ana@example.com", 1, true);
    portal.publish("booking.confirmed", &event).await;
    let patience = Duration::from_secs(60);
    let letters =
        soon_or(patience, async || Some(portal.messages("BookingDeadLetters").await).filter(|all| !all.is_empty()));
    let letters = letters.await.expect("a dead letter");
    let body: serde_json::Value = serde_json::from_str(letters[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(body["detail"], event);

    away.store(0, Ordering::SeqCst);
    let arn = portal_local::aws::Sqs::queue_arn(portal.queue_url("BookingDeadLetters").rsplit('/').next().unwrap());
    portal.sqs().await.start_message_move_task().source_arn(arn).send().await.unwrap();
    portal.link_to("ana@example.com").await;
    assert!(portal.messages("BookingDeadLetters").await.is_empty());
}
