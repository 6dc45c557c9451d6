//! Texts that people wrote, so that no mail program makes a link of them.
//!
//! Mail programs look for addresses in whatever they show, in the subject, too. What looks like one is broken by plain
//! spaces, since white space ends an address for every program. Invisible characters would not do: Gmail looks through
//! some, Samsung's program through all that were tried (blog.teknkl.com/stop-email-client-hyperlinking-text-without-consent),
//! a browser drops them from a host name (UTS #46 §4, "ignored"), and filters take them for an attempt to hide an address.

/// The text, unchanged where nothing in it looks like an address of the web or of a mailbox.
pub(super) fn unlinked(text: &str) -> String {
    let pieces = text.split_inclusive(char::is_whitespace);
    pieces.map(|piece| if looks_like_an_address(piece.trim_end()) { broken(piece) } else { piece.to_owned() }).collect()
}

/// Errs on the side of yes: a space too many in a text is harmless.
fn looks_like_an_address(word: &str) -> bool {
    let plain: Vec<char> = word.chars().map(plain).collect();
    let between =
        |is_it: fn(char, char, char) -> bool| plain.windows(3).any(|three| is_it(three[0], three[1], three[2]));
    let labels = plain.split(|c| *c == '.' || is_delimiter(*c));
    let plain_text: String = plain.iter().collect();
    plain_text.contains("://")
        || plain_text.contains(r"\\")
        || between(|_, c, _| c == '@')
        || between(|before, c, after| {
            c == ':' && is_letter(before) && (is_letter(after) || matches!(after, '/' | '\\' | '+' | '%'))
        })
        || plain.split(|c| is_delimiter(*c)).any(is_host)
        || labels.clone().any(|label| label.iter().collect::<String>().eq_ignore_ascii_case("www"))
            && plain.contains(&'.')
}

/// Whether labels with dots between them can be a host's name: one that begins with a letter and has another character
/// stands where the top-level domain would, or there are four numbers, as in an address of IPv4.
fn is_host(labels: &[char]) -> bool {
    let labels: Vec<&[char]> = labels.split(|c| *c == '.').collect();
    let is_number = |label: &[char]| !label.is_empty() && label.iter().all(char::is_ascii_digit);
    labels.windows(2).any(|two| !two[0].is_empty() && two[1].len() > 1 && is_letter(two[1][0]))
        || labels.split(|label| !is_number(label)).any(|numbers| numbers.len() == 4)
}

/// The word with a space wherever an address holds together.
fn broken(word: &str) -> String {
    let mut broken = String::with_capacity(2 * word.len());
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        let is_followed = chars.peek().is_some_and(|next| !next.is_whitespace());
        let is_at = plain(c) == '@';
        if is_at && !broken.is_empty() && is_followed {
            broken.push(' ');
        }
        broken.push(c);
        if is_followed && matches!(plain(c), '.' | ':' | '@' | '\\') {
            broken.push(' ');
        }
    }
    broken
}

/// What a browser makes of a character of a host's name (UTS #46): wide forms are ASCII's, and there are other dots.
fn plain(c: char) -> char {
    match c {
        '。' | '｡' | '․' | '﹒' => '.',
        '﹫' => '@',
        '﹕' => ':',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// A letter, or anything else that is not ASCII, such as what is invisible; but not a dash, quotation mark or ellipsis.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || !c.is_ascii() && !matches!(c, '\u{2010}'..='\u{2027}')
}

/// What no host's name holds.
fn is_delimiter(c: char) -> bool {
    c.is_ascii() && !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_stays_as_it_is() {
        for text in [
            "Ana Ruiz",
            "12 Dune Rd, Tybee Island, GA 31328",
            "St. Mary's",
            "No. 5",
            "No.5",
            "Dr. J.R. Smith",
            "Ph.D. O'Brien-Núñez, Jr.",
            "9 a.m.–5 p.m.",
            "Cart #14 (6-Seater), 4.5kW / v2.10",
            "Gate code: 4821, GCO:4821, 10:30Uhr",
            "+1 (912) 555-0142, 912.555.0142, 01.23.45.67.89",
            "12.06.2027...",
            "Beach @ 3rd St",
            "Wait... what?",
            "דנה לוי",
            "車．",
            "🛺🛺",
            " two  spaces ",
        ] {
            assert_eq!(unlinked(text), text);
        }
    }

    #[test]
    fn what_a_program_could_make_a_link_of_is_broken_by_spaces() {
        for (text, broken) in [
            ("see https://evil.example/x?a=b.", "see https: //evil. example/x?a=b."),
            ("hxxp://evil", "hxxp: //evil"),
            ("www.4you", "www. 4you"),
            ("(evil.example)", "(evil. example)"),
            ("a,evil.example/x", "a,evil. example/x"),
            ("eve@evil.example", "eve @ evil. example"),
            ("mailto:eve@localhost", "mailto: eve @ localhost"),
            ("1.2.3.4:80/x", "1. 2. 3. 4: 80/x"),
            ("evil．example 悪。例え", "evil． example 悪。 例え"),
            ("ｗｗｗ．ｅvil", "ｗｗｗ． ｅvil"),
            ("eve＠evil", "eve ＠ evil"),
            ("eve﹫evil", "eve ﹫ evil"),
            ("mailto﹕eve", "mailto﹕ eve"),
            ("evil.\u{200b}example", "evil. \u{200b}example"),
            (r"\\evil\share", r"\ \ evil\ share"),
            ("St.Mary's", "St. Mary's"),
        ] {
            assert_eq!(unlinked(text), broken);
        }
    }
}
