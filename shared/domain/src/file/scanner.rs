//! Text to records: where each begins and ends, whatever the pieces that the text comes in.
//!
//! A quote opens only at the start of a cell, so `O"Neil` swallows nothing. A byte order mark at the start of a record
//! is dropped here, before anything else sees the record: files that were joined have one in their middle.

use memchr::memchr3;
use serde::{Deserialize, Serialize};

use super::dialect::Dialect;

/// Some programs put this at the start of a text.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its text without the line end.
    pub text: &'a str,
    /// The physical line that it begins on, from 1.
    pub line: u64,
}

/// Finds records in a text that comes in pieces.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Scanner {
    /// Text from the start of the current record on.
    text: String,
    /// How many bytes of it are scanned.
    scanned: usize,
    drops_marks: bool,
    in_quotes: bool,
    /// The line that the current record begins on.
    line: u64,
    /// Line ends inside the current record.
    inside: u64,
    /// Line ends inside the current record before its open quote.
    opened_after: u64,
}

impl Default for Scanner {
    /// A scanner of a file's text.
    fn default() -> Self {
        Self {
            text: String::new(),
            scanned: 0,
            drops_marks: true,
            in_quotes: false,
            line: 1,
            inside: 0,
            opened_after: 0,
        }
    }
}

impl Scanner {
    /// A scanner of records that another scanner found: it drops no further byte order mark.
    pub fn of_records() -> Self {
        Self { drops_marks: false, ..Self::default() }
    }

    /// A scanner of a file's text from a physical line on, which begins a record.
    pub fn from_line(line: u64) -> Self {
        Self { line, ..Self::default() }
    }

    /// Adds text.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The text so far, to which more may be appended.
    pub const fn buffer(&mut self) -> &mut String {
        &mut self.text
    }

    /// Bytes of the record whose end is not found yet.
    pub const fn open_bytes(&self) -> usize {
        self.text.len()
    }

    /// The physical line on which the text so far ends.
    pub const fn line(&self) -> u64 {
        self.line + self.inside
    }

    /// The physical line of the quote that is open, if one is.
    pub fn open_quote(&self) -> Option<u64> {
        self.in_quotes.then_some(self.line + self.opened_after)
    }

    /// Gives every record whose end is found. With `last` the text is complete, so its end also ends a record.
    pub fn scan(&mut self, dialect: Dialect, last: bool, sink: &mut impl FnMut(Record<'_>)) {
        let delimiter = dialect.delimiter;
        let quote = dialect.quote().unwrap_or(b'\n');
        let bytes = self.text.as_bytes();
        let (mut start, mut at) = (0, self.scanned);
        let mut content = self.content(start);
        while let Some(found) = memchr3(quote, b'\n', b'\r', &bytes[at..]) {
            let here = at + found;
            let byte = bytes[here];
            let next = bytes.get(here + 1).copied();
            if next.is_none() && !last && (byte == b'\r' || (byte == quote && self.in_quotes)) {
                // What follows decides: a line feed of the same line end, or a doubled quote.
                at = here;
                self.finish_scan(start, at);
                return;
            }
            at = here + 1;
            if byte == quote && byte != b'\n' {
                if !self.in_quotes {
                    self.in_quotes = here == content || (here > content && bytes[here - 1] == delimiter);
                    self.opened_after = self.inside;
                } else if next == Some(quote) {
                    at += 1;
                } else {
                    self.in_quotes = false;
                }
                continue;
            }
            if byte == b'\r' && next == Some(b'\n') {
                at += 1;
            }
            if self.in_quotes {
                self.inside += 1;
                continue;
            }
            if here > content {
                sink(Record { text: &self.text[content..here], line: self.line });
            }
            self.line += self.inside + 1;
            self.inside = 0;
            start = at;
            content = self.content(start);
        }
        let end = bytes.len();
        if last && !self.in_quotes && end > start {
            if end > content {
                sink(Record { text: &self.text[content..end], line: self.line });
            }
            start = end;
        }
        self.finish_scan(start, end);
    }

    /// Where the record that begins at `start` has its first character.
    fn content(&self, start: usize) -> usize {
        let has_mark = self.drops_marks && self.text[start..].starts_with(BYTE_ORDER_MARK);
        if has_mark { start + BYTE_ORDER_MARK.len() } else { start }
    }

    fn finish_scan(&mut self, start: usize, scanned: usize) {
        self.text.drain(..start);
        self.scanned = scanned - start;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::reader::CellReader;
    use super::*;

    fn scanned(text: &str, delimiter: u8, cuts: &[usize]) -> (Vec<Vec<String>>, bool) {
        let mut scanner = Scanner::default();
        let mut reader = CellReader::new(Dialect::delimited_by(delimiter));
        let mut found = Vec::new();
        let mut rest = text;
        let mut take = |scanner: &mut Scanner, last| {
            scanner.scan(Dialect::delimited_by(delimiter), last, &mut |record| {
                found.push(reader.read(record.text).into_iter().map(ToOwned::to_owned).collect());
            });
        };
        for cut in cuts {
            let at = (0..=*cut.min(&rest.len())).rev().find(|at| rest.is_char_boundary(*at)).unwrap();
            scanner.push(&rest[..at]);
            rest = &rest[at..];
            take(&mut scanner, false);
        }
        scanner.push(rest);
        take(&mut scanner, true);
        (found, scanner.open_quote().is_some())
    }

    fn records(text: &str) -> Vec<(String, u64)> {
        let mut scanner = Scanner::default();
        scanner.push(text);
        let mut found = Vec::new();
        scanner
            .scan(Dialect::delimited_by(b','), true, &mut |record| found.push((record.text.to_owned(), record.line)));
        found
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        let expected = [("a", 1), ("\"b\nc\rd\"", 3), ("e", 6), ("f", 8)];
        assert_eq!(records("a\r\n\r\n\"b\nc\rd\"\re\n\nf"), expected.map(|(text, line)| (text.to_owned(), line)));
    }

    #[test]
    fn a_byte_order_mark_at_the_start_of_a_record_is_dropped_once_and_a_quote_after_it_opens() {
        let expected = [("email", 1), ("\"a\nb\"", 2), ("\u{feff}c", 4), ("d\u{feff}", 6)];
        let text = "email\n\u{feff}\"a\nb\"\n\u{feff}\u{feff}c\n\u{feff}\nd\u{feff}\n\u{feff}";
        assert_eq!(records(text), expected.map(|(text, line)| (text.to_owned(), line)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn records_are_those_of_the_csv_crate(
            text in "[ab\",;\r\né]{0,60}",
            delimiter in prop::sample::select(vec![b',', b';']),
            cuts in prop::collection::vec(0usize..9, 0..12),
        ) {
            let (found, open) = scanned(&text, delimiter, &cuts);
            if !open {
                let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
                let expected: Vec<Vec<String>> =
                    reader.records().map(|record| record.unwrap().iter().map(ToOwned::to_owned).collect()).collect();
                prop_assert_eq!(found, expected);
            }
        }

        #[test]
        fn records_are_the_same_however_the_text_is_cut(
            text in "[ab\",\r\né\u{feff}]{0,60}",
            cuts in prop::collection::vec(0usize..9, 0..12),
        ) {
            prop_assert_eq!(scanned(&text, b',', &cuts), scanned(&text, b',', &[]));
        }
    }
}
