//! Text to records: where each begins and ends, whatever the pieces that the text comes in.
//!
//! A quote opens only at the start of a cell, so `O"Neil` swallows nothing. Blanks may stand between a delimiter and a
//! quote if the cell is well-formed then; otherwise they are text, and so is the quote. A byte order mark at the start of
//! a record is dropped here, before anything else sees the record: files that were joined have one in their middle.
//! Records that hold nothing are dropped here, too, so every pass numbers rows alike.

use memchr::{memchr2, memchr3};
use serde::{Deserialize, Serialize};

use super::dialect::{AfterQuote, Dialect, Escape};
use super::reader::MAX_CELL;

/// Some programs put this at the start of a text.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What ends a file of DOS.
const CTRL_Z: char = '\u{1a}';

/// A record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its text without the line end.
    pub text: &'a str,
    /// The physical line that it begins on, from 1.
    pub line: u64,
    /// The first quote that closes a cell and has text after it.
    pub stray: Option<StrayQuote>,
}

/// A quote that closes a cell and has text after it: nobody can say where the cell ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrayQuote {
    /// Where it is in the record's text, in bytes.
    pub at: usize,
    /// Its physical line, from 1.
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
    /// The stray quote of the current record; its place is counted from the start of `text`.
    stray: Option<StrayQuote>,
    /// Lines above the first record that are still to be dropped.
    skip: u64,
}

impl Default for Scanner {
    /// A scanner of a file's text.
    fn default() -> Self {
        Self::from_line(1)
    }
}

impl Scanner {
    /// A scanner of records that another scanner found: it drops no further byte order mark.
    pub fn of_records() -> Self {
        Self { drops_marks: false, ..Self::default() }
    }

    /// A scanner of a file's text from a physical line on, which begins a record.
    pub const fn from_line(line: u64) -> Self {
        Self {
            text: String::new(),
            scanned: 0,
            drops_marks: true,
            in_quotes: false,
            line,
            inside: 0,
            opened_after: 0,
            stray: None,
            skip: 0,
        }
    }

    /// A scanner of a file's text that drops the lines before this one, whatever is on them.
    pub fn dropping_lines_before(line: u64) -> Self {
        Self { skip: line.saturating_sub(1), ..Self::default() }
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

    /// Drops the lines above the first record, as far as the text goes. Gives whether all are dropped.
    pub fn drop_lines(&mut self) -> bool {
        let mut end = 0;
        while self.skip > 0
            && let Some(found) = memchr2(b'\n', b'\r', &self.text.as_bytes()[end..])
        {
            let at = end + found;
            let is_pair = self.text[at..].starts_with("\r\n");
            if at + 1 == self.text.len() && self.text.ends_with('\r') {
                // What follows decides whether a line feed is part of this line end.
                break;
            }
            end = at + if is_pair { 2 } else { 1 };
            self.skip -= 1;
            self.line += 1;
        }
        self.text.drain(..end);
        self.skip == 0
    }

    /// Gives every record whose end is found. With `last` the text is complete, so its end also ends a record.
    pub fn scan(&mut self, dialect: Dialect, last: bool, sink: &mut impl FnMut(Record<'_>)) {
        if !self.drop_lines() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        let bytes = text.as_bytes();
        let (mut start, mut at) = (0, self.scanned);
        let mut content = self.content(&text, start);
        // Lines without quotes end at every line end.
        let quote = dialect.quote().unwrap_or(b'\n');
        loop {
            let found = if self.in_quotes && dialect.escape == Escape::Backslash {
                bytes[at..].iter().position(|byte| *byte == quote || matches!(byte, b'\n' | b'\r' | b'\\'))
            } else {
                memchr3(quote, b'\n', b'\r', &bytes[at..])
            };
            let Some(found) = found else { break };
            let here = at + found;
            let byte = bytes[here];
            let next = bytes.get(here + 1).copied();
            let is_line_end = matches!(byte, b'\n' | b'\r');
            if next.is_none() && !last && (byte == b'\r' || (self.in_quotes && !is_line_end)) {
                // What follows decides: a line feed of the same line end, or a doubled or escaped quote.
                return self.finish(text, start, here);
            }
            at = here + 1;
            if is_line_end {
                if byte == b'\r' && next == Some(b'\n') {
                    at += 1;
                }
                if self.in_quotes {
                    self.inside += 1;
                    continue;
                }
                self.give(&text, start, content, here, dialect, sink);
                self.line += self.inside + 1;
                (self.inside, self.stray) = (0, None);
                start = at;
                content = self.content(&text, start);
            } else if !self.in_quotes {
                match opens(dialect, quote, &bytes[content..], here - content, last) {
                    Opens::Yes => (self.in_quotes, self.opened_after) = (true, self.inside),
                    Opens::No => {}
                    Opens::Unknown => return self.finish(text, start, here),
                }
            } else if byte == b'\\' && quote != b'\\' {
                at += usize::from(dialect.escapes(next, quote));
            } else if next == Some(quote) {
                at += 1;
            } else {
                match dialect.after_quote(bytes, at, last) {
                    AfterQuote::Unknown => return self.finish(text, start, here),
                    AfterQuote::CellEnd(_) => {}
                    AfterQuote::Text => {
                        let stray = StrayQuote { at: here - start, line: self.line + self.inside };
                        self.stray.get_or_insert(stray);
                    }
                }
                self.in_quotes = false;
            }
        }
        let end = bytes.len();
        if last && !self.in_quotes && end > start {
            let last = text.trim_end_matches(CTRL_Z).len();
            self.give(&text, start, content, last, dialect, sink);
            start = end;
        }
        self.finish(text, start, end);
    }

    /// Gives the record between two places, unless it holds nothing.
    fn give(
        &self,
        text: &str,
        start: usize,
        content: usize,
        end: usize,
        dialect: Dialect,
        sink: &mut impl FnMut(Record<'_>),
    ) {
        let Some(record) = text.get(content..end).filter(|record| !dialect.is_empty(record)) else { return };
        let stray = self.stray.map(|stray| StrayQuote { at: stray.at.saturating_sub(content - start), ..stray });
        sink(Record { text: record, line: self.line, stray });
    }

    /// Where the record that begins at `start` has its first character.
    fn content(&self, text: &str, start: usize) -> usize {
        let has_mark = self.drops_marks && text[start..].starts_with(BYTE_ORDER_MARK);
        if has_mark { start + BYTE_ORDER_MARK.len() } else { start }
    }

    fn finish(&mut self, mut text: String, start: usize, scanned: usize) {
        text.drain(..start);
        self.text = text;
        self.scanned = scanned - start;
    }
}

/// Line ends in a text, as an editor counts them.
pub(crate) fn line_ends(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
        b'\r' => true,
        b'\n' => *at == 0 || bytes[at - 1] != b'\r',
        _ => false,
    });
    ends.count() as u64
}

/// Whether a quote opens a cell.
enum Opens {
    Yes,
    No,
    /// The text so far does not show it.
    Unknown,
}

/// Whether the quote at this place of a record opens a cell: it begins the cell, or only blanks are before it and the
/// cell is well-formed.
fn opens(dialect: Dialect, quote: u8, record: &[u8], at: usize, last: bool) -> Opens {
    let blanks = record[..at].iter().rev().take_while(|byte| dialect.is_blank(**byte)).count();
    let begin = at - blanks;
    if begin > 0 && !dialect.delimited_before(record, begin) {
        return Opens::No;
    }
    if blanks == 0 {
        return Opens::Yes;
    }
    // A cell that is larger is refused anyway, so nothing is lost by not looking further.
    match dialect.closing(quote, record, at + 1, MAX_CELL) {
        Some(closing) if closing + 1 == record.len() && !last => Opens::Unknown,
        Some(closing) => match dialect.after_quote(record, closing + 1, last) {
            AfterQuote::CellEnd(_) => Opens::Yes,
            AfterQuote::Text => Opens::No,
            AfterQuote::Unknown => Opens::Unknown,
        },
        None if last || record.len() > at + 1 + MAX_CELL + 1 => Opens::No,
        None => Opens::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::dialect::Quoting;
    use super::super::reader::CellReader;
    use super::*;

    /// Cells, line and stray quote of a record.
    type Found = (Vec<String>, u64, Option<StrayQuote>);

    fn scanned(text: &str, dialect: Dialect, cuts: &[usize]) -> (Vec<Found>, bool) {
        let mut scanner = Scanner::default();
        let mut reader = CellReader::new(dialect);
        let mut found = Vec::new();
        let mut rest = text;
        let mut take = |scanner: &mut Scanner, last| {
            scanner.scan(dialect, last, &mut |record| {
                let cells = reader.read(record.text).into_iter().map(ToOwned::to_owned).collect();
                found.push((cells, record.line, record.stray));
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

    fn records_of(dialect: Dialect, text: &str) -> Vec<(String, u64)> {
        let mut scanner = Scanner::default();
        scanner.push(text);
        let mut found = Vec::new();
        scanner.scan(dialect, true, &mut |record| found.push((record.text.to_owned(), record.line)));
        found
    }

    fn records(text: &str) -> Vec<(String, u64)> {
        records_of(Dialect::delimited_by(','), text)
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

    #[test]
    fn blanks_around_the_quotes_of_a_well_formed_cell_are_let_through() {
        for (text, expected) in [
            ("a, \"b\nc\" ,d\ne", &["a, \"b\nc\" ,d", "e"][..]),
            ("a, \"Big\" Bob\ne", &["a, \"Big\" Bob", "e"]),
            ("a, \"Big\nb,\"c\"\n", &["a, \"Big", "b,\"c\""]),
            (" \"a\nb\" \n \"c", &[" \"a\nb\" ", " \"c"]),
            ("a, \"b \"\"c\"\"\n\"", &["a, \"b \"\"c\"\"\n\""]),
        ] {
            let found: Vec<String> = records(text).into_iter().map(|(text, _)| text).collect();
            assert_eq!(found, expected, "{text:?}");
        }
        let long = format!("a, \"{}\n\"\nb", "x".repeat(MAX_CELL));
        assert_eq!(records(&long).len(), 1, "the last quote opens a record that never ends");
    }

    #[test]
    fn a_quote_with_text_behind_it_is_stray() {
        let stray = |text: &str| {
            let (found, _) = scanned(text, Dialect::delimited_by(','), &[]);
            found.into_iter().filter_map(|(_, line, stray)| Some((line, stray?.at, stray?.line))).collect::<Vec<_>>()
        };
        for (text, expected) in [
            ("a,\"The \"Best\" Shop\",b\n", &[(1, 7, 1)][..]),
            ("x\n\u{feff}\"a\nb\"c\n\"d\" e", &[(2, 4, 3), (4, 2, 4)]),
            ("\"a\" ,\"b\"\"c\"\nO\"Neil,12\" x\n", &[]),
            ("a,\"OOO \"Romashka\"\"\n", &[(1, 7, 1)]),
        ] {
            assert_eq!(stray(text), expected, "{text:?}");
        }
    }

    #[test]
    fn without_quotes_every_line_is_a_record_and_with_escapes_a_quote_may_follow_a_backslash() {
        let plain = Dialect { quoting: Quoting::Never, ..Dialect::delimited_by(',') };
        let lines = |dialect, text| records_of(dialect, text).into_iter().map(|(_, line)| line).collect::<Vec<_>>();
        assert_eq!(lines(plain, "a,\"b\nc,\"\nd"), [1, 2, 3]);
        let escaped = Dialect { escape: Escape::Backslash, ..Dialect::delimited_by(',') };
        assert_eq!(lines(escaped, "a,\"b\\\"\nc\"\n\"d\\\\\"\ne"), [1, 3, 4]);
    }

    #[test]
    fn records_of_nothing_and_a_final_ctrl_z_are_no_records() {
        let expected = [("a,b", 1), ("c,d", 4), ("e,f", 6)];
        assert_eq!(
            records("a,b\n,\n \t, \nc,d\n\"\",\ne,f\u{1a}"),
            expected.map(|(text, line)| (text.to_owned(), line))
        );
        assert_eq!(records("a\r\n\u{1a}\r\n\u{1a}").len(), 1);
    }

    #[test]
    fn lines_above_the_header_are_dropped_whatever_is_on_them() {
        for cut in 0..15 {
            let mut scanner = Scanner::dropping_lines_before(4);
            let mut found = Vec::new();
            let text = "a \"b\r\n\r\nc\re\nf";
            for (piece, last) in [(&text[..cut.min(text.len())], false), (&text[cut.min(text.len())..], true)] {
                scanner.push(piece);
                scanner.scan(Dialect::delimited_by(','), last, &mut |record| {
                    found.push((record.text.to_owned(), record.line));
                });
            }
            assert_eq!(found, [("e".to_owned(), 4), ("f".to_owned(), 5)], "cut at {cut}");
        }
    }

    fn dialects() -> impl Strategy<Value = Dialect> {
        let delimiter = prop::sample::select(vec![',', ';', ' ', '\t', '¦']);
        let quoting = prop::sample::select(vec![Quoting::Between(b'"'), Quoting::Between(b'\''), Quoting::Never]);
        let escape = prop::sample::select(vec![Escape::None, Escape::Backslash]);
        (delimiter, quoting, escape).prop_map(|(delimiter, quoting, escape)| Dialect { delimiter, quoting, escape })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn records_are_those_of_the_csv_crate(
            text in "[ab\",;\r\né]{0,60}",
            delimiter in prop::sample::select(vec![b',', b';']),
            cuts in prop::collection::vec(0usize..9, 0..12),
        ) {
            let (found, open) = scanned(&text, Dialect::delimited_by(char::from(delimiter)), &cuts);
            if !open {
                let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
                let expected: Vec<Vec<String>> = reader
                    .records()
                    .map(|record| record.unwrap().iter().map(ToOwned::to_owned).collect())
                    .filter(|cells: &Vec<String>| cells.iter().any(|cell| !cell.trim().is_empty()))
                    .collect();
                let found: Vec<Vec<String>> = found.into_iter().map(|(cells, _, _)| cells).filter(|cells| cells.iter().any(|cell| !cell.trim().is_empty())).collect();
                prop_assert_eq!(found, expected);
            }
        }

        #[test]
        fn records_are_the_same_however_the_text_is_cut(
            text in "[ab\"',\\ \t¦\r\né\u{feff}]{0,60}",
            dialect in dialects(),
            cuts in prop::collection::vec(0usize..9, 0..12),
        ) {
            prop_assert_eq!(scanned(&text, dialect, &cuts), scanned(&text, dialect, &[]));
        }
    }
}
