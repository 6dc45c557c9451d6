//! Requests that are not what they seem: poisoned headers, forms from elsewhere (CSRF), planted cookies (session
//! fixation), altered tokens.

use axum::{Router, response::Html, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portal_domain::link::LinkToken;
use portal_local::{Options, template::Route};
use portal_tests::{
    Browser, Person, Portal, functions_dir, leaving,
    samples::{arrived, booked, confirmed},
    template,
};
use portal_views::messages::ENGLISH;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The routes that change something, with a link's token in place of the parameter.
fn unsafe_routes(portal: &Portal, link: &str) -> Vec<(Method, String)> {
    let routes = portal.stack.description.functions.iter().flat_map(|function| &function.routes);
    routes
        .filter_map(|route| match route {
            Route::Path { method, path } if !["GET", "HEAD", "OPTIONS"].contains(&method.as_str()) => {
                Some((method.parse().unwrap(), path.replace("/link/{token}", link)))
            }
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_of_a_request_reaches_a_link() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    let form: &[(&str, &str)] = &[("email", "ana@example.com")];
    let same_origin = ("sec-fetch-site", "same-origin");

    let foreign_host = [("host", "evil.example"), same_origin];
    let refused = portal.person().request(Method::POST, "/sign-in", Some(form), &foreign_host).await;
    assert_eq!(refused.status, 403, "API Gateway itself knows its own names only");

    let poison = [
        same_origin,
        ("referer", "https://evil.example/"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "gopher"),
        ("x-forwarded-port", "6666"),
        ("x-forwarded-prefix", "/evil.example"),
        ("x-host", "evil.example"),
        ("x-original-url", "https://evil.example/"),
        ("x-rewrite-url", "/evil.example"),
        ("forwarded", "host=evil.example;proto=gopher"),
        ("x-amz-cf-id", "evil.example"),
    ];
    let poisoned = portal.person();
    let sent = poisoned.request(Method::POST, "/sign-in", Some(form), &poison).await;
    assert_eq!(sent.status, 303, "{sent:?}");
    let link = portal.link_to("ana@example.com").await; // its origin is asserted to be the portal's
    let mail = portal.mails().await.remove(0).to_string();
    let page = poisoned.request(Method::GET, &link, None, &poison).await;
    let opened = poisoned.request(Method::POST, &link, Some(&[]), &poison).await;
    assert_eq!(opened.landing(), "/");
    for text in [mail, sent.body, page.body, format!("{:?}", opened.headers)] {
        assert!(!text.contains("evil.example") && !text.contains("6666") && !text.contains("gopher"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_for_a_form_from_elsewhere() {
    let portal = Portal::empty().await;
    let victim = arrived(&portal, "bkg_1", "ana@example.com").await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", "eve@example.com", 1, true)).await;
    let attackers_link = portal.link_to("eve@example.com").await;
    let routes = unsafe_routes(&portal, &attackers_link);
    assert!(routes.len() >= 4, "{routes:?}");
    portal.rests().await;

    let session = victim.cookie("__Host-session");
    let mails = portal.mails().await.len();
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "same-origin, cross-site")],
        &[("sec-fetch-site", "")],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        // Neither header makes up for what the other says.
        &[("sec-fetch-site", "cross-site"), ("origin", portal.url())],
        &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "same-origin"), ("origin", portal.url()), ("origin", "https://evil.example")],
        // Scheme and port count.
        &[("origin", "http://localhost")],
        &[("origin", "http://localhost:1")],
        &[("origin", &portal.url().replace("http:", "https:"))],
        &[("origin", "https://evil.example")],
        &[("origin", "http://evil.localhost")],
        &[("origin", "http://localhost.evil.example")],
        &[("origin", "http://evil@localhost")],
        &[("origin", "localhost")],
        &[("origin", "null")],
        &[("origin", "")],
        &[("referer", portal.url())],
        &[],
    ] {
        let before = portal.stack.aws.calls.all().len();
        for (method, path) in &routes {
            let form = &[("email", "ana@example.com"), ("everywhere", "1")];
            let answer = victim.request(method.clone(), path, Some(form), headers).await;
            assert_eq!(answer.status, 403, "{method} {path} {headers:?}");
            assert_eq!(answer.header("set-cookie"), "", "{method} {path} {headers:?}");
            assert!(answer.body.contains("tel:+1") && answer.body.contains("href=\"/\""), "a way on: {answer:?}");
        }
        let calls = portal.stack.aws.calls.all();
        let asked = calls.iter().skip(before).filter(|call| call.function.is_some() && call.request_id.is_some());
        let asked: Vec<_> = asked.filter(|call| call.action != "ReceiveMessage").collect();
        assert!(asked.is_empty(), "{headers:?}: {asked:?}");
    }
    assert_eq!(victim.cookie("__Host-session"), session);
    assert_eq!(victim.get("/").await.status, 200, "still signed in");
    assert!(!portal.sign_in_of(&attackers_link).await.contains_key("used_at"));
    portal.rests().await;
    assert_eq!(portal.mails().await.len(), mails);

    // The log says why, and nothing of what the headers held; the refusals are counted.
    let lines: Vec<_> = portal.stack.log().lines().into_iter().map(|line| line.line).collect();
    for why in ["ForeignSite", "ForeignOrigin", "Unproven"] {
        assert!(lines.iter().any(|line| line.contains(&format!("\"why\":\"{why}\""))), "{why}");
    }
    assert!(lines.iter().any(|line| line.contains("\"RequestsRefusedForeign\":1")));
    assert!(!lines.iter().any(|line| line.contains("evil") || line.contains("cross-site")), "{lines:#?}");

    // The same requests from the portal's own pages do something.
    let proofs: [&[(&str, &str)]; 3] = [
        &[("origin", portal.url())],
        &[("sec-fetch-site", "same-origin"), ("origin", "null")],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin"), ("origin", "https://localhost")],
    ];
    for ((method, path), headers) in routes.iter().flat_map(|route| proofs.map(|headers| (route, headers))) {
        let answer = victim.request(method.clone(), path, Some(&[]), headers).await;
        assert_ne!(answer.status, 403, "{method} {path} {headers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_something_of_the_operator_s_the_origin_is_that_of_portal_url() {
    for portal_url in ["https://portal.tybeecarts.example", "https://localhost:8443", "https://127.0.0.1:8443"] {
        let mut options = Options::new(template(), functions_dir());
        options.parameters.insert("PortalUrl".into(), portal_url.into());
        let portal = Portal::start(options).await;
        // As an iPhone with iOS 15 sends it, without Sec-Fetch-Site. The domain name is that of the request.
        for (origin, status) in [(portal_url, 422), ("https://localhost", 422), (portal.url(), 403), ("null", 403)] {
            let answer = portal.person().request(Method::POST, "/sign-in", Some(&[]), &[("origin", origin)]).await;
            assert_eq!(answer.status, status, "{portal_url} {origin}: {answer:?}");
        }
    }
}

/// A page elsewhere that submits a form to the portal as soon as it is opened, and where it is.
async fn trap(action: &str) -> (u16, tokio::task::JoinHandle<()>) {
    let page = format!(
        r#"<form method="post" action="{action}"><input name="email" value="ana@example.com"></form>
           <script>document.forms[0].submit()</script>"#
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = Router::new().route("/", get(|| async { Html(page) }));
    (port, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_browser_is_not_led_into_a_trap() {
    let Some(browser) = Browser::start().await else { return };
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    portal.publish("booking.confirmed", &confirmed("bkg_2", "eve@example.com", 1, true)).await;
    let (anas, eves) = (portal.link_to("ana@example.com").await, portal.link_to("eve@example.com").await);
    browser.open(&format!("{}{anas}", portal.url())).await;
    browser.one("main button").await.click().await.unwrap();
    browser.arrives_at(&format!("{}/bookings/bkg_1", portal.url())).await;
    let session = browser.cookie("__Host-session").await;

    for (_, path) in unsafe_routes(&portal, &eves) {
        let (port, server) = trap(&format!("{}{path}", portal.url())).await;
        // Another port of the same host is the same site; another host is another site.
        for elsewhere in ["localhost", "127.0.0.1"] {
            browser.open(&format!("http://{elsewhere}:{port}/")).await;
            browser.arrives_at(&format!("{}{path}", portal.url())).await;
            assert_eq!(browser.heading().await.unwrap(), ENGLISH.not_from_here, "{path}");
            assert_eq!(browser.cookie("__Host-session").await, session, "{path}");
        }
        server.abort();
    }
    browser.open(portal.url()).await;
    assert!(browser.one("footer").await.text().await.unwrap().contains("a…a@example.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_session_is_replaced_at_sign_in() {
    let portal = Portal::empty().await;
    let attacker = arrived(&portal, "bkg_1", "eve@example.com").await;
    let planted = attacker.cookie("__Host-session").unwrap();
    portal.publish("booking.confirmed", &confirmed("bkg_2", "ana@example.com", 1, true)).await;

    let victim = portal.person();
    victim.plant("__Host-session", &planted);
    let link = portal.link_to("ana@example.com").await;
    let page = victim.get(&link).await;
    assert!(page.body.contains("e…e@example.com"), "the page says who is signed in: {page:?}");
    victim.post(&link, &[("leaving", &leaving(&page))]).await;
    assert_ne!(victim.cookie("__Host-session").unwrap(), planted);
    let anas = victim.get("/").await;
    assert!(anas.body.contains("a…a@example.com"), "{anas:?}");
    assert_eq!(attacker.get("/").await.location(), "/sign-in", "whoever planted it has lost it");

    // A planted browser cookie alone opens nothing, and its owner needs the link like anyone else.
    let planted = "A".repeat(43);
    let victim = portal.person();
    victim.plant("__Host-browser", &planted);
    victim.post("/sign-in", &[("email", "ana@example.com")]).await;
    let attacker = portal.person();
    attacker.plant("__Host-browser", &planted);
    assert_eq!(attacker.get("/").await.location(), "/sign-in");
}

fn unhex(hash: &str) -> Vec<u8> {
    (0..hash.len() / 2).map(|at| u8::from_str_radix(&hash[2 * at..2 * at + 2], 16).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_very_token_opens_the_portal() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    let link = portal.link_to("ana@example.com").await;
    let token = link.strip_prefix("/link/").unwrap();
    let stored = portal.sign_in_of(&link).await;
    let hash = stored["sk"].as_s().unwrap().clone();
    assert_eq!(hash.len(), 64, "a hash is of a token's length and alphabet");
    let parsed = LinkToken::parse(token).unwrap();
    let customer_and_hash = [&parsed.customer().as_bytes()[..], &unhex(&hash)].concat();

    let other_case: String = token
        .chars()
        .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    for wrong in [
        hash.clone(),
        URL_SAFE_NO_PAD.encode(customer_and_hash),
        token[..63].to_owned(),
        token[1..].to_owned(),
        format!("{token}A"),
        format!("{token}="),
        format!("{token}=="),
        format!("{token}%20"),
        format!("{token}%00"),
        format!("%20{token}"),
        token.to_uppercase(),
        token.to_lowercase(),
        other_case,
        token.chars().rev().collect(),
        format!("{}+", &token[..63]),
        format!("{}%2F", &token[..63]),
        "A".repeat(64),
    ] {
        for path in [format!("/link/{wrong}"), format!("/link/{wrong}/renew")] {
            let answer = portal.person().post(&path, &[]).await;
            assert_eq!((answer.status.as_u16(), answer.header("set-cookie")), (404, ""), "{path}");
        }
    }
    let winner = portal.person();
    assert_eq!(winner.post(&link, &[]).await.status, 303, "none of which has harmed the link");

    // Whoever reads the table holds hashes, of which no cookie can be made.
    let used = portal.sign_in_of(&link).await;
    let session_hash = used["session"].as_s().unwrap();
    let cookie = winner.cookie("__Host-session").unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(&cookie).unwrap();
    let forged = URL_SAFE_NO_PAD.encode([&bytes[..48], &unhex(session_hash)].concat());
    for wrong in [forged, cookie[..106].to_owned(), format!("{cookie}="), format!("{cookie}A"), cookie.to_lowercase()] {
        let thief = portal.person();
        thief.plant("__Host-session", &wrong);
        assert_eq!(thief.get("/").await.location(), "/sign-in", "{wrong}");
    }
    assert_eq!(winner.get("/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_sends_anybody_elsewhere() {
    let portal = Portal::empty().await;
    let ana = arrived(&portal, "bkg_1", "ana@example.com").await;
    let link = portal.link_to("ana@example.com").await;
    let stranger = portal.person();
    let mut redirects = 0;
    for path in [
        "/",
        "//evil.example",
        "//evil.example/%2f..",
        "/\\evil.example",
        "/https://evil.example",
        "/?next=https://evil.example",
        "/?past=https://evil.example",
        "/sign-in?next=//evil.example&return_to=//evil.example",
        "/bookings//evil.example",
        "/bookings/%2F%2Fevil.example",
        "/bookings/bkg_1?redirect=//evil.example",
        "/bookings/bkg_1/documents/%2F%2Fevil.example",
        &format!("{link}?next=https://evil.example"),
        &format!("{link}/%2F%2Fevil.example"),
    ] {
        for person in [&ana, &stranger] {
            for answer in [person.get(path).await, post(person, path).await] {
                let to = answer.location();
                assert!(to.is_empty() || (to.starts_with('/') && !to.starts_with("//")), "{path} leads to {to}");
                assert!(!to.contains("evil"), "{path} leads to {to}");
                redirects += usize::from(!to.is_empty());
            }
        }
    }
    assert!(redirects > 5, "{redirects}");
}

async fn post(person: &Person, path: &str) -> portal_tests::Answer {
    person.post(path, &[("next", "https://evil.example"), ("return_to", "//evil.example")]).await
}

/// Cookies that other sites of the portal's domain have set: as a browser sends them, in one header or in two.
fn beside_foreign_cookies(own: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let long = format!("ads={}", "x".repeat(8000)).into_bytes();
    let foreign: [&[u8]; 10] = [
        "city=M\u{e1}laga".as_bytes(),
        b"last=caf\xe9",
        "last=caf\u{e9}".as_bytes(),
        b"\xff\xfe=\xc3\x28",
        b"unpaired",
        b"__Host-session",
        b"__Host-session=garbage",
        b"a=\"quoted; b=\"",
        "\u{2003}__Host-session=x".as_bytes(),
        &long,
    ];
    let beside = foreign.into_iter().flat_map(|foreign| {
        let (before, after) = ([foreign, own].join(&b"; "[..]), [own, foreign].join(&b"; "[..]));
        [vec![before], vec![after], vec![foreign.to_vec(), own.to_vec()], vec![own.to_vec(), foreign.to_vec()]]
    });
    beside.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_holds_beside_any_cookies_of_others() {
    let portal = Portal::empty().await;
    let ana = arrived(&portal, "bkg_1", "ana@example.com").await;
    let own = format!("__Host-session={}", ana.cookie("__Host-session").unwrap());
    let all = beside_foreign_cookies(own.as_bytes());
    assert!(all.len() > 30, "{}", all.len());
    for cookies in &all {
        let cookies: Vec<&[u8]> = cookies.iter().map(Vec::as_slice).collect();
        let answer = ana.request_with_cookies(Method::GET, "/", &cookies).await;
        assert_eq!(answer.status, 200, "{}: {answer:?}", String::from_utf8_lossy(&cookies.join(&b"\n"[..])));
    }
    // The same cookies without hers open nothing.
    for cookies in beside_foreign_cookies(b"theme=dark") {
        let cookies: Vec<&[u8]> = cookies.iter().map(Vec::as_slice).collect();
        assert_eq!(ana.request_with_cookies(Method::GET, "/", &cookies).await.location(), "/sign-in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_whose_name_only_looks_like_the_session_s_opens_nothing() {
    let portal = Portal::empty().await;
    let eve = arrived(&portal, "bkg_1", "eve@example.com").await;
    let session = eve.cookie("__Host-session").unwrap();
    // Browsers guard names that begin with `__Host-`. These do not, so that any site of the domain can set them.
    for before in ["\u{2003}", "\u{a0}", "\u{85}", "\u{3000}", "\u{feff}"] {
        let forged = format!("{before}__Host-session={session}");
        let opened = portal.person().request_with_cookies(Method::GET, "/", &[forged.as_bytes()]).await;
        assert_eq!((opened.status.as_u16(), opened.location()), (303, "/sign-in"), "{before:?}");
    }
    let own = format!(" __Host-session={session}");
    assert_eq!(portal.person().request_with_cookies(Method::GET, "/", &[own.as_bytes()]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_character_in_a_cookie_or_header_costs_nobody_the_session() {
    let portal = Portal::empty().await;
    let ana = arrived(&portal, "bkg_1", "ana@example.com").await;
    let own = format!("__Host-session={}", ana.cookie("__Host-session").unwrap());
    // The local gateway's HTTP library refuses such a request; whether API Gateway does is written nowhere.
    let event = json!({
        "version": "2.0", "routeKey": "GET /", "rawPath": "/", "rawQueryString": "", "isBase64Encoded": false,
        "cookies": ["ads=\u{1}", own, "\u{7f}"], "headers": {"host": "localhost", "x-note": "a\u{0}b"},
        "requestContext": {
            "routeKey": "GET /", "stage": "$default", "domainName": "localhost", "timeEpoch": 0,
            "http": {"method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": ""}
        },
    });
    let answer = portal.stack.lambda.invoke("Dashboard", event.to_string().into()).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["statusCode"], 200, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_session_that_was_read_is_said_to_be_signed_out() {
    let portal = Portal::empty().await;
    let ana = arrived(&portal, "bkg_1", "ana@example.com").await;
    let own = format!("__Host-session={}", ana.cookie("__Host-session").unwrap());
    for cookies in [&b""[..], b"theme=dark", b"__Host-session=garbage", "\u{2003}__Host-session=x".as_bytes()] {
        let out = ana.request_with_cookies(Method::POST, "/sign-out", &[cookies]).await;
        assert_eq!((out.status.as_u16(), out.location()), (303, "/sign-in"), "{}", String::from_utf8_lossy(cookies));
    }
    assert_eq!(ana.get("/").await.status, 200, "nothing was ended");
    let out = ana.request_with_cookies(Method::POST, "/sign-out", &[b"last=caf\xe9", own.as_bytes()]).await;
    assert_eq!(out.location(), "/sign-in?signed-out");
    assert!(portal.person().get("/sign-in?signed-out").await.body.contains(ENGLISH.signed_out));
    let again = portal.signed_in("ana@example.com").await.get("/sign-in?signed-out").await;
    assert!(!again.body.contains(ENGLISH.signed_out), "an address ends no session: {again:?}");
    let again = ana.request_with_cookies(Method::GET, "/", &[own.as_bytes()]).await;
    assert_eq!(again.location(), "/sign-in", "and it has ended on the server");
}
