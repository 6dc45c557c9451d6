//! Phone numbers. They are text, and always shown as that; a link dials only where the number is certain.

use crate::customer::is_invisible;

/// The number that a text says to dial: `+` for an international one, and 7 to 15 digits (as many as E.164 has at most). None
/// where there is anything else than a number, such as letters. Of several numbers it is the first; an extension is not
/// dialled, nor the `(0)` that is left out after a country code.
pub fn dialable(text: &str) -> Option<String> {
    let text = text.trim_matches(is_invisible).to_ascii_lowercase();
    let mut number = first_number(&text).replace(is_separator, "");
    if let Some((code, rest)) = number.split_once("(0)")
        && is_country_code(code)
    {
        number = format!("{code}{rest}");
    }
    number.retain(|c| !matches!(c, '(' | ')'));
    let digits = number.strip_prefix('+').unwrap_or(&number);
    let is_number = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some(number)
}

/// What stands before another number, a remark or an extension.
fn first_number(text: &str) -> &str {
    let is_end = |(at, c): &(usize, char)| matches!(c, '/' | ',' | ';') || is_extension(&text[*at..]);
    text.char_indices().find(is_end).map_or(text, |(at, _)| &text[..at])
}

/// Whether a text begins like `ext. 7`, `x7` or `# 7`. With letters behind it, it is part of a word.
fn is_extension(text: &str) -> bool {
    let mark = ["extension", "ext", "x", "#"].into_iter().find_map(|mark| text.strip_prefix(mark));
    let number = mark.map(|rest| rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '.' | ':')));
    number.is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
}

/// What may stand between digits: spaces, dots and dashes, but no line break.
fn is_separator(c: char) -> bool {
    let is_space = c == '\t' || c.is_whitespace() && !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
    is_space || matches!(c, '-' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Whether it is `+49`, `(+49)` or `0049`.
fn is_country_code(text: &str) -> bool {
    let text = text.trim_matches(['(', ')']);
    let code = text.strip_prefix('+').or_else(|| text.strip_prefix("00"));
    code.is_some_and(|code| (1..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_link_dials_only_a_number_that_is_certain() {
        for (text, dials) in [
            ("+1 912 555 0142", Some("+19125550142")),
            ("+1 (912) 555-0142", Some("+19125550142")),
            ("(912) 555-0142", Some("9125550142")),
            ("912.555.0142", Some("9125550142")),
            ("555-0142", Some("5550142")),
            ("555-014", None),
            ("+123456789012345", Some("+123456789012345")),
            ("+1234567890123456", None),
            // Extensions.
            ("+1 912 555 0142 ext. 7", Some("+19125550142")),
            ("+1 912 555 0142 Ext 7", Some("+19125550142")),
            ("+1 912 555 0142 EXTENSION: 7", Some("+19125550142")),
            ("912-555-0142x7", Some("9125550142")),
            ("912-555-0142 X 7", Some("9125550142")),
            ("912-555-0142 #7", Some("9125550142")),
            ("912-555-0142 ext", None),
            ("ext. 7", None),
            ("#9125550142", None),
            // Several numbers, or a remark.
            ("912-555-0142 / 912-555-0143", Some("9125550142")),
            ("912-555-0142/43", Some("9125550142")),
            ("+1 912 555 0142, weekdays", Some("+19125550142")),
            ("912-555-0142; 912-555-0143 at night", Some("9125550142")),
            ("weekdays, 912-555-0142", None),
            ("912-555-0142 or 912-555-0143", None),
            ("555-0142\n555-0143", None),
            ("555-0142\u{2028}555-0143", None),
            ("555-0142|555-0143", None),
            // Country codes.
            ("+49 (0)89 123456", Some("+4989123456")),
            ("+49 ( 0 ) 89 123456", Some("+4989123456")),
            ("+44(0)20 7946 0958", Some("+442079460958")),
            ("(+44) (0) 20 7946 0958", Some("+442079460958")),
            ("0044 (0)20 7946 0958", Some("00442079460958")),
            ("(0)20 7946 0958", Some("02079460958")),
            ("+4912 (0)89 12345", Some("+491208912345")),
            ("+39 (06) 698 12345", Some("+390669812345")),
            // Letters.
            ("1-800-GOLF-CART", None),
            ("1-800-555-XTRA", None),
            ("1-800-555-EXTRA", None),
            ("ask at the desk", None),
            ("tel:+19125550142", None),
            ("javascript:9125550142", None),
            // What does not belong there.
            ("", None),
            (" \t ", None),
            ("+", None),
            ("()-.", None),
            ("1+912 555 0142", None),
            ("++1 912 555 0142", None),
            ("*67 912 555 0142", None),
            ("912-555-0142\"><script>", None),
            ("912%2d555%2d0142", None),
            ("\u{ff0b}1 912 555 0142", None),
            ("\u{ff19}\u{ff11}\u{ff12} 555 0142 00", None),
            ("٩١٢٥٥٥٠١٤٢", None),
            ("912\u{200f}-555-\u{200f}0142", None),
            ("912 \u{202e}555 0142", None),
            ("912\u{200b}5550142", None),
            // What nobody sees.
            ("\u{202a}+1 912 555 0142\u{202c}", Some("+19125550142")),
            ("\u{200f}912-555-0142\u{200b}\n", Some("9125550142")),
            ("912\t555\t0142", Some("9125550142")),
            ("912\u{a0}555\u{202f}0142", Some("9125550142")),
            ("912\u{2011}555–0142", Some("9125550142")),
        ] {
            assert_eq!(dialable(text).as_deref(), dials, "{text:?}");
        }
        assert_eq!(dialable(&"912".repeat(67)), None);
        assert_eq!(dialable(&format!("912{}5550142", " ".repeat(190))).as_deref(), Some("9125550142"));
    }

    proptest! {
        #[test]
        fn whatever_the_text_is_what_is_dialled_is_a_number(text in "([+0-9() .-]|/|,|x|ext|\\PC){0,30}") {
            if let Some(number) = dialable(&text) {
                let digits = number.strip_prefix('+').unwrap_or(&number);
                prop_assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()), "{number}");
                prop_assert_eq!(dialable(&number), Some(number.clone()), "and dials itself");
            }
        }
    }
}
