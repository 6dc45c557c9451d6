//! What the local stack answers, and what is not there.

use aws_sdk_sesv2::types::MailType;
use portal_tests::{OPERATOR, Portal, samples::confirmed, soon};
use serde_json::{Value, json};

use super::{Examination, dns::Dns, doctor};

async fn look(stack: &Portal, more: &[&str]) -> Examination {
    let arguments = [&["--json", "--local", stack.url()], more].concat();
    // A local stack's endpoints go before the environment's.
    doctor("http://127.0.0.1:1", &arguments).await
}

fn assert_said(examination: &Examination, said: &[(&str, &str, &str, &str)]) {
    for (mark, what, found, advice) in said {
        let checks = examination.checks(what);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let is_said = checks.iter().any(|check| {
            check["mark"] == *mark && text(&check["found"]).contains(found) && text(&check["advice"]).contains(advice)
        });
        assert!(is_said, "{what}: {found} is not among {checks:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_stack_has_no_failure_and_says_what_is_not_here() {
    let stack = Portal::empty().await;
    let examination = look(&stack, &[]).await;
    assert_eq!(examination.stderr, "account 000000000000, region us-east-1, stack portal\n");
    assert_said(
        &examination,
        &[
            ("not_checked", "DKIM", "a local stack's domain is in no DNS", ""),
            ("not_checked", "DMARC", "a local stack's domain", ""),
            ("ok", "identity", "is verified", ""),
            ("ok", "DKIM in SES", "signed", ""),
            ("ok", "MAIL FROM in SES", "bounces go to", ""),
            ("ok", "sending", "enabled", ""),
            ("ok", "sandbox", "left behind", ""),
            ("not_checked", "configuration set", "is not answered here", ""),
            ("not_checked", "bus", "is not answered here", ""),
            ("not_checked", "BookingRule", "is not answered here", ""),
            ("not_checked", "event sources", "the local stack has no Lambda", ""),
            ("warning", "last event", "no booking event in 30 days", "aws events list-rules"),
            ("ok", "mail queue", "empty", ""),
            ("ok", "dead events", "empty", ""),
            ("warning", "last mail", "no mail sent", "aws logs tail"),
            ("warning", "subscription", "AlarmAddress is empty", "sam deploy"),
            ("ok", "alarms", "rings", ""),
            ("ok", "certificate", "API Gateway's own", ""),
            ("not_checked", "architecture", "the local stack has no Lambda", ""),
            ("not_checked", "concurrency", "the local stack has no Lambda", ""),
        ],
    );
    assert_eq!((examination.status, &examination.json()["failures"]), (0, &json!(0)), "{}", examination.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_on_a_local_stack_is_found() {
    let stack = Portal::with_parameters(&[("AlarmAddress", "owner@tybeecarts.example")]).await;
    stack.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    soon("the confirmation", async || stack.mails_to("ana@example.com").await.pop()).await;
    stack.publish("booking.confirmed", &json!({"metadata": {}})).await;
    let ses = aws_sdk_sesv2::Client::new(&stack.sdk(OPERATOR, &stack.stack.aws.endpoints.ses).await);
    ses.put_account_sending_attributes().sending_enabled(false).send().await.unwrap();
    let details = ses.put_account_details().mail_type(MailType::Transactional).website_url("https://portal.example");
    details.production_access_enabled(false).send().await.unwrap();

    let dead = || async {
        let examination = look(&stack, &[]).await;
        (examination.checks("dead events")[0]["mark"] == "failure").then_some(examination)
    };
    let examination = soon("the dead letter", dead).await;
    let list = format!("portal dead-letters list --local {}", stack.url());
    assert_said(
        &examination,
        &[
            ("failure", "dead events", "1 event", &list),
            ("failure", "sending", "paused", "aws sesv2 put-account-sending-attributes --sending-enabled"),
            ("warning", "sandbox", "only verified addresses get mail", "aws sesv2 put-account-details"),
            ("ok", "last event", "Z", ""),
            ("ok", "last mail", "Z", ""),
            ("ok", "subscription", "confirmed, by email", ""),
        ],
    );
    assert_eq!(examination.status, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_stack_s_domain_is_looked_up_where_a_resolver_is_named() {
    let (stack, dns) = tokio::join!(Portal::empty(), Dns::with(&[]));
    let examination = look(&stack, &["--dns", &dns.address]).await;
    assert_said(
        &examination,
        &[
            ("failure", "DKIM", "is missing", "CNAME"),
            ("ok", "DMARC", "p=quarantine", ""),
            ("ok", "PortalUrl", "http", ""),
        ],
    );
}
