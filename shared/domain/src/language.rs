//! The portal's languages, and which of them a person asks for.

use serde::{Deserialize, Serialize};

/// A language of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Language {
    /// US English, where nobody asks for another.
    #[default]
    #[serde(rename = "en")]
    English,
    /// US Spanish.
    #[serde(rename = "es")]
    Spanish,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// Its tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// The language of a tag such as `es-419`: tags are looked up by their first part (RFC 4647 §3.4).
    pub fn of_tag(tag: &str) -> Option<Self> {
        let first = tag.split('-').next().unwrap_or_default().trim();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(first))
    }

    /// The first language of an `Accept-Language` that is the portal's, by quality (RFC 9110 §12.5.4). `*` is any language that
    /// it does not name: of no help, unless it names, and so refuses, another of the portal's.
    pub fn preferred(accept_language: &str) -> Option<Self> {
        let mut ranges: Vec<(&str, u16)> = accept_language
            .split(',')
            .filter_map(|range| {
                let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
                Some((tag.trim(), quality(weight)?))
            })
            .collect();
        let is_named = |language: &Self| ranges.iter().any(|(tag, _)| Self::of_tag(tag) == Some(*language));
        let any_other =
            Self::ALL.into_iter().find(|language| !is_named(language)).filter(|_| Self::ALL.iter().any(is_named));
        ranges.retain(|(_, quality)| *quality > 0);
        ranges.sort_by_key(|(_, quality)| std::cmp::Reverse(*quality));
        ranges.into_iter().find_map(|(tag, _)| if tag == "*" { any_other } else { Self::of_tag(tag) })
    }
}

/// A weight in thousandths (RFC 9110 §12.4.2): `q=0.8` is 800, nothing is 1000; none where it is malformed.
fn quality(weight: &str) -> Option<u16> {
    let weight = weight.trim();
    if weight.is_empty() {
        return Some(1000);
    }
    let value = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?;
    let (whole, thousandths) = value.split_once('.').unwrap_or((value, ""));
    let is_decimal = thousandths.len() <= 3 && thousandths.bytes().all(|b| b.is_ascii_digit());
    let thousandths: u16 = format!("{thousandths:0<3}").parse().ok().filter(|_| is_decimal)?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_is_the_portal_s_is_chosen_by_quality() {
        use Language::{English, Spanish};
        for (header, chosen) in [
            ("", None),
            ("*", None),
            ("fr-CH, fr;q=0.9", None),
            ("es", Some(Spanish)),
            ("es-419", Some(Spanish)),
            ("ES-mx;q=0.8, en-US", Some(English)),
            ("fr, es;q=0.5, en;q=0.4", Some(Spanish)),
            ("en;q=0, es;q=0.1", Some(Spanish)),
            ("en;q=0, *", Some(Spanish)),
            ("fr, *;q=0.5", None),
            ("en;q=0.8, *;q=0.1", Some(English)),
            ("en;q=0", None),
            ("en;q=0.5, es;q=0.5", Some(English)),
            ("es;q=2, en;q=0.001", Some(English)),
            ("es;q=1.5, en;q=0.001", Some(English)),
            ("en;q=0.9, es;q=1.0", Some(Spanish)),
            ("es;q=abc, esperanto, en-GB", Some(English)),
            (",,;q=1,es", Some(Spanish)),
            ("es;q=0.+9, en;q=0.001", Some(English)),
            ("es;q=0.1234, en;q=0.001", Some(English)),
        ] {
            assert_eq!(Language::preferred(header), chosen, "{header}");
        }
    }
}
