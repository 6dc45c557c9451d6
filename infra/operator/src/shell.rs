//! Words as a shell reads them.

/// A word as one types it in a shell. A zero byte, which no shell takes, stays as it is.
pub(crate) fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), Into::into)
}

/// A booking's id as an argument of this tool's: one that begins as an option does stands behind `--`.
pub(crate) fn typed(id: &str) -> String {
    if id.starts_with('-') { format!("-- {id}") } else { id.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_take_it_apart() {
        for (word, typed) in [
            ("exports/bookings-2025.csv", "exports/bookings-2025.csv"),
            ("Bookings 2025 (all).csv", "'Bookings 2025 (all).csv'"),
            ("Ana's.csv", "\"Ana's.csv\""),
            ("$(reboot)", "'$(reboot)'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), typed);
        }
    }
}
