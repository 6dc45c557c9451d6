//! Least privilege, both ways: over a walk on every road, what the functions did on AWS is what their policies allow.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portal_local::{
    Options, Stack,
    aws::{ACCOUNT, Need, REGION, idle, refused},
    stack::poller_needs,
    template::Function,
};
use portal_tests::{
    Portal, functions_dir,
    samples::{confirmed, erased, sample},
    soon,
};
use serde_json::{Value, json};

use crate::template::edited;

#[tokio::test(flavor = "multi_thread")]
async fn every_function_may_do_what_it_does_and_nothing_else() {
    let portal = Portal::empty().await;
    walk(&portal).await;
    let walked = walked(&portal.stack);
    let functions = &portal.stack.description.functions;
    let found =
        functions.iter().map(|function| (&function.logical_id, wrong(&function.policy, &walked[&function.logical_id])));
    let found: BTreeMap<_, _> = found.filter(|(_, wrong)| !wrong.is_empty()).collect();
    assert!(found.is_empty(), "{found:#?}");

    // Controls, on the same walk: each action taken away is missed, a call more or an action more is seen.
    let mut taken_away = 0;
    for function in functions {
        let needs = &walked[&function.logical_id];
        for policy in with_one_action_less(&function.policy) {
            assert_ne!(wrong(&policy, needs), Vec::<String>::new(), "{}: {policy:#}", function.logical_id);
            taken_away += 1;
        }
        let table = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{}", portal.table());
        let scan = Need::new("dynamodb:Scan", &table);
        let more = [needs.as_slice(), &[scan]].concat();
        assert_eq!(wrong(&function.policy, &more), [format!("dynamodb:Scan on {table} is not allowed")]);
        let mut policy = function.policy.as_array().unwrap().clone();
        policy.push(json!({"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": table}));
        assert_eq!(wrong(&json!(policy), needs), [format!("dynamodb:Scan on {table} is never used")]);
    }
    assert!(taken_away > 30, "{taken_away}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_missing_from_the_template_shows_in_the_record() {
    let (_folder, path) =
        edited(&[("Action: [sqs:SendMessage, sqs:GetQueueAttributes]", "Action: sqs:GetQueueAttributes")]);
    let portal = Portal::start(Options::new(path, functions_dir())).await;
    let answer = portal.person().post("/sign-in", &[("email", "ana@example.com")]).await;
    assert_eq!(answer.status, 500, "{answer:?}");
    let function = portal.stack.description.functions.iter().find(|function| function.logical_id == "RequestLink");
    let wrong = wrong(&function.unwrap().policy, &walked(&portal.stack)["RequestLink"]);
    assert!(
        wrong.contains(&format!("sqs:SendMessage on arn:aws:sqs:{REGION}:{ACCOUNT}:portal-MailQueue is not allowed"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_does_not_let_lambda_poll_the_queue_refuses_to_start() {
    let (_folder, path) =
        edited(&[("Action: [sqs:ReceiveMessage, sqs:DeleteMessage,", "Action: [sqs:ReceiveMessage,")]);
    let refusal = Stack::start(Options::new(path, functions_dir())).await.err().expect("it must not start").to_string();
    assert!(refusal.contains("does not allow sqs:DeleteMessage"), "{refusal}");
}

/// Every road there is: each route in each of its outcomes that make calls, each kind of event.
async fn walk(portal: &Portal) {
    // A booking with a document arrives, and moves about.
    let (kind, mut issued) = sample("document.issued.json");
    issued["metadata"]["notify"] = json!(true);
    issued["booking"]["customer"] = json!({"email": "ana@example.com", "name": "Ana Ruiz"});
    let booking = issued["booking"]["booking_id"].as_str().unwrap().to_owned();
    let document = issued["booking"]["documents"][0]["document_id"].as_str().unwrap().to_owned();
    let key = issued["booking"]["documents"][0]["file"]["key"].as_str().unwrap().to_owned();
    portal.put_document(&key).await;
    portal.publish(&kind, &issued).await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;
    let mut cancelled = confirmed("bkg_1", "ana@example.com", 2, false);
    cancelled["booking"]["status"] = json!("cancelled");
    portal.publish("booking.cancelled", &cancelled).await;
    let (kind, refused) = sample("invalid/booking.confirmed.json");
    portal.publish(&kind, &refused).await;
    soon("the refused event", async || portal.messages("BookingDeadLetters").await.pop()).await;
    portal.rests().await;

    // Ana follows the link of the confirmation; it is used then, and she has a fresh one sent.
    let ana = portal.person();
    assert_eq!(ana.get(&link).await.status, 200);
    assert_eq!(ana.post(&link, &[]).await.status, 303);
    let elsewhere = portal.person();
    elsewhere.post(&link, &[]).await;
    let before = portal.mails_to("ana@example.com").await.len();
    assert_eq!(elsewhere.post(&format!("{link}/renew"), &[]).await.status, 303);
    soon("the fresh link", async || (portal.mails_to("ana@example.com").await.len() > before).then_some(())).await;

    // What she sees.
    let page = format!("/bookings/{booking}");
    for path in [
        "/",
        "/?past=20260710T130000Z~bkg_1",
        &page,
        &format!("{page}/calendar.ics"),
        &format!("{page}/documents/none"),
        "/bookings/no%20id/documents/none",
        &link,
        "/none",
    ] {
        ana.get(path).await;
    }
    let redirect = ana.get(&format!("/bookings/{booking}/documents/{document}")).await;
    assert_eq!(ana.download(redirect.location()).await.status(), 200);

    // She signs in once more, asks again at once and with other addresses, and leaves everywhere.
    portal.limits_age(60).await;
    let person = portal.signed_in("ana@example.com").await;
    for address in ["ana@example.com", "nobody@example.com", "not an address"] {
        portal.person().post("/sign-in", &[("email", address)]).await;
    }
    portal.rests().await;
    assert_eq!(ana.post("/sign-out", &[]).await.status, 303);
    assert_eq!(person.post("/sign-out", &[("everywhere", "1")]).await.status, 303);

    // A mail that had gone out is asked for once more by the queue.
    let sign_ins = portal.items_of("SIGNINS#", "").await;
    let sent = sign_ins.iter().find(|item| item.contains_key("mailed_at")).unwrap();
    let (ana_id, now) = (portal.customer("ana@example.com"), Timestamp::now());
    let again = json!({"Records": [{
        "messageId": sent["message"].as_s().unwrap(), "receiptHandle": "none",
        "body": json!({"mail": "sign_in", "customer": ana_id, "asked_at": now}).to_string(),
        "attributes": {"ApproximateReceiveCount": "2", "SentTimestamp": now.as_millisecond().to_string()},
        "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": REGION,
    }]});
    portal.stack.lambda.invoke("SendMail", again.to_string().into()).await.unwrap();

    // She is erased.
    portal.publish("customer.erased", &erased("ana@example.com")).await;
    soon("the erasure", async || (portal.count_items("BOOKING").await == 0).then_some(())).await;
    portal.rests().await;

    // A mail comes back for good, and the address is named again.
    let bounces = "bounce@simulator.amazonses.com";
    portal.publish("booking.confirmed", &confirmed("bkg_2", bounces, 1, true)).await;
    soon("the bounce", async || (portal.count_items("SUPPRESSION").await == 1).then_some(())).await;
    portal.publish("booking.updated", &confirmed("bkg_2", bounces, 2, false)).await;
    portal.rests().await;

    // A message that nobody can read waits for another attempt.
    let unreadable = portal.sqs().await.send_message().queue_url(portal.queue_url("MailQueue")).message_body("{}");
    unreadable.send().await.unwrap();
    let put_off = || portal.stack.aws.calls.all().iter().any(|call| call.action == "ChangeMessageVisibility");
    soon("a longer wait", async || put_off().then_some(())).await;
}

/// What each function asked AWS for, and what Lambda asks in its name.
fn walked(stack: &Stack) -> BTreeMap<String, Vec<Need>> {
    let mut needs: BTreeMap<String, Vec<Need>> = BTreeMap::new();
    for function in &stack.description.functions {
        needs.insert(function.logical_id.clone(), lambdas_own(function));
    }
    for call in stack.aws.calls.all() {
        let Some(known) = call.function.and_then(|function| needs.get_mut(&function)) else { continue };
        let new: Vec<_> = call.needs.into_iter().filter(|need| !known.contains(need)).collect();
        known.extend(new);
    }
    needs
}

/// Lambda writes the log and polls the queues in the name of the function's role, which no call of the function shows.
fn lambdas_own(function: &Function) -> Vec<Need> {
    let stream = format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{}:log-stream:any", function.log_group);
    let logs = ["logs:CreateLogStream", "logs:PutLogEvents"].map(|action| Need::new(action, &stream));
    let polls = function.queues.iter().flat_map(|source| poller_needs(&source.queue));
    logs.into_iter().chain(polls).collect()
}

/// What is not allowed and was done, and what is allowed and was not.
fn wrong(policy: &Value, needs: &[Need]) -> Vec<String> {
    let mut wrong: Vec<_> = refused(policy, needs)
        .unwrap()
        .into_iter()
        .map(|need| format!("{} on {} is not allowed", need.action, need.resource))
        .collect();
    wrong.extend(idle(policy, needs).unwrap().into_iter().map(|grant| format!("{grant} is never used")));
    wrong.sort();
    wrong.dedup();
    wrong
}

/// Copies of a policy in each of which one statement lacks one action.
fn with_one_action_less(policy: &Value) -> Vec<Value> {
    let mut copies = Vec::new();
    for (index, statement) in policy.as_array().unwrap().iter().enumerate() {
        let actions = match &statement["Action"] {
            Value::Array(actions) => actions.clone(),
            one => vec![one.clone()],
        };
        for left_out in 0..actions.len() {
            let mut kept = actions.clone();
            kept.remove(left_out);
            let mut copy = policy.clone();
            copy[index]["Action"] = json!(kept);
            copies.push(copy);
        }
    }
    copies
}
