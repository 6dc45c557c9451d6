//! What the tool never does, and that its policies allow what it does and nothing else.

use crate::common::{on, portal, restored, with_endpoints};
use jiff::Timestamp;
use portal_tests::{
    Need, Portal, idle, refused,
    samples::{confirmed, sample},
    soon,
};
use serde_json::{Value, json};

const ANA: &str = "ana@example.com";

/// Bookings to import.
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../events/imports/rental-system/bookings.csv");
const MAP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../events/imports/rental-system/map.toml");

/// Every command that only looks, each with its standard input.
fn looking<'a>(dead_letter: &'a str, previews: &'a str) -> Vec<(Vec<&'a str>, &'static str)> {
    vec![
        (vec!["doctor"], ""),
        (vec!["why"], "ana@example.com\n"),
        (vec!["why", "--booking", "bkg_1"], ""),
        (vec!["booking", "bkg_1"], ""),
        (vec!["preview", "bkg_1", "--stages", "--to", previews], ""),
        (vec!["preview", "--customer", "--to", previews], "ana@example.com\n"),
        (vec!["dead-letters", "list"], ""),
        (vec!["dead-letters", "show", dead_letter], ""),
    ]
}

/// A portal with a customer who has a booking, a document, a link and a complaint, and with a refused event.
async fn lived_in() -> (Portal, String) {
    let stack = Portal::with_parameters(&[("OperatorPolicies", "true"), ("AcceptWebhooks", "true")]).await;
    let (kind, mut issued) = sample("document.issued.json");
    issued["booking"]["booking_id"] = json!("bkg_1");
    issued["booking"]["customer"]["email"] = json!(ANA);
    // What a sender may write into texts that people read.
    for text in ["/booking/reference", "/booking/carts/0/name", "/booking/documents/0/title"] {
        *issued.pointer_mut(text).unwrap() = json!(format!("For <{ANA}>"));
    }
    let key = "documents/bkg_1/agreement.pdf";
    issued["booking"]["documents"][0]["file"]["key"] = json!(key);
    stack.put_document(key).await;
    stack.publish(&kind, &issued).await;
    stack.rests().await;
    stack.person().post("/sign-in", &[("email", ANA)]).await;
    stack.link_to(ANA).await;
    let mut wrong = confirmed("bkg_2", "ben@example.com", 1, true);
    wrong["booking"]["status"] = json!("somehow");
    stack.publish("booking.confirmed", &wrong).await;
    let letter = soon("the dead letter", async || stack.messages("BookingDeadLetters").await.pop()).await;
    stack.rests().await;
    (stack, letter.message_id.unwrap()[..8].to_owned())
}

/// What was asked of AWS with an access key of this name.
async fn needs(stack: &Portal, of: &str) -> Vec<Need> {
    let calls = stack.stack.aws.calls.all();
    calls.into_iter().filter(|call| call.function.as_deref() == Some(of)).flat_map(|call| call.needs).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_changes_nothing_but_how_often_a_dead_letter_was_received() {
    let (stack, dead_letter) = lived_in().await;
    let everything = async || {
        let mut items: Vec<String> = stack.items().await.iter().map(|item| format!("{:?}", sorted(item))).collect();
        items.sort();
        let invoked = stack.local("invocations").await.as_array().unwrap().len();
        (items, stack.mails().await.len(), invoked, stack.document_versions().await)
    };
    let before = everything().await;
    let previews = tempfile::tempdir().unwrap();
    for (arguments, input) in looking(&dead_letter, previews.path().to_str().unwrap()) {
        let said = on(&stack, &arguments, input).await;
        assert_ne!(said.code, 2, "{arguments:?}: {}", said.stderr);
        said.never_says(&[ANA, "ben@example.com", "/link/"]);
        assert!(said.stderr.starts_with("account 000000000000, region us-east-1, stack portal\n"), "{}", said.stderr);
    }
    assert_eq!(everything().await, before);
}

fn sorted(item: &portal_tests::Item) -> std::collections::BTreeMap<&String, String> {
    item.iter().map(|(name, value)| (name, format!("{value:?}"))).collect()
}

/// What the local stack does not answer: `doctor` asks it of recorded replies, each denied once (tests/operator/doctor).
const NOT_LOCAL: [&str; 9] = [
    "acm:DescribeCertificate",
    "cloudformation:GetTemplate",
    "events:DescribeEventBus",
    "events:DescribeRule",
    "events:ListTargetsByRule",
    "lambda:GetAccountSettings",
    "lambda:GetFunctionConfiguration",
    "lambda:ListEventSourceMappings",
    "ses:GetConfigurationSet",
];

/// Runs a command with the access key that the address leads to; says what it was denied, but for what is not local.
async fn denied(arguments: &[&str], input: &str, at: &str) -> Vec<String> {
    let said = portal(&[arguments, &["--local", at]].concat(), input).await;
    let told = format!("{}{}", said.stdout, said.stderr);
    let denied = told.lines().filter(|line| line.contains("do not allow"));
    denied.filter(|line| !NOT_LOCAL.iter().any(|action| line.ends_with(action))).map(str::to_owned).collect()
}

/// Dead letters of each kind, all of which would be carried out now but for the last.
async fn more_dead_letters(stack: &Portal) {
    let wrong = confirmed("bkg_3", "cleo@example.com", 1, false);
    let event = json!({"version": "0", "id": "i", "source": "golfcartops.bookings", "detail-type": "booking.confirmed",
        "account": "000000000000", "time": "2026-10-01T00:00:00Z", "region": "us-east-1", "resources": [], "detail": wrong});
    let link =
        json!({"mail": "sign_in", "customer": stack.customer(ANA), "asked_at": Timestamp::now(), "language": "en"});
    let mail = json!({"messageId": "0100-1", "tags": {"customer": [stack.customer(ANA)]}});
    let bounce = json!({"bounceType": "Permanent", "timestamp": "2026-10-01T00:00:00Z"});
    let report = json!({"source": "aws.ses", "detail": {"mail": mail, "bounce": bounce}});
    let sqs = stack.sqs().await;
    for (queue, body) in [("BookingDeadLetters", &event), ("MailDeadLetters", &link), ("FeedbackDeadLetters", &report)]
    {
        sqs.send_message().queue_url(stack.queue_url(queue)).message_body(body.to_string()).send().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_policy_allows_what_its_commands_do_and_nothing_else() {
    let (stack, dead_letter) = lived_in().await;
    let policies = &stack.stack.description.managed_policies;
    let (look, act) = (&policies["OperatorMayLook"], &policies["OperatorMayAct"]);
    let both = Value::Array([look, act].iter().flat_map(|policy| policy.as_array().unwrap().clone()).collect());
    stack.stack.aws.callers.register("looks", "looks", look).unwrap();
    stack.stack.aws.callers.register("acts", "acts", &both).unwrap();
    more_dead_letters(&stack).await;

    let looks = with_endpoints(&stack, &[("access_key_id", "looks")]).await;
    let previews = tempfile::tempdir().unwrap();
    for (arguments, input) in looking(&dead_letter, previews.path().to_str().unwrap()) {
        assert_eq!(denied(&arguments, input, &looks).await, Vec::<String>::new(), "{arguments:?}");
    }
    let looked = needs(&stack, "looks").await;
    // Who may look may not act, and is told by what.
    let refusal = denied(&["allow-mail"], "ana@example.com\n", &looks).await;
    assert!(
        refusal[0].contains("ses:DeleteSuppressedDestination") && refusal[0].contains("OperatorPolicies"),
        "{refusal:?}"
    );

    let acts = with_endpoints(&stack, &[("access_key_id", "acts")]).await;
    restored(&stack, &stack.items().await).await;
    let twice = "ana@example.com\nana@example.com\n";
    for (arguments, input) in [
        (vec!["allow-mail"], "ana@example.com\n"),
        (vec!["dead-letters", "drop", &dead_letter, "--yes"], ""),
        (vec!["dead-letters", "redrive", "--all", "--yes"], ""),
        (vec!["events", "trigger", "booking.confirmed", "--yes"], "test@example.com\n"),
        (vec!["events", "trigger", "document.issued", "--yes"], "test@example.com\n"),
        (vec!["events", "clean", "--yes"], "test@example.com\n"),
        (vec!["import", EXAMPLE, "--map", MAP, "--yes"], ""),
        (vec!["restore", "--from", "portal-restored", "--yes"], ""),
        (vec!["webhook-secret", "show"], ""),
        (vec!["webhook-secret", "rotate", "--yes"], ""),
        (vec!["erase"], twice),
    ] {
        assert_eq!(denied(&arguments, input, &acts).await, Vec::<String>::new(), "{arguments:?}");
    }
    let acted = needs(&stack, "acts").await;

    let is_local = |idle: &String| !NOT_LOCAL.iter().any(|action| idle.starts_with(action));
    let idle_of =
        |policy, needs: &[Need]| idle(policy, needs).unwrap().into_iter().filter(is_local).collect::<Vec<_>>();
    assert_eq!(refused(&both, &acted).unwrap(), Vec::<&Need>::new());
    assert_eq!(idle_of(look, &looked), Vec::<String>::new());
    assert_eq!(idle_of(act, &acted), Vec::<String>::new());
    // Control: what is never asked for is seen.
    let mut more = act.as_array().unwrap().clone();
    more.push(json!({"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}));
    assert_eq!(idle_of(&Value::Array(more), &acted), ["dynamodb:PutItem on *"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_it_has_named_account_region_and_stack_it_asks_for_nothing_else() {
    let stack = Portal::empty().await;
    stack.stack.aws.callers.register("stranger", "stranger", &json!([])).unwrap();
    let stranger = with_endpoints(&stack, &[("access_key_id", "stranger")]).await;
    for arguments in [
        &["doctor"][..],
        &["why"],
        &["booking", "bkg_1"],
        &["preview", "bkg_1"],
        &["preview", "--customer"],
        &["dead-letters", "list"],
        &["erase"],
        &["allow-mail"],
        &["import", EXAMPLE, "--map", MAP],
        &["restore", "--from", "portal-restored", "--yes"],
        &["webhook-secret", "show"],
        &["webhook-secret", "rotate", "--yes"],
    ] {
        let said = portal(&[arguments, &["--local", &stranger]].concat(), "ana@example.com\nana@example.com\n").await;
        assert_eq!(said.code, 2, "{arguments:?}");
        assert!(said.stderr.contains("cloudformation:DescribeStacks") && said.stdout.is_empty(), "{}", said.stderr);
    }
    let calls = stack.stack.aws.calls.all();
    let asked =
        calls.iter().filter(|call| call.function.as_deref() == Some("stranger")).map(|call| call.action.as_str());
    let asked: Vec<&str> = asked.collect();
    assert_eq!(asked, vec!["DescribeStacks"; 12]);
}
