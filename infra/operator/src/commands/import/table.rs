//! A CSV file (RFC 4180, with any delimiter) as rows of cells.

use std::{borrow::Cow, fs};

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
    /// A cell that may hold whole rows, by its place, and how many.
    pub(super) swallowed: Option<(usize, usize)>,
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
    let mut reader = ReaderBuilder::new();
    let reader = reader.delimiter(delimiter).quoting(csv.quotes).flexible(true);
    let mut reader = reader.from_reader(text.as_bytes());
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
    if let Some(other) = other_delimiter(&columns) {
        return Err((
            "has one column".to_owned(),
            format!(
                "In the map: delimiter = \"{}\" under [csv], which stands between its names",
                other.escape_default()
            ),
        ));
    }
    if let Err(line) = if csv.quotes { quotes::check(text.as_bytes(), delimiter) } else { Ok(()) } {
        return Err((
            format!("has a quote on line {} that is never closed, or closes amid a text", above + line),
            "Write a quote within quotes twice, or close it. If the program that wrote the file puts nothing in quotes, in the \
             map: quotes = false under [csv]"
                .to_owned(),
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
        rows.push(Row { line, cells: cells(&record), swallowed: swallowed(&record, csv.delimiter) });
    }
    Ok(Table { columns, rows })
}

/// A cell with as many line ends and delimiters as whole rows have: a quote that a program did not mean as one may have closed rows
/// later, in the same column.
fn swallowed(record: &StringRecord, delimiter: char) -> Option<(usize, usize)> {
    let between = record.len() - 1;
    let rows = |cell: &str| {
        let rows = lines(cell).count().saturating_sub(1);
        (rows > 0 && between > 1 && cell.matches(delimiter).count() == rows * between).then_some(rows)
    };
    record.iter().enumerate().find_map(|(at, cell)| Some((at, rows(cell)?)))
}

/// What else stands between the names of columns that are read as one.
fn other_delimiter(columns: &[String]) -> Option<char> {
    let [only] = columns else { return None };
    [';', '\t', '|', ','].into_iter().find(|other| only.contains(*other))
}

/// What begins every Excel workbook, which is a zip (APPNOTE.TXT §4.3.7).
const ZIP: &[u8] = b"PK\x03\x04";

/// A file's text; or what it is instead.
fn text_of<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Result<Cow<'a, str>, (String, String)> {
    if bytes.starts_with(ZIP) {
        return Err((
            "is an Excel workbook".to_owned(),
            "Save it as CSV (UTF-8) in Excel, and import that.".to_owned(),
        ));
    }
    let other = |label: &str| format!("In the map: encoding = \"{label}\" under [csv]");
    if Encoding::for_bom(bytes).is_none() && bytes.contains(&0) && !encoding.name().starts_with("UTF-16") {
        let label = if bytes.starts_with(b"\0") { "utf-16be" } else { "utf-16le" };
        return Err(("is UTF-16, or no text".to_owned(), other(label)));
    }
    let (text, actual, is_broken) = encoding.decode(bytes);
    if is_broken {
        return Err((format!("is not {}", actual.name()), other("windows-1252")));
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
        table(bytes, &Csv { delimiter, encoding: encoding.to_owned(), quotes: true, header_row })
            .map_err(|(problem, _)| problem)
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
    fn a_cell_that_may_have_swallowed_rows_is_noticed() {
        for (text, swallowed) in [
            ("id,cart,note\n1,\"a\nb\nc\",\"x, y\"\n", None),
            ("id,cart,note\n1,\"Beast,x\n2,Low,y\n3,Rider\",z\n", Some((1, 2))),
            ("id,cart,note\n1,x,\"\n2,y,\"\n", Some((2, 1))),
        ] {
            let table = read(text.as_bytes(), ',', "utf-8", 1).unwrap();
            assert_eq!(table.rows[0].swallowed, swallowed, "{text}");
        }
    }

    #[test]
    fn a_file_that_is_no_table_of_this_encoding_is_told() {
        let many = "1\n".repeat(MOST_ROWS + 2);
        for (bytes, encoding, told) in [
            (&b"id\nM\xfcller"[..], "utf-8", "is not UTF-8"),
            (b"id", "klingon", "cannot be read as klingon"),
            (b"id\nM\xc3\xbcller", "windows-1252", "is UTF-8 and not windows-1252"),
            (b"i\0d\0\n\0", "utf-8", "is UTF-16, or no text"),
            (b"PK\x03\x04\x14\0", "utf-8", "is an Excel workbook"),
            (b"id;name\n1;\"a\n", "utf-8", "has one column"),
            (b"id\tname\n", "utf-8", "has one column"),
            (many.as_bytes(), "utf-8", "has more than 200000 rows"),
            (b"", "utf-8", "has no names of columns on line 1"),
            (b"id,name\n1\n\"2\n", "utf-8", "has a quote on line 3 that is never closed, or closes amid a text"),
        ] {
            assert_eq!(read(bytes, ',', encoding, 1).map(drop), Err(told.to_owned()));
        }
    }
}
