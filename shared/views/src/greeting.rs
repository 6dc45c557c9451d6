//! By what name a customer is greeted.

use portal_domain::{booking::Customer, text::Text};

use crate::formatting::one_line;

/// The longest name that is greeted, in characters.
const LONGEST: usize = 60;

/// How the booking system says to greet, or else the whole name; none if that is not like a name: nobody can have a sentence
/// of theirs shown or mailed as a headline.
pub(crate) fn name(customer: &Customer) -> Option<&Text> {
    let names = customer.greeting.iter().chain(std::iter::once(&customer.name));
    names.into_iter().find(|name| is_name_like(&one_line(name)))
}

/// Letters and their marks, spaces, apostrophes, hyphens, `&`, and dots after initials and abbreviated words.
fn is_name_like(name: &str) -> bool {
    let is_of_names = |c: char| {
        c.is_alphabetic() || is_mark(c) || matches!(c, ' ' | '.' | '&' | '-' | '‐' | '‑' | '\'' | '’' | '‘' | '`' | '´')
    };
    name.chars().count() <= LONGEST
        && name.chars().all(is_of_names)
        && name.chars().any(char::is_alphabetic)
        && name.split(' ').all(has_dots_of_a_name)
}

/// Of a word: one dot at its end, or each after one letter.
fn has_dots_of_a_name(word: &str) -> bool {
    let is_abbreviated = !word.trim_end_matches('.').contains('.') && !word.ends_with("..");
    is_abbreviated || word.split('.').all(|letter| letter.chars().filter(|c| !is_mark(*c)).count() <= 1)
}

/// Marks that stand on letters, and the joiners of Persian and Indic names. The standard library tells no marks apart; in
/// these blocks of the scripts what is neither letter nor number is a mark, or at worst some script's punctuation.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{1fff}' if !c.is_numeric()) && !c.is_alphabetic() || matches!(c, '\u{200c}' | '\u{200d}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_greeted_whatever_its_script() {
        for name in [
            "Ana Ruiz",
            "ana",
            "Dr. J.R. Smith",
            "Conan O’Brien-Núñez",
            "Jean-P. St. Mary's",
            "Ana & Ben Ruiz",
            "דָּנָה לוי",
            "علی‌رضا",
            "प्रिया शर्मा",
            "山田 太郎",
            "A\u{301}na",
            "María del Carmen de la Fuente y Álvarez de Toledo Gutiérrez",
        ] {
            assert!(is_name_like(name), "{name:?}");
        }
    }

    #[test]
    fn what_is_not_like_a_name_is_not_greeted() {
        let long = "a".repeat(61);
        for name in [
            "your refund is ready: https://evil.example",
            "evil.example",
            "t.co",
            "www.evil",
            "eve@evil",
            "Ana/Ben",
            "Call 1 800 555",
            "٣٣٣",
            "<b>Ana</b>",
            "Ana!",
            "🛺",
            "evil。example",
            "evil．example",
            "Ana..",
            "- & .",
            "Ana \u{202e}",
            "",
            &long,
        ] {
            assert!(!is_name_like(name), "{name:?}");
        }
    }
    #[test]
    fn the_booking_system_s_greeting_comes_first_where_it_is_like_a_name() {
        let customer = |greeting: Option<&str>| Customer {
            email: portal_domain::customer::EmailAddress::parse("ana@example.com").unwrap(),
            name: Text::try_from("Ana Ruiz".to_owned()).unwrap(),
            greeting: greeting.map(|greeting| Text::try_from(greeting.to_owned()).unwrap()),
            locale: None,
        };
        for (greeting, greeted) in [(None, "Ana Ruiz"), (Some("Ana"), "Ana"), (Some("evil.example"), "Ana Ruiz")] {
            assert_eq!(name(&customer(greeting)).unwrap().as_str(), greeted);
        }
    }
}
