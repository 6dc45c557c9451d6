//! Mails on their way: what SES is told, what it may answer, and what the operator learns.

use std::time::Duration;

use portal_local::Options;
use portal_tests::{
    Call, Fate, Portal, Proxy, Service, functions_dir,
    samples::{arrived, confirmed},
    soon, soon_or, the_first,
};
use serde_json::Value;

use crate::template::edited;

/// A portal whose SES answers as the rule says, and whose mails come again after a second.
async fn portal_with(rule: impl Fn(&mut Call) -> Fate + Send + Sync + 'static) -> (Portal, Proxy) {
    let ses = Proxy::new(rule).await;
    let (_folder, path) = edited(&[("FIRST_RETRY_SECONDS: 20", "FIRST_RETRY_SECONDS: 1")]);
    let mut options = Options::new(path, functions_dir());
    options.parameters.insert("MailsPerSecond".into(), "1000".into());
    let portal = Portal::start_behind(options, &[(Service::Ses, &ses)]).await;
    (portal, ses)
}

fn is_to(call: &Call, address: &str) -> bool {
    call.input["Destination"]["ToAddresses"][0] == address
}

#[tokio::test(flavor = "multi_thread")]
async fn one_mail_that_ses_never_answers_does_not_delay_the_other_nine() {
    let (portal, _ses) =
        portal_with(|call| if is_to(call, "slow@example.com") { Fate::Hold } else { Fate::Pass }).await;
    portal.publish("booking.confirmed", &confirmed("bkg_slow", "slow@example.com", 1, true)).await;
    for n in 1..10 {
        portal
            .publish("booking.confirmed", &confirmed(&format!("bkg_{n}"), &format!("c{n}@example.com"), 1, true))
            .await;
    }
    let nine = soon_or(Duration::from_secs(9), async || (portal.mails().await.len() == 9).then_some(()));
    nine.await.expect("nine mails before SES's time-out of ten seconds");
    assert!(portal.mails_to("slow@example.com").await.is_empty());
}

/// SES's own retries are off, so a call on a connection that is dead would cost its time-out and the wait of the queue.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_died_while_it_was_idle_delays_no_mail() {
    let (portal, _ses) = portal_with(|_| Fate::FallSilent).await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    portal.link_to("ana@example.com").await;
    // As long as the connection would have been kept, and a little longer.
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", "ben@example.com", 1, true)).await;
    let second = soon_or(Duration::from_secs(9), async || portal.mails_to("ben@example.com").await.pop());
    second.await.expect("the mail before SES's time-out of ten seconds");
    assert_eq!((portal.counted("MailsDelayed"), portal.counted("MessagesFailed")), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_ses_takes_six_seconds_for_is_not_given_up() {
    let is_slow = the_first(1);
    let (portal, _ses) =
        portal_with(move |_| if is_slow() { Fate::Delay(Duration::from_secs(6)) } else { Fate::Pass }).await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    portal.link_to("ana@example.com").await;
    assert_eq!((portal.counted("MailsDelayed"), portal.counted("MessagesFailed")), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_mail_waits_longer_each_time_and_goes_out() {
    let is_refused = the_first(3);
    let (portal, _ses) =
        portal_with(move |_| if is_refused() { Fate::Refuse(429, "TooManyRequestsException") } else { Fate::Pass })
            .await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    portal.link_to("ana@example.com").await;
    let lines = portal.stack.log().lines();
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(&line.line).ok());
    let waits: Vec<u64> = lines.filter_map(|line| line["fields"]["seconds"].as_u64()).collect();
    assert_eq!(waits, [1, 2, 4]);
    soon("the count of mails sent", async || (portal.counted("MailsSent") == 1).then_some(())).await;
    assert_eq!((portal.counted("MailsDelayed"), portal.counted("MessagesFailed")), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_ses_refuses_for_good_is_not_tried_again_and_the_log_says_why() {
    let (portal, _ses) = portal_with(|call| match is_to(call, "ana@example.com") {
        true => Fate::Refuse(400, "MessageRejected"),
        false => Fate::Pass,
    })
    .await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", "ben@example.com", 1, true)).await;
    portal.link_to("ben@example.com").await;
    soon("the refusal", async || (portal.counted("MailsRejected") == 1).then_some(())).await;
    portal.rests().await;
    assert!(portal.mails_to("ana@example.com").await.is_empty());
    assert_eq!((portal.counted("MailsRejected"), portal.counted("MailsDelayed")), (1, 0));
    let log = portal.stack.log().lines();
    let refusal = log.iter().find(|line| line.line.contains("it was refused for good")).unwrap();
    assert!(refusal.line.contains("MessageRejected") && !refusal.line.contains("example.com"), "{}", refusal.line);
    assert!(portal.messages("MailDeadLetters").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_sending_is_paused_an_alarm_says_so_and_the_mails_wait() {
    let paused = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let is_paused = paused.clone();
    let (portal, _ses) = portal_with(move |_| match is_paused.load(std::sync::atomic::Ordering::SeqCst) {
        true => Fate::Refuse(400, "SendingPausedException"),
        false => Fate::Pass,
    })
    .await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    soon("the metric", async || (portal.counted("SendingPaused") > 0).then_some(())).await;
    let template = std::fs::read_to_string(portal_tests::template()).unwrap();
    assert!(template.contains("MetricName: SendingPaused"), "an alarm watches it");
    paused.store(false, std::sync::atomic::Ordering::SeqCst);
    portal.link_to("ana@example.com").await;
}

/// Every line of every function, over a life with mails, bounces, refused events and an erasure.
#[tokio::test(flavor = "multi_thread")]
async fn no_metric_and_no_log_line_holds_an_address_or_a_token() {
    let portal = Portal::empty().await;
    let ana = arrived(&portal, "bkg_1", "ana@example.com").await;
    ana.post("/sign-in", &[("email", "bounce+x@simulator.amazonses.com")]).await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", "bounce+x@simulator.amazonses.com", 1, true)).await;
    portal.publish("booking.confirmed", &confirmed("", "ben@example.com", 1, true)).await;
    soon("the bounce", async || (portal.counted("Bounces") == 1).then_some(())).await;
    soon("the refusal", async || (portal.counted("EventsRefused") == 1).then_some(())).await;
    let names = ["LinksRequested", "LinksRedeemed", "EventsApplied", "MailsSent", "Bounces", "EventsRefused"];
    names.iter().for_each(|name| assert!(portal.counted(name) > 0, "{name} is counted"));
    let token = portal.path_in(&portal.mails_to("ana@example.com").await[0]);
    let token = token.strip_prefix("/link/").unwrap();
    for line in portal.stack.log().lines() {
        for secret in ["example.com", "amazonses.com", token] {
            assert!(!line.line.contains(secret), "{}: {}", line.function, line.line);
        }
        if let Ok(metric) = serde_json::from_str::<Value>(&line.line)
            && let Some(of) = metric["_aws"]["CloudWatchMetrics"][0]["Dimensions"].as_array()
        {
            assert_eq!(of, &[serde_json::json!(["FunctionName"])]);
            assert!(metric["FunctionName"].as_str().unwrap().starts_with("portal-"), "{metric}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_with_commas_quotes_emoji_or_other_scripts_arrives_and_injects_nothing() {
    for name in ["Carts, \"Best\" & Co; <x@y.example>", "עגלות גולף 🛺 «Küste»", "=?UTF-8?Q?=0d=0aBcc:_eve?= Carts"]
    {
        let mut options = Options::new(portal_tests::template(), functions_dir());
        options.parameters.insert("BusinessName".into(), name.into());
        let portal = Portal::start(options).await;
        arrived(&portal, "bkg_1", "ana@example.com").await;
        let mail = &portal.mails().await[0];
        assert_eq!(mail["from"], format!("{name} <bookings@tybeecarts.example>"));
        assert_eq!(mail["to"], serde_json::json!(["ana@example.com"]));
        let headers: Vec<_> = mail["headers"].as_object().unwrap().keys().collect();
        assert_eq!(headers, ["Auto-Submitted", "X-Entity-Ref-ID"]);
        assert_eq!(mail["tracking"], serde_json::json!({"open": "DISABLED", "click": "DISABLED"}));
    }
}
