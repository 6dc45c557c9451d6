//! Filter patterns, as far as they are terms in quotation marks.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

/// Which lines are wanted.
#[derive(Debug, PartialEq)]
pub(super) enum Pattern {
    /// Those that hold each of the terms; without any, every line.
    All(Vec<String>),
    /// Those that hold one of the terms.
    Any(Vec<String>),
}

impl Pattern {
    /// Reads `"a" "b"` or `?"a" ?"b"`; whatever else CloudWatch Logs knows is an error that quotes it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut terms = Vec::new();
        let mut rest = text.trim_start();
        let is_any = rest.starts_with('?');
        while !rest.is_empty() {
            let unknown = || format!("The local stack does not know the filter pattern {rest}");
            let quoted = if is_any { rest.strip_prefix('?') } else { Some(rest) };
            let quoted = quoted.and_then(|quoted| quoted.strip_prefix('"')).ok_or_else(unknown)?;
            let (term, after) = term(quoted).ok_or_else(unknown)?;
            if !after.is_empty() && !after.starts_with(char::is_whitespace) {
                return Err(unknown());
            }
            terms.push(term);
            rest = after.trim_start();
        }
        Ok(if is_any { Self::Any(terms) } else { Self::All(terms) })
    }

    /// Whether a line is wanted; capitals count.
    pub(super) fn matches(&self, line: &str) -> bool {
        match self {
            Self::All(terms) => terms.iter().all(|term| line.contains(term.as_str())),
            Self::Any(terms) => terms.iter().any(|term| line.contains(term.as_str())),
        }
    }
}

/// A term up to its second quotation mark, and what follows; a backslash stands before a mark or backslash of its own.
fn term(text: &str) -> Option<(String, &str)> {
    let mut term = String::new();
    let mut characters = text.char_indices();
    while let Some((position, character)) = characters.next() {
        match character {
            '"' if term.is_empty() => return None,
            '"' => return Some((term, text.get(position + 1..)?)),
            '\\' => term.push(characters.next()?.1),
            character => term.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_terms_are_looked_for_as_they_are() {
        for (pattern, line, matches) in [
            ("", "anything", true),
            ("\"abc\"", "xabcx", true),
            ("\"abc\"", "ABC", false),
            ("\"a b\"", "a b", true),
            ("\"a.c\"", "abc", false),
            ("\"a\" \"b\"", "b, then a", true),
            ("\"a\" \"b\"", "only a", false),
            ("?\"a\" ?\"b\"", "only a", true),
            ("?\"a\" ?\"b\"", "c", false),
            ("\"\\\"id\\\":\\\\\"", "{\"id\":\\}", true),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(line), matches, "{pattern} in {line}");
        }
    }

    #[test]
    fn any_other_pattern_is_refused_by_name() {
        for (pattern, quoted) in [
            ("ERROR", "ERROR"),
            ("\"a\" -\"b\"", "-\"b\""),
            ("\"a\" ?\"b\"", "?\"b\""),
            ("?\"a\" \"b\"", "\"b\""),
            ("{ $.level = \"ERROR\" }", "{ $.level"),
            ("[ip, user]", "[ip, user]"),
            ("%a%", "%a%"),
            ("\"a", "\"a"),
            ("\"a\"b", "\"a\"b"),
            ("\"\"", "\"\""),
        ] {
            let error = Pattern::parse(pattern).unwrap_err();
            assert!(error.contains(quoted), "{pattern}: {error}");
        }
    }
}
