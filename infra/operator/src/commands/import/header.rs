//! The names of a file's columns.

use crate::terminal::masked;

/// How many names are shown of a file that has others.
const SHOWN: usize = 20;

/// The place of the column with this name; or why there is none, or no telling which.
pub(super) fn find(names: &[String], name: &str) -> Result<usize, String> {
    let mut found = names.iter().enumerate().filter(|(_, column)| *column == name.trim()).map(|(at, _)| at);
    match (found.next(), found.next()) {
        (Some(at), None) => Ok(at),
        (Some(_), Some(_)) => Err(format!("the file has two columns \u{201c}{name}\u{201d}: rename one")),
        (None, _) => Err(format!(
            "no column \u{201c}{name}\u{201d} among {}: give it another name, or header_row under [csv] the line with the names",
            listed(names)
        )),
    }
}

/// The first names. Where no line of the file has any, they are a customer's data.
fn listed(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).map(|name| format!("\u{201c}{}\u{201d}", masked(name)));
    let more = if names.len() > SHOWN { format!(" and {} more", names.len() - SHOWN) } else { String::new() };
    format!("{}{more}", shown.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_found_by_its_one_name() {
        let names = ["Id", "", "Id 2", "Note", "Note", "ana@example.com"].map(str::to_owned);
        assert_eq!(find(&names, "Id"), Ok(0));
        assert_eq!(find(&names, " Id 2 "), Ok(2));
        for (name, told) in
            [("Note", "two columns \u{201c}Note\u{201d}"), ("Email", "\u{201c}a…a@example.com\u{201d}: give")]
        {
            let problem = find(&names, name).unwrap_err();
            assert!(problem.contains(told), "{problem}");
        }
        let many: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        assert!(find(&many, "Id").unwrap_err().contains("\u{201c}19\u{201d} and 30 more"));
    }
}
