//! Fault injection for events over HTTPS: what was answered with 202 is never lost, and nothing is applied twice, whatever is
//! killed and whatever fails.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use portal_local::Options;
use portal_tests::{
    Call, Fate, Portal, Proxy, Sender, Service, event, functions_dir, samples::confirmed, template, the_first,
};
use serde_json::{Value, json};

use crate::webhook::ACCEPTED;

async fn behind(service: Service, proxy: &Proxy) -> Portal {
    let mut options = Options::new(template(), functions_dir());
    for (name, value) in [ACCEPTED[0], ("WebhookRate", "1000"), ("WebhookBurst", "1000")] {
        options.parameters.insert(name.into(), value.into());
    }
    Portal::start_behind(options, &[(service, proxy)]).await
}

fn booking(n: usize) -> Value {
    event("booking.confirmed", &confirmed(&format!("bkg_{n}"), &format!("customer{n}@example.com"), 1, false))
}

fn queues(call: &Call) -> bool {
    call.action == "SendMessageBatch"
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_answered_before_the_function_was_killed_is_sent_again_and_applied_once() {
    for (point, fate, after) in [
        ("before the queue has it", (|| Fate::Hold) as fn() -> Fate, 0),
        ("after the queue took it", || Fate::HoldAnswer, 1),
    ] {
        let first = the_first(1);
        let proxy = Proxy::new(move |call| if queues(call) && first() { fate() } else { Fate::Pass }).await;
        let portal = behind(Service::Sqs, &proxy).await;
        let sender = Sender::of(&portal);
        let body = booking(1).to_string();
        let killing = async {
            proxy.holds(1).await;
            portal.kill_the_busy_instance("ReceiveEvents").await;
        };
        let (reply, ()) = tokio::join!(sender.send("POST", "/events", sender.signed(&body), body.clone()), killing);
        assert!(reply.status.is_server_error(), "{point}: {reply:?}");
        portal.rests().await;
        assert_eq!(portal.counted("EventsApplied"), after, "{point}");

        // As every sender does with a 5xx.
        assert_eq!(sender.send("POST", "/events", sender.signed(&body), body).await.status, 202, "{point}");
        portal.rests().await;
        assert_eq!((portal.counted("EventsApplied"), portal.counted("EventsStale")), (1, after), "{point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_queue_does_not_take_of_a_list_is_put_there_again_until_all_of_it_is() {
    /// Leaves the first entry alone on its way: SQS then names no other as taken, as where it failed on them.
    fn take_one_alone(call: &mut Call) {
        call.input["Entries"].as_array_mut().unwrap().truncate(1);
    }
    for (failures, status, queued) in [(1, 202, 10), (2, 202, 10), (3, 503, 3)] {
        let first = the_first(failures);
        let proxy = Proxy::new(move |call: &mut Call| {
            if queues(call) && first() {
                take_one_alone(call);
            }
            Fate::Pass
        })
        .await;
        let portal = behind(Service::Sqs, &proxy).await;
        let sender = Sender::of(&portal);
        let ten = Value::from((0..10).map(booking).collect::<Vec<_>>());
        let reply = sender.post("/events", &ten).await;
        assert_eq!(reply.status, status, "{failures}: {reply:?}");
        portal.rests().await;
        assert_eq!(portal.counted("EventsApplied"), queued, "{failures}");
        if status == 503 {
            assert_eq!(reply.headers["retry-after"], "10");
            assert_eq!(sender.post("/events", &ten).await.status, 202);
            portal.rests().await;
        }
        assert_eq!(portal.counted("EventsApplied"), 10, "{failures}: each once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_queue_fails_a_sender_is_told_to_come_again_and_nothing_of_it_is_lost() {
    const EVENTS: usize = 200;
    let count = AtomicUsize::new(0);
    let proxy = Proxy::new(move |call: &mut Call| {
        if !queues(call) {
            return Fate::Pass;
        }
        match count.fetch_add(1, Ordering::SeqCst) % 9 {
            1 => Fate::Refuse(500, "InternalServerError"),
            3 => Fate::Refuse(400, "ThrottlingException"),
            5 => Fate::Cut,
            7 => Fate::LoseAnswer,
            8 => Fate::Refuse(403, "AccessDenied"), // which the SDK does not try again
            _ => Fate::Pass,
        }
    })
    .await;
    let portal = behind(Service::Sqs, &proxy).await;
    let sender = Sender::of(&portal);
    let again = AtomicUsize::new(0);
    let sent = stream::iter(0..EVENTS).map(async |n| {
        let body = booking(n).to_string();
        loop {
            let reply = sender.send("POST", "/events", sender.signed(&body), body.clone()).await;
            if reply.status == 202 {
                return;
            }
            assert_eq!(
                (reply.status.as_u16(), &reply.headers["retry-after"].to_str().unwrap()),
                (503, &"10"),
                "{reply:?}"
            );
            again.fetch_add(1, Ordering::SeqCst);
        }
    });
    sent.buffer_unordered(8).for_each(async |()| {}).await;
    portal.rests_within(Duration::from_secs(60)).await;
    let again = again.load(Ordering::SeqCst);
    assert!(again > 0, "the queue failed, and somebody was told so");
    assert_eq!((portal.count_items("BOOKING").await, portal.counted("EventsApplied")), (EVENTS, EVENTS));
    assert!(portal.messages("BookingDeadLetters").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_secret_the_function_takes_nothing_and_says_that_it_is_for_now() {
    let failing = the_first(12);
    let proxy = Proxy::new(move |call: &mut Call| match call.action.as_str() {
        "GetSecretValue" if failing() => Fate::Refuse(500, "InternalServiceError"),
        _ => Fate::Pass,
    })
    .await;
    let portal = behind(Service::SecretsManager, &proxy).await;
    let sender = Sender::of(&portal);
    let mut statuses = BTreeSet::new();
    for _ in 0..20 {
        let reply = sender.post("/events", &booking(1)).await;
        statuses.insert(reply.status.as_u16());
        if reply.status == 202 {
            break;
        }
        assert_eq!(reply.headers["retry-after"], "10", "{reply:?}");
    }
    assert_eq!(statuses, BTreeSet::from([202, 503]));
    portal.rests().await;
    assert_eq!(portal.counted("EventsApplied"), 1);
    let lines = portal.local("log").await.to_string();
    assert!(lines.contains("GetSecretValue failed: InternalServiceError"), "{lines}");
    assert_eq!(portal.counted("SignaturesRefused"), 0, "nobody is told that a good signature is bad");
    assert_ne!(json!(null), portal.local("endpoints").await["webhook"]);
}

/// `LOAD_SECONDS` lets it last longer.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_senders_at_once_are_answered_with_202_or_429_and_each_202_is_in_the_table() {
    let seconds = std::env::var("LOAD_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    for (rate, burst) in [("20", "40"), ("10000", "5000")] {
        let portal = Portal::with_parameters(&[ACCEPTED[0], ("WebhookRate", rate), ("WebhookBurst", burst)]).await;
        let sender = Sender::of(&portal);
        let (next, end) = (AtomicUsize::new(0), Instant::now() + Duration::from_secs(seconds));
        let lanes = stream::iter(0..100).map(async |_| {
            let mut answered = Vec::new();
            while Instant::now() < end {
                let (begun, event) = (Instant::now(), booking(next.fetch_add(1, Ordering::SeqCst)));
                let status = sender.post("/events", &event).await.status.as_u16();
                answered.push((status, begun.elapsed().as_secs_f64() * 1000.0));
            }
            answered
        });
        let answered: Vec<(u16, f64)> = lanes.buffer_unordered(100).concat().await;
        let mut taken: Vec<f64> = answered.iter().filter(|(status, _)| *status == 202).map(|(_, ms)| *ms).collect();
        taken.sort_by(f64::total_cmp);
        let held_back = answered.iter().filter(|(status, _)| *status == 429).count();
        println!(
            "{seconds} s, {rate} a second: {} taken ({:.0} ms in the middle, {:.0} ms at most), {held_back} held back",
            taken.len(),
            taken[taken.len() / 2],
            taken[taken.len() - 1],
        );
        assert_eq!(taken.len() + held_back, answered.len(), "nothing but 202 and 429");
        assert_eq!(held_back > 0, rate == "20");
        portal.rests_within(Duration::from_secs(600)).await;
        assert_eq!(portal.count_items("BOOKING").await, taken.len());
    }
}
