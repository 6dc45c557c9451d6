//! Quotes of a CSV file: one that is never closed takes the rows after it into its cell, and no reader says so.

/// What the next byte is read as.
enum Within {
    /// The beginning of a cell, or one without quotes.
    Plain { is_begun: bool },
    /// A cell in quotes.
    Quoted,
    /// After a quote within quotes: of a pair, or the end of the cell.
    Closed,
}

/// Holds quotes against RFC 4180, which lets one close only before a delimiter or a line's end; spaces may come between. In a cell
/// that does not begin with a quote it is a character like others.
///
/// # Errors
/// The line, counted from 1, on which a quote opens that closes nowhere or elsewhere.
pub(super) fn check(text: &[u8], delimiter: u8) -> Result<(), usize> {
    let (mut within, mut line, mut opened, mut before) = (Within::Plain { is_begun: false }, 1, 1, b'\0');
    for byte in text {
        within = match (within, *byte) {
            (Within::Plain { is_begun: false }, b'"') => {
                opened = line;
                Within::Quoted
            }
            (Within::Quoted, b'"') => Within::Closed,
            (Within::Closed, b'"') => Within::Quoted,
            (Within::Quoted, _) => Within::Quoted,
            (Within::Plain { .. } | Within::Closed, end) if end == delimiter || matches!(end, b'\r' | b'\n') => {
                Within::Plain { is_begun: false }
            }
            (Within::Closed, b' ' | b'\t') => Within::Closed,
            (Within::Closed, _) => return Err(opened),
            (Within::Plain { .. }, _) => Within::Plain { is_begun: true },
        };
        line += usize::from(*byte == b'\r' || *byte == b'\n' && before != b'\r');
        before = *byte;
    }
    if matches!(within, Within::Quoted) { Err(opened) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_that_closes_nowhere_or_elsewhere_is_told_by_the_line_on_which_it_opens() {
        for (text, told) in [
            ("a,b\n1,\"x\"\n\"2\",\"\"\n", Ok(())),
            ("a,b\n1,\"x, \"\"y\"\",\nz\" \n2,5\" wheel\n", Ok(())),
            ("a,b\r\n\"1\",\"x\"", Ok(())),
            ("a,b\n1,\"x\n2,y\n", Err(2)),
            ("a,b\n1,x\n2,\"y\n3,\"z\"\n4,x\n", Err(3)),
            ("a,b\r\n1,x\r\n2,\"y\r\n3,\"\"\r\n4,x\r\n", Err(3)),
            ("a,b\r1,x\r2,\"y\r3,z\r", Err(3)),
            ("a,b\n1,\"x\"y\"\n", Err(2)),
        ] {
            assert_eq!(check(text.as_bytes(), b','), told, "{text:?}");
        }
    }
}
