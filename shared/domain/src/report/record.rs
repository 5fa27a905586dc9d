//! A CSV record that a spreadsheet opens without running anything.

use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::formula::guarded;
use crate::file::{STAND_IN, exchanged};

/// A CSV record, with its line end, in which no cell is a formula to a spreadsheet.
pub fn record<'a>(cells: impl IntoIterator<Item = &'a str>, delimiter: char) -> Vec<u8> {
    let mut cells = cells.into_iter().peekable();
    // Outside quotes, a byte order mark at the start of a record would be dropped when it is read.
    let starts_with_mark = cells.peek().is_some_and(|first| first.starts_with('\u{feff}'));
    let quotes = if starts_with_mark { QuoteStyle::Always } else { QuoteStyle::Necessary };
    // The writer knows only bytes.
    let byte = if delimiter.is_ascii() { delimiter } else { STAND_IN };
    let mut writer = WriterBuilder::new()
        .delimiter(u8::try_from(byte).unwrap_or(b','))
        .terminator(Terminator::CRLF)
        .quote_style(quotes)
        .from_writer(Vec::new());
    let bytes = cells.map(|cell| guarded(cell).into_owned()).map(|cell| match byte {
        STAND_IN if delimiter != STAND_IN => exchanged(&cell, delimiter).into_owned().into_bytes(),
        _ => cell.into_bytes(),
    });
    // Writing one record to memory does not fail.
    if writer.write_record(bytes).is_err() {
        return Vec::new();
    }
    let record = writer.into_inner().unwrap_or_default();
    match String::from_utf8(record) {
        Ok(record) if byte != delimiter => exchanged(&record, delimiter).into_owned().into_bytes(),
        Ok(record) => record.into_bytes(),
        Err(error) => error.into_bytes(),
    }
}
