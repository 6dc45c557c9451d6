//! `portal dead-letters` against a local stack.

use crate::common::{kill, on, portal, spawned, with_endpoints};
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use jiff::{Timestamp, ToSpan};
use portal_tests::{
    Fate, Portal, Proxy,
    samples::{booked, confirmed, erased},
    soon,
};
use serde_json::{Value, json};

const ANA: &str = "ana@example.com";

/// What may show only with --show-addresses.
const SECRETS: &[&str] = &[ANA, "Test Customer", "Ocean Ave"];

/// An event as EventBridge hands it on.
fn envelope(detail_type: &str, detail: &Value) -> Value {
    json!({
        "version": "0", "id": "1", "source": "golfcartops.bookings", "detail-type": detail_type,
        "time": "2026-11-01T00:00:00Z", "detail": detail,
    })
}

/// Puts a message among dead letters; gives its id.
async fn put(stack: &Portal, queue: &str, body: &str, attributes: &[(&str, &str)]) -> String {
    let mut send = stack.sqs().await.send_message().queue_url(stack.queue_url(queue)).message_body(body);
    for (name, value) in attributes {
        let value = MessageAttributeValue::builder().data_type("String").string_value(*value).build().unwrap();
        send = send.message_attributes(*name, value);
    }
    send.send().await.unwrap().message_id.unwrap()
}

async fn put_event(stack: &Portal, detail: &Value) -> String {
    put(stack, "BookingDeadLetters", &envelope("booking.confirmed", detail).to_string(), &[]).await
}

fn sign_in(stack: &Portal, asked_at: Timestamp) -> String {
    json!({"mail": "sign_in", "customer": stack.customer(ANA), "asked_at": asked_at}).to_string()
}

fn report(stack: &Portal, at: &str) -> String {
    let mail = json!({"messageId": "0100-1", "tags": {"customer": [stack.customer("ben@example.com")]}});
    json!({"source": "aws.ses", "detail": {"mail": mail, "bounce": {"bounceType": "Permanent", "timestamp": at}}})
        .to_string()
}

fn sorted(mut ids: Vec<&str>) -> Vec<&str> {
    ids.sort_unstable();
    ids
}

/// One of each kind: queue, body, then what `list` says of it.
async fn one_of_each(stack: &Portal) -> Vec<(String, &'static str, String)> {
    booked(stack, "bkg_1", ANA).await;
    stack.publish("booking.updated", &confirmed("bkg_1", ANA, 3, false)).await;
    soon("revision 3", async || {
        let booking = stack.items_of("BOOKING#bkg_1", "BOOKING").await.pop()?;
        (booking["revision"].as_n().unwrap() == "3").then_some(())
    })
    .await;
    let store = stack.store().await;
    store.mark_erased(stack.customer("gone@example.com"), "2026-10-01T00:00:00Z".parse().unwrap()).await.unwrap();
    let now = Timestamp::now();
    let mut put_aside = Vec::new();
    for (detail, fate, verdict) in [
        (confirmed("bkg_1", ANA, 2, false), "no_effect", "superseded by revision 3"),
        (confirmed("bkg_1", ANA, 3, false), "no_effect", "applied already"),
        (
            confirmed("bkg_1", "ben@example.com", 3, false),
            "no_effect",
            "another event of revision 3 came first, and stays",
        ),
        (confirmed("bkg_9", "gone@example.com", 1, false), "no_effect", "its customer was erased since"),
        (
            confirmed("bkg_1", ANA, 2, true),
            "taken",
            "superseded by revision 3, but for the confirmation that it asks for",
        ),
        (confirmed("bkg_2", ANA, 1, true), "taken", "would be taken now"),
        (confirmed("bkg 3", ANA, 1, true), "refused", "would be refused again: booking.booking_id: expected an id"),
    ] {
        put_aside.push((put_event(stack, &detail).await, fate, verdict.to_owned()));
    }
    for (queue, body, fate, verdict) in [
        (
            "BookingDeadLetters",
            "not ana@example.com JSON".to_owned(),
            "refused",
            "would be refused again: the event: expected JSON",
        ),
        ("MailDeadLetters", sign_in(stack, now - 61.minutes()), "no_effect", "the link's hour is over"),
        ("MailDeadLetters", sign_in(stack, now), "taken", "would be sent"),
        (
            "MailDeadLetters",
            json!({"mail": "confirmation", "booking": "bkg_1"}).to_string(),
            "no_effect",
            "it was not asked for",
        ),
        (
            "MailDeadLetters",
            json!({"mail": "confirmation", "booking": "bkg_8"}).to_string(),
            "no_effect",
            "the booking or its customer was erased",
        ),
        ("MailDeadLetters", "{}".to_owned(), "refused", "would be refused again: it is no request for a mail"),
        (
            "FeedbackDeadLetters",
            report(stack, "2026-11-01T00:00:00Z"),
            "taken",
            "would be noted now: no more mail to that customer",
        ),
        (
            "FeedbackDeadLetters",
            json!({"detail": {}}).to_string(),
            "refused",
            "would be refused again: SES tells nothing of this form",
        ),
    ] {
        put_aside.push((put(stack, queue, &body, &[]).await, fate, verdict.to_owned()));
    }
    put_aside
}

fn row<'a>(list: &'a Value, id: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("{id} is not among {list:#}"))
}

async fn lying(stack: &Portal) -> usize {
    let mut count = 0;
    for queue in ["MailDeadLetters", "BookingDeadLetters", "FeedbackDeadLetters"] {
        let attributes = stack.sqs().await.get_queue_attributes().queue_url(stack.queue_url(queue));
        let attributes = attributes.attribute_names("ApproximateNumberOfMessages".into()).send().await.unwrap();
        count += attributes.attributes.unwrap().values().map(|count| count.parse::<usize>().unwrap()).sum::<usize>();
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_says_what_would_become_of_each_and_changes_nothing() {
    let stack = Portal::empty().await;
    let said = on(&stack, &["dead-letters", "list"], "").await.ended(0);
    assert_eq!(said.stdout, "There are no dead letters.\n");

    let put_aside = one_of_each(&stack).await;
    let said = on(&stack, &["dead-letters", "list", "--json"], "").await.ended(1);
    let list = said.json();
    assert_eq!((list["unseen"].as_u64(), list["letters"].as_array().unwrap().len()), (Some(0), put_aside.len()));
    for (id, fate, verdict) in &put_aside {
        let row = row(&list["letters"], id);
        let words = row["verdict"].as_str().unwrap();
        assert!(row["fate"] == *fate && words.starts_with(verdict.as_str()), "{fate}, {verdict}: {row:#}");
    }
    said.never_says(SECRETS);
    assert_eq!(lying(&stack).await, put_aside.len(), "others see them at once");

    let said = on(&stack, &["dead-letters", "list", "--queue", "mail"], "").await.ended(1);
    assert!(
        said.stdout.contains("5 dead letters\n") && said.stdout.contains("the link's hour is over"),
        "{}",
        said.stdout
    );
    assert!(
        said.stdout.contains(&format!("portal dead-letters redrive --all --local {}", stack.url())),
        "{}",
        said.stdout
    );
    assert!(said.stderr.contains("account 000000000000, region us-east-1, stack portal"), "{}", said.stderr);
    said.never_says(SECRETS);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_shown_masked_and_what_cannot_be_read_by_its_size() {
    let stack = Portal::empty().await;
    let event = put(
        &stack,
        "BookingDeadLetters",
        &envelope("booking.confirmed", &confirmed("bkg 3", ANA, 1, true)).to_string(),
        &[("reason", "booking.booking_id: expected \u{1b}[2Jan id")],
    )
    .await;
    let said = on(&stack, &["dead-letters", "show", &event[..8]], "").await.ended(0);
    for part in [
        event.as_str(),
        "a…a@example.com",
        "(13 characters)",
        "\"revision\": 1",
        "\u{fffd}[2Jan id",
        "sent again by the booking system",
    ] {
        assert!(said.stdout.contains(part), "{part}: {}", said.stdout);
    }
    said.never_says(SECRETS);
    let said = on(&stack, &["dead-letters", "show", &event, "--show-addresses", "--json"], "").await.ended(0);
    assert_eq!(said.json()["message"]["detail"]["booking"]["customer"]["email"], ANA);

    let text = put(&stack, "BookingDeadLetters", "not ana@example.com JSON", &[]).await;
    for options in [&[][..], &["--show-addresses"]] {
        let said = on(&stack, &[&["dead-letters", "show", &text, "--json"], options].concat(), "").await.ended(0);
        assert_eq!(said.json()["message"], "(24 bytes)");
        said.never_says(SECRETS);
    }
    let browser = json!({
        "mail": "sign_in", "customer": stack.customer(ANA), "asked_at": Timestamp::now(), "browser": "ab".repeat(32),
    });
    let link = put(&stack, "MailDeadLetters", &browser.to_string(), &[]).await;
    let said = on(&stack, &["dead-letters", "show", &link, "--show-addresses"], "").await.ended(0);
    said.never_says(&["abab", "http://127.0.0.1/link"]);

    for (id, said) in [("0000", "at least 8 characters"), ("00000000", "no dead letter has this id")] {
        let refused = on(&stack, &["dead-letters", "show", id], "").await.ended(2);
        assert!(
            refused.stderr.contains(said) && refused.stderr.contains("portal dead-letters list"),
            "{}",
            refused.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_go_back_that_would_be_taken_and_those_go_of_which_nothing_would_come() {
    let stack = Portal::empty().await;
    let put_aside = one_of_each(&stack).await;
    let of =
        |fate: &str| put_aside.iter().filter(|(_, of, _)| *of == fate).map(|(id, ..)| id.as_str()).collect::<Vec<_>>();

    let refused = on(&stack, &["dead-letters", "redrive", "--all"], "").await.ended(2);
    assert!(
        refused.stderr.contains("2 confirmations may be mailed, 1 sign-in link may be mailed"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("nobody can be asked: nothing was done\nGive --yes"), "{}", refused.stderr);
    assert_eq!(lying(&stack).await, put_aside.len());

    // One that is superseded does not go back, and is named.
    let superseded = &of("no_effect")[0];
    let left = on(&stack, &["dead-letters", "redrive", superseded, "--yes"], "").await.ended(1);
    assert!(left.stdout.contains("superseded by revision 3"), "{}", left.stdout);
    assert!(left.stdout.contains("portal dead-letters drop --all --superseded"), "{}", left.stdout);

    let said = on(&stack, &["dead-letters", "redrive", "--all", "--yes", "--json"], "").await.ended(1);
    let moved = said.json();
    let ids = |rows: &Value| {
        let mut ids: Vec<String> =
            rows.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&moved["moved"]), sorted(of("taken")));
    assert_eq!(ids(&moved["left"]), sorted([of("no_effect"), of("refused")].concat()));
    said.never_says(SECRETS);
    for id in of("taken") {
        assert!(said.stderr.contains(&format!("{} went back", &id[..8])), "{}", said.stderr);
    }
    soon("the booking, two confirmations and a link", async || {
        let mails = stack.mails_to(ANA).await.len();
        (stack.count_items("BOOKING").await == 2 && mails == 3).then_some(())
    })
    .await;
    soon("the bounce", async || (stack.count_items("SUPPRESSION").await == 1).then_some(())).await;
    stack.rests().await;
    assert_eq!(lying(&stack).await, of("no_effect").len() + of("refused").len(), "none came back");

    on(&stack, &["dead-letters", "drop", "--all"], "").await.ended(2);
    on(&stack, &["dead-letters", "drop", "--all", "--superseded"], "").await.ended(2);
    let said = on(&stack, &["dead-letters", "drop", "--all", "--superseded", "--yes", "--json"], "").await.ended(0);
    assert_eq!(ids(&said.json()["moved"]), sorted(of("no_effect")));
    assert!(said.stderr.contains("superseded by revision 3"), "it shows them first: {}", said.stderr);
    assert_eq!(lying(&stack).await, of("refused").len());
    for id in of("refused") {
        on(&stack, &["dead-letters", "drop", &id[..8], "--yes"], "").await.ended(0);
    }
    assert_eq!(lying(&stack).await, 0);
    on(&stack, &["dead-letters", "redrive", "--all", "--yes"], "").await.ended(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redrive_keeps_a_message_as_it_is_and_one_that_is_killed_loses_nothing() {
    let stack = Portal::empty().await;
    let event = envelope("booking.confirmed", &confirmed("bkg_1", ANA, 1, true)).to_string();
    put(&stack, "BookingDeadLetters", &event, &[("reason", "none any more"), ("event_id", "e1")]).await;
    // It is killed after the message went back and before it is deleted. What it held is hidden for a second, not for minutes.
    let proxy = Proxy::new(|call| match call.action.as_str() {
        "DeleteMessage" => Fate::Hold,
        "ReceiveMessage" => {
            call.input["VisibilityTimeout"] = json!(1);
            Fate::Pass
        }
        _ => Fate::Pass,
    })
    .await;
    proxy.leads_to(&stack.stack.aws.endpoints.sqs);
    let local = with_endpoints(&stack, &[("sqs", &proxy.url)]).await;
    let running = spawned(&["dead-letters", "redrive", "--all", "--yes", "--local", &local]);
    proxy.holds(1).await;
    kill(running).await;
    stack.link_to(ANA).await;
    stack.rests().await;
    soon("the message again", async || (lying(&stack).await == 1).then_some(())).await;
    let said = on(&stack, &["dead-letters", "list", "--json"], "").await.ended(1);
    assert_eq!(said.json()["letters"][0]["verdict"], "applied already");
    let said = on(&stack, &["dead-letters", "drop", "--all", "--superseded", "--yes"], "").await.ended(0);
    assert!(said.stdout.contains("1 dead letter deleted"), "{}", said.stdout);
    assert_eq!((stack.count_items("BOOKING").await, stack.mails_to(ANA).await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_read_whole_and_of_more_than_a_thousand_it_is_said_that_there_are_more() {
    let stack = Portal::empty().await;
    for (more, are_read, unseen) in [(57, 57, 0), (960, 1010, 7)] {
        put_many(&stack, more).await;
        let said = on(&stack, &["dead-letters", "list", "--json"], "").await.ended(1);
        let list = said.json();
        let count = list["letters"].as_array().unwrap().len();
        assert!(count <= are_read && (count == are_read || count >= 1000), "{count}");
        assert_eq!(list["unseen"], unseen + are_read - count, "{count}");
    }
    let said = on(&stack, &["dead-letters", "list", "--queue", "mail"], "").await.ended(1);
    assert!(said.stdout.contains("or there are more than 1000 of a queue."), "{}", said.stdout);
    on(&stack, &["dead-letters", "list", "--queue", "bookings"], "").await.ended(0);
}

async fn put_many(stack: &Portal, count: usize) {
    let sqs = stack.sqs().await;
    for start in (0..count).step_by(10) {
        let entry = |id: usize| SendMessageBatchRequestEntry::builder().id(id.to_string()).message_body("{}").build();
        let entries = (start..count.min(start + 10)).map(|id| entry(id).unwrap()).collect();
        let send = sqs.send_message_batch().queue_url(stack.queue_url("MailDeadLetters"));
        send.set_entries(Some(entries)).send().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_looks_at_is_counted_and_never_taken_for_nothing() {
    let stack = Portal::empty().await;
    let id = put(&stack, "BookingDeadLetters", "{}", &[]).await;
    put(&stack, "BookingDeadLetters", "{}", &[]).await;
    let held = stack.sqs().await.receive_message().queue_url(stack.queue_url("BookingDeadLetters"));
    let held = held.max_number_of_messages(10).visibility_timeout(3600).send().await.unwrap().messages.unwrap();
    assert_eq!(held.len(), 2);

    let said = on(&stack, &["dead-letters", "list"], "").await.ended(1);
    let unseen = "2 dead letters were not seen: somebody else looks at dead letters right now";
    assert!(said.stdout.contains("No dead letter can be seen.") && said.stdout.contains(unseen), "{}", said.stdout);
    let said = on(&stack, &["dead-letters", "drop", &id, "--yes"], "").await.ended(2);
    assert!(said.stderr.contains("no dead letter has this id") && said.stderr.contains(unseen), "{}", said.stderr);
    for way in [&["redrive", "--all"][..], &["drop", "--all", "--superseded"]] {
        let said = on(&stack, &[&["dead-letters"], way, &["--yes", "--json"]].concat(), "").await.ended(1);
        assert_eq!(said.json()["unseen"], 2);
    }
    booked(&stack, "bkg_1", ANA).await;
    let said = on(&stack, &["why"], &format!("{ANA}\n")).await;
    assert!(said.stdout.contains(unseen), "{}", said.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_drop_and_redrive_are_told_of_all_is_not_said_of_one() {
    for (arguments, conflict) in [
        (&["dead-letters", "drop", "12345678", "--superseded"][..], "--superseded"),
        (&["dead-letters", "redrive", "12345678", "--queue", "mail"], "--queue"),
    ] {
        let refused = portal(arguments, "").await.ended(2);
        assert!(
            refused.stderr.contains(conflict) && refused.stderr.contains("cannot be used with"),
            "{}",
            refused.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_among_them_is_named_by_its_customer_and_counted_once() {
    let stack = Portal::empty().await;
    booked(&stack, "bkg_1", ANA).await;
    let (kind, detail) = ("customer.erased", erased(ANA));
    for _ in 0..2 {
        put(&stack, "BookingDeadLetters", &envelope(kind, &detail).to_string(), &[]).await;
    }
    let said = on(&stack, &["dead-letters", "redrive", "--all"], "").await.ended(2);
    let customer = stack.customer(ANA).to_string();
    assert!(said.stderr.contains("About to send 2 dead letters back: 1 customer will be erased."), "{}", said.stderr);
    assert_eq!(said.stderr.matches(&customer).count(), 2, "{}", said.stderr);
    said.never_says(&[ANA]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_look_is_told_which_action_that_takes() {
    let stack = Portal::empty().await;
    let proxy = Proxy::new(|_| Fate::Refuse(403, "AccessDenied")).await;
    proxy.leads_to(&stack.stack.aws.endpoints.sqs);
    let local = with_endpoints(&stack, &[("sqs", &proxy.url)]).await;
    let refused = portal(&["dead-letters", "list", "--local", &local], "").await.ended(2);
    let expected =
        "sqs:GetQueueAttributes failed: AccessDenied\nYour credentials do not allow sqs:GetQueueAttributes here.";
    assert!(refused.stderr.contains(expected), "{}", refused.stderr);
}
