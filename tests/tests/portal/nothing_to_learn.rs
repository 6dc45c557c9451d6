//! Enumeration: nobody learns from the portal who is a customer, or which bookings there are.

use std::collections::BTreeSet;

use portal_domain::booking::Booking;
use portal_tests::{Answer, Portal, samples::booked};

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_sees_the_same_page_and_gets_no_mail() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    // Whoever shares this network has asked before, so that the two that are compared find it alike.
    portal.person().post("/sign-in", &[("email", "neighbour@example.com")]).await;
    let unknown = portal.person().post("/sign-in", &[("email", "bob@example.com")]).await;
    let known = portal.person().post("/sign-in", &[("email", "ana@example.com")]).await;
    assert_eq!(unknown.status, 303, "{unknown:?}");
    assert!(unknown.is_like(&known), "{unknown:?}\n{known:?}");
    assert_eq!(comparable_headers(&unknown), comparable_headers(&known));
    let actions = actions_by_request(&portal, "RequestLink").await;
    let [_, to_unknown, to_known] = actions.as_slice() else { panic!("three requests were made: {actions:?}") };
    assert!(!to_unknown.is_empty());
    assert_eq!(to_unknown, to_known);
    portal.rests().await;
    assert_eq!(portal.mails().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_cannot_be_told_from_the_first_request_by_its_answer_or_its_calls() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    portal.person().post("/sign-in", &[("email", "neighbour@example.com")]).await;
    let mut answers = Vec::new();
    for address in ["bob@example.com", "ana@example.com", "ana@example.com", "bob@example.com"] {
        answers.push(portal.person().post("/sign-in", &[("email", address)]).await);
    }
    for answer in &answers {
        assert_eq!(answer.status, answers[0].status, "{answer:?}");
        assert!(answer.is_like(&answers[0]), "{answer:?}\n{:?}", answers[0]);
        assert_eq!(comparable_headers(answer), comparable_headers(&answers[0]));
    }
    let actions = actions_by_request(&portal, "RequestLink").await;
    // Without their status: a write whose condition does not hold is no other call.
    let calls = |actions: &[String]| -> Vec<String> {
        actions.iter().map(|action| action.rsplit_once(' ').unwrap().0.to_owned()).collect()
    };
    let [first, others @ ..] = &actions[1..] else { panic!("{actions:?}") };
    assert_eq!(
        (calls(first).len(), others.len()),
        (4, 3),
        "two for the network, one for the customer, one for the queue"
    );
    others.iter().for_each(|other| assert_eq!(calls(other), calls(first)));
    portal.rests().await;
    assert_eq!(portal.mails().await.len(), 1);
}

/// An answer's headers without what is another one in every answer: the date, the request's id, the random value of a cookie.
fn comparable_headers(answer: &Answer) -> Vec<(String, String)> {
    let headers = answer.headers.iter().filter(|(name, _)| !["date", "apigw-requestid"].contains(&name.as_str()));
    let mut headers: Vec<_> = headers
        .map(|(name, value)| {
            let value = value.to_str().unwrap();
            let shown = match value.split_once('=') {
                Some((cookie, rest)) if name == "set-cookie" => {
                    let (random, attributes) = rest.split_once(';').unwrap();
                    format!("{cookie}={} characters;{attributes}", random.len())
                }
                _ => value.to_owned(),
            };
            (name.to_string(), shown)
        })
        .collect();
    headers.sort();
    headers
}

/// What each request made a function ask AWS for, in the order of the requests: service, action and status.
async fn actions_by_request(portal: &Portal, function: &str) -> Vec<Vec<String>> {
    let calls = portal.local("calls").await;
    let mut requests = Vec::<(String, Vec<String>)>::new();
    for call in calls.as_array().unwrap().iter().filter(|call| call["function"] == function) {
        let Some(id) = call["request_id"].as_str() else { continue }; // made during init
        let action = format!("{} {} {}", call["service"], call["action"], call["status"]);
        match requests.iter_mut().find(|(of, _)| of == id) {
            Some((_, actions)) => actions.push(action),
            None => requests.push((id.to_owned(), vec![action])),
        }
    }
    requests.into_iter().map(|(_, actions)| actions).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_booking_and_document_of_others_answers_like_one_that_does_not_exist() {
    let portal = Portal::with_demo_data().await;
    let bookings = bookings(&portal).await;
    let customers: BTreeSet<&str> = bookings.iter().map(|booking| booking.customer.email.as_str()).collect();
    assert!(customers.len() >= 3, "{customers:?}");

    // Ana, Ben and Carla: several bookings, many, and one. To them all the others are others.
    for address in customers.into_iter().take(3) {
        let person = portal.signed_in(address).await;
        let nobodys = [
            person.get("/bookings/bkg_none").await,
            person.get("/bookings/bkg_none/calendar.ics").await,
            person.get("/bookings/bkg_none/documents/doc_none").await,
        ];
        assert!(nobodys.iter().all(|answer| answer.status == 404));
        let (mut own, mut others) = (0, 0);
        for booking in &bookings {
            let at = format!("/bookings/{}", booking.booking_id);
            let documents =
                booking.documents.iter().map(|document| (format!("{at}/documents/{}", document.document_id), 2));
            for (path, like) in [(at.clone(), 0), (format!("{at}/calendar.ics"), 1)].into_iter().chain(documents) {
                let answer = person.get(&path).await;
                if booking.customer.email.as_str() == address {
                    assert!([200, 303].contains(&answer.status.as_u16()), "their own: {path}: {answer:?}");
                    own += 1;
                } else {
                    assert!(answer.is_like(&nobodys[like]), "{path}: {answer:?}\n{:?}", nobodys[like]);
                    assert_eq!(comparable_headers(&answer), comparable_headers(&nobodys[like]), "{path}");
                    others += 1;
                }
            }
        }
        assert!(own > 0 && others > 0, "{address}: {own} {others}");
    }
}

/// Every booking in the table.
async fn bookings(portal: &Portal) -> Vec<Booking> {
    let store = portal.store().await;
    let mut bookings = Vec::new();
    for item in portal.items_of("BOOKING#", "BOOKING").await {
        let id = item["pk"].as_s().unwrap().strip_prefix("BOOKING#").unwrap().to_owned();
        bookings.push(store.booking(&id.try_into().unwrap()).await.unwrap().unwrap().booking);
    }
    bookings
}
