//! A record's text to its cells. Every record of every file goes through here and nowhere else: check, dispatch,
//! row-processor, report and export, so none of them can read a cell that another reads differently.
//!
//! csv-async parses asynchronous streams. A record is in memory, so its future is ready when it is first polled.

use std::borrow::Cow;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use csv_async::{AsyncReader, AsyncReaderBuilder, StringRecord};
use futures_io::AsyncRead;

use super::dialect::{AfterQuote, Dialect, Escape, Quoting};

/// Largest cell, in bytes of its text in UTF-8.
pub const MAX_CELL: usize = 64 * 1024;
/// Bytes that the parser takes from a record at a time.
const BUFFER: usize = 64 * 1024;
/// What stands for a delimiter of several bytes while the parser, which knows only bytes, has the record.
pub(crate) const STAND_IN: char = '\u{1f}';

/// Reads records of one dialect, one after another, into memory that it uses again.
#[derive(Debug)]
pub struct CellReader {
    parser: AsyncReader<Fed>,
    record: StringRecord,
    /// The cells of the record, where the delimiter has a stand-in.
    exchanged: Vec<String>,
    dialect: Dialect,
    /// Cells of a record; any further ones that hold nothing are left out.
    width: Option<usize>,
    /// Memory for the cells of the next record.
    spare: Vec<&'static str>,
}

impl CellReader {
    /// A reader of records of this dialect.
    pub fn new(dialect: Dialect) -> Self {
        // The parser drops a byte order mark from the start of its stream. A line end before the first record keeps it
        // from doing so: which marks are dropped is the scanner's decision.
        let fed = Fed { bytes: b"\n".to_vec(), taken: 0, is_closed: false };
        let delimiter = if dialect.delimiter.is_ascii() { dialect.delimiter } else { STAND_IN };
        let parser = AsyncReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(u8::try_from(delimiter).unwrap_or(b','))
            .quoting(dialect.quoting != Quoting::Never)
            .quote(dialect.quote().unwrap_or(b'"'))
            .escape((dialect.escape == Escape::Backslash).then_some(b'\\'))
            .buffer_capacity(BUFFER)
            .create_reader(fed);
        Self { parser, record: StringRecord::new(), exchanged: Vec::new(), dialect, width: None, spare: Vec::new() }
    }

    /// The reader for records of a file with so many columns: cells beyond them that hold nothing are no cells.
    #[must_use]
    pub fn of_width(self, width: usize) -> Self {
        Self { width: Some(width), ..self }
    }

    /// The cells of a record, which is given as the scanner found it: without its line end.
    pub fn read<'a>(&'a mut self, record: &'a str) -> Vec<&'a str> {
        self.read_noting(record).0
    }

    /// The cells of a record, and the place, from 0, of the first one that has a quote in it without being between
    /// quotes.
    pub fn read_noting<'a>(&'a mut self, record: &'a str) -> (Vec<&'a str>, Option<usize>) {
        let width = self.width;
        let (mut cells, quote_in_cell) = match self.split(record) {
            Some(cells) => (cells, None),
            None => self.parse(record),
        };
        if let Some(width) = width
            && cells.len() > width
            && cells.iter().skip(width).all(|cell| cell.trim().is_empty())
        {
            cells.truncate(width);
        }
        (cells, quote_in_cell)
    }

    /// The cells of a record whose quotes are only around cells, with nothing escaped in them and no blank beside them. Most
    /// records are such, and this takes a fraction of the time; what it gives is what [`Self::parse`] gives.
    fn split<'a>(&mut self, record: &'a str) -> Option<Vec<&'a str>> {
        let delimiter = u8::try_from(self.dialect.delimiter).ok().filter(u8::is_ascii)?;
        let bytes = record.as_bytes();
        // The parser passes over a record without text.
        if bytes.is_empty() {
            return None;
        }
        let mut cells: Vec<&'a str> = std::mem::take(&mut self.spare);
        let Some(quote) = self.dialect.quote().filter(|quote| memchr::memchr(*quote, bytes).is_some()) else {
            let mut start = 0;
            for end in memchr::memchr_iter(delimiter, bytes) {
                cells.push(&record[start..end]);
                start = end + 1;
            }
            cells.push(&record[start..]);
            return Some(cells);
        };
        let mut start = 0;
        loop {
            let end = if bytes.get(start) == Some(&quote) {
                start += 1;
                let end = start + memchr::memchr(quote, &bytes[start..])?;
                cells.push(&record[start..end]);
                let has_escape = self.dialect.escape == Escape::Backslash && record[start..end].contains('\\');
                if has_escape || bytes.get(end + 1).is_some_and(|next| *next != delimiter) {
                    return None;
                }
                end + 1
            } else {
                let end = memchr::memchr2(delimiter, quote, &bytes[start..]).map_or(bytes.len(), |found| start + found);
                if bytes.get(end) == Some(&quote) {
                    return None;
                }
                cells.push(&record[start..end]);
                end
            };
            if end >= bytes.len() {
                return Some(cells);
            }
            start = end + 1;
        }
    }

    /// Gives the memory of a record's cells back, for the next record.
    pub(crate) fn reuse(&mut self, cells: Vec<&'static str>) {
        self.spare = cells;
    }

    /// The cells of any record, and the place of the first one with a quote in it.
    fn parse(&mut self, record: &str) -> (Vec<&str>, Option<usize>) {
        let (tidy, quote_in_cell) = tidied(record, self.dialect);
        self.feed(&tidy, true);
        let is_whole = self.poll();
        debug_assert!(is_whole, "the scanner and the parser disagree about where a record ends");
        if !is_whole {
            self.finish();
        }
        let cells = if self.has_stand_in() {
            let exchanged = self.record.iter().map(|cell| exchanged(cell, self.dialect.delimiter).into_owned());
            self.exchanged = exchanged.collect();
            self.exchanged.iter().map(String::as_str).collect()
        } else {
            self.record.iter().collect()
        };
        (cells, quote_in_cell)
    }

    /// The cells of a record that was cut off, perhaps inside quotes.
    pub fn read_cut_off(dialect: Dialect, record: &str) -> Vec<String> {
        let mut reader = Self::new(dialect);
        reader.feed(&tidied(record, dialect).0, false);
        reader.finish();
        reader.record.iter().map(|cell| reader.original(cell).into_owned()).collect()
    }

    fn has_stand_in(&self) -> bool {
        !self.dialect.delimiter.is_ascii()
    }

    fn original<'a>(&self, cell: &'a str) -> Cow<'a, str> {
        if self.has_stand_in() { exchanged(cell, self.dialect.delimiter) } else { Cow::Borrowed(cell) }
    }

    fn feed(&mut self, record: &str, is_whole: bool) {
        let record = self.original(record);
        let fed = self.parser.get_mut();
        fed.bytes.drain(..fed.taken);
        fed.taken = 0;
        fed.bytes.extend_from_slice(record.as_bytes());
        if is_whole {
            fed.bytes.push(b'\n');
        }
    }

    /// Parses one record; false when what was fed does not end it.
    fn poll(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        let read = pin!(self.parser.read_record(&mut self.record));
        matches!(read.poll(&mut context), Poll::Ready(Ok(true)))
    }

    /// Parses what was fed as the last record of its stream, and begins a new one.
    fn finish(&mut self) {
        self.parser.get_mut().is_closed = true;
        self.poll();
        let record = std::mem::take(&mut self.record);
        let spare = std::mem::take(&mut self.spare);
        *self = Self { record, width: self.width, spare, ..Self::new(self.dialect) };
    }
}

/// The memory of cells without the cells, which is copied nowhere: a vector is collected in place.
pub(crate) fn emptied(mut cells: Vec<&str>) -> Vec<&'static str> {
    cells.clear();
    cells.into_iter().map(|_| "").collect()
}

/// The text with the delimiter in place of its stand-in and the other way round: nothing is lost, whatever is in the text.
pub(crate) fn exchanged(text: &str, delimiter: char) -> Cow<'_, str> {
    if !text.contains([delimiter, STAND_IN]) {
        return Cow::Borrowed(text);
    }
    let exchange = |letter| match letter {
        STAND_IN => delimiter,
        letter if letter == delimiter => STAND_IN,
        letter => letter,
    };
    Cow::Owned(text.chars().map(exchange).collect())
}

/// The record without blanks around the quotes of its cells, and the place of the first cell that has a quote in it
/// without being between quotes.
fn tidied(record: &str, dialect: Dialect) -> (Cow<'_, str>, Option<usize>) {
    let Some(quote) = dialect.quote() else { return (Cow::Borrowed(record), None) };
    let bytes = record.as_bytes();
    if memchr::memchr(quote, bytes).is_none() {
        return (Cow::Borrowed(record), None);
    }
    let (mut tidy, mut quote_in_cell) = (Tidied { record, kept: 0, tidy: None }, None);
    let (mut at, mut place) = (0, 0);
    loop {
        let blanks = bytes[at..].iter().take_while(|byte| dialect.is_blank(**byte)).count();
        let open = at + blanks;
        let quoted = (bytes.get(open) == Some(&quote))
            .then(|| dialect.closing(quote, bytes, open + 1, usize::MAX))
            .flatten()
            .and_then(|closing| match dialect.after_quote(bytes, closing + 1, true) {
                AfterQuote::CellEnd(end) => Some((closing + 1, end)),
                _ => None,
            });
        let end = match quoted {
            Some((closed, end)) => {
                tidy.drop(at, open);
                if dialect.escape == Escape::Backslash {
                    tidy.keep_backslashes(open + 1, closed - 1, quote);
                }
                tidy.drop(closed, end);
                end
            }
            None => {
                // What begins with a quote goes on behind it, as the parser reads it.
                let from = match (bytes.get(open) == Some(&quote) && blanks == 0)
                    .then(|| dialect.closing(quote, bytes, open + 1, usize::MAX))
                {
                    Some(None) => bytes.len(),
                    Some(Some(closing)) => closing + 1,
                    None => {
                        let end = cell_end(record, at, dialect);
                        let cell = &record[at..end];
                        if memchr::memchr(quote, cell.as_bytes()).is_some() && !is_framed(cell) {
                            quote_in_cell.get_or_insert(place);
                        }
                        at
                    }
                };
                cell_end(record, from, dialect)
            }
        };
        if end >= bytes.len() {
            return (tidy.finish(), quote_in_cell);
        }
        at = end + dialect.delimiter.len_utf8();
        place += 1;
    }
}

/// Whether a cell is a text as spreadsheets write it so that it stays one, `="00123"`: its quotes are no part of it.
fn is_framed(cell: &str) -> bool {
    let inner = cell.trim().strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| !inner.contains('"'))
}

/// Where the delimiter is that ends the cell, or the end of the record.
fn cell_end(record: &str, from: usize, dialect: Dialect) -> usize {
    record[from..].find(dialect.delimiter).map_or(record.len(), |found| from + found)
}

/// A text from which pieces are dropped, copied only if there are any.
struct Tidied<'a> {
    record: &'a str,
    kept: usize,
    tidy: Option<String>,
}

impl<'a> Tidied<'a> {
    fn drop(&mut self, from: usize, to: usize) {
        if from < to {
            let tidy = self.tidy.get_or_insert_with(|| String::with_capacity(self.record.len()));
            tidy.push_str(&self.record[self.kept..from]);
            self.kept = to;
        }
    }

    /// Doubles each backslash that escapes nothing, as the parser drops one in front of any character.
    fn keep_backslashes(&mut self, from: usize, to: usize, quote: u8) {
        let bytes = self.record.as_bytes();
        let mut at = from;
        while let Some(found) = memchr::memchr(b'\\', &bytes[at..to]) {
            let here = at + found;
            at = here + 1;
            if at < to && (bytes[at] == quote || bytes[at] == b'\\') {
                at += 1;
                continue;
            }
            let tidy = self.tidy.get_or_insert_with(|| String::with_capacity(self.record.len() + 1));
            tidy.push_str(&self.record[self.kept..at]);
            tidy.push('\\');
            self.kept = at;
        }
    }

    fn finish(self) -> Cow<'a, str> {
        match self.tidy {
            None => Cow::Borrowed(self.record),
            Some(tidy) => Cow::Owned(tidy + &self.record[self.kept..]),
        }
    }
}

/// The parser's stream: what was fed and not taken yet. It waits for more rather than to end.
#[derive(Debug)]
struct Fed {
    bytes: Vec<u8>,
    taken: usize,
    is_closed: bool,
}

impl AsyncRead for Fed {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let rest = &self.bytes[self.taken..];
        if rest.is_empty() && !self.is_closed {
            return Poll::Pending;
        }
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Poll::Ready(Ok(count))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::scanner::Scanner;
    use super::*;

    proptest! {
        #[test]
        fn the_memory_of_cells_is_used_again(texts in prop::collection::vec(".{0,4}", 0..40)) {
            let cells: Vec<&str> = texts.iter().map(String::as_str).collect();
            let (place, capacity) = (cells.as_ptr() as usize, cells.capacity());
            let spare = emptied(cells);
            prop_assert_eq!((spare.len(), spare.as_ptr() as usize, spare.capacity()), (0, place, capacity));
        }

        #[test]
        fn a_record_that_can_be_split_is_split_as_it_is_parsed(
            record in "([ab\u{feff}é\\\\']{0,3}|[\"'][ab,;\n ]{0,3}[\"'])([,;\u{1f}][ab\u{1f}\\\\'\" ]{0,3}|[,;][\"'][ab,;\n\\\\]{0,3}[\"']){0,4}",
            delimiter in prop::sample::select(vec![',', ';', '\u{1f}']),
            quoting in prop::sample::select(vec![Quoting::Never, Quoting::Between(b'"'), Quoting::Between(b'\'')]),
            escape in prop::sample::select(vec![Escape::None, Escape::Backslash]),
        ) {
            let dialect = Dialect { delimiter, quoting, escape };
            let mut scanner = Scanner::of_records();
            scanner.push(&record);
            scanner.scan(dialect, true, &mut |record| {
                let mut reader = CellReader::new(dialect);
                if let Some(cells) = reader.split(record.text) {
                    let cells: Vec<String> = cells.into_iter().map(ToOwned::to_owned).collect();
                    assert_eq!((cells.iter().map(String::as_str).collect(), None), reader.parse(record.text));
                }
            });
        }
    }

    #[test]
    fn quotes_are_taken_off_and_a_quote_inside_a_cell_stays() {
        let mut reader = CellReader::new(Dialect::delimited_by(';'));
        for (record, cells, quote_in_cell) in [
            ("a;b", &["a", "b"][..], None),
            ("\"a;\nb\";\"c \"\"d\"\"\"", &["a;\nb", "c \"d\""], None),
            ("O\"Neil;", &["O\"Neil", ""], Some(0)),
            ("=\"00123\"; =\"7\" ", &["=\"00123\"", " =\"7\" "], None),
            ("=\"7\";=\"a\"\"b\"", &["=\"7\"", "=\"a\"\"b\""], Some(1)),
            ("a;Door 5\"", &["a", "Door 5\""], Some(1)),
            ("\"\"", &[""], None),
            ("\u{feff}a", &["\u{feff}a"], None),
            (" ", &[" "], None),
            (" \"a\" ;\t\" b \" ", &["a", " b "], None),
            ("a; \"Big\" Bob", &["a", " \"Big\" Bob"], Some(1)),
            ("\"The \"Best\" Shop\";b", &["The Best\" Shop\"", "b"], None),
        ] {
            assert_eq!(reader.read_noting(record), (cells.to_vec(), quote_in_cell), "{record}");
        }
    }

    #[test]
    fn a_record_that_is_cut_off_is_read_as_far_as_it_goes() {
        assert_eq!(CellReader::read_cut_off(Dialect::delimited_by(','), "a,\"b,\nc"), ["a", "b,\nc"]);
        assert!(CellReader::read_cut_off(Dialect::delimited_by(','), "").is_empty());
    }

    #[test]
    fn a_record_larger_than_the_buffer_is_one_record() {
        let long = "x".repeat(3 * BUFFER);
        let mut reader = CellReader::new(Dialect::delimited_by(','));
        assert_eq!(reader.read(&format!("{long},\"{long}\"")), [&long, &long]);
        assert_eq!(reader.read("a,b"), ["a", "b"]);
    }

    #[test]
    fn any_character_may_delimit_and_its_stand_in_is_kept() {
        let mut reader = CellReader::new(Dialect::delimited_by('¦'));
        assert_eq!(reader.read("a\u{1f}b¦\"c¦d\" ¦é"), ["a\u{1f}b", "c¦d", "é"]);
        assert_eq!(CellReader::read_cut_off(Dialect::delimited_by('¦'), "a¦\"b¦"), ["a", "b¦"]);
    }

    #[test]
    fn backslashes_escape_and_quotes_may_mean_nothing() {
        let comma = Dialect::delimited_by(',');
        let mut escaped = CellReader::new(Dialect { escape: Escape::Backslash, ..comma });
        assert_eq!(escaped.read(r#""The \"Best\" Shop","C:\\Temp",D:\x"#), [r#"The "Best" Shop"#, r"C:\Temp", r"D:\x"]);
        assert_eq!(escaped.read(r#""C:\Temp\x","a\nb\\", "\"b\"" "#), [r"C:\Temp\x", r"a\nb\", r#""b""#]);
        let mut plain = CellReader::new(Dialect { quoting: Quoting::Never, ..comma });
        assert_eq!(plain.read("\"a,b\""), ["\"a", "b\""]);
    }

    #[test]
    fn cells_that_hold_nothing_are_left_out_beyond_the_header() {
        let mut reader = CellReader::new(Dialect::delimited_by(',')).of_width(2);
        assert_eq!(reader.read("a,b,, ,"), ["a", "b"]);
        assert_eq!(reader.read("a,b,,c"), ["a", "b", "", "c"]);
        assert_eq!(reader.read("a"), ["a"]);
    }
}
