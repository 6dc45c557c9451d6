//! A third language, made of English with every text in brackets: what is in no brackets on a page, in a mail or in a
//! calendar file is a text that is not in the messages, and a torn bracket is code that takes texts apart.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

#[path = "../gallery/mod.rs"]
mod gallery;
mod language;
mod seen;
mod views;

use std::collections::BTreeSet;

use language::said;
use portal_views::messages::{ENGLISH, Messages, SPANISH};
use regex::Regex;

#[test]
fn every_word_that_is_seen_or_heard_is_of_the_messages() {
    let faults: Vec<String> = views::ALL
        .iter()
        .flat_map(|(name, texts)| texts.iter().map(move |text| (name, text)))
        .flat_map(|(name, text)| seen::faults(text).into_iter().map(move |fault| format!("{name}: {fault}")))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_message_is_shown_somewhere() {
    let field = Regex::new(r"⟦(\w+): ").unwrap();
    let texts = views::ALL.iter().flat_map(|(_, texts)| texts);
    let shown: BTreeSet<&str> =
        texts.flat_map(|text| field.captures_iter(text)).map(|field| field.extract::<1>().1[0]).collect();
    let all = said(&ENGLISH).into_iter().map(|(field, _)| field);
    let never: BTreeSet<&str> = all.filter(|field| !shown.contains(field)).collect();
    // A page has the names of the other languages, and in English the booking system's word for how it was paid. Lengths of
    // time stand inside of messages.
    assert_eq!(never, BTreeSet::from(["language_name", "length", "payment_method"]));
}

#[test]
fn what_is_in_no_brackets_is_found_and_what_is_torn() {
    let html = |html: &str| seen::of_html(html).iter().flat_map(|text| seen::faults(text)).collect::<Vec<_>>();
    for (document, fault) in [
        ("<p>Total</p>", "Total"),
        ("<p>⟦by: by ⟪noon⟫⟧</p>", "noon"),
        ("<title>⟦hello: Hello⟧ · Carts</title>", "· Carts"),
        ("<svg><title>Cart</title></svg>", "Cart"),
        ("<button aria-label=\"Close\"></button>", "Close"),
        ("<img alt=\"Logo\">", "Logo"),
        ("<a href=\"mailto:a@example.com?subject=Change%20it\">⟦email_us: Email us⟧</a>", "Change it"),
        ("<p>⟦hello: Hello</p><p>⟦a: b⟧</p>", "torn: ⟦hello: Hello"),
        ("<p>llo, ⟪Аня⟫⟧</p>", "torn: llo, ⟪Аня⟫⟧"),
    ] {
        assert_eq!(html(document), [fault], "{document}");
    }
    let none = "<style>p{}</style><p class=\"soft\" aria-labelledby=\"next\">⟦a: b ⟪Аня⟫ ⟪⟦c: d⟧⟫⟧ 47\u{a0}kB a…a@<wbr>example.com</p>";
    assert_eq!(html(none), [""; 0]);
}

/// Texts that are the same in both languages.
const SAME: [&str; 5] = ["extras", "google_calendar", "money", "pdf", "total"];

/// Words of both languages: by chance or by descent, short months, names, what people call zones, and a currency's code.
const SHARED: [&str; 33] = [
    "a", "cookies", "extras", "golf", "local", "no", "portal", "spam", "total", "use", "web", //
    "feb", "mar", "may", "jun", "jul", "oct", "nov", //
    "calendar", "com", "example", "google", "pdf", //
    "akt", "alaska", "at", "ct", "et", "gmt", "hst", "kwd", "mt", "pt",
];

#[test]
fn no_english_was_left_in_spanish() {
    let word = Regex::new(r"\p{Latin}+").unwrap();
    let pairs = said(&ENGLISH).into_iter().zip(said(&SPANISH));
    let same = pairs.filter(|(english, spanish)| english == spanish && word.is_match(&spanish.1));
    assert_eq!(same.map(|(english, _)| english.0).collect::<BTreeSet<_>>(), BTreeSet::from(SAME));
    let words = |messages: &Messages| -> BTreeSet<String> {
        let texts = said(messages).into_iter().map(|(_, text)| text.to_lowercase());
        texts.flat_map(|text| word.find_iter(&text).map(|word| word.as_str().to_owned()).collect::<Vec<_>>()).collect()
    };
    let shared: BTreeSet<String> = words(&ENGLISH).intersection(&words(&SPANISH)).cloned().collect();
    assert_eq!(shared, SHARED.map(String::from).into());
}
