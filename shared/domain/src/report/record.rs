//! A CSV record that a spreadsheet opens without running anything.

use csv::{QuoteStyle, Terminator, WriterBuilder};

/// What a spreadsheet takes for the start of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A CSV record, with its line end, in which no cell is a formula to a spreadsheet: an apostrophe keeps such a cell
/// text, and is dropped when the file is imported.
pub fn record<'a>(cells: impl IntoIterator<Item = &'a str>, delimiter: u8) -> Vec<u8> {
    let mut cells = cells.into_iter().peekable();
    // Outside quotes, a byte order mark at the start of a record would be dropped when it is read.
    let starts_with_mark = cells.peek().is_some_and(|first| first.starts_with('\u{feff}'));
    let quotes = if starts_with_mark { QuoteStyle::Always } else { QuoteStyle::Necessary };
    let mut writer = WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(Terminator::CRLF)
        .quote_style(quotes)
        .from_writer(Vec::new());
    let guarded = cells.map(|cell| if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell.to_owned() });
    // Writing one record to memory does not fail.
    if writer.write_record(guarded.map(String::into_bytes)).is_err() {
        return Vec::new();
    }
    writer.into_inner().unwrap_or_default()
}
