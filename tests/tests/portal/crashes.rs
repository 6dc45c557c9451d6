//! send_mail is killed at every point of its road: what ARCHITECTURE.md says of each is true.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use portal_local::Options;
use portal_tests::{Call, Fate, Portal, Proxy, Service, functions_dir, samples::confirmed, soon};

use crate::template::edited;

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
            BeforeTheSignInIsKept | AfterTheSignInIsKept => call.action == "PutItem" && holds("SIGNINS#"),
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
    // Until it is dead, the function gets no further, however often its SDK tries.
    let alive = Arc::new(AtomicBool::new(true));
    let is_alive = alive.clone();
    let rule = move |call: &mut Call| {
        let now = point.is_at(call) && is_alive.load(Ordering::SeqCst);
        if now { point.fate() } else { Fate::Pass }
    };
    let is_ses = matches!(point, BeforeSesHasTheMail | AfterSesTookTheMail);
    let proxy = Proxy::new(rule).await;
    let (_folder, path) =
        edited(&[("      Timeout: 30\n", "      Timeout: 8\n"), ("VisibilityTimeout: 180", "VisibilityTimeout: 8")]);
    let service = if is_ses { Service::Ses } else { Service::DynamoDb };
    let portal = Portal::start_behind(Options::new(path, functions_dir()), &[(service, &proxy)]).await;

    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, is_confirmation)).await;
    if !is_confirmation {
        soon("the booking", async || (portal.count_items("BOOKING").await == 1).then_some(())).await;
        assert_eq!(portal.person().post("/sign-in", &[("email", "ana@example.com")]).await.status, 303);
    }
    proxy.holds(1).await;
    portal.kill_the_busy_instance("SendMail").await;
    alive.store(false, Ordering::SeqCst);

    // The message comes again; whatever can still go out has gone out once the queue is empty.
    portal.rests_within(Duration::from_secs(60)).await;
    let mails = portal.mails_to("ana@example.com").await;
    assert_eq!(mails.len(), point.mails(), "{point:?}, confirmation: {is_confirmation}");
    let items = portal.items().await;
    let sign_ins = items.iter().filter(|item| item["pk"].as_s().unwrap().starts_with("SIGNINS#")).count();
    assert_eq!(sign_ins, point.sign_ins(), "{point:?}, confirmation: {is_confirmation}");
    for mail in &mails {
        let answer = portal.person().post(&portal.path_in(mail), &[]).await;
        assert_eq!(answer.status, 303, "{point:?}: every mailed link works");
    }
}
