//! What must not get out does not: into logs and metrics, onto error pages, or to other sites.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{Router, extract::State, http::HeaderMap, routing::get};
use portal_local::{Options, template::Route};
use portal_tests::{
    Answer, Browser, Fate, Person, Portal, Proxy, Service, functions_dir,
    samples::{arrived, confirmed, sample},
    soon,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::template::edited;

const NAME: &str = "Quillonia Markerson";
const STREET: &str = "77 Canary Lane";

/// The texts that stand in `text`, as they are or as they stand in an address.
fn found<'a>(secrets: &'a BTreeSet<String>, text: &str) -> Vec<&'a str> {
    let in_it = |secret: &&String| text.contains(*secret) || text.contains(&secret.replace('@', "%40"));
    secrets.iter().filter(in_it).map(String::as_str).collect()
}

/// A booking with texts that are found again wherever they turn up.
fn marked(id: &str, email: &str) -> serde_json::Value {
    let mut detail = confirmed(id, email, 1, true);
    detail["booking"]["customer"]["name"] = json!(NAME);
    detail["booking"]["fulfilment"]["address"] = json!(STREET);
    let mut document = sample("document.issued.json").1["booking"]["documents"][0].clone();
    document["document_id"] = json!("doc_1");
    document["file"]["key"] = json!(format!("documents/{id}/doc_1.pdf"));
    detail["booking"]["documents"] = json!([document]);
    detail
}

/// Somebody who walks, and everything they were answered.
struct Walker {
    person: Person,
    answers: Mutex<Vec<Answer>>,
}

impl Walker {
    async fn get(&self, path: &str) {
        let answer = self.person.get(path).await;
        self.answers.lock().unwrap().push(answer);
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) {
        let answer = self.person.post(path, form).await;
        self.answers.lock().unwrap().push(answer);
    }

    async fn look_around(&self, link: &str, booking: &str) {
        let unknown = format!("/link/{}", "A".repeat(64));
        for path in ["/", "/sign-in", "/no/such/page", link, &unknown] {
            self.get(path).await;
        }
        for tail in ["", "/calendar.ics", "/documents/doc_1", "/documents/doc_none"] {
            self.get(&format!("/bookings/{booking}{tail}")).await;
        }
        for method in [Method::HEAD, Method::OPTIONS, Method::DELETE] {
            let answer = self.person.request(method, link, None, &[("sec-fetch-site", "same-origin")]).await;
            self.answers.lock().unwrap().push(answer);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_gets_into_a_log_or_an_error_page() {
    let down = Arc::new(AtomicBool::new(false));
    let is_down = down.clone();
    let proxy = Proxy::new(move |_| if is_down.load(Ordering::SeqCst) { Fate::LoseAnswer } else { Fate::Pass }).await;
    // As talkative as an operator can make the functions.
    let (_folder, path) = edited(&[("ApplicationLogLevel: INFO", "ApplicationLogLevel: TRACE")]);
    let portal = Portal::start_behind(Options::new(path, functions_dir()), &[(Service::DynamoDb, &proxy)]).await;
    let (ana, ben) = ("ana.canary@example.com", "ben.canary@example.com");
    let walker = Walker { person: portal.person(), answers: Mutex::default() };

    // Events: good ones, one with a foreign tracking link, one that is refused, one that erases.
    portal.publish("booking.confirmed", &marked("bkg_ana", ana)).await;
    portal.publish("booking.confirmed", &marked("bkg_ben", ben)).await;
    let (anas, bens) = (portal.link_to(ana).await, portal.link_to(ben).await);
    let mut tracked = marked("bkg_ana", ana);
    tracked["booking"]["revision"] = json!(2);
    tracked["booking"]["delivery"] = json!({"status": "on_the_way", "tracking_url": "https://canary.example/d/1",
                                            "updated_at": "2026-07-10T08:12:00-04:00"});
    portal.publish("delivery.updated", &tracked).await;
    let mut refused = marked("bkg_ana", "ana.canary@@example.com");
    refused["booking"]["revision"] = json!(3);
    portal.publish("booking.updated", &refused).await;
    soon("the refusal", async || portal.messages("BookingDeadLetters").await.pop()).await;

    // Every page in every state.
    walker.look_around(&anas, "bkg_ana").await;
    for form in [ana, "nobody.canary@example.com", "Ana Canary <ana.canary@example.com>", ""] {
        walker.post("/sign-in", &[("email", form)]).await;
    }
    walker.post(&anas, &[]).await;
    walker.look_around(&anas, "bkg_ana").await;
    walker.look_around(&bens, "bkg_ben").await;
    let session = walker.person.cookie("__Host-session").unwrap();
    walker.post("/sign-out", &[]).await;
    walker.post(&anas, &[]).await;
    walker.post(&format!("{anas}/renew"), &[]).await;
    portal.rests().await;
    walker.post(&portal.link_to(ana).await, &[]).await;
    walker.post("/sign-out", &[("everywhere", "1")]).await;

    // A store that does not answer.
    let fresh = portal.link_to(ana).await;
    down.store(true, Ordering::SeqCst);
    walker.person.plant("__Host-session", &session);
    for path in ["/", "/bookings/bkg_ana", "/bookings/bkg_ana/documents/doc_1", &fresh] {
        walker.get(path).await;
    }
    walker.post("/sign-in", &[("email", ana)]).await;
    walker.post(&fresh, &[]).await;
    down.store(false, Ordering::SeqCst);
    let erasure = json!({"metadata": {"event_id": "1", "schema_version": "1.0", "occurred_at": jiff::Timestamp::now()},
                         "customer": {"email": ben}});
    portal.publish("customer.erased", &erasure).await;
    portal.rests().await;

    // A message that is no request for a mail, last, for it comes again.
    let send = portal.sqs().await.send_message().queue_url(portal.queue_url("MailQueue"));
    send.message_body(json!({"mail": ana}).to_string()).send().await.unwrap();
    let is_told = || portal.stack.log().lines().iter().any(|line| line.line.contains("no request for a mail"));
    soon("the message is refused", async || is_told().then_some(())).await;

    let mut secrets: BTreeSet<String> = [ana, ben, "nobody.canary@example.com", "ana.canary@@example.com"]
        .into_iter()
        .chain([NAME, STREET, "https://canary.example/d/1", "ana.canary", "Ana Canary"])
        .map(str::to_owned)
        .collect();
    let mails = portal.mails().await;
    secrets.extend(mails.iter().map(|mail| portal.path_in(mail).strip_prefix("/link/").unwrap().to_owned()));
    secrets.extend(walker.person.cookies().into_values());
    secrets.insert(session);

    let lines = portal.stack.log().lines();
    let functions: BTreeSet<_> = lines.iter().map(|line| line.function.as_str()).collect();
    for function in
        ["RequestLink", "RedeemLink", "SignOut", "Dashboard", "DownloadDocument", "SendMail", "ProjectBookings"]
    {
        assert!(functions.contains(function), "{function} wrote no line to look at");
    }
    for said in ["a request failed", "a link was redeemed", "a link was refused", "a mail was sent"] {
        assert!(lines.iter().any(|line| line.line.contains(said)), "nothing said {said:?}");
    }
    for line in &lines {
        assert_eq!(found(&secrets, &line.line), Vec::<&str>::new(), "{}: {}", line.function, line.line);
        belongs(&line.line);
    }

    // An error page repeats what was typed into its form (422), and the page of a dead link renews that link (410).
    let answers = walker.answers.into_inner().unwrap();
    let statuses: BTreeSet<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert!(statuses.is_superset(&[200, 303, 404, 405, 410, 422, 500].into()), "{statuses:?}");
    for answer in answers.iter().filter(|answer| [403, 404, 405, 429, 500].contains(&answer.status.as_u16())) {
        assert_eq!(found(&secrets, &answer.body), Vec::<&str>::new(), "{answer:?}");
    }

    // The same search finds all of it where it belongs.
    let mut everywhere: String = mails.iter().map(ToString::to_string).collect();
    everywhere.extend(answers.iter().map(|answer| format!("{} {:?}", answer.body, answer.headers)));
    let missing: Vec<_> = secrets.iter().filter(|secret| !everywhere.contains(*secret)).collect();
    let not_shown = ["nobody.canary@example.com", "ana.canary@@example.com", "https://canary.example/d/1", ben];
    assert!(missing.iter().all(|secret| not_shown.contains(&secret.as_str())), "{missing:?}");
}

/// Asserts that a line, unless it counts something, names the request or the queue message that it is about.
fn belongs(line: &str) {
    let line: Value = serde_json::from_str(line).unwrap();
    let span = &line["span"];
    let is_named = |names: &[&str]| names.iter().all(|name| span[name].as_str().is_some_and(|text| !text.is_empty()));
    let is_metric = line["_aws"].is_object();
    assert!(is_metric || is_named(&["request_id", "route"]) || is_named(&["message_id"]), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_every_route_is_armoured() {
    let portal = Portal::empty().await;
    let ana = arrived(&portal, "bkg_1", "ana@example.com").await;
    let used = portal.link_to("ana@example.com").await;
    let stranger = portal.person();
    let routes = portal.stack.description.functions.iter().flat_map(|function| &function.routes);
    let mut checked = 0;
    for route in routes {
        let (method, paths) = match route {
            Route::Default => ("GET", vec!["/no/such/page".to_owned(), "/sign-out".to_owned()]),
            Route::Path { method, path } => {
                let path = path.replace("{document_id}", "doc_1");
                let bookings = ["bkg_1", "bkg_none", "%00"].map(|id| path.replace("{booking_id}", id));
                let unknown = "A".repeat(64);
                let tokens = [used.strip_prefix("/link/").unwrap(), &unknown, "x"];
                let paths = bookings.iter().flat_map(|path| tokens.map(|token| path.replace("{token}", token)));
                (method.as_str(), paths.collect::<BTreeSet<_>>().into_iter().collect())
            }
        };
        for path in paths {
            for (person, headers) in [
                (&stranger, &[("sec-fetch-site", "same-origin")][..]),
                (&ana, &[("sec-fetch-site", "same-origin")]),
                (&ana, &[("sec-fetch-site", "cross-site")]),
            ] {
                let session = person.cookie("__Host-session");
                let answer = person.request(method.parse().unwrap(), &path, Some(&[]), headers).await;
                armoured(&format!("{method} {path}"), &answer);
                checked += 1;
                if let Some(session) = session {
                    person.plant("__Host-session", &session);
                }
            }
        }
    }
    assert!(checked > 40, "{checked}");
}

/// Asserts the headers that every answer carries. The icon of a home screen alone, which is everybody's, may be kept.
pub(crate) fn armoured(what: &str, answer: &Answer) {
    let kept = if answer.header("content-type") == "image/png" { "public, max-age=86400" } else { "no-store" };
    for (name, value) in [
        ("referrer-policy", "strict-origin"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", kept),
        ("strict-transport-security", "max-age=63072000"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
    for weak in ["unsafe-inline", "unsafe-eval", "unsafe-hashes", "*", "http:", "nonce-"] {
        assert!(!policy.contains(weak), "{what}: {policy}");
    }
    for cookie in answer.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        for attribute in ["__Host-", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(attribute), "{what}: {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{what}: {cookie}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_referer_tells_a_link() {
    let Some(browser) = Browser::start().await else { return };
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let elsewhere = listening(seen.clone()).await;

    let follow = format!(
        "const a = document.createElement('a'); a.id = 'away'; a.href = '{elsewhere}'; a.textContent = 'away';
         document.body.prepend(a); document.querySelector('#away').click()"
    );
    // From the link's page to another site, and to the portal's own form.
    browser.open(&format!("{}{link}", portal.url())).await;
    browser.run(&follow).await;
    browser.arrives_at(&elsewhere).await;
    browser.open(&format!("{}{link}", portal.url())).await;
    browser.one("a[href='/sign-in']").await.send_keys("\u{e007}").await.unwrap();
    browser.arrives_at(&format!("{}/sign-in", portal.url())).await;
    let origin = format!("{}/", portal.url());
    assert_eq!(browser.run("return document.referrer").await, json!(origin));
    assert_eq!(*seen.lock().unwrap(), [origin]);

    // Without the portal's policy a page of the same origin would have told its whole address.
    browser.open(&format!("{}/_local/?token=secret", portal.url())).await;
    let next = format!("location.href = '{}/sign-in'", portal.url());
    browser.run(&next).await;
    browser.arrives_at(&format!("{}/sign-in", portal.url())).await;
    assert!(browser.run("return document.referrer").await.as_str().unwrap().ends_with("token=secret"));
}

/// A site elsewhere that notes the Referer of whoever comes.
async fn listening(seen: Arc<Mutex<Vec<String>>>) -> String {
    async fn note(State(seen): State<Arc<Mutex<Vec<String>>>>, headers: HeaderMap) -> &'static str {
        let referer = headers.get("referer").map(|value| value.to_str().unwrap().to_owned());
        seen.lock().unwrap().push(referer.unwrap_or_default());
        "here"
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().route("/", get(note)).with_state(seen);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}
