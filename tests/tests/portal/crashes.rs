//! send_mail is killed at every point of its road: what ARCHITECTURE.md says of each is true.

use std::{
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
};

use futures_util::future::join_all;
use portal_local::Options;
use portal_tests::{Call, Fate, Portal, Proxy, functions_dir, soon, soon_or};

use crate::{samples::confirmed, template::edited};

/// Where the function dies.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Point {
    BeforeTheSignInIsKept,
    AfterTheSignInIsKept,
    BeforeSesHasTheMail,
    AfterSesTookTheMail,
    BeforeItIsNoted,
    AfterItIsNoted,
}

use Point::*;

impl Point {
    const ALL: [Self; 6] = [
        BeforeTheSignInIsKept,
        AfterTheSignInIsKept,
        BeforeSesHasTheMail,
        AfterSesTookTheMail,
        BeforeItIsNoted,
        AfterItIsNoted,
    ];

    /// Whether a request to DynamoDB or SES is the one at which it happens.
    fn is_at(self, call: &Call) -> bool {
        let holds = |text: &str| call.input.to_string().contains(text);
        match self {
            BeforeTheSignInIsKept | AfterTheSignInIsKept => call.action == "PutItem" && holds("SIGNIN#"),
            BeforeSesHasTheMail | AfterSesTookTheMail => call.action.ends_with("outbound-emails"),
            BeforeItIsNoted | AfterItIsNoted => {
                call.action == "UpdateItem" && (holds("SET mailed_at") || holds("SET answered"))
            }
        }
    }

    fn fate(self) -> Fate {
        match self {
            BeforeTheSignInIsKept | BeforeSesHasTheMail | BeforeItIsNoted => Fate::Hold,
            AfterTheSignInIsKept | AfterSesTookTheMail | AfterItIsNoted => Fate::HoldAnswer,
        }
    }

    /// How many mails go out in all. Two where SES had taken the first, and nothing could be noted of it.
    fn mails(self) -> usize {
        match self {
            AfterSesTookTheMail | BeforeItIsNoted => 2,
            _ => 1,
        }
    }

    /// How many sign-ins are kept in all, of which some were never mailed.
    fn sign_ins(self) -> usize {
        match self {
            BeforeTheSignInIsKept | AfterItIsNoted => 1,
            _ => 2,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_mail_survives_a_kill_at_any_point() {
    join_all(Point::ALL.map(|point| killed_at(point, false))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_mail_survives_a_kill_at_any_point() {
    join_all(Point::ALL.map(|point| killed_at(point, true))).await;
}

async fn killed_at(point: Point, is_confirmation: bool) {
    let once = AtomicBool::new(true);
    let rule = move |call: &mut Call| {
        let now = point.is_at(call) && once.swap(false, Ordering::SeqCst);
        if now { point.fate() } else { Fate::Pass }
    };
    let is_ses = matches!(point, BeforeSesHasTheMail | AfterSesTookTheMail);
    let proxy = Proxy::new(rule).await;
    let (_folder, path) =
        edited(&[("      Timeout: 30\n", "      Timeout: 8\n"), ("VisibilityTimeout: 180", "VisibilityTimeout: 8")]);
    let mut options = Options::new(path, functions_dir());
    let variable = if is_ses { "AWS_ENDPOINT_URL_SESV2" } else { "AWS_ENDPOINT_URL_DYNAMODB" };
    options.environment.insert(variable.into(), proxy.url.clone());
    let portal = Portal::start(options).await;
    let endpoints = &portal.stack.aws.endpoints;
    proxy.leads_to(if is_ses { &endpoints.ses } else { &endpoints.dynamodb });

    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, is_confirmation)).await;
    if !is_confirmation {
        soon("the booking", async || (portal.count_items("BOOKING").await == 1).then_some(())).await;
        assert_eq!(portal.person().post("/sign-in", &[("email", "ana@example.com")]).await.status, 200);
    }
    proxy.holds(1).await;
    let killed = portal.stack.lambda.instances("SendMail").into_iter().find(|instance| instance.busy).unwrap();
    assert!(Command::new("kill").args(["-9", &killed.pid.unwrap().to_string()]).status().unwrap().success());

    // The message comes again; whatever can still go out has gone out once the queue is empty.
    let empty = soon_or(std::time::Duration::from_secs(60), async || {
        let sqs = portal.sqs().await;
        let get = sqs.get_queue_attributes().queue_url(portal.queue_url("MailQueue")).attribute_names("All".into());
        let attributes = get.send().await.ok()?.attributes?;
        let count = |name: &str| attributes[&name.into()].parse::<usize>().unwrap();
        let all = count("ApproximateNumberOfMessages") + count("ApproximateNumberOfMessagesNotVisible");
        (all == 0).then_some(())
    });
    empty.await.unwrap_or_else(|| panic!("{point:?}: the queue is not empty"));
    let mails = portal.mails_to("ana@example.com").await;
    assert_eq!(mails.len(), point.mails(), "{point:?}, confirmation: {is_confirmation}");
    let items = portal.items().await;
    let sign_ins = items.iter().filter(|item| item["sk"].as_s().unwrap().starts_with("SIGNIN#")).count();
    assert_eq!(sign_ins, point.sign_ins(), "{point:?}, confirmation: {is_confirmation}");
    for mail in &mails {
        let answer = portal.person().post(&portal.path_in(mail), &[]).await;
        assert_eq!(answer.status, 303, "{point:?}: every mailed link works");
    }
}
