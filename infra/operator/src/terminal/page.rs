//! What people read: lines, columns that stand below each other, marks, and advice.

use std::{fmt::Display, io::Write};

use anstyle::{AnsiColor, Style};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use serde_json::Value;
use tabwriter::{Alignment, TabWriter};

use super::masking::masked;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mark {
    /// As it should be.
    Ok,
    /// It could not be looked at from here.
    NotChecked,
    /// Good to know.
    Note,
    /// Somebody should look at it.
    Warning,
    /// It stops something.
    Failure,
}

/// The longest mark's, so that the marks of a page stand below each other whatever is between them.
const MARK_WIDTH: usize = "not checked".len();

impl Mark {
    /// Coloured, and at least this wide.
    fn shown(self, width: usize) -> String {
        let (style, text) = match self {
            Self::Ok => (AnsiColor::Green.on_default(), "ok"),
            Self::NotChecked => (DIM, "not checked"),
            Self::Note => (DIM, "note"),
            Self::Warning => (AnsiColor::Yellow.on_default().bold(), "warning"),
            Self::Failure => (AnsiColor::Red.on_default().bold(), "failure"),
        };
        format!("{style}{text:<width$}{style:#}")
    }
}

/// A page that grows line by line. Whatever it is given stands on one line and steers no terminal.
#[derive(Default)]
pub(crate) struct Page {
    text: String,
    /// Whether what looks like an address is masked.
    masks: bool,
}

impl Page {
    /// A page on which what looks like an address is masked.
    pub(crate) fn masking() -> Self {
        Self { masks: true, ..Self::default() }
    }

    /// One line of text.
    pub(crate) fn line(&mut self, text: impl Display) {
        self.push(&self.clean(text));
    }

    /// The line that says what all others are about.
    pub(crate) fn headline(&mut self, mark: Option<Mark>, text: impl Display) {
        let mark = mark.map(|mark| mark.shown(0) + "  ").unwrap_or_default();
        self.push(&format!("{mark}{BOLD}{}{BOLD:#}", self.clean(text)));
    }

    /// A heading of what follows, apart from what is before.
    pub(crate) fn heading(&mut self, text: impl Display) {
        self.push("");
        self.push(&format!("{BOLD}{}{BOLD:#}", self.clean(text)));
    }

    /// A line of columns, which stand below those of the lines around it.
    pub(crate) fn row(&mut self, columns: &[&dyn Display]) {
        let columns: Vec<String> = columns.iter().map(|text| self.clean(text)).collect();
        self.push(&columns.join("\t"));
    }

    /// How something is: a mark, what it is, and what was found.
    pub(crate) fn check(&mut self, mark: Mark, what: impl Display, found: impl Display) {
        self.push(&format!("{}\t{}\t{}", mark.shown(MARK_WIDTH), self.clean(what), self.clean(found)));
    }

    /// What to do: words, if there are any, and the command that does it.
    pub(crate) fn advice(&mut self, advice: impl Display) {
        self.push(&format!("{DIM}\u{2192}{DIM:#} {}", self.clean(advice)));
    }

    /// Text of more than one line, such as JSON.
    pub(crate) fn block(&mut self, text: &str) {
        text.lines().for_each(|line| self.line(line));
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn clean(&self, text: impl Display) -> String {
        let clean = clean(text);
        if self.masks { masked(&clean) } else { clean }
    }

    /// The whole page, its columns aligned.
    pub(crate) fn aligned(self) -> String {
        let mut columns = TabWriter::new(Vec::new()).minwidth(2).padding(2).alignment(Alignment::Left).ansi(true);
        let written = columns.write_all(self.text.as_bytes()).and_then(|()| columns.flush());
        let aligned = written.ok().and_then(|()| String::from_utf8(columns.into_inner().ok()?).ok());
        aligned.unwrap_or(self.text)
    }
}

/// A moment, to the second, in UTC as logs have it.
pub(crate) fn when(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// `1 event`, `2 events`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A value with a name, such as a status, as words: `checked out`, `ahead (delivery)`.
pub(crate) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name.replace('_', " "),
        Ok(Value::Object(of)) => {
            let words = of.iter().map(|(name, of)| format!("{} ({})", word(name), word(of)));
            words.collect::<Vec<_>>().join(", ")
        }
        Ok(other) => other.to_string(),
        Err(_) => "?".to_owned(),
    }
}

/// On one line, without what steers a terminal or the direction of the text around it: events, logs and queues hold what
/// others wrote.
fn clean(text: impl Display) -> String {
    text.to_string().chars().map(|c| if is_harmless(c) { c } else { '\u{FFFD}' }).collect()
}

/// Whether a character steers neither a terminal nor the direction of the text around it, and is to be seen.
pub(super) fn is_harmless(c: char) -> bool {
    let is_format = matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        | '\u{E0000}'..='\u{E007F}');
    !c.is_control() && !is_format
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_whatever_is_in_them() {
        let mut page = Page::default();
        page.check(Mark::Ok, "DKIM", "3 of 3 records");
        page.check(Mark::NotChecked, "certificate", "one\tline\n\u{1b}[2J\u{9b}31m\u{202e}evil");
        let plain = anstream::adapter::strip_str(&page.aligned()).to_string();
        let expected = "ok           DKIM         3 of 3 records\n\
                        not checked  certificate  one\u{FFFD}line\u{FFFD}\u{FFFD}[2J\u{FFFD}31m\u{FFFD}evil\n";
        assert_eq!(plain, expected);
    }
}
