//! Least privilege, both ways: over a walk on every road, what the functions did on AWS is what their policies allow; and
//! by trying: with a function's credentials nothing else can be done.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join;
use jiff::{Timestamp, ToSpan};
use portal_domain::{link::LinkToken, secret::Secret, session::Session};
use portal_local::{
    Options, Stack,
    aws::{ACCOUNT, Need, REGION, idle, refused},
    stack::poller_needs,
    start,
    template::Function,
};
use portal_tests::{
    OPERATOR, Portal, Sender, functions_dir,
    samples::{confirmed, erased, sample},
    soon,
};
use serde_json::{Value, json};

use crate::{template::edited, webhook::ACCEPTED};

mod attempts;

use attempts::{Caller, DOCUMENT, attempts};

/// What whoever has taken a function over may do with its credentials; each of [`attempts`] that is not named here is
/// refused. What makes a session, reads or writes bookings, and lifts limits is apart.
const MAY: [(&str, &[&str]); 5] = [
    (
        "SignOut",
        // Of sign-ins it may write `ended_at` alone. IAM cannot tell setting from removing it: an end can be taken back, but
        // that session is of use only to who has its secret.
        &["read the fingerprint", "read a sign-in", "list sign-ins", "end a sign-in", "take back an end"],
    ),
    // The booking system's events are its to queue, and its documents to put: there is nothing else.
    ("ReceiveEvents", &["forge an event"]),
    ("MailFeedback", &["read the fingerprint", "note a complaint", "forget a complaint", "take complaints"]),
    ("RequestLink", &["read the fingerprint", "count a request", "ask for a mail"]),
    ("Dashboard", &["read the fingerprint", "read a sign-in", "read a booking", "read a dashboard", "list rows"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_function_may_do_what_it_does_and_nothing_else() {
    let portal = Portal::with_parameters(&ACCEPTED).await;
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
    let refusal = start(Options::new(path, functions_dir())).await.err().expect("it must not start").to_string();
    assert!(refusal.contains("does not allow sqs:DeleteMessage"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_function_s_credentials_nothing_can_be_done_that_it_is_not_for() {
    let (portal, sign_in) = portal_to_take_over().await;
    let mut refusals = 0;
    for (function, may) in MAY {
        let taken_over = Caller::new(&portal, &key_of(&portal, function, &policy_of(&portal, function))).await;
        let attempts = attempts(&portal, &sign_in);
        let unknown = may.iter().find(|name| !attempts.iter().any(|(known, _)| known == *name));
        assert_eq!(unknown, None, "{function}");
        let (allowed, refused): (Vec<_>, Vec<_>) = attempts.iter().partition(|(name, _)| may.contains(name));
        let before = sorted(portal.items().await);
        for (name, attempt) in &refused {
            assert!(!taken_over.may(attempt).await, "{function} must not {name}");
        }
        assert_eq!(sorted(portal.items().await), before, "{function}");
        for (name, attempt) in &allowed {
            assert!(taken_over.may(attempt).await, "{function} may {name}");
        }
        refusals += refused.len();
    }
    assert!(refusals > 200, "{refusals}");

    // Control: each of them is a call that does something, for who may do everything.
    let operator = Caller::new(&portal, OPERATOR).await;
    for (name, attempt) in attempts(&portal, &sign_in) {
        assert!(operator.may(&attempt).await, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_sign_out_s_credentials_nobody_makes_a_session() {
    let (portal, _) = portal_to_take_over().await;
    let token = LinkToken::parse(portal.link_to("ana@example.com").await.strip_prefix("/link/").unwrap()).unwrap();
    let secret = Secret::generate().unwrap();
    let session = Session { customer: token.customer(), link_hash: token.hash(), secret };
    let now = Timestamp::now();
    let number = |time: Timestamp| AttributeValue::N(time.as_second().to_string());
    let forge = async |policy: &Value| {
        let key = key_of(&portal, "SignOut", policy);
        let dynamodb = aws_sdk_dynamodb::Client::new(&portal.sdk(&key, &portal.stack.aws.endpoints.dynamodb).await);
        let update = dynamodb.update_item().table_name(portal.table());
        let update = update.key("pk", AttributeValue::S(format!("SIGNINS#{}", session.customer)));
        let update = update.key("sk", AttributeValue::S(session.link_hash.to_string()));
        let update = update.update_expression("SET used_at = :now, #session = :session, session_until = :until");
        let update = update.expression_attribute_names("#session", "session");
        let update = update.expression_attribute_values(":now", number(now));
        let update = update.expression_attribute_values(":until", number(now + 24.hours()));
        let hash = AttributeValue::S(session.secret.hash().to_string());
        update.expression_attribute_values(":session", hash).send().await.is_ok()
    };
    let forger = portal.person();
    forger.plant("__Host-session", &session.reveal());

    let policy = policy_of(&portal, "SignOut");
    assert!(!forge(&policy).await);
    assert_eq!(forger.get("/").await.location(), "/sign-in");

    // Control: without the condition on attributes the same call opens Ana's portal.
    let mut weakened = policy.clone();
    for statement in weakened.as_array_mut().unwrap() {
        statement
            .as_object_mut()
            .unwrap()
            .get_mut("Condition")
            .map(|condition| condition.as_object_mut().unwrap().remove("ForAllValues:StringEquals"));
    }
    assert_ne!(weakened, policy);
    assert!(forge(&weakened).await);
    forger.plant("__Host-session", &session.reveal());
    assert_eq!(forger.get("/").await.status, 200);
}

/// A portal in which everything is there that somebody could want: Ana's booking, a document, a sign-in, whose sort key is
/// given, a limit, and the fingerprint of the key.
async fn portal_to_take_over() -> (Portal, String) {
    let portal = Portal::with_parameters(&ACCEPTED).await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;
    portal.person().post("/sign-in", &[("email", "ana@example.com")]).await;
    portal.put_document(DOCUMENT).await;
    portal.rests().await;
    let sign_in = portal.sign_in_of(&link).await["sk"].as_s().unwrap().clone();
    (portal, sign_in)
}

fn policy_of(portal: &Portal, function: &str) -> Value {
    let functions = &portal.stack.description.functions;
    functions.iter().find(|known| known.logical_id == function).unwrap().policy.clone()
}

/// An access key with this policy, as an instance of the function would have one.
fn key_of(portal: &Portal, function: &str, policy: &Value) -> String {
    let key = format!("taken-over-{function}");
    portal.stack.aws.callers.register(&key, function, policy).unwrap();
    key
}

fn sorted(mut items: Vec<portal_tests::Item>) -> Vec<portal_tests::Item> {
    items.sort_by_key(|item| format!("{:?} {:?}", item["pk"], item["sk"]));
    items
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

    // Another booking comes over HTTPS, with a document.
    let sender = Sender::of(portal);
    let file = b"%PDF-";
    let promise = json!({"booking_id": "bkg_https", "document_id": "doc_1", "size_bytes": file.len(),
        "sha256": "38523c087796e5d5dd1cf9bad1fb026781a838dd9dd2cf8af58b9f6502a46778"});
    let promise = sender.post("/events/documents", &promise).await.json();
    sender.put(&promise, file).await;
    let reply = sender.event("booking.confirmed", &confirmed("bkg_https", "https@example.com", 1, false)).await;
    assert_eq!(reply.status, 202, "{reply:?}");
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
        "/apple-touch-icon.png",
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

    // She is erased.
    portal.publish("customer.erased", &erased("ana@example.com")).await;
    soon("the erasure", async || (portal.count_items("BOOKING").await == 1).then_some(())).await;
    portal.rests().await;

    // A mail comes back for good, and the address is named again.
    let bounces = "bounce@simulator.amazonses.com";
    portal.publish("booking.confirmed", &confirmed("bkg_2", bounces, 1, true)).await;
    soon("the bounce", async || (portal.count_items("SUPPRESSION").await == 1).then_some(())).await;
    portal.publish("booking.updated", &confirmed("bkg_2", bounces, 2, false)).await;
    portal.rests().await;

    // A request that comes again, since somebody else had received it, is looked for among the customer's sign-ins.
    let sqs = portal.sqs().await;
    let request =
        json!({"mail": "sign_in", "customer": portal.customer("ana@example.com"), "asked_at": Timestamp::now()});
    let looked = |need: &Need| {
        need.action == "dynamodb:Query" && need.context.values().flatten().any(|value| value.starts_with("SIGNINS#"))
    };
    soon("a request that came again", async || {
        let queue = portal.queue_url("MailQueue");
        let receive = sqs.receive_message().queue_url(&queue).visibility_timeout(0).wait_time_seconds(1).send();
        let send = sqs.send_message().queue_url(&queue).message_body(request.to_string()).send();
        let (received, sent) = join(receive, send).await;
        received.unwrap();
        sent.unwrap();
        walked(&portal.stack)["SendMail"].iter().any(looked).then_some(())
    })
    .await;
    portal.rests().await;

    // A message that nobody can read waits for another attempt.
    let unreadable = sqs.send_message().queue_url(portal.queue_url("MailQueue")).message_body("{}");
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
