//! A CSV file (RFC 4180, with any delimiter) as rows of cells.

use std::{borrow::Cow, collections::HashSet, fs};

use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, UTF_8};

use super::{quotes, settings::Csv};
use crate::{shell::quoted, terminal::Failure};

/// How many rows a file may have. Each takes about 7 kB of memory until it is sent.
const MOST_ROWS: usize = 200_000;

/// A file's rows below the names of its columns.
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// A row.
pub(super) struct Row {
    /// The line of the file on which it begins, counted from 1.
    pub(super) line: usize,
    pub(super) cells: Vec<String>,
}

/// Reads a file as the map says.
pub(super) fn read(file: &str, map: &str, csv: &Csv) -> Result<Table, Failure> {
    let bytes = fs::read(file).map_err(|error| {
        Failure::new(
            format!("{file} cannot be read: {error}"),
            format!("Name a file that is there: portal import FILE.csv --map {}", quoted(map)),
        )
    })?;
    table(&bytes, csv).map_err(|(problem, advice)| Failure::new(format!("{file} {problem}"), advice))
}

/// The rows; or what is wrong with the file, and what the map may say instead.
fn table(bytes: &[u8], csv: &Csv) -> Result<Table, (String, String)> {
    let Some(encoding) = Encoding::for_label(csv.encoding.as_bytes()) else {
        let label = &csv.encoding;
        return Err((
            format!("cannot be read as {label}"),
            "In the map: encoding = \"utf-8\" or \"windows-1252\" under [csv]".to_owned(),
        ));
    };
    let text = text_of(bytes, encoding)?;
    let above = csv.header_row.get() - 1;
    let text = lines(&text).skip(above).collect::<String>();
    let delimiter = u8::try_from(csv.delimiter).unwrap_or(b',');
    if let Err(line) = quotes::check(text.as_bytes(), delimiter) {
        return Err((
            format!("has a quote on line {} that is never closed, or closes amid a text", above + line),
            "Write a quote within quotes twice, or close it; or in the map: another delimiter under [csv]".to_owned(),
        ));
    }
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let cells = |record: &StringRecord| record.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<String>>();
    let unreadable =
        |error: csv::Error| (format!("is no CSV: {error}"), "In the map: another delimiter under [csv]".to_owned());
    let columns = cells(reader.headers().map_err(unreadable)?);
    if columns.iter().all(String::is_empty) {
        return Err((
            format!("has no names of columns on line {}", above + 1),
            "In the map: header_row under [csv]".to_owned(),
        ));
    }
    let mut seen = HashSet::new();
    if let Some(twice) = columns.iter().find(|name| !name.is_empty() && !seen.insert(*name)) {
        return Err((
            format!("has two columns \u{201c}{twice}\u{201d}"),
            "Rename one of them; or in the map: header_row under [csv]".to_owned(),
        ));
    }
    let (mut rows, mut line, mut counted_to) = (Vec::new(), above + 1, 0);
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        // Where the one before it ended: line ends and empty lines may come first.
        let end = record.position().and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or_default();
        let empty = text.as_bytes().iter().skip(end).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        line += text.get(counted_to..end + empty).map_or(0, |passed| lines(passed).count());
        counted_to = end + empty;
        if rows.len() == MOST_ROWS {
            return Err((
                format!("has more than {MOST_ROWS} rows"),
                "Split it, each part with the names of the columns and all rows of its bookings".to_owned(),
            ));
        }
        rows.push(Row { line, cells: cells(&record) });
    }
    Ok(Table { columns, rows })
}

/// A file's text; or what it is instead.
fn text_of<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Result<Cow<'a, str>, (String, String)> {
    let other = |label: &str| format!("In the map: encoding = \"{label}\" under [csv]");
    let (text, actual, is_broken) = encoding.decode(bytes);
    if is_broken {
        return Err((format!("is not {}", actual.name()), other("windows-1252")));
    }
    if text.contains('\0') {
        return Err((format!("is not {}, or no text", actual.name()), other("utf-16le")));
    }
    if actual != UTF_8 && !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok() {
        return Err((format!("is UTF-8 and not {}", actual.name()), other("utf-8")));
    }
    Ok(text)
}

/// The lines of a text with their ends, which are those of RFC 4180, of Unix, or of old Macs.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = match rest.find(['\r', '\n']) {
            Some(at) if rest.get(at..at + 2) == Some("\r\n") => at + 2,
            Some(at) => at + 1,
            None => rest.len(),
        };
        let (line, after) = rest.split_at_checked(end).filter(|(line, _)| !line.is_empty())?;
        rest = after;
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    fn read(bytes: &[u8], delimiter: char, encoding: &str, header_row: usize) -> Result<Table, String> {
        let header_row = NonZeroUsize::new(header_row).unwrap();
        table(bytes, &Csv { delimiter, encoding: encoding.to_owned(), header_row }).map_err(|(problem, _)| problem)
    }

    #[test]
    fn a_file_is_read_whatever_its_encoding_delimiter_and_line_ends() {
        for (bytes, delimiter, encoding, header_row) in [
            (&b"id,name\n1,M\xc3\xbcller\n"[..], ',', "utf-8", 1),
            (b"\xef\xbb\xbfid,name\r\n1,M\xc3\xbcller", ',', "UTF-8", 1),
            (b"id;name\r\n1;M\xfcller\r\n", ';', "windows-1252", 1),
            (b"Bookings of 2025\n\nid\tname\n1\tM\xc3\xbcller\n", '\t', "utf-8", 3),
            (b" id , name \n 1 ,\" M\xc3\xbcller \"\n", ',', "utf-8", 1),
        ] {
            let table = read(bytes, delimiter, encoding, header_row).unwrap();
            assert_eq!(table.columns, ["id", "name"]);
            assert_eq!(
                (table.rows[0].line, table.rows[0].cells.join("|")),
                (header_row + 1, "1|M\u{fc}ller".to_owned())
            );
        }
    }

    #[test]
    fn a_row_knows_the_line_on_which_it_begins() {
        for end in ["\n", "\r\n", "\r"] {
            let text = "id,name|1,\"two|lines\"|2,x||3|".replace('|', end);
            let table = read(text.as_bytes(), ',', "utf-8", 1).unwrap();
            let lines: Vec<(usize, usize)> = table.rows.iter().map(|row| (row.line, row.cells.len())).collect();
            assert_eq!(lines, [(2, 2), (4, 2), (6, 1)], "{end:?}");
            let below = read(format!("Bookings{end}{end}{text}").as_bytes(), ',', "utf-8", 3).unwrap();
            assert_eq!(below.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [4, 6, 8], "{end:?}");
        }
    }

    #[test]
    fn a_file_that_is_no_table_of_this_encoding_is_told() {
        let many = "1\n".repeat(MOST_ROWS + 2);
        for (bytes, encoding, told) in [
            (&b"id\nM\xfcller"[..], "utf-8", "is not UTF-8"),
            (b"id", "klingon", "cannot be read as klingon"),
            (b"id\nM\xc3\xbcller", "windows-1252", "is UTF-8 and not windows-1252"),
            (b"i\0d\0\n\0", "utf-8", "is not UTF-8, or no text"),
            (many.as_bytes(), "utf-8", "has more than 200000 rows"),
            (b"", "utf-8", "has no names of columns on line 1"),
            (b"id,id\n", "utf-8", "has two columns \u{201c}id\u{201d}"),
            (b"id\n1\n\"2\n", "utf-8", "has a quote on line 3 that is never closed, or closes amid a text"),
        ] {
            assert_eq!(read(bytes, ',', encoding, 1).map(drop), Err(told.to_owned()));
        }
    }
}
