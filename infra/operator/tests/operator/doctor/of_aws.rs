//! AWS's answers: each thing right, wrong, missing, and not allowed to be looked at.

use serde_json::Value;

use super::{
    Case,
    aws::{Aws, MESSAGE, World},
    dns::Dns,
    doctor, run,
};

/// A reply's action, one of its texts, and what that is instead.
type Edit = (&'static str, &'static str, &'static str);

fn case(edits: &[Edit], said: (&'static str, &'static str, &'static str, &'static str)) -> Case {
    Case { aws: World { edits: edits.to_vec(), ..World::default() }, said, ..Case::default() }
}

fn missing(action: &'static str, said: (&'static str, &'static str, &'static str, &'static str)) -> Case {
    Case { aws: World { missing: vec![action], ..World::default() }, said, ..Case::default() }
}

/// What mends something that somebody removed by hand.
const REMOVED: &str = "aws cloudformation detect-stack-drift --stack-name portal";

/// A parameter of the stack that is empty, in place of this value.
const fn without(value: &'static str) -> Edit {
    ("DescribeStacks", value, "<ParameterValue></ParameterValue>")
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_sends_as_the_sender_as_fast_as_the_portal_wants() {
    let account = |from, to, said| case(&[("GetAccount", from, to)], said);
    let identity = |from, to, said| case(&[("GetEmailIdentity", from, to)], said);
    let set = |from, to, said| case(&[("GetConfigurationSet", from, to)], said);
    let look = "aws sesv2 get-email-identity --email-identity tybeecarts.example";
    run(vec![
        account(
            "\"SendingEnabled\": true",
            "\"SendingEnabled\": false",
            ("failure", "sending", "paused", "aws sesv2 put-account-sending-attributes --sending-enabled"),
        ),
        account(
            "\"ProductionAccessEnabled\": true",
            "\"ProductionAccessEnabled\": false",
            (
                "warning",
                "sandbox",
                "only verified addresses get mail",
                "aws sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL --website-url \
                 https://portal.tybeecarts.example --contact-language EN --additional-contact-email-addresses \
                 you@tybeecarts.example",
            ),
        ),
        account("\"BOUNCE\",", "", ("ok", "suppression list", "takes addresses after COMPLAINT", "")),
        account("HEALTHY", "PROBATION", ("warning", "standing", "reviews the account", "ReviewDetails")),
        account("HEALTHY", "SHUTDOWN", ("failure", "standing", "has ended", "ReviewDetails")),
        account(
            "\"MaxSendRate\": 14.0",
            "\"MaxSendRate\": 1.0",
            (
                "warning",
                "sending rate",
                "MailsPerSecond=10, the account may send 1",
                "Set MailsPerSecond=1 in samconfig.toml: sam deploy",
            ),
        ),
        account(
            "\"MaxSendRate\": 14.0",
            "\"MaxSendRate\": 10.0",
            ("ok", "sending rate", "the account may send 10", ""),
        ),
        account(
            "\"SentLast24Hours\": 120.0",
            "\"SentLast24Hours\": 40001.0",
            ("warning", "quota", "40001 of 50000 mails", "--desired-value 100000"),
        ),
        account(
            "\"SentLast24Hours\": 120.0",
            "\"SentLast24Hours\": 40000.0",
            ("ok", "quota", "40000 of 50000 mails", ""),
        ),
        account("\"Max24HourSend\": 50000.0", "\"Max24HourSend\": -1.0", ("ok", "quota", "120 mails in 24 hours", "")),
        identity(
            "\"VerifiedForSendingStatus\": true",
            "\"VerifiedForSendingStatus\": false",
            ("failure", "identity", "tybeecarts.example is not verified: nothing is sent", look),
        ),
        identity("\"Status\": \"SUCCESS\"", "\"Status\": \"PENDING\"", ("failure", "DKIM in SES", "PENDING", look)),
        identity(
            "\"SigningEnabled\": true",
            "\"SigningEnabled\": false",
            (
                "failure",
                "DKIM in SES",
                "not signed",
                "put-email-identity-dkim-attributes --email-identity tybeecarts.example --signing-enabled",
            ),
        ),
        identity(
            "\"MailFromDomainStatus\": \"SUCCESS\"",
            "\"MailFromDomainStatus\": \"FAILED\"",
            ("failure", "MAIL FROM in SES", "FAILED", look),
        ),
        identity(
            "\"MailFromDomain\": \"bounce.tybeecarts.example\"",
            "\"MailFromDomain\": \"\"",
            (
                "warning",
                "MAIL FROM",
                "none of your own",
                "aws sesv2 put-email-identity-mail-from-attributes --email-identity tybeecarts.example \
                 --mail-from-domain \
                 bounce.tybeecarts.example",
            ),
        ),
        missing(
            "GetConfigurationSet",
            ("failure", "configuration set", "MailConfiguration-AbCdEf is missing", REMOVED),
        ),
        set(
            "\"SendingEnabled\": true",
            "\"SendingEnabled\": false",
            (
                "failure",
                "configuration set",
                "paused",
                "aws sesv2 put-configuration-set-sending-options \
                 --configuration-set-name MailConfiguration-AbCdEf --sending-enabled",
            ),
        ),
        set(
            "\"COMPLAINT\"",
            "\"BOUNCE\", \"COMPLAINT\"",
            (
                "warning",
                "configuration set",
                "after BOUNCE, COMPLAINT",
                "aws sesv2 put-configuration-set-suppression-options \
                 --configuration-set-name MailConfiguration-AbCdEf --suppressed-reasons \
                 COMPLAINT",
            ),
        ),
        set(
            "\"COMPLAINT\"",
            "",
            ("warning", "configuration set", "SES holds mail back after nothing", "--suppressed-reasons COMPLAINT"),
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_may_be_the_identity_and_no_identity_stops_everything() {
    let dns = Dns::with(&[]).await;
    for (missing, dkim, identity) in [
        (
            vec!["GetEmailIdentity.tybeecarts.example"],
            ("warning", "nothing is signed as tybeecarts.example: the identity is an address, not its domain"),
            ("ok", "the sender's address is verified"),
        ),
        (
            vec!["GetEmailIdentity"],
            ("failure", "SES in this account does not know tybeecarts.example"),
            ("failure", "SES in this account does not know tybeecarts.example"),
        ),
    ] {
        let aws = Aws::of(World { missing, ..World::default() }).await;
        let examination = doctor(&aws.url, &["--json", "--dns", &dns.address]).await;
        for (what, (mark, found)) in [("DKIM", dkim), ("identity", identity)] {
            let checks = examination.checks(what);
            assert_eq!((&checks[0]["mark"], &checks[0]["found"]), (&mark.into(), &found.into()), "{checks:#?}");
        }
        let advice = examination.checks("DKIM")[0]["advice"].as_str().unwrap().to_owned();
        assert!(advice.ends_with("aws sesv2 create-email-identity --email-identity tybeecarts.example"), "{advice}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_in_by_buses_rules_and_functions() {
    let log = |hours, said| Case { aws: World { hours, ..World::default() }, said, ..Case::default() };
    let feedback = "aws events put-targets --rule portal-feedback --event-bus-name default --targets \
                    Id=feedback,Arn=arn:aws:sqs:us-east-1:123456789012:portal-FeedbackQueue-1ABCDEFGHIJKL";
    run(vec![
        missing(
            "DescribeEventBus",
            ("failure", "bus", "portal-bookings is missing", "aws events create-event-bus --name portal-bookings"),
        ),
        missing("DescribeRule.portal-bookings", ("failure", "BookingRule", "missing on portal-bookings", REMOVED)),
        case(
            &[("DescribeRule.portal-other-sources", "ENABLED", "DISABLED")],
            (
                "failure",
                "OtherSourcesRule",
                "disabled",
                "aws events enable-rule --name portal-other-sources --event-bus-name portal-bookings",
            ),
        ),
        case(
            &[("ListTargetsByRule.portal-feedback", "FeedbackQueue", "Another")],
            ("failure", "FeedbackRule", "does not deliver", feedback),
        ),
        case(
            &[("ListEventSourceMappings.portal-send_mail", "\"Enabled\"", "\"Disabled\"")],
            (
                "failure",
                "event sources",
                "SendMail does not read its queue: Disabled",
                "aws lambda update-event-source-mapping --uuid a1b2c3d4-5678-90ab-cdef-11111EXAMPLE --enabled",
            ),
        ),
        missing(
            "ListEventSourceMappings.portal-mail_feedback",
            ("failure", "event sources", "MailFeedback reads no queue", REMOVED),
        ),
        case(
            &[without("<ParameterValue>track.tybeecarts.example</ParameterValue>")],
            ("warning", "TrackingHosts", "empty", "sam deploy"),
        ),
        case(&[without("<ParameterValue>pay.example.com</ParameterValue>")], ("ok", "PaymentHosts", "empty", "")),
        // A bus of the account's own has no rule for other sources.
        case(&[("ListStackResources", ">OtherSourcesRule<", ">Another<")], ("ok", "BookingRule", "enabled", "")),
        log(30, ("ok", "last event", "Z", "")),
        log(30, ("ok", "last mail", "Z", "")),
        log(24 * 29, ("ok", "last mail", "Z", "")),
    ])
    .await;
    // A month without a line is a warning of both.
    let (dns, aws) = tokio::join!(Dns::with(&[]), Aws::of(World { hours: 24 * 31, ..World::default() }));
    let examination = doctor(&aws.url, &["--json", "--dns", &dns.address]).await;
    for (what, found, advice) in [
        ("last event", "no booking event in 30 days", "aws events list-rules --event-bus-name portal-bookings"),
        ("last mail", "no mail sent in 30 days", "--since 30d --filter-pattern '\"no mail\"'"),
    ] {
        let checks = examination.checks(what);
        assert_eq!((&checks[0]["mark"], &checks[0]["found"]), (&"warning".into(), &found.into()));
        assert!(checks[0]["advice"].as_str().unwrap().ends_with(advice), "{checks:#?}");
    }
    assert_eq!(examination.status, 0, "warnings alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_say_how_many_wait_and_for_how_long() {
    const ONE: (&str, &str) = ("OfMessages\": \"0\"", "OfMessages\": \"1\"");
    const THREE: (&str, &str) = ("OfMessages\": \"0\"", "OfMessages\": \"3\"");
    run(vec![
        case(
            &[("GetQueueAttributes.portal-MailQueue-1ABCDEFGHIJKL", THREE.0, THREE.1)],
            ("ok", "mail queue", "3 mails, the oldest for 2 minutes", ""),
        ),
        case(
            &[
                ("GetQueueAttributes.portal-MailQueue-1ABCDEFGHIJKL", THREE.0, THREE.1),
                ("GetMetricStatistics", "150.0", "7300.0"),
            ],
            (
                "warning",
                "mail queue",
                "3 mails, the oldest for 2 hours",
                "aws logs tail /aws/lambda/portal/send_mail --since 1h --filter-pattern",
            ),
        ),
        case(
            &[
                ("GetQueueAttributes.portal-BookingDeadLetters-1ABCDEFGHIJKL", ONE.0, ONE.1),
                ("GetMetricStatistics", "150.0", "200000.0"),
            ],
            ("failure", "dead events", "1 event, the oldest for 2 days", "portal dead-letters list"),
        ),
        missing(
            "GetQueueAttributes.portal-FeedbackQueue-1ABCDEFGHIJKL",
            ("failure", "feedback queue", "missing", REMOVED),
        ),
        Case {
            aws: World {
                edits: vec![("GetQueueAttributes.portal-MailDeadLetters-1ABCDEFGHIJKL", ONE.0, ONE.1)],
                denied: vec!["GetMetricStatistics"],
                ..World::default()
            },
            said: ("failure", "dead mails", "1 mail", "portal dead-letters list"),
            ..Case::default()
        },
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_told_and_each_alarm_that_rings_is_named() {
    const OWNER: &str = "<ParameterValue>owner@tybeecarts.example</ParameterValue>";
    const ARN: &str =
        "arn:aws:sns:us-east-1:123456789012:portal-Alarms-AbCdEfGhIjKl:80289ba6-0fd4-4079-afb4-ce8c8260f0ca";
    const RINGS: &str = "\"StateValue\": \"ALARM\"";
    let alarm = |name: &'static str, said| {
        let of = format!("{name}\",\n      \"ActionsEnabled\": true,\n      \"StateValue\": \"OK\"");
        let rings = format!("{name}\",\n      \"ActionsEnabled\": true,\n      {RINGS}");
        case(&[("DescribeAlarms", of.leak(), rings.leak())], said)
    };
    run(vec![
        case(
            &[("ListSubscriptionsByTopic", ARN, "PendingConfirmation")],
            (
                "warning",
                "subscription",
                "not confirmed",
                "aws sns subscribe --topic-arn arn:aws:sns:us-east-1:123456789012:portal-Alarms-AbCdEfGhIjKl \
                 --protocol email \
                 --notification-endpoint you@tybeecarts.example",
            ),
        ),
        case(
            &[("ListSubscriptionsByTopic", ARN, "Deleted")],
            ("warning", "subscription", "ended", "aws sns subscribe --topic-arn"),
        ),
        case(
            &[("ListSubscriptionsByTopic", ARN, "Deleted"), without(OWNER)],
            ("warning", "subscription", "AlarmAddress is empty: nobody is told", "sam deploy"),
        ),
        alarm(
            "alarm:portal-FailedRequests-1ABCDEFGHIJKL",
            (
                "failure",
                "FailedRequests",
                "rings since 2026-07-10 11:58:00Z",
                "describe-alarms --alarm-names portal-FailedRequests-1ABCDEFGHIJKL",
            ),
        ),
        alarm(
            "alarm:portal-MailDeadLettersAlarm-1ABCDEFGHIJKL",
            ("failure", "MailDeadLettersAlarm", "rings since", "portal dead-letters list"),
        ),
        case(
            &[("DescribeAlarms", "\"AlarmName\": \"portal-FailedRequests-1ABCDEFGHIJKL\"", "\"AlarmName\": \"other\"")],
            ("failure", "FailedRequests", "missing", REMOVED),
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_reach_the_pages_by_a_certificate_in_force_and_functions_that_start() {
    let certificate = |edits: &[(&'static str, &'static str)], said| {
        let edits: Vec<Edit> = edits.iter().map(|(from, to)| ("DescribeCertificate", *from, *to)).collect();
        case(&edits, said)
    };
    let soon: &str = format!("\"NotAfter\": {}.0", jiff::Timestamp::now().as_second() + 29 * 86_400).leak();
    const END: &str = "\"NotAfter\": 4102444800.0";
    run(vec![
        certificate(
            &[("ISSUED", "PENDING_VALIDATION")],
            (
                "failure",
                "certificate",
                "not issued",
                "_a79865eb4cd1a6ab990a45779b4e0b96.portal.tybeecarts.example CNAME \
                 _424c7224e9b0146f9a8808af955727d0.acm-validations.aws",
            ),
        ),
        certificate(
            &[("\"Status\": \"ISSUED\"", "\"Status\": \"REVOKED\"")],
            (
                "failure",
                "certificate",
                "REVOKED",
                "aws acm request-certificate --domain-name portal.tybeecarts.example",
            ),
        ),
        certificate(
            &[(END, soon)],
            ("warning", "certificate", "until", "aws acm describe-certificate --certificate-arn arn:aws:acm:"),
        ),
        certificate(
            &[(END, soon), ("\"ELIGIBLE\"", "\"INELIGIBLE\"")],
            ("warning", "certificate", "until", "aws acm import-certificate --certificate-arn arn:aws:acm:"),
        ),
        certificate(
            &[(END, "\"NotAfter\": 1782864001.0")],
            ("failure", "certificate", "ended 2026-07-01 00:00:01Z", "aws acm describe-certificate"),
        ),
        missing("DescribeCertificate", ("failure", "certificate", "missing", "aws acm request-certificate")),
        case(
            &[without("<ParameterValue>portal.tybeecarts.example</ParameterValue>")],
            ("ok", "certificate", "API Gateway's own", ""),
        ),
        case(
            &[("GetFunctionConfiguration.portal-sign_out", "arm64", "x86_64")],
            ("failure", "architecture", "SignOut has x86_64, the stack's template arm64", "sam build && sam deploy"),
        ),
        missing(
            "GetFunctionConfiguration.portal-dashboard",
            ("failure", "architecture", "Dashboard is missing", REMOVED),
        ),
        case(
            &[("GetAccountSettings", "\"ConcurrentExecutions\": 1000", "\"ConcurrentExecutions\": 10")],
            (
                "warning",
                "concurrency",
                "10 functions at once, of which queues take 6",
                "--quota-code L-B99A9384 --desired-value 1000",
            ),
        ),
    ])
    .await;
}

/// Every action that is asked for, and what it is for.
const ACTIONS: &[(&str, &[&str])] = &[
    ("ses:GetEmailIdentity", &["DKIM", "identity"]),
    ("ses:GetAccount", &["account"]),
    ("ses:GetConfigurationSet", &["configuration set"]),
    ("events:DescribeEventBus", &["bus"]),
    ("events:DescribeRule", &["BookingRule", "OtherSourcesRule", "FeedbackRule"]),
    ("events:ListTargetsByRule", &["BookingRule", "OtherSourcesRule", "FeedbackRule"]),
    ("lambda:ListEventSourceMappings", &["event sources"]),
    ("logs:FilterLogEvents", &["last event", "last mail"]),
    (
        "sqs:GetQueueAttributes",
        &["mail queue", "booking queue", "feedback queue", "dead mails", "dead events", "dead reports"],
    ),
    ("sns:ListSubscriptionsByTopic", &["subscription"]),
    ("cloudwatch:DescribeAlarms", &["alarms"]),
    ("acm:DescribeCertificate", &["certificate"]),
    ("lambda:GetFunctionConfiguration", &["architecture"]),
    ("cloudformation:GetTemplate", &["architecture"]),
    ("lambda:GetAccountSettings", &["concurrency"]),
    (
        "cloudformation:ListStackResources",
        &[
            "configuration set",
            "BookingRule",
            "OtherSourcesRule",
            "FeedbackRule",
            "event sources",
            "last event",
            "last mail",
            "mail queue",
            "booking queue",
            "feedback queue",
            "dead mails",
            "dead events",
            "dead reports",
            "alarms",
            "certificate",
            "architecture",
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_denied_is_not_checked_and_says_which_action_while_all_else_is_checked() {
    let dns = Dns::with(&[]).await;
    for (action, all) in ACTIONS {
        let name = action.split_once(':').unwrap().1;
        let aws = Aws::of(World { denied: vec![name], ..World::default() }).await;
        let examination = doctor(&aws.url, &["--json", "--dns", &dns.address]).await;
        let json = examination.json();
        for check in json["checks"].as_array().unwrap() {
            if all.contains(&check["what"].as_str().unwrap()) {
                let found = format!("your credentials do not allow {action}");
                assert_eq!((&check["mark"], &check["found"]), (&"not_checked".into(), &found.into()), "{action}");
            } else {
                assert_eq!(check["mark"], "ok", "{action}: {check:#}");
            }
        }
        for what in *all {
            assert_eq!(examination.checks(what).len(), 1, "{action}: {what}");
        }
        assert_eq!((&json["failures"], &json["warnings"]), (&0.into(), &0.into()));
        assert_eq!(examination.status, 0);
        assert!(!examination.stdout.contains(MESSAGE) && !examination.stderr.contains(MESSAGE));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_answered_in_ten_seconds_is_not_checked_and_keeps_nothing_else_waiting() {
    let silent = World { silent: vec!["GetAccount", "DescribeCertificate"], ..World::default() };
    let (dns, aws) = tokio::join!(Dns::with(&[]), Aws::of(silent));
    let began = std::time::Instant::now();
    let examination = doctor(&aws.url, &["--json", "--dns", &dns.address]).await;
    for (what, found) in
        [("account", "ses:GetAccount failed: time-out"), ("certificate", "acm:DescribeCertificate failed: time-out")]
    {
        let checks = examination.checks(what);
        assert_eq!((&checks[0]["mark"], &checks[0]["found"]), (&Value::from("not_checked"), &found.into()));
    }
    assert!(began.elapsed().as_secs() < 18, "{:?}", began.elapsed());
    assert_eq!(examination.status, 1, "silence is not health");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_list_of_resources_what_does_not_need_it_is_checked() {
    let silent = World { silent: vec!["ListStackResources"], ..World::default() };
    let (dns, aws) = tokio::join!(Dns::with(&[]), Aws::of(silent));
    let examination = doctor(&aws.url, &["--json", "--dns", &dns.address]).await;
    let queue = &examination.checks("mail queue")[0];
    assert_eq!(
        (&queue["mark"], &queue["found"]),
        (&"not_checked".into(), &"cloudformation:ListStackResources failed: time-out".into())
    );
    assert_eq!(examination.checks("SPF")[0]["mark"], "ok");
    assert_eq!(examination.status, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_stack_nothing_is_looked_at() {
    let aws = Aws::of(World { denied: vec!["DescribeStacks"], ..World::default() }).await;
    let examination = doctor(&aws.url, &["--json", "--dns", "127.0.0.1:1"]).await;
    assert_eq!((examination.status, examination.stdout.as_str()), (2, ""));
    assert!(examination.stderr.contains("do not allow cloudformation:DescribeStacks"), "{}", examination.stderr);
}
