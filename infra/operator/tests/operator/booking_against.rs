//! `portal booking ID --against FILE`: what an event would do, held against what it then does.

use crate::common::{Said, on};
use portal_tests::{
    Portal,
    samples::{booked, confirmed, erased, sample},
};
use serde_json::{Value, json};

const ANA: &str = "ana@example.com";

async fn against(stack: &Portal, id: &str, event: &Value, more: &[&str]) -> Said {
    on(stack, &[&["booking", id, "--against", "-"], more].concat(), &event.to_string()).await
}

fn event(detail_type: &str, detail: &Value) -> Value {
    json!({"detail-type": detail_type, "detail": detail})
}

/// The fields that differ.
fn fields(told: &Value) -> Vec<&str> {
    told["differences"].as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_event_would_do_is_what_it_then_does() {
    let stack = Portal::empty().await;
    booked(&stack, "bkg_1", ANA).await;
    stack.publish("customer.erased", &erased("eve@example.com")).await;
    stack.rests().await;
    let next = |revision: u64, place: &str, value: Value| {
        let mut detail = confirmed("bkg_1", ANA, revision, false);
        *detail.pointer_mut(place).unwrap() = value;
        detail
    };
    let late = json!("2027-06-16T17:00:00-04:00");
    let nothing_told = json!([]);
    for (what, detail, would, code, differing, told, mail) in [
        (
            "the same again",
            confirmed("bkg_1", ANA, 1, false),
            "be_stale",
            0,
            vec![],
            nothing_told.clone(),
            "none: it was not asked for",
        ),
        (
            "another end",
            next(2, "/booking/ends_at", late.clone()),
            "apply",
            0,
            vec!["ends_at"],
            json!(["dates (were 2027-06-11 13:00:00Z to 2027-06-15 21:00:00Z)"]),
            "none: it was not asked for",
        ),
        (
            "something else of the revision",
            next(1, "/booking/status", json!("cancelled")),
            "be_contradicted",
            1,
            vec!["status"],
            nothing_told.clone(),
            "none: it was not asked for",
        ),
        (
            "a status of one's own",
            next(2, "/booking/status", json!("rented")),
            "be_refused",
            1,
            vec![],
            nothing_told.clone(),
            "none: the event is refused",
        ),
        (
            "what asks for a mail",
            next(2, "/metadata/notify", json!(true)),
            "apply",
            0,
            vec![],
            nothing_told.clone(),
            "a confirmation to a…a@example.com",
        ),
        (
            "another address",
            next(2, "/booking/customer/email", json!("ben.ruiz@example.com")),
            "apply",
            0,
            vec!["customer.email"],
            nothing_told.clone(),
            "none: it was not asked for",
        ),
        (
            "an address that was erased since",
            {
                let mut detail = next(2, "/booking/customer/email", json!("eve@example.com"));
                detail["metadata"]["occurred_at"] = json!("2026-10-01T00:00:00Z");
                detail
            },
            "be_dropped",
            1,
            vec![],
            nothing_told.clone(),
            "none: its customer was erased",
        ),
    ] {
        let sent = event("booking.confirmed", &detail);
        let said = against(&stack, "bkg_1", &sent, &["--json"]).await.ended(code);
        said.never_says(&["ana@", "ben.ruiz@", "eve@", "Test Customer"]);
        let json = said.json();
        assert_eq!((&json["would"], fields(&json)), (&json!(would), differing), "{what}: {json}");
        assert_eq!((&json["told"], &json["mail"]), (&told, &json!(mail)), "{what}");
        assert_eq!(json["known_revision"], 1, "{what}: it is read alone");
        assert_eq!((stack.count_items("BOOKING").await, stack.mails().await.len()), (1, 0), "{what}");
    }

    // One that names another address takes the booking from its customer.
    let moved = event("booking.updated", &next(9, "/booking/customer/email", json!("ben@example.com")));
    let said = against(&stack, "bkg_1", &moved, &["--json"]).await.ended(0);
    assert_eq!(said.json()["leaves"], stack.customer(ANA).to_string());
    let said = against(&stack, "bkg_1", &moved, &[]).await.ended(0);
    assert!(said.stdout.contains("whose pages lose it"), "{}", said.stdout);
    said.never_says(&[ANA, "ben@"]);

    // The control: what was said of the last but two happens.
    stack.publish("booking.confirmed", &next(2, "/metadata/notify", json!(true))).await;
    stack.rests().await;
    assert_eq!(stack.mails_to(ANA).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_and_new_values_are_shown_and_those_of_persons_by_their_size() {
    let stack = Portal::empty().await;
    let (_, known) = sample("booking.confirmed.json");
    let id = known["booking"]["booking_id"].as_str().unwrap().to_owned();
    stack.publish("booking.confirmed", &known).await;
    stack.rests().await;
    let mut next = known.clone();
    next["booking"]["revision"] = json!(known["booking"]["revision"].as_u64().unwrap() + 1);
    next["booking"]["customer"]["name"] = json!("Secret");
    next["booking"]["location"]["phone"] = json!("+1 912 555 0199");
    next["booking"]["carts"][0]["name"] = json!("Cart #9");
    next["booking"]["fulfilment"]["address"] = json!("4 Secret Ave");
    next["booking"]["instructions"] = json!([{"stage": "before", "text": "The gate's code is Secret"}]);
    let said = against(&stack, &id, &event("booking.updated", &next), &["--json"]).await.ended(0);
    said.never_says(&["Secret", "0199"]);
    let told = said.json();
    let told_of = fields(&told);
    for field in ["carts[0].name", "customer.name", "fulfilment.address", "instructions[0].text", "location.phone"] {
        assert!(told_of.contains(&field), "{field}: {told_of:?}");
    }
    assert_eq!(told["differences"][0]["says"], "Cart #9");
    assert_eq!(told["differences"][1]["says"], "a text of 6 characters");
    let people = against(&stack, &id, &event("booking.updated", &next), &["--show-addresses"]).await.ended(0);
    let lines: Vec<&str> = people.stdout.lines().collect();
    assert_eq!(lines[0], format!("ok  {id}: the event would apply"));
    assert!(lines.iter().any(|line| line.starts_with("customer.name ") && line.ends_with("  Secret")), "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_event_about_the_booking_is_needed_and_one_that_is_not_known_would_be_new() {
    let stack = Portal::empty().await;
    let one = event("booking.confirmed", &confirmed("bkg_1", ANA, 1, true));
    let new = against(&stack, "bkg_1", &one, &["--json"]).await.ended(0).json();
    assert_eq!((&new["would"], &new["known_revision"]), (&json!("apply"), &Value::Null));
    assert_eq!(new["mail"], "a confirmation to a…a@example.com");
    let other = event("booking.confirmed", &confirmed("bkg_2", ANA, 1, true));
    let erasure = event("customer.erased", &erased(ANA));
    for (what, input) in [
        ("another booking", other.clone()),
        ("an erasure", erasure),
        ("two of another", json!([other, other])),
        ("two of it", json!([one, one])),
        ("none", json!([])),
    ] {
        let said = against(&stack, "bkg_1", &input, &[]).await.ended(2);
        let one = format!("Give one event: portal booking --against event.json bkg_1 --local {}", stack.url());
        assert!(said.stderr.contains(&one), "{what}: {}", said.stderr);
    }
    // A detail alone may be of any type; one that says so is not guessed.
    for (arguments, guesses) in [(&[][..], true), (&["--type", "booking.confirmed"], false)] {
        let said = against(&stack, "bkg_1", &one["detail"], &[&["--json"], arguments].concat()).await.ended(0);
        assert_eq!(said.stdout.contains("--type says another"), guesses, "{}", said.stdout);
    }
    let among = against(&stack, "bkg_1", &json!([one, other]), &["--json"]).await.ended(0).json();
    assert_eq!(among["would"], "apply");
}
