//! What the pages look like in a browser, on every screen people have, and whether everyone can use them.

use std::{io::Write, path::PathBuf};

use flate2::{Compression, write::GzEncoder};
use gallery::{NOW, State, local};
use portal_domain::language::Language;
use portal_tests::{Browser, Portal, Screen, keeps_pictures, samples::confirmed, soon};
use portal_views::messages::ENGLISH;
use serde_json::{Value, json};

use crate::states::{HOSTILE, past, publish_a_full_life, publish_hostile_texts, publish_long_names, rental};

#[path = "../../../shared/views/tests/gallery/mod.rs"]
mod gallery;

const SIZES: [(u32, u32); 4] = [(320, 640), (390, 844), (768, 1024), (1280, 900)];

/// Every size in both schemes, and those wide enough for it zoomed to 200 % (the narrowest is 1280 at 400 %, WCAG 2.2 SC
/// 1.4.10).
fn screens() -> Vec<Screen> {
    let screen = |zoom, dark| move |size| Screen { size, zoom, dark };
    let light = SIZES.into_iter().map(screen(1, false));
    light.chain(SIZES.into_iter().map(screen(1, true))).chain(SIZES.into_iter().skip(1).map(screen(2, false))).collect()
}

/// A phone, on which axe looks at a page in both schemes.
fn is_phone(screen: &Screen) -> bool {
    screen.size.0 == 390 && screen.zoom == 1
}

/// Each width, and a phone in the dark, where a page has other colours and is laid out alike.
fn is_pictured(screen: &Screen) -> bool {
    screen.zoom == 1 && !screen.dark || is_phone(screen)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_every_screen_and_stands_in_nobody_s_way() {
    let Some(browser) = Browser::start().await else { return };
    let portal = Portal::empty().await;
    let url = portal.url();
    let mut faults = Vec::new();

    browser.open(&format!("{url}/sign-in")).await;
    look(&browser, "sign-in", &mut faults).await;
    the_checks_find_what_is_wrong(&browser).await;
    browser.run("document.forms[0].email.value = 'ana@example.com, ben'; document.forms[0].submit()").await;
    shows(&browser, ENGLISH.check_the_address).await;
    look(&browser, "sign-in-problem", &mut faults).await;
    browser.run("document.forms[0].email.value = 'nobody@example.com'; document.forms[0].submit()").await;
    shows(&browser, ENGLISH.check_your_email).await;
    look(&browser, "sign-in-sent", &mut faults).await;

    publish_a_full_life(&portal, "life@example.com").await;
    publish_long_names(&portal, "long@example.com").await;
    publish_hostile_texts(&portal, "evil@example.com").await;
    portal.publish("booking.confirmed", &past("over", "over@example.com", 20)).await;
    portal.publish("booking.confirmed", &confirmed("moves", "moved@example.com", 1, true)).await;
    portal.rests().await;

    let link = portal.link_to("moved@example.com").await;
    browser.open(&format!("{url}{link}")).await;
    look(&browser, "link", &mut faults).await;
    let moved = portal.person();
    moved.post(&link, &[]).await;
    browser.open(&format!("{url}{link}")).await;
    look(&browser, "link-used", &mut faults).await;
    portal.publish("booking.updated", &confirmed("moves", "elsewhere@example.com", 2, false)).await;
    portal.rests().await;

    portal.publish("booking.confirmed", &confirmed("other", "other@example.com", 1, true)).await;
    let others = portal.link_to("other@example.com").await;
    browser.sign_in_as(&moved, url).await;
    browser.open(&format!("{url}{others}")).await;
    shows(&browser, ENGLISH.other_address).await;
    look(&browser, "link-switching", &mut faults).await;
    browser.open(url).await;
    look(&browser, "dashboard-empty", &mut faults).await;

    for (name, pages) in [
        ("life", &["out", "late", "coming", "failed", "asked", "off", "missed", "unbilled", "changed", "past_0"][..]),
        ("long", &["long_1"]),
        ("evil", &["evil_0", "evil_3", "evil_4", "evil_8"]),
        ("over", &[]),
    ] {
        let person = portal.signed_in(&format!("{name}@example.com")).await;
        browser.sign_in_as(&person, url).await;
        browser.open(url).await;
        look(&browser, &format!("dashboard-{name}"), &mut faults).await;
        assert_eq!(browser.run("return document.querySelectorAll('script,img,iframe').length").await, 0, "{name}");
        for page in pages {
            browser.open(&format!("{url}/bookings/{page}")).await;
            look(&browser, &format!("booking-{page}"), &mut faults).await;
        }
        if name == "life" {
            browser.open(url).await;
            browser.run("document.querySelector(\"a[href^='/?past=']\").click()").await;
            shows(&browser, ENGLISH.all_bookings).await;
            look(&browser, "past-rentals", &mut faults).await;
            browser.open(&format!("{url}/bookings/past_0/documents/doc_receipt")).await;
            look(&browser, "document-missing", &mut faults).await;
            browser.open(&format!("{url}/nowhere")).await;
            look(&browser, "not-found", &mut faults).await;
            browser.open(&format!("{url}/sign-out")).await;
            look(&browser, "wrong-method", &mut faults).await;
        }
    }

    // What goes wrong: a form from elsewhere, one too long, too many requests, a table that does not answer.
    let elsewhere = format!("data:text/html,<form method=post action={url}/sign-in></form>");
    browser.open(&elsewhere).await;
    browser.run("document.forms[0].submit()").await;
    shows(&browser, ENGLISH.not_from_here).await;
    look(&browser, "not-from-here", &mut faults).await;
    browser.open(&format!("{url}/sign-in")).await;
    browser.run("document.forms[0].email.value = 'a'.repeat(9000); document.forms[0].submit()").await;
    shows(&browser, ENGLISH.too_large).await;
    look(&browser, "too-large", &mut faults).await;
    portal.limits_age(-3600).await;
    browser.open(&format!("{url}/sign-in")).await;
    browser.run("document.forms[0].email.value = 'nobody@example.com'; document.forms[0].submit()").await;
    shows(&browser, ENGLISH.too_many_requests).await;
    look(&browser, "too-many-requests", &mut faults).await;
    portal.stack.aws.dynamodb.set_latency(std::time::Duration::from_secs(10));
    browser.open(url).await;
    shows(&browser, ENGLISH.failed).await;
    look(&browser, "failed", &mut faults).await;
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Every stage with every way in which carts change hands, on each width and in both schemes: the booking's own page, and
/// its card alone on a dashboard.
#[tokio::test(flavor = "multi_thread")]
async fn every_stage_of_a_booking_fits_every_screen_and_answers_above_the_fold() {
    let Some(browser) = Browser::start().await else { return };
    let (site, folder) = (gallery::site(), tempfile::tempdir().unwrap());
    let mut faults = Vec::new();
    for state in gallery::states() {
        let (own, card) = (gallery::page(&site, &state), gallery::dashboard(&site, &[&state], state.now));
        for (name, page) in [("booking", own), ("card", card)] {
            let name = format!("stage-{name}-{}", state.name);
            let path = folder.path().join(format!("{name}.html"));
            let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
            compressed.write_all(page.html.as_bytes()).unwrap();
            let bytes = compressed.finish().unwrap().len();
            assert!(bytes <= 10_000, "{name} travels in {bytes} bytes");
            std::fs::write(&path, page.html).unwrap();
            browser.open(&format!("file://{}", path.display())).await;
            look_at_stage(&browser, &name, &mut faults).await;
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Every page in Spanish, whose words are longer: on the narrowest phones, where axe looks at it, and with text twice as large;
/// and each beside the same page in English, for looking at.
#[tokio::test(flavor = "multi_thread")]
async fn in_spanish_every_page_fits_phones_and_large_text_and_stands_in_nobody_s_way() {
    let Some(browser) = Browser::start().await else { return };
    let (site, folder) = (gallery::site(), tempfile::tempdir().unwrap());
    let written = |name: &str, html: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, html).unwrap();
        format!("file://{}", path.display())
    };
    let pages = |language: Language| {
        let states = gallery::states();
        let own = |state: &State| (format!("booking-{}", state.name), gallery::page_in(language, &site, state));
        let card = |state: &State| {
            (format!("card-{}", state.name), gallery::dashboard_in(language, &site, &[state], state.now))
        };
        // The page of a link that submits itself would leave; it looks like the one that waits.
        let doors = gallery::doors(&site.in_language(language, "?")).into_iter();
        let doors = doors.filter(|(name, _)| *name != "link-at-once");
        let all: Vec<_> = states.iter().collect();
        let all = ("dashboard".to_owned(), gallery::dashboard_in(language, &site, &all, local(NOW)));
        let pages: Vec<_> = states.iter().flat_map(|state| [own(state), card(state)]).chain([all]).collect();
        pages.into_iter().chain(doors.map(|(name, page)| (name.to_owned(), page)))
    };
    let mut faults = Vec::new();
    for ((name, english), (_, spanish)) in pages(Language::English).zip(pages(Language::Spanish)) {
        let english = written(&format!("{name}.en.html"), &english.html);
        let spanish = written(&format!("{name}.es.html"), &spanish.html);
        browser.open(&spanish).await;
        for (size, zoom) in [((320, 640), 1), ((390, 844), 1), ((768, 1024), 2)] {
            let dark = zoom == 1 && size.0 == 390;
            browser.look_on(&Screen { size, zoom, dark }).await;
            let mut found = misfits(&browser).await;
            if size.0 == 320 {
                found.extend(violations(&browser).await);
            }
            faults.extend(found.into_iter().map(|fault| format!("{name}, {size:?} at {zoom}00 %: {fault}")));
        }
        if !keeps_pictures() {
            continue;
        }
        let frame =
            |page| format!("<iframe src='{page}' style='width:390px;height:1600px;border:0;margin:4px'></iframe>");
        let beside = format!("<body style='margin:0;display:flex'>{}{}", frame(english), frame(spanish));
        browser.look_on(&Screen { size: (796, 1608), zoom: 1, dark: false }).await;
        browser.open(&written(&format!("{name}.html"), &beside)).await;
        browser.photograph(&format!("beside-{name}")).await;
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

async fn look_at_stage(browser: &Browser, name: &str, faults: &mut Vec<String>) {
    for screen in screens().into_iter().filter(is_pictured) {
        browser.look_on(&screen).await;
        let (width, scheme) = (screen.size.0, if screen.dark { "dark" } else { "light" });
        let name = format!("{name}-{width}-{scheme}");
        let mut found = if screen.dark { Vec::new() } else { misfits(browser).await };
        if is_phone(&screen) {
            browser.photograph(&name).await;
            found.extend(violations(browser).await);
            let answer = "const h = document.querySelector('.lead .head, .rows, .card.warn .head'); return h ? h.getBoundingClientRect().bottom : 1e9";
            let bottom = browser.run(answer).await.as_f64().unwrap();
            if bottom > 844.0 {
                found.push(format!("its answer ends below the fold, at {bottom}"));
            }
        }
        faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
    }
}

/// Looks at the page the browser is on: on every screen whether it fits, in both schemes what axe finds.
async fn look(browser: &Browser, name: &str, faults: &mut Vec<String>) {
    for screen in screens() {
        browser.look_on(&screen).await;
        let ((width, height), zoom) = (screen.size, screen.zoom);
        let scheme = if screen.dark { "dark" } else { "light" };
        let name = format!("{name}-{width}x{height}-{scheme}{}", if zoom == 1 { "" } else { "-200%" });
        let mut found = misfits(browser).await;
        if is_phone(&screen) {
            found.extend(violations(browser).await);
        }
        if is_pictured(&screen) {
            browser.photograph(&name).await;
        }
        faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    let requests = browser.run("return performance.getEntriesByType('resource').map(entry => entry.name)").await;
    assert_eq!(requests, json!([]), "{name}: a page is one request");
}

/// What of a page leaves its place: scrolls sideways, is cut, or is too small to hit.
pub(crate) async fn misfits(browser: &Browser) -> Vec<String> {
    texts(&browser.run(include_str!("misfits.js")).await)
}

/// What axe finds, each with the element.
pub(crate) async fn violations(browser: &Browser) -> Vec<String> {
    if browser.run("return typeof axe").await == "undefined" {
        let tools =
            std::env::var_os("TOOLS").map_or(concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools").into(), PathBuf::from);
        let path = tools.join("axe/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; run `make test`", path.display()));
        browser.run(&axe).await;
    }
    let found = browser.run_until_done(
        "const done = arguments[arguments.length - 1];
         axe.run(document, {resultTypes: ['violations']}).then(({violations}) => done(violations.flatMap(({id, nodes}) =>
             nodes.map(node => `axe ${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`))), error => done([`${error}`]))",
    );
    texts(&found.await)
}

/// The same checks on a page that is spoilt on purpose, which is put right again.
async fn the_checks_find_what_is_wrong(browser: &Browser) {
    browser.look_on(&Screen { size: (390, 844), zoom: 1, dark: false }).await;
    for (spoilt, fault) in [
        ("<div style='width:500px'>wide</div>", "scrolls sideways"),
        ("<div style='width:3rem;overflow:hidden;white-space:nowrap'>much too long</div>", "cut"),
        (
            "<div class=card style='width:3rem;padding:0'><span style='white-space:nowrap'>too long</span></div>",
            "leaves",
        ),
        ("<a href=/ style='font-size:10px'>x</a>", "too small"),
        ("<p style='font-size:14px'>the small print</p>", "small print"),
    ] {
        let found = spoil(browser, spoilt, misfits).await;
        assert!(found.iter().any(|found| found.contains(fault)), "{spoilt}: {found:?}");
    }
    for (spoilt, fault) in [("<img src='data:,'>", "image-alt"), ("<p style='color:#999'>grey</p>", "color-contrast")] {
        let found = spoil(browser, spoilt, violations).await;
        assert!(found.iter().any(|found| found.contains(fault)), "{spoilt}: {found:?}");
    }
    assert_eq!((misfits(browser).await, violations(browser).await), (vec![], vec![]), "the page is whole again");
}

async fn spoil(browser: &Browser, html: &str, check: impl AsyncFn(&Browser) -> Vec<String>) -> Vec<String> {
    browser
        .run(&format!("document.querySelector('main').insertAdjacentHTML('beforeend', `<div id=x>{html}</div>`)"))
        .await;
    // The page's policy forbids style attributes, but not what a script sets.
    browser
        .run("for (const e of document.querySelectorAll('#x [style]')) e.style.cssText = e.getAttribute('style')")
        .await;
    let found = check(browser).await;
    browser.run("document.querySelector('#x').remove()").await;
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_alone_reaches_everything_and_shows_where_it_is() {
    let Some(browser) = Browser::start().await else { return };
    let portal = Portal::empty().await;
    let url = portal.url();
    publish_a_full_life(&portal, "life@example.com").await;
    portal.rests().await;
    let person = portal.signed_in("life@example.com").await;
    browser.look_on(&Screen { size: (390, 844), zoom: 1, dark: false }).await;
    browser.open(&format!("{url}/sign-in")).await;
    assert!(walk(&browser).await >= 2);

    browser.run("document.querySelector('#email').focus()").await;
    browser.press("Enter", 13).await;
    shows(&browser, ENGLISH.check_the_address).await;
    let focused =
        "return document.activeElement.className || document.activeElement.id || document.activeElement.tagName";
    soon("the focus on the problem", async || (browser.run(focused).await == "note err").then_some(())).await;
    browser.press("Tab", 9).await;
    browser.press("Enter", 13).await;
    soon("the focus on the field", async || (browser.run(focused).await == "email").then_some(())).await;

    browser.sign_in_as(&person, url).await;
    for page in ["/", "/bookings/coming"] {
        browser.open(&format!("{url}{page}")).await;
        assert!(walk(&browser).await > 8, "{page}");
    }
    browser.open(url).await;
    browser.run("document.querySelector(\"a.btn.main[href='/bookings/out']\").focus()").await;
    browser.press("Enter", 13).await;
    soon("the booking", async || {
        browser.driver.current_url().await.ok()?.path().ends_with("/bookings/out").then_some(())
    })
    .await;
}

/// Presses Tab from the top of the page to its end; gives how many elements it met, in order and visibly.
async fn walk(browser: &Browser) -> usize {
    let all = browser.run(
        "document.activeElement.blur(); window.all = [...document.querySelectorAll('a,button,summary,input:not([type=hidden])')].filter(e => e.checkVisibility());
         return all.length",
    );
    let all = all.await.as_u64().unwrap();
    for expected in 0..all {
        browser.press("Tab", 9).await;
        let script = "const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
             return [all.indexOf(e), s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2,
                     r.bottom > 0 && r.top < innerHeight, e.outerHTML.slice(0, 100)]";
        let met = browser.run(script).await;
        assert_eq!((&met[0], &met[1], &met[2]), (&json!(expected), &json!(true), &json!(true)), "{met}");
    }
    usize::try_from(all).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_stay_texts() {
    let Some(browser) = Browser::start().await else { return };
    let portal = Portal::empty().await;
    publish_hostile_texts(&portal, "evil@example.com").await;
    portal.rests().await;
    let person = portal.signed_in("evil@example.com").await;
    browser.sign_in_as(&person, portal.url()).await;
    let pages = (0..=HOSTILE.len()).map(|n| format!("/bookings/evil_{n}")).chain(["/".to_owned()]);
    for page in pages {
        let source = person.get(&page).await.body;
        let steering = source.chars().filter(|c| matches!(c, '\u{202a}'..='\u{202e}')).count();
        assert_eq!(steering, 0, "{page} holds characters that steer the text around them");
        let (opened, closed) = (source.matches('\u{2068}').count(), source.matches('\u{2069}').count());
        assert_eq!(opened, closed, "{page} closes every isolate it opens");

        browser.open(&format!("{}{page}", portal.url())).await;
        let found = browser.run(
            "return {strangers: document.querySelectorAll('script,img,iframe,[onclick],[onerror]').length,
                     links: [...document.querySelectorAll('[href],[src],[action]')].filter(e => e.tagName !== 'use').map(e => e.href ?? e.src ?? e.action),
                     text: document.body.innerText}",
        );
        let found = found.await;
        assert_eq!(found["strangers"], 0, "{page}");
        let (links, home) = (texts(&found["links"]), format!("{}/", portal.url()));
        assert!(links.len() > 5, "{page}: {links:?}");
        for link in links {
            let known = [
                "tel:",
                "mailto:",
                "https://www.google.com/maps/",
                "https://calendar.google.com/",
                "data:image/svg+xml,",
                &home,
            ];
            assert!(known.iter().any(|known| link.starts_with(known)), "{page} links to {link}");
        }
    }
    let dashboard = browser.run("return document.body.innerText").await.to_string();
    for shown in ["<script>alert(1)</script>", "javascript:alert(1)", "עגלה מספר 14", "⛳️🛺", "]]>--></style>"]
    {
        assert!(dashboard.contains(shown), "{shown} shows as text");
    }
    assert!(!dashboard.contains(ENGLISH.track), "no address of another scheme becomes a link");
}

#[tokio::test(flavor = "multi_thread")]
async fn forced_colours_keep_the_edges_of_what_is_pressed_and_read() {
    let Some(browser) = Browser::start().await else { return };
    let (site, folder) = (gallery::site(), tempfile::tempdir().unwrap());
    browser.prefer(json!({"features": [{"name": "forced-colors", "value": "active"}]})).await;
    for state in gallery::states().iter().filter(|state| ["today-late", "ahead-delivery-due"].contains(&state.name)) {
        let path = folder.path().join(format!("{}.html", state.name));
        std::fs::write(&path, gallery::page(&site, state).html).unwrap();
        browser.open(&format!("file://{}", path.display())).await;
        let edgeless = browser.run(
            "return [...document.querySelectorAll('.btn,.card,.note,header button')].filter(e => {
                 const s = getComputedStyle(e);
                 return s.borderTopStyle === 'none' || parseFloat(s.borderTopWidth) < 1
                     || s.borderTopColor === getComputedStyle(document.body).backgroundColor;
             }).map(e => e.className)",
        );
        assert_eq!(edgeless.await, json!([]), "{}", state.name);
        browser.photograph(&format!("forced-colours-{}", state.name)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_prints_without_what_paper_cannot_do() {
    let Some(browser) = Browser::start().await else { return };
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &past("over", "ana@example.com", 20)).await;
    portal.publish("booking.confirmed", &rental("ahead", "ana@example.com", |_| {})).await;
    portal.rests().await;
    browser.sign_in_as(&portal.signed_in("ana@example.com").await, portal.url()).await;
    browser.look_on(&Screen { size: (768, 1024), zoom: 1, dark: false }).await;
    let dark_screen = json!([{"name": "prefers-color-scheme", "value": "dark"}]);
    browser.prefer(json!({"media": "print", "features": dark_screen})).await;
    for page in ["over", "ahead"] {
        browser.open(&format!("{}/bookings/{page}", portal.url())).await;
        browser.photograph(&format!("print-{page}")).await;
        let text = browser.run("return document.body.innerText").await.to_string();
        let text = text.replace('\u{a0}', " ");
        for printed in ["Tybee Beach Carts", "REF-", "6-Seater Premium", "+1 912 555 0142"] {
            assert!(text.contains(printed), "{page}: {printed}: {text}");
        }
        for left_out in [ENGLISH.sign_out, ENGLISH.add_to_calendar, ENGLISH.google_calendar, ENGLISH.directions] {
            assert!(!text.contains(left_out), "{page}: {left_out}: {text}");
        }
        let colours =
            browser.run("const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]").await;
        assert_eq!(colours, json!(["rgb(0, 0, 0)", "rgb(255, 255, 255)"]), "{page}");
    }
}

async fn shows(browser: &Browser, text: &str) {
    soon(text, async || {
        let page = browser.driver.execute("return document.body.innerText", Vec::new()).await.ok()?;
        page.json().as_str()?.contains(text).then_some(())
    })
    .await;
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
}
