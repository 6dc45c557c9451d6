//! What people see or hear of a document, and what of it is in no brackets.

use std::sync::LazyLock;

use regex::Regex;

static UNSEEN: LazyLock<Regex> =
    LazyLock::new(|| regex("(?s)<style>.*?</style>|<script>.*?</script>|<!--.*?-->|<wbr>"));
static TAG: LazyLock<Regex> = LazyLock::new(|| regex("<[^>]*>"));
static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| regex(" ([a-z-]+)=\"([^\"]*)\""));

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}

/// The texts of a document: what stands between its tags, and each attribute and address that is read out or shown.
pub(crate) fn of_html(html: &str) -> Vec<String> {
    let html = UNSEEN.replace_all(html, "");
    let mut seen = vec![plain(&TAG.replace_all(&html, "\n"))];
    for tag in TAG.find_iter(&html).map(|tag| tag.as_str()).filter(|tag| !tag.contains("type=\"hidden\"")) {
        for attribute in ATTRIBUTE.captures_iter(tag) {
            let value = plain(&attribute[2]);
            match &attribute[1] {
                "alt" | "title" | "placeholder" | "value" | "label" | "summary" | "abbr" => seen.push(value),
                name if name.starts_with("aria-") && !UNSPOKEN.contains(&name) => seen.push(value),
                "href" => seen.extend(shown_elsewhere(&value)),
                _ => {}
            }
        }
    }
    seen
}

/// The ARIA attributes that hold ids and states, which nobody reads out.
const UNSPOKEN: [&str; 5] = ["aria-labelledby", "aria-describedby", "aria-hidden", "aria-current", "aria-invalid"];

/// What a program that opens an address shows: the subject of a mail, a calendar's event, a place on a map.
fn shown_elsewhere(href: &str) -> Vec<String> {
    let is_for_a_program = href.starts_with("mailto:") || href.starts_with("https://");
    let Some((_, query)) = href.split_once('?').filter(|_| is_for_a_program) else { return Vec::new() };
    let shown = |name: &str| ["subject", "text", "details", "location", "query"].contains(&name);
    let pairs = form_urlencoded::parse(query.as_bytes());
    pairs.filter(|(name, _)| shown(name)).map(|(_, value)| value.into_owned()).collect()
}

/// The texts of a calendar file, whose lines are unfolded, and whose texts are unescaped (RFC 5545).
pub(crate) fn of_calendar(file: &str) -> Vec<String> {
    let file = file.replace("\r\n ", "");
    let properties = file.lines().filter_map(|line| line.split_once(':'));
    let seen = properties.filter(|(name, _)| !TECHNICAL.contains(&name.split(';').next().unwrap()));
    seen.map(|(_, value)| value.replace("\\n", "\n").replace('\\', "")).collect()
}

/// What a calendar does not show as it is written.
const TECHNICAL: [&str; 14] = [
    "BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "STATUS",
    "TRANSP", "ACTION", "TRIGGER",
];

fn plain(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&nbsp;", " "), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

/// What stands in letters of English in any language, each with its reason.
const EXCEPTIONS: [(&str, &str); 5] = [
    (r"https://\S+", "an address of the web"),
    (r"[\w.…-]+@([\w-]+\.)+\w+", "an address of mail"),
    (r"\d\u{a0}(kB|MB)\b", "units, which are international (SI)"),
    ("Español", "a language's name in itself, for who reads no other"),
    (r"\bSao Paulo\b", "a city that a zone is named after (IANA)"),
];
static EXCEPTED: LazyLock<Regex> = LazyLock::new(|| regex(&EXCEPTIONS.map(|(pattern, _)| pattern).join("|")));
static WORDS: LazyLock<Regex> = LazyLock::new(|| regex(r"[^\n]*\p{Latin}[^\n]*"));

/// Words in letters of English that no message says, and brackets that have lost their other half.
pub(crate) fn faults(text: &str) -> Vec<String> {
    let (mut open, mut outside) = (Vec::new(), String::new());
    for (at, c) in text.char_indices() {
        match (c, open.last()) {
            ('⟦' | '⟪', _) => open.push((at, c)),
            ('⟧', Some((_, '⟦'))) | ('⟫', Some((_, '⟪'))) => {
                open.pop();
                outside.push('\n');
            }
            ('⟧' | '⟫', _) => return vec![format!("torn: {}", line_at(text, at))],
            (_, Some((_, '⟦'))) => {}
            _ => outside.push(c),
        }
    }
    if let Some((at, _)) = open.pop() {
        return vec![format!("torn: {}", line_at(text, at))];
    }
    let outside = EXCEPTED.replace_all(&outside, "");
    WORDS.find_iter(&outside).map(|words| words.as_str().trim().to_owned()).collect()
}

fn line_at(text: &str, at: usize) -> &str {
    let begin = text[..at].rfind('\n').map_or(0, |line_break| line_break + 1);
    text[begin..].lines().next().unwrap_or_default()
}
