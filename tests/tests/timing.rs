//! Timing attacks: how long an answer takes tells nobody who is a customer. These tests are apart from the others, so
//! that nothing else runs beside them.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "tests")]

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock, Mutex, OnceLock},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD as STANDARD};
use futures_util::{StreamExt, future::join_all, stream};
use jiff::Timestamp;
use portal_domain::{
    booking::Booking,
    customer::{CustomerId, EmailAddress},
    customer_key::CustomerKey,
    events::BookingEvent,
    link::LinkToken,
    secret::Secret,
    session::Session,
    webhook::{Signed, WebhookSecrets},
};
use portal_local::Options;
use portal_tests::{Fate, Person, Portal, Proxy, Service, edited, functions_dir, samples::sample};
use tempfile::TempDir;

/// Only one of these tests at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// How often a difference is measured again where something else kept the machine busy. A real one stays.
const ATTEMPTS: usize = 3;

/// Makes bookings of so many customers, known to the portal from now on.
async fn know(portal: &Portal, addresses: &[String]) {
    let (_, sample) = sample("booking.confirmed.json");
    let store = portal.store().await;
    let made = stream::iter(addresses.iter().enumerate()).for_each_concurrent(16, async |(n, address)| {
        let mut booking: Booking = serde_json::from_value(sample["booking"].clone()).unwrap();
        booking.booking_id = format!("bkg_{n}").try_into().unwrap();
        booking.customer.email = EmailAddress::parse(address).unwrap();
        let event = BookingEvent { occurred_at: Timestamp::now(), booking, asks_for_confirmation: false };
        store.apply(&event, portal.customer(address)).await.unwrap();
    });
    made.await;
}

/// Median times, in milliseconds, of two kinds of attempt made in turn by people side by side. Which of a pair goes
/// first changes with every pair, so that what one leaves behind slows both alike.
async fn medians(pairs: usize, attempt: impl AsyncFn(usize, usize)) -> [f64; 2] {
    let times = Mutex::new([Vec::new(), Vec::new()]);
    let lane = async |lane: usize| {
        for pair in (lane..pairs).step_by(LANES) {
            for kind in if (pair / LANES).is_multiple_of(2) { [0, 1] } else { [1, 0] } {
                let started = Instant::now();
                attempt(pair, kind).await;
                times.lock().unwrap()[kind].push(started.elapsed().as_secs_f64() * 1000.0);
            }
        }
    };
    join_all((0..LANES).map(lane)).await;
    times.into_inner().unwrap().map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

const PAIRS: usize = 2000;

/// How many people ask side by side. With four, two cores are half idle: nobody waits for a processor.
const LANES: usize = 4;

/// A portal with no limit in the way. Its mail waits in the queue: in the cloud it is made on other machines than the
/// pages, and here it would take the time of the processor that the pages are measured by.
fn generous() -> (TempDir, Options) {
    let of_mail = "Queue: !GetAtt MailQueue.Arn\n            BatchSize: 10\n";
    let (folder, path) = edited(&[(of_mail, &format!("{of_mail}            Enabled: false\n"))]);
    let mut options = Options::new(path, functions_dir());
    options.parameters.insert("RequestsPerSource".into(), "10000".into());
    (folder, options)
}

fn people(portal: &Portal) -> [Person; LANES] {
    [10, 11, 12, 13].map(|network| portal.person_at(network))
}

/// By how many milliseconds a request with an address that is known takes longer than one with another.
async fn asking(portal: &Portal, pairs: usize) -> f64 {
    let known: Vec<String> = (0..pairs).map(|n| format!("customer{n}@example.com")).collect();
    know(portal, &known).await;
    let unknown: Vec<String> = (0..pairs).map(|n| format!("stranger{n}@example.com")).collect();
    let people = people(portal);
    // One call more would be seen: it takes twice what two medians may differ by.
    portal.stack.aws.dynamodb.set_latency(Duration::from_millis(2));
    let medians = medians(pairs, async |pair, kind| {
        let address = [&known, &unknown][kind][pair].as_str();
        assert_eq!(people[pair % LANES].post("/sign-in", &[("email", address)]).await.status, 303);
    });
    let [known, unknown] = medians.await;
    println!("asking for a link, {pairs} pairs: known {known:.2} ms, unknown {unknown:.2} ms");
    known - unknown
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_address_takes_no_longer_than_an_unknown_one() {
    let _alone = ALONE.lock().await;
    for _ in 0..ATTEMPTS {
        let (_folder, options) = generous();
        let portal = Portal::start(options).await;
        if asking(&portal, PAIRS).await.abs() < 1.0 {
            return;
        }
    }
    panic!("the medians differ by a millisecond or more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_took_longer_for_known_addresses_would_be_found_out() {
    const PAIRS: usize = 200;
    let _alone = ALONE.lock().await;
    let known: Arc<OnceLock<BTreeSet<String>>> = Arc::default();
    let is_known = Arc::clone(&known);
    let proxy = Proxy::new(move |call| match (call.input["Key"]["pk"]["S"].as_str(), is_known.get()) {
        (Some(key), Some(known)) if known.contains(key) => Fate::Delay(Duration::from_millis(4)),
        _ => Fate::Pass,
    })
    .await;
    let (_folder, options) = generous();
    let portal = Portal::start_behind(options, &[(Service::DynamoDb, &proxy)]).await;
    let key_of = |n| format!("LIMIT#CUSTOMER#{}", portal.customer(&format!("customer{n}@example.com")));
    known.set((0..PAIRS).map(key_of).collect()).unwrap();
    assert!(asking(&portal, PAIRS).await >= 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_cookie_tells_nobody_who_has_bookings_for_only_the_key_makes_a_customers_id() {
    let _alone = ALONE.lock().await;
    let known: Arc<OnceLock<String>> = Arc::default();
    let is_known = Arc::clone(&known);
    let proxy = Proxy::new(move |call| match is_known.get() {
        Some(id) if call.input.to_string().contains(id) => Fate::Delay(Duration::from_millis(4)),
        _ => Fate::Pass,
    })
    .await;
    let portal = Portal::with_dynamodb_behind(&proxy).await;
    let addresses = ["ana@example.com", "nobody@example.com"];

    // The control: whoever had the key, or found an id somewhere, would see how long a table takes that reads more of her.
    let real = addresses.map(|address| portal.customer(address));
    know(&portal, &["ana@example.com".to_owned()]).await;
    known.set(real[0].to_string()).unwrap();
    assert!(forging(&portal, real, PAIRS / 20).await >= 1.0);

    let key: CustomerKey = "what somebody without the key made up".replace(' ', "-").parse().unwrap();
    let made_up = addresses.map(|address| key.customer(&EmailAddress::parse(address).unwrap()));
    for _ in 0..ATTEMPTS {
        if forging(&portal, made_up, PAIRS / 8).await.abs() < 1.0 {
            return;
        }
    }
    panic!("the medians differ by a millisecond or more");
}

/// By how many milliseconds a forged cookie with the first of these ids takes longer than one with the second.
async fn forging(portal: &Portal, ids: [CustomerId; 2], pairs: usize) -> f64 {
    let people = people(portal);
    let medians = medians(pairs, async |pair, kind| {
        let (customer, secret) = (ids[kind], Secret::generate().unwrap());
        let link_hash = LinkToken::generate(customer).unwrap().hash();
        let forged = &people[pair % LANES];
        forged.plant("__Host-session", &Session { customer, link_hash, secret }.reveal());
        assert_eq!(forged.get("/").await.location(), "/sign-in");
    });
    let [first, second] = medians.await;
    println!("a forged cookie, {pairs} pairs: {first:.2} ms and {second:.2} ms");
    first - second
}

/// By how many nanoseconds, in medians, it takes longer to refuse a signature that is right but for its last byte than one that is
/// wrong from its first.
fn refusing(refuse: impl Fn(&[u8; 32])) -> f64 {
    const ROUNDS: usize = 20_000;
    let right: [u8; 32] = std::array::from_fn(|n| RIGHT[n]);
    let signatures = [31, 0].map(|wrong| {
        let mut signature = right;
        signature[wrong] ^= 1;
        signature
    });
    let mut times = [Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS)];
    for round in 0..ROUNDS {
        for kind in if round % 2 == 0 { [0, 1] } else { [1, 0] } {
            let started = Instant::now();
            refuse(&signatures[kind]);
            times[kind].push(started.elapsed().as_nanos() as f64);
        }
    }
    let [late, early] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    });
    println!("refusing a signature: {late} ns where its last byte is wrong, {early} ns where its first is");
    late - early
}

/// The signature of `{}` as message m at the second 0, with the secret below.
static RIGHT: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let signature = standardwebhooks::Webhook::new(SECRET).unwrap().sign("m", 0, b"{}").unwrap();
    STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap()
});
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_is_nearly_right_takes_no_longer_to_refuse_than_one_that_is_not_at_all() {
    let _alone = ALONE.lock().await;
    let secrets = WebhookSecrets::parse(&format!(r#"{{"secret": "{SECRET}"}}"#)).unwrap();
    let verified = |signature: &[u8]| {
        let signatures = format!("v1,{}", STANDARD.encode(signature));
        secrets.verify(&Signed { id: "m", timestamp: "0", signatures: &signatures }, b"{}", Timestamp::UNIX_EPOCH)
    };
    assert_eq!(verified(&RIGHT), Ok(()));
    // A tenth of what a comparison that ends at the first difference would take longer, below.
    let is_constant = |_| refusing(|signature| assert!(verified(signature).is_err())).abs() < 300.0;
    assert!((0..ATTEMPTS).any(is_constant), "the medians differ by 300 ns or more");

    // Control: a comparison that ends at the first difference is found out.
    let ends_early = |signature: &[u8; 32]| {
        let of_both = signature.iter().zip(RIGHT.iter());
        let equal = of_both.take_while(|(one, other)| {
            let until = Instant::now() + Duration::from_nanos(100);
            while Instant::now() < until {}
            one == other
        });
        assert!(equal.count() < 32 && verified(signature).is_err());
    };
    assert!(refusing(ends_early) >= 300.0);
}
