//! Addresses in texts that others wrote, such as references, titles and names of carts, which may hold anything.

use serde_json::Value;

/// How the contract says what an address is, which is nobody's.
const EXAMPLE: &str = "such as ana@example.com";

/// The text with every address in it, or what looks like one, masked as `EmailAddress::masked` does; what is masked stays so.
pub(crate) fn masked(text: &str) -> String {
    text.split(EXAMPLE).map(masked_part).collect::<Vec<_>>().join(EXAMPLE)
}

fn masked_part(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some((at, sign)) = SIGNS.iter().filter_map(|sign| Some((rest.find(sign)?, *sign))).min() {
        let (before, behind) = (&rest[..at], &rest[at + sign.len()..]);
        let begins = before
            .rfind(|c| !is_local(c))
            .map_or(0, |end| end + before[end..].chars().next().map_or(0, char::len_utf8));
        let local = &before[begins..];
        masked.push_str(&before[..begins]);
        let is_address = !local.is_empty() && behind.starts_with(is_host);
        masked.push_str(&if is_address && !local.contains('…') { of_local(local) } else { local.to_owned() });
        masked.push_str(sign);
        rest = behind;
    }
    masked + rest
}

/// The same of every text in a value; names of fields are the tool's own.
pub(super) fn masked_value(value: &mut Value) {
    match value {
        Value::String(text) => *text = masked(text),
        Value::Array(list) => list.iter_mut().for_each(masked_value),
        Value::Object(fields) => fields.values_mut().for_each(masked_value),
        _ => {}
    }
}

/// What stands between the parts of an address: the sign, its full-width form, and how URLs write it.
const SIGNS: [&str; 3] = ["@", "＠", "%40"];

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "!#$&'*+-.=?^_`{|}~…\"\\".contains(c)
}

fn is_host(c: char) -> bool {
    c.is_alphanumeric() || c == '['
}

fn of_local(local: &str) -> String {
    let mut characters = local.chars();
    match (characters.next(), characters.next_back()) {
        (Some(first), Some(last)) if local.chars().count() > 2 => format!("{first}…{last}"),
        (first, _) => first.map(|first| format!("{first}…")).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_masked_wherever_it_stands_and_everything_else_stays() {
        for (text, expected) in [
            ("ana.ruiz@example.com", "a…z@example.com"),
            ("ab@example.com", "a…@example.com"),
            ("for Ana <ana@example.com>, ben@example.org.", "for Ana <a…a@example.com>, b…n@example.org."),
            ("documents/bkg_1/ana@example.com.pdf", "documents/bkg_1/a…a@example.com.pdf"),
            ("mailto:ana%40example.com", "mailto:a…a%40example.com"),
            ("ana＠example.com", "a…a＠example.com"),
            ("zoë@bücher.example", "z…ë@bücher.example"),
            ("a…a@example.com", "a…a@example.com"),
            (
                "an address such as ana@example.com, not ben@b.example",
                "an address such as ana@example.com, not b…n@b.example",
            ),
            ("two carts @ 9 am", "two carts @ 9 am"),
            ("@shop", "@shop"),
            ("100%", "100%"),
            ("", ""),
        ] {
            assert_eq!(masked(text), expected);
            assert_eq!(masked(expected), expected, "once more");
        }
    }
}
