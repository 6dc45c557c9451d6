//! How often links may be asked for: counted exactly, alike for everyone, and never against a bystander.

use aws_sdk_dynamodb::types::AttributeValue;
use portal_tests::{
    Answer, Fate, Person, Portal, Proxy,
    samples::{arrived, booked, confirmed},
};
use reqwest::Method;

/// Networks that nobody else in a test uses.
const ATTACKER: u8 = 66;

async fn ask(person: &Person, address: &str) -> Answer {
    person.post("/sign-in", &[("email", address)]).await
}

/// Asks for links of so many addresses at once from the attacker's network, each time with another forged header.
async fn asked_at_once(portal: &Portal, requests: usize) -> Vec<Answer> {
    let (url, origin) = (portal.url().to_owned(), portal.url().to_owned());
    let attempts = (0..requests).map(|n| {
        let (person, origin) = (Person::at(&url, std::net::IpAddr::from([127, 0, ATTACKER, 1])), origin.clone());
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
    answers.iter().filter(|answer| answer.status == 200).count()
}

fn says_when_to_come_back(refused: &Answer) {
    assert_eq!(refused.status, 429, "{refused:?}");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((3500..=3600).contains(&wait), "{wait}");
    assert!(refused.body.contains("Too many requests") && refused.body.contains("Try again in"), "{refused:?}");
}

/// The counters whose key begins so.
async fn counters(portal: &Portal, of: &str) -> Vec<portal_tests::Item> {
    portal.items_of(&format!("LIMIT#{of}"), "LIMIT").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_address_asks_thirty_times_an_hour_whatever_it_forges() {
    let portal = Portal::empty().await;
    let answers = asked_at_once(&portal, 50).await;
    assert_eq!(accepted(&answers), 30);
    answers.iter().filter(|answer| answer.status != 200).for_each(says_when_to_come_back);

    assert_eq!(counters(&portal, "SOURCE#").await[0]["count"], AttributeValue::N("30".into()));
    let expires_at: i64 = counters(&portal, "SOURCE#").await[0]["expires_at"].as_n().unwrap().parse().unwrap();
    assert!((3600..3660 + 300).contains(&(expires_at - jiff::Timestamp::now().as_second())), "{expires_at}");
    assert_eq!(counters(&portal, "CUSTOMER#").await.len(), 30, "what is refused touches no customer's counter");
    assert_eq!(ask(&portal.person_at(1), "ana@example.com").await.status, 200, "others are not concerned");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_conditions_of_the_writes_more_would_pass() {
    let proxy = Proxy::new(|call| {
        if call.action == "UpdateItem" {
            call.input.as_object_mut().unwrap().remove("ConditionExpression");
        }
        Fate::Pass
    })
    .await;
    let portal = Portal::with_dynamodb_behind(&proxy).await;
    assert!(accepted(&asked_at_once(&portal, 40).await) > 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_mailed_five_links_an_hour_known_or_not() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let live = portal.link_to("ana@example.com").await;

    for address in ["ana@example.com", "nobody@example.com"] {
        let mut answers = Vec::new();
        for network in 10..17 {
            answers.push(ask(&portal.person_at(network), address).await);
            // A minute passes.
            for counter in counters(&portal, "CUSTOMER#").await {
                portal.set(&counter, &[("last_at", 0)]).await;
            }
        }
        let (mailed, refused) = answers.split_at(5);
        assert_eq!(accepted(mailed), 5, "{address}");
        refused.iter().for_each(says_when_to_come_back);
    }
    portal.rests().await;
    assert_eq!(portal.mails_to("ana@example.com").await.len(), 1 + 5);
    assert_eq!(portal.person().post(&live, &[]).await.status, 303, "no request voids a link that is out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_within_a_minute_is_the_same_request() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    let impatient: Vec<Person> = (10..30).map(|network| portal.person_at(network)).collect();
    let clicks = impatient.into_iter().map(|person| tokio::spawn(async move { ask(&person, "ana@example.com").await }));
    for click in clicks.collect::<Vec<_>>() {
        let answer = click.await.unwrap();
        assert!(answer.status == 200 && answer.body.contains("Check your mail"), "{answer:?}");
    }
    portal.rests().await;
    assert_eq!(portal.mails().await.len(), 1);
    assert_eq!(counters(&portal, "CUSTOMER#").await[0]["count"], AttributeValue::N("1".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_refused_by_their_network_never_count_against_the_customer_they_name() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    let attacker = portal.person_at(ATTACKER);
    ask(&attacker, "somebody@example.com").await;
    portal.set(&counters(&portal, "SOURCE#").await[0], &[("count", 30)]).await;

    for _ in 0..6 {
        assert_eq!(ask(&attacker, "ana@example.com").await.status, 429);
    }
    assert_eq!(counters(&portal, "CUSTOMER#").await.len(), 1, "only the somebody of before");
    assert_eq!(ask(&portal.person(), "ana@example.com").await.status, 200);
    portal.link_to("ana@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn renewals_have_counters_of_their_own_and_confirmations_none() {
    let portal = Portal::empty().await;
    arrived(&portal, "bkg_1", "ana@example.com").await;
    let link = portal.link_to("ana@example.com").await;
    assert!(counters(&portal, "").await.is_empty(), "a confirmation counts nowhere");

    ask(&portal.person(), "ana@example.com").await;
    for counter in counters(&portal, "").await {
        portal.set(&counter, &[("count", 30), ("last_at", 0)]).await;
    }
    assert_eq!(ask(&portal.person(), "ana@example.com").await.status, 429);

    let renew = format!("{link}/renew");
    let mut answers = Vec::new();
    for network in 10..17 {
        answers.push(portal.person_at(network).post(&renew, &[]).await);
        for counter in counters(&portal, "RENEWING_CUSTOMER#").await {
            portal.set(&counter, &[("last_at", 0)]).await;
        }
    }
    let (renewed, refused) = answers.split_at(5);
    assert_eq!(accepted(renewed), 5);
    refused.iter().for_each(says_when_to_come_back);

    let attacker = portal.person_at(ATTACKER);
    attacker.post(&format!("/link/{}/renew", "A".repeat(64)), &[]).await;
    let source = counters(&portal, &format!("RENEWING_SOURCE#127.0.{ATTACKER}.1")).await;
    portal.set(&source[0], &[("count", 30)]).await;
    says_when_to_come_back(&attacker.post(&format!("/link/{}/renew", "A".repeat(64)), &[]).await);
}
