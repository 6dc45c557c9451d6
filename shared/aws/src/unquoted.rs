//! What may be logged of a value that could not be read.

use std::fmt;

/// What serde says of a value without what it quotes of it, which may be somebody's address.
#[derive(Debug)]
pub struct Unquoted(String);

impl Unquoted {
    pub(crate) fn of(error: &impl fmt::Display) -> Self {
        let message = error.to_string();
        let is_quote = |c: char| matches!(c, '"' | '`' | '\'');
        Self(match (message.find(is_quote), message.rfind(is_quote)) {
            (Some(first), Some(last)) => format!("{}…{}", &message[..first], &message[last + 1..]),
            _ => message,
        })
    }
}

impl fmt::Display for Unquoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unquoted {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_serde_quotes_of_a_value_is_left_out() {
        for (message, kept) in [
            ("missing field `status`", "missing field …"),
            ("invalid type: string \"ana@example.com\", expected u64", "invalid type: string …, expected u64"),
            ("unknown variant `ana@example.com`, expected one of `a`, `b`", "unknown variant …"),
            ("invalid value: string \"it\\\"s `ana`\", expected x", "invalid value: string …, expected x"),
            ("a text is empty", "a text is empty"),
        ] {
            assert_eq!(Unquoted::of(&message).to_string(), kept);
        }
    }
}
