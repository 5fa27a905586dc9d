//! Quotes that cannot be told from text: a cell that nobody can say the end of, or one that swallowed whole records.

use super::dialect::Dialect;
use super::reader::CellReader;
use super::scanner::{StrayQuote, line_ends};
use crate::columns::{ColumnId, Layout};
use crate::row::{Identifier, Slot};

/// The lines of a record's text, as they would be records if quotes meant nothing.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r']).filter(|line| !line.is_empty())
}

/// Whether each line of a record has as many cells as the header if quotes mean nothing.
pub(super) fn fits_without_quotes(text: &str, dialect: Dialect, width: usize) -> bool {
    lines(text).all(|line| dialect.cells_without_quotes(line, width) == width)
}

/// The place, from 0, of the cell in which a stray quote stands.
pub(super) fn cell_of(text: &str, stray: StrayQuote, dialect: Dialect) -> usize {
    let before = text.get(..stray.at).unwrap_or(text);
    CellReader::read_cut_off(dialect, before).len().saturating_sub(1)
}

/// The cell between quotes in which whole records stand, with the lines that end before its closing quote: the file has
/// no quoting, and its quotes are text, or one of them is missing. Every line of the record after the first one has the
/// header's number of cells then, and names somebody.
pub(super) fn swallowing_cell(text: &str, cells: &[&str], layout: &Layout, dialect: Dialect) -> Option<(usize, u64)> {
    let width = layout.columns.len();
    if memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_none() || width < 2 {
        return None;
    }
    let mut all = lines(text);
    let first = all.next()?;
    let is_whole = dialect.cells_without_quotes(first, width) == width;
    let first: Vec<&str> = first.split(dialect.delimiter).collect();
    let mut lines = all.map(|line| (dialect.cells_without_quotes(line, width), line));
    let names_somebody = |line: &str| {
        let line: Vec<&str> = line.split(dialect.delimiter).collect();
        layout.columns.iter().enumerate().any(|(at, column)| match (column, line.get(at), first.get(at)) {
            // Behind a line that is no row itself only an address is certain: a postal code looks like an id.
            (Some(ColumnId::Email), Some(cell), _) => is_such(&ColumnId::Email, cell, cell),
            (Some(column), Some(cell), Some(model)) if is_whole && column.is_identifier() => {
                is_such(column, cell, model)
            }
            _ => false,
        })
    };
    if !lines.all(|(cells, line)| cells == width && names_somebody(line)) {
        return None;
    }
    let at = cells.iter().position(|cell| cell.contains(['\n', '\r']))?;
    let ended = cells[..=at].iter().map(|cell| line_ends(cell)).sum();
    Some((at, ended))
}

/// Whether a cell is an identifier of its column, in the manner of the one that the record begins with.
fn is_such(column: &ColumnId, cell: &str, model: &str) -> bool {
    let cell = cell.trim();
    match column {
        ColumnId::Email => cell.contains('@') && Identifier::parse(&Slot::Email, cell, None).is_ok(),
        ColumnId::ExternalId(_) | ColumnId::Phone => !cell.is_empty() && shape(cell) == shape(model.trim()),
        _ => false,
    }
}

/// A text with `9` for a run of digits and `a` for a run of letters.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    for letter in text.chars() {
        let kind = match letter {
            digit if digit.is_ascii_digit() => '9',
            letter if letter.is_alphabetic() => 'a',
            other => other,
        };
        if !matches!(kind, '9' | 'a') || !shape.ends_with(kind) {
            shape.push(kind);
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::{Fields, Mapping, read_header};

    fn swallowing(header: &str, record: &str) -> Option<(usize, u64)> {
        let dialect = Dialect::delimited_by(',');
        let header: Vec<&str> = header.split(',').collect();
        let layout = read_header(&header, 1, &Mapping::new(), &Fields::new()).unwrap();
        let mut reader = CellReader::new(dialect);
        let cells = reader.read(record);
        swallowing_cell(record, &cells, &layout, dialect)
    }

    #[test]
    fn a_cell_with_whole_records_in_it_is_found() {
        for (header, record, expected) in [
            ("email,first_name,company", "b@x.org,Bob,\"\nc@x.org,Cy,Ash\nd@x.org,Dan,\"", Some((2, 2))),
            ("email,company", "b@x.org,\"\nc@x.org,\"", Some((1, 1))),
            ("external_id,city", "K-1,\"\nK-22,\"", Some((1, 1))),
            ("email,address", "a@x.org,\"Hill 3, Rome\nb@x.org, Oak 4\"", Some((1, 1))),
            ("email,address", "a@x.org,\"Hill 3, Rome\nb@x.org,Oak 4\nc@x.org,Elm\"", Some((1, 2))),
            ("first_name,company,email", "Bob,\",b@x.org\nDan,\",d@x.org", Some((1, 1))),
        ] {
            assert_eq!(swallowing(header, record), expected, "{record}");
        }
    }

    #[test]
    fn an_address_of_several_lines_is_an_address() {
        for (header, record) in [
            ("email,address", "a@x.org,\"Hof 3\nHaus, links\""),
            ("email,address", "a@x.org,\"Hof 3\nHaus, links\nHinterhof, oben\""),
            ("email,address,city", "a@x.org,\"Hof 3, links\nMain, 2\",Bern"),
            ("external_id,address", "7,\"Hill 3, Rome\n10115, Berlin\""),
            ("email,address", "a@x.org,\"Hill 3, Rome\nnear b@x.org, left\""),
            ("external_id,address,city", "K-1,\"Hof 3, links\nMain, 2\",Bern"),
            ("external_id,address", "7,\"Hof 3\nHaus, links\""),
            ("email,address", "a@x.org,\"Write to\nb@x.org\""),
        ] {
            assert_eq!(swallowing(header, record), None, "{record}");
        }
    }
}
