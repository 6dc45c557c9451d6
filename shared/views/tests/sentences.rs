//! Sentences end with one dot, whatever is put in at their end.
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used, reason = "tests")]

mod gallery;

use std::{fs, path::PathBuf};

use gallery::{site, states};
use portal_domain::language::Language;
use portal_views::{
    calendar,
    mails::{self, LeadsTo, Letterhead},
    messages::Messages,
};
use regex::Regex;

/// Everything that is said of a booking in a state: its page, its card, its calendar file and its mail.
fn said(state: &gallery::State, language: Language) -> Vec<String> {
    let site = site();
    let (view, portal) = (site.in_language(language, "?"), "https://portal.example".parse().unwrap());
    let own = gallery::own(state);
    let head = Letterhead { business: &site.business, portal: &portal, messages: Messages::of(language) };
    let markup = Regex::new("(?s)<style>.*?</style>|<svg.*?</svg>|<[^>]*>").unwrap();
    let shown = |html: &str| markup.split(html).map(ToOwned::to_owned).collect::<Vec<_>>();
    let mut said = shown(&gallery::page_in(language, &site, state).html);
    said.extend(shown(&gallery::dashboard_in(language, &site, &[state], state.now).html));
    let file = calendar::file(&view, &own, "https://portal.example/", state.now).replace("\r\n ", "");
    said.extend(file.lines().flat_map(|line| line.split("\\n")).map(ToOwned::to_owned));
    let mail = mails::confirmation(&head, &state.filed.booking, LeadsTo::Link(&gallery::token()), state.now);
    said.extend(mail.text.lines().map(ToOwned::to_owned));
    said.extend(shown(&mail.html));
    said.into_iter().map(|text| text.replace(['\u{a0}', '\u{202f}'], " ")).collect()
}

#[test]
fn no_sentence_stumbles_in_any_state() {
    // Two dots, a space before a comma, a day with a word or an article that it does not take; in Spanish, too, what is "al"
    // or "del", and an hour with the other number's article.
    for (language, slip) in [
        (Language::English, r"\.\.| [.,]|\bon (today|tomorrow|yesterday)"),
        (Language::Spanish, r"\.\.| [.,]|\b(a|de) el\b|\bel (hoy|mañana|ayer)|\blas 1\b|\bla ([2-9]|1\d)|\bhoy mañana"),
    ] {
        let slip = Regex::new(slip).unwrap();
        for state in &states() {
            for text in said(state, language) {
                assert!(!slip.is_match(&text), "{}: {text}", state.name);
            }
        }
    }
}

/// Behind what is filled in, which may end with a dot of its own such as that of `5 p.m.`, no text has another. Where a
/// sentence ends so, `messages::sentence` ends it.
#[test]
fn no_text_has_a_dot_behind_what_is_filled_in() {
    let dot = Regex::new(r#"\}\.(["\s\\]|$)"#).unwrap();
    assert!(dot.is_match(r#"format!("It ended {when}.")"#));
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            assert_eq!(source.lines().find(|line| dot.is_match(line)), None, "{}", path.display());
            files += 1;
        }
    }
    assert!(files > 20, "{files}");
}
