//! Every page costs one round trip to DynamoDB in sequence, as the local stack's own record shows.

use std::{collections::BTreeMap, time::Duration};

use portal_tests::{Portal, samples::confirmed};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn every_page_costs_one_round_trip_in_sequence() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;
    let ana = portal.person();
    // So slow that calls side by side overlap however busy this machine is.
    portal.stack.aws.dynamodb.set_latency(Duration::from_millis(100));

    let document = "/bookings/bkg_1/documents/doc_1";
    for (path, function) in [
        (link.as_str(), "RedeemLink"),
        ("POST", "RedeemLink"),
        ("/", "Dashboard"),
        ("/bookings/bkg_1", "Dashboard"),
        (document, "DownloadDocument"),
        (link.as_str(), "RedeemLink"),
        ("POST", "RedeemLink"),
    ] {
        let before = calls_of(&portal, function).await;
        match path {
            "POST" => drop(ana.post(&link, &[]).await),
            path => drop(ana.get(path).await),
        }
        let after = calls_of(&portal, function).await;
        let new: Vec<_> = after.iter().filter(|(request, _)| !before.contains_key(*request)).collect();
        let [(_, calls)] = new.as_slice() else { panic!("one request was made: {new:?}") };
        assert!(!calls.is_empty(), "{path}: the page reads the table");
        assert_eq!(in_sequence(calls), 1, "{path}: {calls:#?}");
    }
}

#[test]
fn calls_are_in_sequence_when_one_waits_for_the_other() {
    let call = |start: &str, end: &str| (start.to_owned(), end.to_owned());
    let at = |seconds: u32| format!("2026-07-10T12:00:{seconds:02}Z");
    assert_eq!(in_sequence(&[call(&at(1), &at(3)), call(&at(2), &at(5))]), 1);
    assert_eq!(in_sequence(&[call(&at(1), &at(3)), call(&at(3), &at(5))]), 2);
    assert_eq!(in_sequence(&[call(&at(1), &at(3)), call(&at(2), &at(5)), call(&at(4), &at(6))]), 2);
}

type Call = (String, String);

/// DynamoDB calls of a function's invocations by request id; those of its init have none.
async fn calls_of(portal: &Portal, function: &str) -> BTreeMap<String, Vec<Call>> {
    let calls = portal.local("calls").await;
    let text = |call: &Value, field: &str| call[field].as_str().unwrap_or_default().to_owned();
    let mut by_request = BTreeMap::<String, Vec<Call>>::new();
    for call in calls.as_array().unwrap() {
        if call["function"] == function && call["service"] == "dynamodb" && !call["request_id"].is_null() {
            by_request.entry(text(call, "request_id")).or_default().push((text(call, "start"), text(call, "end")));
        }
    }
    by_request
}

/// The longest chain of calls each of which began when the one before it had ended.
fn in_sequence(calls: &[Call]) -> usize {
    let mut calls = calls.to_vec();
    calls.sort_by(|a, b| a.1.cmp(&b.1));
    let mut steps = 0;
    let mut ended = String::new();
    for (start, end) in calls {
        if start >= ended {
            steps += 1;
            ended = end;
        }
    }
    steps
}
