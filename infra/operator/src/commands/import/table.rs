//! A CSV file (RFC 4180, with any delimiter) as rows of cells.

use std::{collections::HashSet, fs};

use csv::{ReaderBuilder, StringRecord};
use encoding_rs::Encoding;

use super::settings::Csv;
use crate::{shell::quoted, terminal::Failure};

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
    table(&bytes, csv)
        .map_err(|(problem, advice)| Failure::new(format!("{file} {problem}"), format!("In {map}: {advice}")))
}

/// The rows; or what is wrong with the file, and what the map may say instead.
fn table(bytes: &[u8], csv: &Csv) -> Result<Table, (String, String)> {
    let Some(encoding) = Encoding::for_label(csv.encoding.as_bytes()) else {
        let label = &csv.encoding;
        return Err((
            format!("cannot be read as {label}"),
            "encoding = \"utf-8\" or \"windows-1252\" under [csv]".to_owned(),
        ));
    };
    let (text, _, is_broken) = encoding.decode(bytes);
    if is_broken {
        return Err((format!("is not {}", encoding.name()), "encoding = \"windows-1252\" under [csv]".to_owned()));
    }
    let above = csv.header_row.saturating_sub(1);
    let text = text.split_inclusive('\n').skip(above).collect::<String>();
    let delimiter = u8::try_from(csv.delimiter).unwrap_or(b',');
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let cells = |record: &StringRecord| record.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<String>>();
    let unreadable = |error: csv::Error| (format!("is no CSV: {error}"), "another delimiter under [csv]".to_owned());
    let columns = cells(reader.headers().map_err(unreadable)?);
    let mut seen = HashSet::new();
    if let Some(twice) = columns.iter().find(|name| !name.is_empty() && !seen.insert(*name)) {
        return Err((
            format!("has two columns \u{201c}{twice}\u{201d}"),
            "header_row under [csv], or rename one of them".to_owned(),
        ));
    }
    let (mut rows, mut line, mut counted_to) = (Vec::new(), above + 1, 0);
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        // Where the one before it ended: line ends and empty lines may come first.
        let end = record.position().and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or_default();
        let empty = text.as_bytes().iter().skip(end).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        line += text.get(counted_to..end + empty).map_or(0, |passed| passed.matches('\n').count());
        counted_to = end + empty;
        rows.push(Row { line, cells: cells(&record) });
    }
    Ok(Table { columns, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], delimiter: char, encoding: &str, header_row: usize) -> Result<Table, String> {
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
        let table = read(b"id,name\n1,\"two\nlines\"\n2,x\n\n3\n", ',', "utf-8", 1).unwrap();
        let lines: Vec<(usize, usize)> = table.rows.iter().map(|row| (row.line, row.cells.len())).collect();
        assert_eq!(lines, [(2, 2), (4, 2), (6, 1)]);
    }

    #[test]
    fn a_file_of_another_encoding_or_with_a_column_twice_is_told() {
        for (bytes, encoding, told) in [
            (&b"id\nM\xfcller"[..], "utf-8", "is not UTF-8"),
            (b"id", "klingon", "cannot be read as klingon"),
            (b"id,id\n", "utf-8", "has two columns \u{201c}id\u{201d}"),
        ] {
            assert_eq!(read(bytes, ',', encoding, 1).map(drop), Err(told.to_owned()));
        }
    }
}
