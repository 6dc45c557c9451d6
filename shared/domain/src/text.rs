//! Texts that people wrote, made safe to stand among other words.

use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};

/// A text of a person or a business. [`Text::try_from`] takes one to 10,000 characters, not only white space; what is
/// stored is read however long it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(String);

/// Why a string is not a [`Text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAText {
    /// Nothing, or nothing but white space.
    #[error("a text is empty")]
    Empty,
    /// More than [`Text::LONGEST`] characters.
    #[error("a text is longer than {} characters", Text::LONGEST)]
    TooLong,
}

impl Text {
    /// The longest text, in characters.
    pub const LONGEST: usize = 10_000;

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As it may stand among other words: on one line, without characters that steer the text around it, and with
/// right-to-left writing isolated (Unicode Annex #9 §2.4), so that nobody's name can turn a page about.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Isolated(&self.0).fmt(f)
    }
}

/// A text of any length as [`Text`] is shown: on one line, steering nothing, right-to-left writing isolated.
pub struct Isolated<'a>(pub &'a str);

impl fmt::Display for Isolated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_isolated = self.0.chars().any(is_right_to_left);
        if is_isolated {
            f.write_char(FIRST_STRONG_ISOLATE)?;
        }
        for c in self.0.chars().filter(|c| !is_steering(*c)) {
            f.write_char(if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })?;
        }
        if is_isolated {
            f.write_char(POP_ISOLATE)?;
        }
        Ok(())
    }
}

const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_ISOLATE: char = '\u{2069}';

/// Embeddings, overrides and isolates.
fn is_steering(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Marks, letters and numbers of the scripts written from right to left, by their blocks.
fn is_right_to_left(c: char) -> bool {
    matches!(c,
        '\u{200f}' | '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

impl TryFrom<String> for Text {
    type Error = NotAText;

    fn try_from(text: String) -> Result<Self, NotAText> {
        // The byte order mark is white space to the schemas' regular expressions (ECMA-262 §12.2).
        if text.chars().all(|c| c.is_whitespace() || c == '\u{feff}') {
            return Err(NotAText::Empty);
        }
        if text.chars().count() > Self::LONGEST {
            return Err(NotAText::TooLong);
        }
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Text::try_from(text.to_owned()).unwrap().to_string()
    }

    #[test]
    fn a_text_cannot_steer_what_stands_around_it() {
        assert_eq!(shown("Ana \u{202e}ziuR\u{202c} \u{2066}x\u{2069}"), "Ana ziuR x");
        assert_eq!(shown("two\nlines\u{0}"), "two lines ");
        assert_eq!(shown("עגלה 14"), "\u{2068}עגלה 14\u{2069}");
        assert_eq!(shown("\u{2069}\u{202e}عربة"), "\u{2068}عربة\u{2069}");
    }

    #[test]
    fn a_text_that_steers_nothing_stays_as_it_is() {
        for text in ["Ana Ruiz", "<b>Ñandú</b> & 車", "Golf 👨‍👩‍👧 cart ⛳️"] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn a_text_shows_something_and_is_no_longer_than_it_may_be() {
        let long = |longer: usize| "ñ".repeat(Text::LONGEST + longer);
        for (text, refused) in [
            (String::new(), Some(NotAText::Empty)),
            (" \t\n".to_owned(), Some(NotAText::Empty)),
            ("\u{feff} \u{feff}".to_owned(), Some(NotAText::Empty)),
            ("\u{feff}7".to_owned(), None),
            (long(0), None),
            (long(1), Some(NotAText::TooLong)),
        ] {
            assert_eq!(Text::try_from(text.clone()).err(), refused, "{text:?}");
        }
    }
}
