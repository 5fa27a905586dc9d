//! Text to records: where each begins and ends, whatever the pieces that the text comes in.
//!
//! A quote opens only at the start of a cell, as csv-core has it; so `O"Neil` swallows nothing.

use memchr::memchr3;
use serde::{Deserialize, Serialize};

/// A record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// Its text without the line end.
    pub(crate) text: &'a str,
    /// The physical line that it begins on, from 1.
    pub(crate) line: u64,
}

/// The scanner between two pieces of text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Records {
    /// Text from the begin of the current record on.
    text: String,
    /// How much of it is scanned.
    scanned: usize,
    in_quotes: bool,
    /// The line that the current record begins on.
    line: u64,
    /// Line ends inside the current record.
    inside: u64,
    /// Line ends inside the current record before the cell that is open.
    opened_after: u64,
}

impl Records {
    pub(crate) const fn new() -> Self {
        Self { text: String::new(), scanned: 0, in_quotes: false, line: 1, inside: 0, opened_after: 0 }
    }

    /// Adds text.
    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Where more text is written to.
    pub(crate) const fn buffer(&mut self) -> &mut String {
        &mut self.text
    }

    /// Bytes of the record that is not at its end yet.
    pub(crate) const fn open_bytes(&self) -> usize {
        self.text.len()
    }

    /// The line on which the text so far ends.
    pub(crate) const fn line(&self) -> u64 {
        self.line + self.inside
    }

    /// The line on which the quote that is open was opened.
    pub(crate) fn open_quote(&self) -> Option<u64> {
        self.in_quotes.then_some(self.line + self.opened_after)
    }

    /// Gives every record that is at its end; with `last`, also the one that the text ends in.
    pub(crate) fn scan(&mut self, delimiter: u8, quote: u8, last: bool, sink: &mut impl FnMut(Record<'_>)) {
        let bytes = self.text.as_bytes();
        let (mut start, mut at) = (0, self.scanned);
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
            if byte == quote {
                if !self.in_quotes {
                    self.in_quotes = here == start || bytes[here - 1] == delimiter;
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
            if here > start {
                sink(Record { text: &self.text[start..here], line: self.line });
            }
            self.line += self.inside + 1;
            self.inside = 0;
            start = at;
        }
        let end = bytes.len();
        if last && !self.in_quotes && end > start {
            sink(Record { text: &self.text[start..end], line: self.line });
            start = end;
        }
        self.finish_scan(start, end);
    }

    fn finish_scan(&mut self, start: usize, scanned: usize) {
        self.text.drain(..start);
        self.scanned = scanned - start;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::cells::Cells;
    use super::*;

    fn scanned(text: &str, delimiter: u8, cuts: &[usize]) -> (Vec<Vec<String>>, bool) {
        let mut records = Records::new();
        let mut cells = Cells::new(delimiter, b'"');
        let mut found = Vec::new();
        let mut rest = text;
        let mut take = |records: &mut Records, last| {
            records.scan(delimiter, b'"', last, &mut |record| {
                cells.read(record.text);
                found.push(cells.texts().into_iter().map(ToOwned::to_owned).collect());
            });
        };
        for cut in cuts {
            let at = (0..=*cut.min(&rest.len())).rev().find(|at| rest.is_char_boundary(*at)).unwrap();
            records.push(&rest[..at]);
            rest = &rest[at..];
            take(&mut records, false);
        }
        records.push(rest);
        take(&mut records, true);
        (found, records.open_quote().is_some())
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        let mut records = Records::new();
        records.push("a\r\n\r\n\"b\nc\rd\"\re\n\nf");
        let mut found = Vec::new();
        records.scan(b',', b'"', true, &mut |record| found.push((record.text.to_owned(), record.line)));
        let expected = [("a", 1), ("\"b\nc\rd\"", 3), ("e", 6), ("f", 8)];
        assert_eq!(found, expected.map(|(text, line)| (text.to_owned(), line)));
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
    }
}
