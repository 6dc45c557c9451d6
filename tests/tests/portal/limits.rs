//! How often links may be asked for: counted exactly, alike for everyone, and never against a bystander.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use portal_aws::store::Store;
use portal_domain::{
    randomness::random,
    rate_limit::{Counter, Limit, RateLimitKey, TokenBucket, Verdict},
};
use portal_local::Options;
use portal_tests::{
    Answer, Call, Fate, Person, Portal, Proxy, Service, functions_dir,
    samples::{arrived, booked, confirmed},
    soon, soon_or, template,
};
use portal_views::messages::ENGLISH;
use reqwest::Method;
use serde_json::{Value, json};

/// The network of an attacker, which nobody else in a test uses.
const ATTACKER: u8 = 66;

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

async fn ask(person: &Person, address: &str) -> Answer {
    person.post("/sign-in", &[("email", address)]).await
}

/// Asks for links of so many addresses at once from the attacker's network, each time with another forged header.
async fn asked_at_once(portal: &Portal, requests: usize) -> Vec<Answer> {
    let (url, origin) = (portal.url().to_owned(), portal.url().to_owned());
    let attempts = (0..requests).map(|n| {
        let (person, origin) = (Person::at(&url, IpAddr::from([127, 0, ATTACKER, 1])), origin.clone());
        tokio::spawn(async move {
            let (address, forged) = (format!("customer{n}@example.com"), format!("198.51.100.{n}"));
            let headers = [
                ("sec-fetch-site", "same-origin"),
                ("origin", origin.as_str()),
                ("x-forwarded-for", &forged),
                ("x-real-ip", &forged),
                ("forwarded", &format!("for={forged}")),
            ];
            person.request(Method::POST, "/sign-in", Some(&[("email", &address)]), &headers).await
        })
    });
    let attempts: Vec<_> = attempts.collect();
    let mut answers = Vec::new();
    for attempt in attempts {
        answers.push(attempt.await.unwrap());
    }
    answers
}

fn accepted(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.status == 303).count()
}

/// Asserts that an answer refuses, whose requests it says were too many, and for how many minutes.
fn refused(answer: &Answer, whose: &str, minutes: u64) {
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(answer.header("retry-after"), (60 * minutes).to_string(), "{answer:?}");
    let wait = format!("ry again in {minutes} minutes");
    for words in [ENGLISH.too_many_requests, whose, &wait, "tel:+19125550142"] {
        assert!(answer.body.contains(words), "{words}: {answer:?}");
    }
}

const OF_THE_NETWORK: &str = "asked for from this network";
const OF_THE_CUSTOMER: &str = "asked for with this email address";

/// The counters whose key begins so.
async fn counters(portal: &Portal, of: &str) -> Vec<portal_tests::Item> {
    portal.items_of(&format!("LIMIT#{of}"), "LIMIT").await
}

fn number(item: &portal_tests::Item, name: &str) -> i64 {
    item[name].as_n().unwrap().parse().unwrap()
}

/// The lines of the log that hold this message.
fn said(portal: &Portal, message: &str) -> Vec<Value> {
    let lines = portal.stack.log().lines();
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(&line.line).ok());
    lines.filter(|line| line["fields"]["message"].as_str().is_some_and(|text| text.contains(message))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_asks_thirty_times_at_once_whatever_it_forges() {
    let portal = Portal::empty().await;
    let started = Timestamp::now().as_second();
    let answers = asked_at_once(&portal, 50).await;
    assert_eq!(accepted(&answers), 30);
    answers.iter().filter(|answer| answer.status != 303).for_each(|answer| refused(answer, OF_THE_NETWORK, 5));

    let counter = &counters(&portal, "SOURCE#").await[0];
    let full_again = number(counter, "burst_tat");
    assert!((started + HOUR..started + HOUR + MINUTE).contains(&full_again), "{full_again}");
    assert_eq!(number(counter, "sustained_tat"), full_again, "a network has one bucket");
    assert_eq!(number(counter, "expires_at"), full_again + 10 * MINUTE, "then DynamoDB may remove it");
    assert_eq!(counters(&portal, "CUSTOMER#").await.len(), 30, "what is refused touches no customer's counter");
    assert_eq!(ask(&portal.person_at(1), "ana@example.com").await.status, 303, "others are not concerned");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_conditions_of_the_writes_more_would_pass() {
    let proxy = Proxy::new(|call| {
        if call.action == "UpdateItem" {
            call.drop_condition();
        }
        Fate::Pass
    })
    .await;
    let portal = Portal::with_dynamodb_behind(&proxy).await;
    assert!(accepted(&asked_at_once(&portal, 40).await) > 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_thirty_junk_requests_another_guest_of_the_network_gets_a_link_two_minutes_later() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    assert_eq!(accepted(&asked_at_once(&portal, 40).await), 30);

    let guest = portal.person_at(ATTACKER);
    refused(&ask(&guest, "ana@example.com").await, OF_THE_NETWORK, 5);
    portal.limits_age(2 * MINUTE).await;
    assert_eq!(ask(&guest, "ana@example.com").await.status, 303);
    portal.link_to("ana@example.com").await;
    refused(&ask(&guest, "ana@example.com").await, OF_THE_NETWORK, 5);
    portal.limits_age(2 * MINUTE).await;
    assert_eq!(ask(&guest, "ana@example.com").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_mailed_four_links_at_once_and_one_more_every_twenty_minutes_known_or_not() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let live = portal.link_to("ana@example.com").await;

    for address in ["ana@example.com", "nobody@example.com"] {
        for (network, (minutes_before, wait)) in
            (10..).zip([(0, 0), (1, 0), (1, 0), (1, 0), (1, 20), (1, 15), (14, 5), (1, 0), (1, 20), (19, 0)])
        {
            portal.limits_age(minutes_before * MINUTE).await;
            let answer = ask(&portal.person_at(network), address).await;
            match wait {
                0 => assert_eq!(answer.status, 303, "{address} {network}: {answer:?}"),
                wait => refused(&answer, OF_THE_CUSTOMER, wait),
            }
        }
        portal.limits_age(30 * DAY).await;
    }
    portal.rests().await;
    assert_eq!(portal.mails_to("ana@example.com").await.len(), 1 + 6);
    assert_eq!(portal.person().post(&live, &[]).await.status, 303, "no request voids a link that is out");
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_and_renewing_count_together_and_confirmations_do_not() {
    let portal = Portal::empty().await;
    arrived(&portal, "bkg_1", "ana@example.com").await;
    let link = portal.link_to("ana@example.com").await;
    assert!(counters(&portal, "").await.is_empty(), "a confirmation counts nowhere");

    let mut answers = Vec::new();
    for network in (10..16).step_by(2) {
        answers.push(ask(&portal.person_at(network), "ana@example.com").await);
        portal.limits_age(MINUTE).await;
        answers.push(portal.person_at(network + 1).post(&format!("{link}/renew"), &[]).await);
        portal.limits_age(MINUTE).await;
    }
    let (mailed, too_many) = answers.split_at(4);
    assert_eq!(accepted(mailed), 4);
    too_many.iter().for_each(|answer| assert_eq!(answer.status, 429, "{answer:?}"));
    portal.rests().await;
    assert_eq!(portal.mails_to("ana@example.com").await.len(), 1 + 4);

    // A network's junk counts, whether it is typed or made up as a link.
    let attacker = portal.person_at(ATTACKER);
    let made_up = format!("/link/{}/renew", "A".repeat(64));
    for _ in 0..15 {
        assert_eq!(ask(&attacker, "somebody@example.com").await.status, 303);
        assert_eq!(attacker.post(&made_up, &[]).await.status, 404);
    }
    refused(&attacker.post(&made_up, &[]).await, OF_THE_NETWORK, 5);
    refused(&ask(&attacker, "somebody@example.com").await, OF_THE_NETWORK, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_within_a_minute_is_the_same_request() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    let impatient: Vec<Person> = (10..30).map(|network| portal.person_at(network)).collect();
    let clicks = impatient.into_iter().map(|person| tokio::spawn(async move { ask(&person, "ana@example.com").await }));
    for click in clicks.collect::<Vec<_>>() {
        let answer = click.await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.location()), (303, "/sign-in/sent"), "{answer:?}");
    }
    portal.rests().await;
    assert_eq!(portal.mails().await.len(), 1);
    let counter = &counters(&portal, "CUSTOMER#").await[0];
    assert_eq!(number(counter, "burst_tat"), number(counter, "last_at") + 20 * MINUTE, "one token");
    assert_eq!(counters(&portal, "SOURCE#").await.len(), 20, "it counts for its network");

    let ana = json!(portal.customer("ana@example.com").to_string());
    for (message, times) in [("no second mail", 19), ("no mail: it was asked for again", 19), ("a mail was sent", 1)] {
        let lines = said(&portal, message);
        assert_eq!(lines.len(), times, "{message}");
        assert!(lines.iter().all(|line| line["fields"]["customer"] == ana), "{message}: {lines:?}");
    }
    assert_eq!((portal.counted("LinksRequested"), portal.counted("LinksRepeated")), (1, 19));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_mark_a_repetition_would_be_mailed() {
    let sqs = Proxy::new(|call: &mut Call| {
        if let Some(body) = call.input["MessageBody"].as_str() {
            call.input["MessageBody"] = body.replace("\"repeated\":true", "\"repeated\":false").into();
        }
        Fate::Pass
    })
    .await;
    let options = Options::new(template(), functions_dir());
    let portal = Portal::start_behind(options, &[(Service::Sqs, &sqs)]).await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    for _ in 0..3 {
        assert_eq!(ask(&portal.person(), "ana@example.com").await.status, 303);
    }
    soon("three mails", async || (portal.mails().await.len() == 3).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_the_queue_did_not_take_may_be_repeated_at_once() {
    let down = Arc::new(AtomicBool::new(true));
    let is_down = down.clone();
    let sqs = Proxy::new(move |call: &mut Call| match call.action == "SendMessage" && is_down.load(Ordering::SeqCst) {
        true => Fate::Refuse(500, "InternalError"),
        false => Fate::Pass,
    })
    .await;
    let options = Options::new(template(), functions_dir());
    let portal = Portal::start_behind(options, &[(Service::Sqs, &sqs)]).await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, false)).await;
    soon("the booking", async || (portal.count_items("BOOKING").await == 1).then_some(())).await;
    let ana = portal.person();
    assert_eq!(ask(&ana, "ana@example.com").await.status, 500);
    down.store(false, Ordering::SeqCst);
    assert_eq!(ask(&ana, "ana@example.com").await.status, 303);
    portal.link_to("ana@example.com").await;
    soon("the count of the one that failed", async || (portal.counted("RequestsFailed") > 0).then_some(())).await;
    assert_eq!((portal.counted("RequestsFailed"), portal.counted("MessagesFailed")), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_refused_by_their_network_never_count_against_the_customer_they_name() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    let attacker = portal.person_at(ATTACKER);
    ask(&attacker, "somebody@example.com").await;
    let source = &counters(&portal, "SOURCE#").await[0];
    let full = number(source, "last_at") + 2 * HOUR;
    portal.set(source, &[("burst_tat", full), ("sustained_tat", full)]).await;

    let queued = said(&portal, "a link was asked for").len();
    for _ in 0..6 {
        assert_eq!(ask(&attacker, "ana@example.com").await.status, 429);
    }
    assert_eq!(counters(&portal, "CUSTOMER#").await.len(), 1, "only the somebody of before");
    assert_eq!(said(&portal, "a link was asked for").len(), queued);
    assert_eq!(number(&counters(&portal, "SOURCE#").await[0], "burst_tat"), full, "nor does a refusal itself count");
    assert_eq!(ask(&portal.person(), "ana@example.com").await.status, 303);
    portal.link_to("ana@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_logged_with_its_reason_and_counted() {
    let portal = Portal::empty().await;
    let ana = portal.customer("ana@example.com").to_string();
    for network in 10..15 {
        ask(&portal.person_at(network), "ana@example.com").await;
        portal.limits_age(MINUTE).await;
    }
    let source = &counters(&portal, "SOURCE#127.0.10.1").await[0];
    portal.set(source, &["burst_tat", "sustained_tat"].map(|tat| (tat, number(source, "last_at") + 2 * HOUR))).await;
    assert_eq!(ask(&portal.person_at(10), "ana@example.com").await.status, 429);
    let elsewhere = [("sec-fetch-site", "cross-site")];
    let form: &[(&str, &str)] = &[("email", "ana@example.com")];
    assert_eq!(portal.person().request(Method::POST, "/sign-in", Some(form), &elsewhere).await.status, 403);

    for (message, metric, of) in [
        ("no link: too many were asked for by or for this customer", "LinksRefusedCustomer", Some(&ana)),
        ("no link: too many were asked for from this network", "LinksRefusedNetwork", Some(&ana)),
        ("a request was refused: it is not known to come from a page of the portal", "RequestsRefusedForeign", None),
    ] {
        let lines = soon("the line", async || Some(said(&portal, message)).filter(|lines| !lines.is_empty())).await;
        assert_eq!((lines.len(), portal.counted(metric)), (1, 1), "{message}");
        assert_eq!(lines[0]["fields"]["customer"].as_str(), of.map(String::as_str), "{message}");
        assert_eq!(lines[0]["span"]["route"], "POST /sign-in", "{message}");
        assert!(!lines[0].to_string().contains("example.com"), "{message}");
    }
}

/// A limit that a table of the tests' own keeps, with its model beside it.
struct Checked {
    store: Store,
    key: RateLimitKey,
    limit: Limit,
    model: Option<Counter>,
}

impl Checked {
    async fn of(portal: &Portal, key: RateLimitKey, limit: Limit) -> Self {
        Self { store: portal.store().await, key, limit, model: None }
    }

    /// What both say to one more request.
    async fn ask(&mut self, second: i64) -> Verdict {
        let now = Timestamp::from_second(second).unwrap() + SignedDuration::from_millis(second % 1000);
        let expected = self.model.and_then(|counter| self.limit.objection(&counter, now));
        let expected = expected.unwrap_or_else(|| {
            self.model = Some(self.limit.counted(self.model.as_ref(), now));
            Verdict::Counted
        });
        let verdict = self.store.count_request(self.key, &self.limit, now).await.unwrap();
        assert_eq!(verdict, expected, "at {second}: {:?}", self.model);
        verdict
    }
}

/// A random number below `end`.
fn below(end: i64) -> i64 {
    (u64::from_le_bytes(random().unwrap()) % end.unsigned_abs()) as i64
}

/// Holds the conditional writes against the model. `rate_limit` itself holds the model against a plain token bucket.
#[tokio::test(flavor = "multi_thread")]
async fn the_writes_say_what_the_model_says_over_random_moments_and_clocks() {
    let portal = Portal::empty().await;
    let bucket = |capacity, refill| TokenBucket { capacity, refill };
    let tight = Limit { burst: bucket(3, 7), sustained: bucket(5, 20), repeat_within: 0 };
    for (n, limit) in
        [Limit::FOR_A_CUSTOMER, Limit::FOR_A_CUSTOMER, Limit::for_a_source(30), tight].into_iter().enumerate()
    {
        let key = RateLimitKey::Source(IpAddr::from([192, 0, 2, n as u8]));
        let mut checked = Checked::of(&portal, key, limit).await;
        let mut now = Timestamp::now().as_second();
        let (mut counted, mut refused, mut repeated) = (0, 0, 0);
        let refill = i64::from(limit.burst.refill);
        let met_often = |counted, refused, repeated| {
            let by_repetitions = if limit.repeat_within > 0 { repeated > 5 } else { repeated == 0 };
            counted > 20 && refused > 20 && by_repetitions
        };
        // Of 300 requests of a network too few are refused once in 250 times; then more are made.
        for asked in 0..3000 {
            if asked >= 300 && met_often(counted, refused, repeated) {
                break;
            }
            // Mostly soon, so that there are refusals; sometimes much later, or just where a token is regained.
            now += match below(8) {
                0 => below(3) * refill,
                1 => below(7 * refill),
                2 => below(refill + 1),
                _ => below(refill / 13 + 1),
            };
            let wrong_by = if n == 0 { 0 } else { below(21) - 10 };
            match checked.ask(now + wrong_by).await {
                Verdict::Counted => counted += 1,
                Verdict::Refused(_) => refused += 1,
                Verdict::Repeated => repeated += 1,
            }
        }
        println!("{counted} counted, {refused} refused, {repeated} repeated");
        assert!(met_often(counted, refused, repeated));
        let item = counters(&portal, &format!("SOURCE#192.0.2.{n}")).await.remove(0);
        let Counter { burst_tat, sustained_tat, last_at } = checked.model.unwrap();
        let stored = ["burst_tat", "sustained_tat", "last_at", "expires_at"].map(|name| number(&item, name));
        assert_eq!(stored, [burst_tat, sustained_tat, last_at, sustained_tat + 10 * MINUTE]);
    }
}

/// Two days of somebody who asks every five minutes, from wherever, by typing or by a dead link.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_mailed_more_than_7_links_in_any_hour_or_24_in_any_day() {
    let portal = Portal::empty().await;
    let key = RateLimitKey::Customer(portal.customer("ana@example.com"));
    let mut checked = Checked::of(&portal, key, Limit::FOR_A_CUSTOMER).await;
    let start = Timestamp::now().as_second();
    let mut mailed = Vec::new();
    for second in (start..=start + 2 * DAY).step_by(300) {
        if checked.ask(second).await == Verdict::Counted {
            mailed.push(second);
        }
    }
    let busiest =
        |span| mailed.iter().map(|first| mailed.iter().filter(|at| (*first..=first + span).contains(at)).count()).max();
    println!("most in an hour: {:?}, in a day: {:?}", busiest(HOUR), busiest(DAY));
    assert_eq!((busiest(HOUR), busiest(DAY)), (Some(7), Some(24)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_requests_at_the_same_moment_exactly_as_many_count_as_there_are_tokens() {
    let portal = Portal::empty().await;
    let store = portal.store().await;
    let now = Timestamp::now();
    // Without repetitions, which would hide how many passed.
    let limit = Limit { repeat_within: 0, ..Limit::FOR_A_CUSTOMER };
    let rush = async |key, at: Timestamp, clocks: i64| {
        let asked = (0..60).map(|n| {
            let at = at + SignedDuration::from_secs(if clocks == 0 { 0 } else { n % (2 * clocks + 1) - clocks });
            let store = store.clone();
            tokio::spawn(async move { store.count_request(key, &limit, at).await.unwrap() })
        });
        let verdicts = join_all(asked.collect::<Vec<_>>()).await;
        verdicts.into_iter().filter(|verdict| *verdict.as_ref().unwrap() == Verdict::Counted).count()
    };
    for clocks in [0, 3] {
        let mut passed = Vec::new();
        let key = RateLimitKey::Source(IpAddr::from([192, 0, 2, clocks as u8]));
        // Full buckets, then after pauses that fill the first one, or both of them, in part.
        for minutes in [0, 41, 300, 600, 3000] {
            passed.push(rush(key, now + SignedDuration::from_mins(minutes), clocks).await);
        }
        // After 0 minutes 4 tokens, after 41 two, after 300 and 600 four, of which the bucket of 12 has 8 and 6; then all.
        assert_eq!(passed, [4, 2, 4, 4, 4], "clocks wrong by up to {clocks} s");
    }
    // Where the bucket of 12 is the one that is empty.
    let key = RateLimitKey::Source(IpAddr::from([192, 0, 2, 99]));
    let mut passed = Vec::new();
    for minutes in [0, 80, 160, 240] {
        passed.push(rush(key, now + SignedDuration::from_mins(minutes), 0).await);
    }
    assert_eq!(passed, [4, 4, 4, 2], "12 and two regained in four hours");
}

/// Every answer to a write that counted is lost, so that the SDK sends it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_was_lost_counts_once() {
    // Tokens not yet regained: the network's last two; of the customer's three, the last one in the bucket of 4, and
    // all in that of 12.
    assert_eq!(counted_with_lost_answers(|_| {}).await, [2 * 2, 20, 3 * 120 - 41]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_name_a_write_whose_answer_was_lost_would_count_twice() {
    let tats = counted_with_lost_answers(|call| {
        let text = call.input["ConditionExpression"].as_str().unwrap();
        call.input["ConditionExpression"] = text.replace("counted_by <> :request", "counted_by <> :now").into();
    })
    .await;
    assert_eq!(tats[0], 3 * 2, "{tats:?}");
}

/// Asks in each of the cases of the counters. Gives how many minutes ahead the theoretical arrival times (TAT) are
/// then: that of the network, and the two of the customer.
async fn counted_with_lost_answers(weaken: impl Fn(&mut Call) + Send + Sync + 'static) -> [i64; 3] {
    let seen = Mutex::new(BTreeSet::new());
    let proxy = Proxy::new(move |call: &mut Call| {
        if call.action != "UpdateItem" {
            return Fate::Pass;
        }
        weaken(call);
        let is_new = seen.lock().unwrap().insert(call.input.to_string());
        if is_new { Fate::LoseAnswer } else { Fate::Pass }
    })
    .await;
    let portal = Portal::with_dynamodb_behind(&proxy).await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    let ana = portal.person();
    // Of the customer's buckets both are full, then neither, then the one of 4; and then it is a repetition.
    for (minutes_before, mails) in [(0, 1), (1, 2), (40, 3), (0, 3)] {
        portal.limits_age(minutes_before * MINUTE).await;
        assert_eq!(ask(&ana, "ana@example.com").await.status, 303);
        soon("the mail", async || (portal.mails().await.len() == mails).then_some(())).await;
    }
    portal.rests().await;
    assert_eq!(portal.mails().await.len(), 3, "mailed for what was counted, and not for the repetition");
    let (source, customer) = (&counters(&portal, "SOURCE#").await[0], &counters(&portal, "CUSTOMER#").await[0]);
    let ahead = |item, tat| (number(item, tat) - number(item, "last_at") + MINUTE / 2) / MINUTE;
    [ahead(source, "burst_tat"), ahead(customer, "burst_tat"), ahead(customer, "sustained_tat")]
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_posted_a_thousand_times_delays_nobody_else_s_mail() {
    let mut options = Options::new(template(), functions_dir());
    options.parameters.insert("RequestsPerSource".into(), "10000".into());
    // At this rate a thousand mails would take a quarter of an hour.
    options.parameters.insert("MailsPerSecond".into(), "1".into());
    let portal = Portal::start(options).await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", "ben@example.com", 1, false)).await;
    soon("the booking", async || (portal.count_items("BOOKING").await == 2).then_some(())).await;

    let lanes = (0..8).map(|_| {
        let person = portal.person_at(ATTACKER);
        tokio::spawn(async move {
            let (mut queued, mut failed) = (0, 0);
            while queued < 125 && failed < 20 {
                match ask(&person, "ana@example.com").await.status.as_u16() {
                    303 => queued += 1,
                    _ => failed += 1,
                }
            }
        })
    });
    let lanes = lanes.collect::<Vec<_>>();
    let patience = Duration::from_secs(60);
    let in_the_midst = async || (portal.counted("LinksRepeated") > 300).then_some(());
    soon_or(patience, in_the_midst).await.expect("the flood");
    let asked = Instant::now();
    assert_eq!(ask(&portal.person(), "ben@example.com").await.status, 303);
    let mail = soon_or(Duration::from_secs(10), async || portal.mails_to("ben@example.com").await.pop()).await;
    mail.expect("ben's mail");
    println!("ben's mail after {:?}, {} of a thousand posted", asked.elapsed(), portal.counted("LinksRepeated"));
    join_all(lanes).await.into_iter().for_each(Result::unwrap);

    // A machine that is very busy may meet a time-out; nothing else may fail.
    for failure in said(&portal, "a request failed") {
        let error = failure["fields"]["error"].as_str().unwrap();
        println!("{error}");
        assert!(!error.contains("counting a request"), "{error}");
    }
    portal.rests().await;
    assert!(portal.mails_to("ana@example.com").await.len() <= 4, "one, and one more for each minute it took");
    // What is dropped asks nothing of the table: what SendMail read was for the mails it sent.
    let calls = portal.local("calls").await;
    let calls = calls.as_array().unwrap().iter();
    let reads = calls.filter(|call| call["function"] == "SendMail" && call["service"] == "dynamodb").count();
    let dropped = said(&portal, "no mail: it was asked for again").len();
    assert!(reads < 60 && dropped > 990, "{reads} calls, {dropped} dropped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_from_a_clock_that_is_ahead_is_as_old_as_the_queue_knows_it_to_be() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    let now = Timestamp::now();
    let batch = |queued_at: Timestamp| {
        let mail_request = json!({"mail": "sign_in", "customer": portal.customer("ana@example.com"),
                                  "asked_at": now + SignedDuration::from_hours(24)});
        json!({"Records": [{
            "messageId": "m1", "receiptHandle": "none", "body": mail_request.to_string(),
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": queued_at.as_millisecond().to_string()},
            "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:q", "awsRegion": "us-east-1",
        }]})
    };
    for (queued_at, mails) in [(now - SignedDuration::from_mins(61), 0), (now, 1)] {
        let answer = portal.stack.lambda.invoke("SendMail", batch(queued_at).to_string().into()).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["batchItemFailures"], json!([]));
        assert_eq!(portal.mails_to("ana@example.com").await.len(), mails);
    }
    assert_eq!(said(&portal, "it was asked for too long ago").len(), 1);
}
