//! Old iPhones: every page without what the Safari of iOS 12 to 15 does not know, as narrow as they are.
//!
//! Chromium shows them, with the style sheet as those would read it.

mod style;

use gallery::{NOW, local};
use portal_domain::language::Language;
use portal_tests::{Browser, Engine, Screen, Without};
use style::{FLEX_GAP, Ios, as_read_by, unknown_properties};

#[path = "../../../shared/views/tests/gallery/mod.rs"]
mod gallery;

/// As narrow as phones are: an iPhone SE of 2016.
const SCREEN: Screen = Screen { size: (320, 568), zoom: 1, dark: false };

/// Every page with a name, in this language; the dashboard has a card of every stage.
fn pages(language: Language) -> Vec<(String, String)> {
    let (site, states) = (gallery::site(), gallery::states());
    let all: Vec<_> = states.iter().collect();
    let mut pages = vec![("dashboard".to_owned(), gallery::dashboard_in(language, &site, &all, local(NOW)).html)];
    for state in &states {
        pages.push((format!("booking-{}", state.name), gallery::page_in(language, &site, state).html));
    }
    let doors = gallery::doors(&site.in_language(language, "?")).into_iter();
    // The page of a link that submits itself would leave; it looks like the one that waits.
    pages.extend(doors.filter(|(name, _)| *name != "link-at-once").map(|(name, page)| (name.to_owned(), page.html)));
    pages
}

/// The page as the Safari of this iOS reads it.
fn old(html: &str, ios: Ios) -> String {
    let (before, rest) = html.split_once("<style>").unwrap();
    let (style, after) = rest.split_once("</style>").unwrap();
    format!("{before}<style>{}</style>{after}", as_read_by(style, ios))
}

async fn faults(browser: &Browser, script: &str) -> Vec<String> {
    serde_json::from_value(browser.run(script).await).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_phones_that_know_no_news_of_style_sheets() {
    let Some(browser) = Engine::Chromium.start(Without::Nothing).await else { return };
    let folder = tempfile::tempdir().unwrap();
    browser.look_on(&SCREEN).await;
    let mut found = Vec::new();
    // What moves things is new in 14.5 and in 15.4. Spanish has the longer words.
    for (language, ios) in [(Language::Spanish, (12, 1)), (Language::English, (15, 3))] {
        for (name, html) in pages(language) {
            let name = format!("ios-{}.{}-{name}-{}", ios.0, ios.1, language.tag());
            let path = folder.path().join(format!("{name}.html"));
            std::fs::write(&path, old(&html, ios)).unwrap();
            browser.open(&format!("file://{}", path.display())).await;
            if ios < FLEX_GAP {
                browser.run(include_str!("old_phones/no_flex_gap.js")).await;
            }
            let mut faults_here = faults(&browser, include_str!("../portal/misfits.js")).await;
            faults_here.extend(faults(&browser, include_str!("old_phones/crowds.js")).await);
            if name.contains("dashboard") {
                browser.photograph(&name).await;
            }
            found.extend(faults_here.into_iter().map(|fault| format!("{name}: {fault}")));
        }
    }
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_on_or_against_something_else_is_found() {
    let Some(browser) = Engine::Chromium.start(Without::Nothing).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    let row = "<div style='display:flex;gap:8px'><a>one</a><a>two</a></div>";
    for (html, has_gaps, expected) in [
        (row, true, &[][..]),
        (row, false, &["stands against"]),
        ("<p>one</p><p style='margin-top:-34px'>two</p>", true, &["stands on"]),
    ] {
        std::fs::write(&path, format!("<!doctype html><main>{html}</main>")).unwrap();
        browser.open(&format!("file://{}", path.display())).await;
        if !has_gaps {
            browser.run(include_str!("old_phones/no_flex_gap.js")).await;
        }
        let found = faults(&browser, include_str!("old_phones/crowds.js")).await;
        let kinds: Vec<_> = found.iter().filter_map(|fault| Some(fault.split_once(':')?.0)).collect();
        assert_eq!(kinds, expected, "{html}: {found:?}");
    }
}

/// So that nobody uses a property without looking up since when iPhones know it.
#[test]
fn every_property_of_the_style_sheet_is_an_old_one_or_listed_with_its_first_ios() {
    assert_eq!(unknown_properties(gallery::site().style()), [""; 0]);
}
