//! The strings of the contract that have a format of their own. A pattern says in ECMA-262 what the function beside it says,
//! as far as a pattern can; its end is written `$(?!\n)`, since in many tools `$` also stands before a last line break.

use std::fmt;

use crate::{
    booking::{BookingId, DocumentId},
    customer::{EmailAddress, is_invisible},
    money::Currency,
    time::Zone,
};

/// A format.
pub struct Format {
    /// What a refusal says is expected.
    pub expected: &'static str,
    /// One that is right.
    pub example: &'static str,
    /// What it looks like, where that says more than its length.
    pub pattern: Option<&'static str>,
    /// How many characters it may have.
    pub length: (usize, usize),
    /// Its name among the formats of JSON Schema, if it has one there.
    pub format: Option<&'static str>,
    rule: fn(&str) -> bool,
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Format({})", self.expected)
    }
}

impl Format {
    pub(crate) fn takes(&self, text: &str) -> bool {
        (self.length.0..=self.length.1).contains(&text.chars().count()) && (self.rule)(text)
    }
}

/// One character that people see: not white space as Unicode has it, nor the byte order mark.
pub(super) const VISIBLE: &str =
    r"[^\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]";

/// A text for people.
pub(super) fn is_text(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && text.chars().any(|c| !c.is_whitespace() && c != '\u{feff}')
}

/// An id of the booking system.
pub(crate) const ID: Format = Format {
    expected: "an id of 1 to 64 of A-Z a-z 0-9 _ -",
    example: "bkg_4821",
    pattern: Some(r"^[A-Za-z0-9_-]{1,64}$(?!\n)"),
    length: (1, 64),
    format: None,
    rule: |text| BookingId::parse(text).is_some() && DocumentId::parse(text).is_some(),
};

/// A text of the sender's own.
pub(crate) const OPAQUE: Format = Format {
    expected: "a text of 1 to 128 characters",
    example: "evt_4821_3",
    pattern: None,
    length: (1, 128),
    format: None,
    rule: |_| true,
};

/// A link; whether it is shown is decided apart.
pub(crate) const LINK: Format = Format {
    expected: "a link of at most 10000 characters",
    example: "https://track.example.com/d/8f3",
    pattern: None,
    length: (0, 10_000),
    format: None,
    rule: |_| true,
};

/// A version of the contract.
pub(crate) const VERSION: Format = Format {
    expected: "1.0 or 1.1",
    example: "1.1",
    pattern: Some(r"^1\.[0-9]+$(?!\n)"),
    length: (3, 20),
    format: None,
    rule: |text| text.strip_prefix("1.").is_some_and(|minor| minor.bytes().all(|b| b.is_ascii_digit())),
};

/// A moment of the years 1900 to 2199 as RFC 3339 writes it, with offset and at most nanoseconds; on a day that there is,
/// which a pattern says by what it may not be: 29 February without a leap year, then the 30th and 31st of shorter months.
pub(crate) const TIME: Format = Format {
    expected: "RFC 3339 with offset, such as 2026-07-10T09:00:00-04:00",
    example: "2026-07-10T09:00:00-04:00",
    pattern: Some(concat!(
        r"^(?!([0-9]{2}([02468][1-35-79]|[13579][013-57-9])|1900|2100)-02-29)(19|20|21)[0-9]{2}",
        r"-(?!02-3|(0[469]|11)-31)(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
        r"[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$(?!\n)"
    )),
    length: (20, 35),
    format: Some("date-time"),
    rule: |text| is_time(text) && text.parse::<jiff::Timestamp>().is_ok(),
};

fn is_time(text: &str) -> bool {
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    let below = |part: &str, limit: u32| digits(part, 2) && part.parse::<u32>().is_ok_and(|number| number < limit);
    let (Some(date), Some(rest)) = (text.get(..11), text.get(11..)) else { return false };
    let (Some(clock), Some(rest)) = (rest.get(..8), rest.get(8..)) else { return false };
    let (fraction, offset) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())),
        None => ("0", rest),
    };
    let offset_fits = match offset.split_at_checked(1) {
        Some(("Z" | "z", "")) => true,
        Some(("+" | "-", offset)) => offset.split_once(':').is_some_and(|(h, m)| below(h, 24) && below(m, 60)),
        _ => false,
    };
    ["19", "20", "21"].iter().any(|century| date.starts_with(century))
        && date.ends_with(['T', 't'])
        && (1..=9).contains(&fraction.len())
        && clock.get(6..).is_some_and(|seconds| below(seconds, 60))
        && offset_fits
}

/// A time zone.
pub(crate) const ZONE: Format = Format {
    expected: "a time zone of the IANA database, such as America/New_York",
    example: "America/New_York",
    pattern: Some(r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$(?!\n)"),
    length: (1, 64),
    format: None,
    rule: |text| text.parse::<Zone>().is_ok(),
};

/// A bare address: what a form forgives, such as white space around it, an event does not hold.
pub(crate) const ADDRESS: Format = Format {
    expected: "one bare email address, such as ana@example.com",
    example: "ana@example.com",
    pattern: Some(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^@\s.,;:<>()\[\]]+(\.[^@\s.,;:<>()\[\]]+)+$(?!\n)"),
    length: (3, 254),
    format: None,
    rule: |text| {
        !text.contains(is_invisible)
            && text.rsplit_once('@').is_some_and(|(_, domain)| domain.contains('.'))
            && EmailAddress::parse(text).is_ok()
    },
};

/// A language (BCP 47): letters, then parts of letters and digits.
pub(crate) const LANGUAGE: Format = Format {
    expected: "a BCP 47 language tag, such as en-US",
    example: "en-US",
    pattern: Some(r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$(?!\n)"),
    length: (2, 35),
    format: None,
    rule: |text| {
        let mut parts = text.split('-');
        parts.next().is_some_and(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic()))
            && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
    },
};

/// A currency (ISO 4217).
pub(crate) const CURRENCY: Format = Format {
    expected: "a currency of ISO 4217 in capital letters, such as USD",
    example: "USD",
    pattern: Some(r"^[A-Z]{3}$(?!\n)"),
    length: (3, 3),
    format: None,
    rule: |text| Currency::try_from(text.to_owned()).is_ok(),
};

/// Where a document lies. That it is the folder of this very booking, [`table`](super::table) says.
pub(crate) const FILE_KEY: Format = Format {
    expected: "a key under documents/<booking_id>/ without empty parts, dots alone or control characters",
    example: "documents/bkg_4821/agreement.pdf",
    pattern: Some(r"^documents/[A-Za-z0-9_-]{1,64}(/(?!\.{1,2}(/|$))[^/\u0000-\u001f\u007f-\u009f]+)+$(?!\n)"),
    length: (1, 1024),
    format: None,
    rule: |text| {
        let mut parts = text.split('/');
        parts.next() == Some("documents")
            && parts.next().is_some_and(|id| BookingId::parse(id).is_some())
            && text.matches('/').count() >= 2
            && parts.all(|part| !matches!(part, "" | "." | "..") && !part.contains(char::is_control))
    },
};

/// A SHA-256.
pub(crate) const SHA256: Format = Format {
    expected: "a SHA-256 as 64 lower-case hexadecimal digits",
    example: "9999999999999999999999999999999999999999999999999999999999999999",
    pattern: Some(r"^[0-9a-f]{64}$(?!\n)"),
    length: (64, 64),
    format: None,
    rule: |text| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
};

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use super::*;

    const ALL: [&Format; 11] =
        [&ID, &OPAQUE, &LINK, &VERSION, &TIME, &ZONE, &ADDRESS, &LANGUAGE, &CURRENCY, &FILE_KEY, &SHA256];

    #[test]
    fn every_format_takes_its_example() {
        assert!(ALL.iter().all(|format| format.takes(format.example)));
    }

    #[test]
    fn a_format_takes_what_it_expects_and_nothing_beside_it() {
        for (format, taken, refused) in [
            (&VERSION, &["1.0", "1.12"][..], &["2.0", "1.x", "11"][..]),
            (
                &TIME,
                &["1900-01-01T00:00:00Z", "2199-12-31t23:59:59.123456789z", "2026-07-10T09:00:00+23:59"],
                &[
                    "1899-07-10T09:00:00Z",
                    "2200-07-10T09:00:00Z",
                    "2026-02-29T09:00:00Z",
                    "2026-07-10 09:00:00Z",
                    "2026-07-10T09:00:60Z",
                    "2026-07-10T09:00:00.Z",
                    "2026-07-10T09:00:00.1234567890Z",
                    "2026-07-10T09:00:00+24:00",
                    "2026-07-10T09:00:00+25:00",
                    "2026-07-10T09:00:00+05:60",
                    "2026-07-10T09:00:00+0530",
                    "2026-07-10T09:00:00",
                ],
            ),
            (
                &ADDRESS,
                &["Ana@example.com"],
                &[" ana@example.com", "ana@example。com", "ana@example", "ana.example.com"],
            ),
            (
                &LANGUAGE,
                &["en", "es-419", "sl-rozaj-1994"],
                &["e1", "en-", "en-toolongone", "toolongone", "en-\u{e9}a"],
            ),
            (
                &FILE_KEY,
                &["documents/bkg_1/a b.pdf", "documents/bkg_1/2026/a.pdf"],
                &[
                    "papers/bkg_1/a.pdf",
                    "documents/bkg 1/a.pdf",
                    "documents/bkg_1",
                    "documents/bkg_1/",
                    "documents/bkg_1/../a.pdf",
                    "documents/bkg_1/./a.pdf",
                    "documents/bkg_1/a\u{1}.pdf",
                ],
            ),
        ] {
            assert!(taken.iter().all(|text| format.takes(text)), "{format:?} {taken:?}");
            for text in refused {
                assert!(!format.takes(text), "{format:?} {text}");
            }
        }
        let hash = "0123456789abcdef".repeat(4);
        assert!(SHA256.takes(&hash) && !SHA256.takes(&hash.to_uppercase()) && !SHA256.takes(&hash[1..]));
        assert_eq!(format!("{SHA256:?}"), "Format(a SHA-256 as 64 lower-case hexadecimal digits)");
    }

    #[test]
    fn a_character_that_looks_alike_is_refused_at_every_place() {
        for format in [&ID, &VERSION, &TIME, &ZONE, &LANGUAGE, &CURRENCY, &SHA256] {
            for (at, c) in format.example.char_indices() {
                let (before, behind) = format.example.split_at(at);
                for odd in ["２", "é", "😀", "\u{202e}", "\0"] {
                    assert!(!format.takes(&format!("{before}{odd}{behind}")), "{before}{odd}{behind}");
                    let instead = &behind[c.len_utf8()..];
                    assert!(!format.takes(&format!("{before}{odd}{instead}")), "{before}{odd}{instead}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_there_no_format_breaks(text in "\\PC{0,80}|[0-9T:.+Zé２-]{0,40}") {
            for format in ALL {
                format.takes(&text);
            }
        }
    }
}
