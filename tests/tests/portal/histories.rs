//! Property tests: random histories of bookings, told in order and told in any other way, end the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicUsize, Ordering},
};

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use portal_local::Options;
use portal_tests::{Portal, functions_dir, samples::confirmed, template};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

const KINDS: [&str; 5] =
    ["booking.confirmed", "booking.updated", "booking.cancelled", "delivery.updated", "document.issued"];
const STATUSES: [&str; 8] =
    ["pending", "confirmed", "checked_out", "overdue", "returned", "closed", "cancelled", "no_show"];
const CUSTOMERS: usize = 3;

/// One revision of a booking, and the event that tells it.
#[derive(Debug, Clone)]
struct Step {
    booking: usize,
    revision: u64,
    kind: usize,
    notify: bool,
    owner: usize,
    status: usize,
    documents: usize,
    on_the_way: bool,
    starts_later_by_days: i8,
    payments: usize,
    collected: bool,
}

/// A history, and how else it is told: which steps arrive in which order and how often, in batches of which size, and
/// whether the batches arrive all at once.
#[derive(Debug, Clone)]
struct Telling {
    history: Vec<Step>,
    arrivals: Vec<usize>,
    batch: usize,
    at_once: bool,
}

fn step(booking: usize, revision: u64) -> impl Strategy<Value = Step> {
    // Mostly active, and mostly the first customer: else few histories end with a mail.
    let owner = prop_oneof![3 => Just(0), 1 => 0..CUSTOMERS];
    let status = prop_oneof![2 => Just(1_usize), 1 => 0..STATUSES.len()];
    let kind = prop_oneof![1 => Just(0_usize), 1 => 0..KINDS.len()];
    let later = (0..3_i8, 0..3_usize, any::<bool>());
    (kind, any::<bool>(), owner, status, 0..3_usize, any::<bool>(), later).prop_map(
        move |(kind, notify, owner, status, documents, on_the_way, (starts_later_by_days, payments, collected))| Step {
            booking,
            revision,
            kind,
            notify,
            owner,
            status,
            documents,
            on_the_way,
            starts_later_by_days,
            payments,
            collected,
        },
    )
}

fn telling() -> impl Strategy<Value = Telling> {
    let history = prop::collection::vec(1..=5_u64, 1..=3).prop_flat_map(|revisions| {
        let steps =
            revisions.into_iter().enumerate().flat_map(|(booking, last)| (1..=last).map(move |n| step(booking, n)));
        steps.collect::<Vec<_>>()
    });
    let arrivals = history.prop_flat_map(|history| {
        let count = history.len();
        let again = prop::collection::vec(0..count, 0..=count);
        let arrivals = again.prop_map(move |again| (0..count).chain(again).collect::<Vec<_>>()).prop_shuffle();
        (Just(history), arrivals)
    });
    (arrivals, 1..=6_usize, any::<bool>()).prop_map(|((history, arrivals), batch, at_once)| Telling {
        history,
        arrivals,
        batch,
        at_once,
    })
}

/// A world of its own in the one portal: its bookings and customers carry its number.
struct World<'a> {
    portal: &'a Portal,
    number: usize,
}

impl World<'_> {
    fn address(&self, owner: usize) -> String {
        format!("c{owner}w{}x@example.com", self.number)
    }

    fn customer(&self, owner: usize) -> String {
        self.portal.customer(&self.address(owner)).to_string()
    }

    fn id(&self, booking: usize) -> String {
        format!("b{booking}w{}x", self.number)
    }

    fn envelope(&self, step: &Step) -> String {
        let id = self.id(step.booking);
        let mut detail = confirmed(&id, &self.address(step.owner), step.revision, step.notify);
        detail["metadata"]["occurred_at"] = json!(format!("2026-05-03T14:0{}:00Z", step.revision));
        let booking = &mut detail["booking"];
        booking["status"] = json!(STATUSES[step.status]);
        booking["starts_at"] = json!(format!("2027-06-{:02}T09:00:00-04:00", 1 + step.starts_later_by_days));
        if step.on_the_way {
            booking["delivery"] = json!({"status": "on_the_way", "tracking_url": "https://track.example.com/d/1",
                "updated_at": "2027-06-11T08:12:00-04:00"});
        }
        booking["return"] = json!({"method": if step.collected { "collection" } else { "drop_off" }});
        let payment = json!({"at": "2026-05-03T14:00:00Z", "amount_minor": 100, "kind": "payment"});
        booking["payments"] = json!(vec![payment; step.payments]);
        let document = |n: usize| {
            json!({"document_id": format!("d{n}"), "kind": "invoice", "title": format!("Invoice {n}"),
                "issued_at": "2027-05-03T00:00:00Z", "file": {"key": format!("documents/{id}/d{n}.pdf"), "size_bytes": 9}})
        };
        booking["documents"] = (0..step.documents).map(document).collect();
        json!({"detail-type": KINDS[step.kind], "source": "golfcartops.bookings", "time": "2026-05-03T15:00:00Z",
            "detail": detail})
        .to_string()
    }

    /// Hands a batch to the function as Lambda's poller does, again and again what it could not do.
    async fn deliver(&self, steps: &[&Step]) {
        let mut bodies: Vec<String> = steps.iter().map(|step| self.envelope(step)).collect();
        while !bodies.is_empty() {
            let record = |(n, body): (usize, &String)| {
                json!({"messageId": n.to_string(), "receiptHandle": "h", "body": body, "md5OfBody": "",
                    "attributes": {"ApproximateReceiveCount": "1"}, "messageAttributes": {}, "eventSource": "aws:sqs",
                    "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:q", "awsRegion": "us-east-1"})
            };
            let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
            let payload = json!({"Records": records}).to_string();
            let answer = self.portal.stack.lambda.invoke("ProjectBookings", payload.into()).await.unwrap();
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            let failed = answer["batchItemFailures"].as_array().cloned().unwrap_or_default();
            let failed: BTreeSet<usize> =
                failed.iter().map(|item| item["itemIdentifier"].as_str().unwrap().parse().unwrap()).collect();
            bodies = failed.into_iter().map(|n| bodies[n].clone()).collect();
        }
    }

    /// A text in words that are the same in every world.
    fn plain(&self, text: &str) -> String {
        let mut text = text.replace(&format!("w{}x", self.number), "w");
        for owner in 0..CUSTOMERS {
            text = text.replace(&self.customer(owner), &format!("<customer {owner}>"));
        }
        text
    }

    /// What each customer sees: the dashboard, and every booking's page.
    async fn pages(&self, bookings: usize) -> Vec<String> {
        let mut pages = Vec::new();
        for owner in 0..CUSTOMERS {
            let person = self.portal.holder_of(&self.address(owner)).await;
            let paths = (0..=bookings).map(|booking| format!("/bookings/{}", self.id(booking)));
            for path in ["/".to_owned()].into_iter().chain(paths) {
                let answer = person.get(&path).await;
                // The changes are of last spring, and no news.
                pages.push(format!("{} {} {}", self.plain(&path), answer.status, self.plain(&answer.body)));
            }
        }
        pages
    }

    /// Every item of this world in words that are the same in every world: bookings, rows, and which confirmations were
    /// asked for. Not what was changed lately, which the order of arrival may decide; nor what is cached of the rows, which
    /// pages show; nor what leads an erasure to confirmations, which a move leaves only where it is told before what follows.
    fn items(&self, all: &[std::collections::HashMap<String, AttributeValue>]) -> BTreeMap<String, String> {
        let customers: Vec<String> = (0..CUSTOMERS).map(|owner| self.customer(owner)).collect();
        let plain = |text: String| self.plain(&text);
        let is_here = |pk: &str| {
            pk.ends_with(&format!("w{}x", self.number))
                || customers.iter().any(|customer| pk.ends_with(customer.as_str()))
        };
        let mut items = BTreeMap::new();
        for item in all.iter().filter(|item| is_here(item["pk"].as_s().unwrap())) {
            let (pk, sk) = (item["pk"].as_s().unwrap(), item["sk"].as_s().unwrap());
            let shown = match sk.as_str() {
                _ if pk.starts_with("SIGNINS#") || sk == "DASHBOARD" || sk.starts_with("ASKED#") => continue,
                "CONFIRMATION" => {
                    let asked = item["asked"].as_ss().unwrap();
                    asked.iter().map(|customer| plain(customer.clone())).collect::<BTreeSet<_>>().into_iter().collect()
                }
                _ => {
                    let mut item = item.clone();
                    item.remove("change");
                    item.remove("content_hash"); // of the booking's text, its world's number in it
                    if let Some(row) = item.get_mut("row") {
                        let mut parsed: Value = serde_json::from_str(row.as_s().unwrap()).unwrap();
                        parsed.as_object_mut().unwrap().retain(|name, _| name != "change");
                        *row = AttributeValue::S(parsed.to_string());
                    }
                    plain(text(&AttributeValue::M(item)))
                }
            };
            items.insert(plain(format!("{pk} {sk}")), shown);
        }
        items
    }
}

/// A value with its maps in order.
fn text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(map) => {
            let fields: BTreeMap<&String, String> = map.iter().map(|(name, value)| (name, text(value))).collect();
            format!("{fields:?}")
        }
        AttributeValue::L(list) => format!("{:?}", list.iter().map(text).collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}

async fn told_both_ways(portal: &Portal, worlds: &AtomicUsize, telling: &Telling) -> Result<(), TestCaseError> {
    let world = || World { portal, number: worlds.fetch_add(1, Ordering::SeqCst) };
    let (ordered, other) = (world(), world());
    for step in &telling.history {
        ordered.deliver(&[step]).await;
    }
    let arrivals: Vec<&Step> = telling.arrivals.iter().map(|n| &telling.history[*n]).collect();
    let batches = arrivals.chunks(telling.batch);
    if telling.at_once {
        join_all(batches.map(|batch| other.deliver(batch))).await;
    } else {
        for batch in batches {
            other.deliver(batch).await;
        }
    }
    portal.rests().await;

    let all = portal.items().await;
    prop_assert_eq!(ordered.items(&all), other.items(&all), "the table");
    let bookings = telling.history.iter().map(|step| step.booking).max().unwrap_or(0);
    let pages = ordered.pages(bookings).await;
    prop_assert_eq!(&pages, &other.pages(bookings).await, "the pages");
    for dashboard in portal.items_of("CUSTOMER#", "DASHBOARD").await {
        prop_assert!(dashboard.contains_key("cached"), "a dashboard is kept once all is applied: {dashboard:?}");
        portal.remove(&dashboard).await;
    }
    prop_assert_eq!(&pages, &ordered.pages(bookings).await, "the pages, from the rows themselves");
    let mails = portal.mails().await;
    for booking in 0..=bookings {
        let steps: Vec<&Step> = telling.history.iter().filter(|step| step.booking == booking).collect();
        let asked: BTreeSet<usize> =
            steps.iter().filter(|step| step.kind == 0 && step.notify).map(|step| step.owner).collect();
        let ends_active = steps.last().is_some_and(|last| last.status < 4);
        for world in [&ordered, &other] {
            let reference = format!("REF-{} ", world.id(booking));
            let sent = mails.iter().filter(|mail| mail["subject"].as_str().unwrap().contains(&reference)).count();
            let least = usize::from(ends_active && !asked.is_empty());
            let most = asked.len(); // once for a booking and address
            prop_assert!((least..=most).contains(&sent), "booking {booking}: {sent} mails, not {least} to {most}");
        }
    }
    Ok(())
}

#[test]
fn a_history_ends_the_same_however_it_is_told() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut options = Options::new(template(), functions_dir());
    options.parameters.insert("MailsPerSecond".into(), "1000".into());
    let portal = runtime.block_on(Portal::start(options));
    let worlds = AtomicUsize::new(0);
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 24,
        max_shrink_iters: 50,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&telling(), |telling| runtime.block_on(told_both_ways(&portal, &worlds, &telling)));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    assert!(worlds.load(Ordering::SeqCst) >= 48);
    runtime.block_on(a_telling_that_leaves_out_the_end_ends_otherwise(&portal, &worlds));
    let guard = runtime.enter();
    drop(portal);
    drop(guard);
}

/// The control: where the last step never arrives, the difference is seen.
async fn a_telling_that_leaves_out_the_end_ends_otherwise(portal: &Portal, worlds: &AtomicUsize) {
    let step = |revision, status| Step {
        booking: 0,
        revision,
        kind: 1,
        notify: false,
        owner: 0,
        status,
        documents: 0,
        on_the_way: false,
        starts_later_by_days: 0,
        payments: 0,
        collected: false,
    };
    let telling = Telling { history: vec![step(1, 1), step(2, 6)], arrivals: vec![0], batch: 1, at_once: false };
    assert!(told_both_ways(portal, worlds, &telling).await.is_err());
}
