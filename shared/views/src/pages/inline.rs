//! Pieces of a line.

use maud::{Markup, html};
use portal_domain::phone;

use super::icons::icon;

/// A link that dials, if the number is certain.
pub(super) fn phone_link(number: &str, label: &str) -> Markup {
    html! {
        @match phone::dialable(number) {
            Some(dial) => a href={ "tel:" (dial) } { (icon("phone")) (label) },
            None => span { (icon("phone")) (label) },
        }
    }
}

/// An address that may break behind its `@`.
pub(super) fn mailbox(address: &str) -> Markup {
    let (local, host) = address.split_once('@').unwrap_or((address, ""));
    html! { span { (local) "@" wbr; (host) } }
}

/// A sentence in which a part stays in one piece, with the signs around it: they would stand alone on a narrow screen's lines.
pub(super) fn with_whole(sentence: String, part: &str) -> Markup {
    let is_sign = |c: char| c.is_ascii_punctuation();
    let (before, behind) = sentence.split_once(part).filter(|_| !part.is_empty()).unwrap_or_default();
    let opening = &before[before.trim_end_matches(is_sign).len()..];
    let closing = &behind[..behind.len() - behind.trim_start_matches(is_sign).len()];
    let part = format!("{opening}{part}{closing}");
    with(&sentence, &part, &html! { span.whole { (part) } })
}

/// The same, where that part matters most.
pub(super) fn with_bold(sentence: String, part: &str) -> Markup {
    with(&sentence, part, &html! { b.whole { (part) } })
}

fn with(sentence: &str, part: &str, marked: &Markup) -> Markup {
    let (before, behind) = sentence.split_once(part).unwrap_or((sentence, ""));
    html! { (before) @if before.len() < sentence.len() && !part.is_empty() { (marked) } (behind) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_sentence_stays_in_one_piece() {
        let whole = with_whole("Signed in as a…a@example.com.".to_owned(), "a…a@example.com");
        assert_eq!(whole.0, "Signed in as <span class=\"whole\">a…a@example.com.</span>");
        let both = with_whole("From Carts (a@example.com).".to_owned(), "a@example.com");
        assert_eq!(both.0, "From Carts <span class=\"whole\">(a@example.com).</span>");
        assert_eq!(with_whole("To all of you".to_owned(), "").0, "To all of you");
        assert_eq!(with_whole("No address".to_owned(), "a…a@example.com").0, "No address");
    }
}
