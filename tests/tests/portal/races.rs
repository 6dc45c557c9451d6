//! A link is used once, however many use it at once, and whatever dies on the way.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use portal_tests::{Call, Fate, Person, Portal, Proxy, samples::confirmed, soon};
use portal_views::messages::ENGLISH;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Barrier,
    task::JoinSet,
};

async fn link_to_ana(portal: &Portal) -> String {
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    portal.link_to("ana@example.com").await
}

/// Answers to POSTs of one link over so many open sockets, all released together.
async fn rush(portal: &Portal, link: &str, sockets: usize) -> Vec<String> {
    let authority = portal.url().strip_prefix("http://").unwrap();
    let request = format!(
        "POST {link} HTTP/1.1\r\nhost: {authority}\r\nsec-fetch-site: same-origin\r\ncontent-length: 0\r\n\
         connection: close\r\n\r\n"
    );
    let (all_but_the_end, end) = request.split_at(request.len() - 1);
    let all_ready = Arc::new(Barrier::new(sockets));
    let mut people = JoinSet::new();
    for _ in 0..sockets {
        let mut socket = TcpStream::connect(authority).await.unwrap();
        socket.set_nodelay(true).unwrap();
        socket.write_all(all_but_the_end.as_bytes()).await.unwrap();
        let (all_ready, end) = (all_ready.clone(), end.to_owned());
        people.spawn(async move {
            all_ready.wait().await;
            socket.write_all(end.as_bytes()).await.unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.unwrap();
            answer
        });
    }
    people.join_all().await
}

fn signed_in(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 303") && answer.contains("set-cookie: __Host-session=")
}

fn already_used(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 410") && answer.contains(ENGLISH.link_used) && !answer.contains("set-cookie")
}

/// How many of a function's instances had an event in hand at the same time, at most.
fn at_once(portal: &Portal, function: &str) -> usize {
    let mut changes = BTreeMap::<_, isize>::new();
    for invocation in portal.stack.lambda.invocations().into_iter().filter(|ended| ended.function == function) {
        let start = invocation.start.as_microsecond();
        *changes.entry(start).or_default() += 1;
        *changes.entry(start + (invocation.duration_ms * 1000.0) as i64).or_default() -= 1;
    }
    let running = changes.values().scan(0, |running, change| {
        *running += change;
        Some(*running)
    });
    running.max().unwrap_or_default().unsigned_abs()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_posts_of_one_link_exactly_one_signs_in() {
    let portal = Portal::empty().await;
    let link = link_to_ana(&portal).await;

    let answers = rush(&portal, &link, 1000).await;

    println!("{} instances of RedeemLink ran at once", at_once(&portal, "RedeemLink"));
    assert!(at_once(&portal, "RedeemLink") > 1, "a race needs two");
    let winners: Vec<_> = answers.iter().filter(|answer| signed_in(answer)).collect();
    assert_eq!(winners.len(), 1);
    let others: Vec<_> = answers.iter().filter(|answer| !signed_in(answer) && !already_used(answer)).collect();
    assert!(others.is_empty(), "{} others, such as {}", others.len(), others[0]);

    let cookie = winners[0].split("set-cookie: __Host-session=").nth(1).unwrap().split(';').next().unwrap();
    let winner = portal.person();
    winner.plant("__Host-session", cookie);
    assert_eq!(winner.get("/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_condition_of_the_write_the_same_rush_would_sign_in_many() {
    let proxy = Proxy::new(|call| {
        if uses_a_link(call) {
            call.drop_condition();
        }
        Fate::Pass
    })
    .await;
    let portal = Portal::with_dynamodb_behind(&proxy).await;
    let link = link_to_ana(&portal).await;
    let answers = rush(&portal, &link, 20).await;
    assert!(answers.iter().filter(|answer| signed_in(answer)).count() > 1);
}

/// Whether a call is the one write that turns a link into a session.
fn uses_a_link(call: &Call) -> bool {
    call.updates("used_at = :now")
}

/// A portal where the first write that uses a link meets this fate; the ones after it pass.
async fn portal_where_the_first_write(meets: fn() -> Fate) -> (Portal, Proxy) {
    let first = AtomicBool::new(true);
    let proxy = Proxy::new(
        move |call| {
            if uses_a_link(call) && first.swap(false, Ordering::SeqCst) { meets() } else { Fate::Pass }
        },
    )
    .await;
    (Portal::with_dynamodb_behind(&proxy).await, proxy)
}

/// Someone who posts the link, while the function is killed that holds the first write; they are told of an error.
async fn killed_meanwhile(portal: &Portal, proxy: &Proxy, link: &str) -> Person {
    let ana = portal.person();
    let (killed, ()) = tokio::join!(ana.post(link, &[]), async {
        proxy.holds(1).await;
        portal.kill_the_busy_instance("RedeemLink").await;
    });
    assert_eq!((killed.status.as_u16(), killed.header("set-cookie")), (500, ""), "{killed:?}");
    ana
}

#[tokio::test(flavor = "multi_thread")]
async fn a_winner_killed_before_its_write_leaves_the_link_as_it_was() {
    let (portal, proxy) = portal_where_the_first_write(|| Fate::Hold).await;
    let link = link_to_ana(&portal).await;
    let ana = killed_meanwhile(&portal, &proxy, &link).await;
    assert!(!portal.sign_in_of(&link).await.contains_key("used_at"));
    assert_eq!(ana.post(&link, &[]).await.landing(), "/bookings/bkg_1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_winner_killed_after_its_write_leaves_a_page_that_mails_a_fresh_link() {
    let (portal, proxy) = portal_where_the_first_write(|| Fate::HoldAnswer).await;
    let link = link_to_ana(&portal).await;
    let ana = killed_meanwhile(&portal, &proxy, &link).await;
    assert!(portal.sign_in_of(&link).await.contains_key("used_at"), "the write had arrived");

    let used = ana.post(&link, &[]).await;
    assert_eq!(used.status, 410, "{used:?}");
    assert!(used.body.contains(&format!(r#"action="{link}/renew""#)), "{used:?}");
    assert_eq!(ana.post(&format!("{link}/renew"), &[]).await.status, 303);
    soon("the fresh mail", async || (portal.mails().await.len() == 2).then_some(())).await;
    assert_eq!(ana.post(&portal.link_to("ana@example.com").await, &[]).await.landing(), "/bookings/bkg_1");
    assert_eq!(ana.get("/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_winner_whose_reply_was_lost_wins_by_its_own_session_hash() {
    for fate in [(|| Fate::LoseAnswer) as fn() -> Fate, || Fate::HoldAnswer] {
        let (portal, _proxy) = portal_where_the_first_write(fate).await;
        let link = link_to_ana(&portal).await;
        let ana = portal.person();
        assert_eq!(ana.post(&link, &[]).await.landing(), "/bookings/bkg_1");
        assert_eq!(ana.get("/bookings/bkg_1").await.status, 200);
        assert_eq!(portal.person().post(&link, &[]).await.status, 410, "nobody else wins by it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_winner_whose_reply_was_lost_would_be_refused_without_its_own_session_hash() {
    let first = AtomicBool::new(true);
    let proxy = Proxy::new(move |call| match uses_a_link(call) {
        true if first.swap(false, Ordering::SeqCst) => Fate::LoseAnswer,
        true => Fate::ChangeAnswer(|answer| drop(answer["Item"].as_object_mut().unwrap().remove("session"))),
        false => Fate::Pass,
    })
    .await;
    let portal = Portal::with_dynamodb_behind(&proxy).await;
    let link = link_to_ana(&portal).await;
    assert_eq!(portal.person().post(&link, &[]).await.status, 410);
}
