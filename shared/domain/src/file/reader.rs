//! A record's text to its cells. Every record of every file goes through here and nowhere else: check, dispatch,
//! row-processor, report and export, so none of them can read a cell that another reads differently.
//!
//! csv-async parses asynchronous streams. A record is in memory, so its future is ready when it is first polled.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use csv_async::{AsyncReader, AsyncReaderBuilder, StringRecord};
use futures_io::AsyncRead;

use super::dialect::{Dialect, Escape, Quoting};

/// Bytes that the parser takes from a record at a time.
const BUFFER: usize = 64 * 1024;

/// Reads records of one dialect, one after another, into memory that it uses again.
#[derive(Debug)]
pub struct CellReader {
    parser: AsyncReader<Fed>,
    record: StringRecord,
    dialect: Dialect,
}

impl CellReader {
    /// A reader of records of this dialect.
    pub fn new(dialect: Dialect) -> Self {
        // The parser drops a byte order mark from the start of its stream. A line end before the first record keeps it
        // from doing so: which marks are dropped is the scanner's decision.
        let fed = Fed { bytes: b"\n".to_vec(), taken: 0, is_closed: false };
        let parser = AsyncReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(dialect.delimiter)
            .quoting(dialect.quoting != Quoting::Never)
            .quote(dialect.quote().unwrap_or(b'"'))
            .escape((dialect.escape == Escape::Backslash).then_some(b'\\'))
            .buffer_capacity(BUFFER)
            .create_reader(fed);
        Self { parser, record: StringRecord::new(), dialect }
    }

    /// The cells of a record, which is given as the scanner found it: without its line end.
    pub fn read(&mut self, record: &str) -> Vec<&str> {
        self.feed(record, true);
        let is_whole = self.poll();
        debug_assert!(is_whole, "the scanner and the parser disagree about where a record ends");
        if !is_whole {
            self.finish();
        }
        self.record.iter().collect()
    }

    /// The cells of a record that was cut off, perhaps inside quotes.
    pub fn read_cut_off(dialect: Dialect, record: &str) -> Vec<String> {
        let mut reader = Self::new(dialect);
        reader.feed(record, false);
        reader.finish();
        reader.record.iter().map(ToOwned::to_owned).collect()
    }

    fn feed(&mut self, record: &str, is_whole: bool) {
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
        *self = Self { record, ..Self::new(self.dialect) };
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
    use super::*;

    #[test]
    fn quotes_are_taken_off_and_a_quote_inside_a_cell_stays() {
        let mut reader = CellReader::new(Dialect::delimited_by(b';'));
        for (record, cells) in [
            ("a;b", &["a", "b"][..]),
            ("\"a;\nb\";\"c \"\"d\"\"\"", &["a;\nb", "c \"d\""]),
            ("O\"Neil;", &["O\"Neil", ""]),
            ("\"\"", &[""]),
            ("\u{feff}a", &["\u{feff}a"]),
            (" ", &[" "]),
        ] {
            assert_eq!(reader.read(record), cells, "{record}");
        }
    }

    #[test]
    fn a_record_that_is_cut_off_is_read_as_far_as_it_goes() {
        assert_eq!(CellReader::read_cut_off(Dialect::delimited_by(b','), "a,\"b,\nc"), ["a", "b,\nc"]);
        assert!(CellReader::read_cut_off(Dialect::delimited_by(b','), "").is_empty());
    }

    #[test]
    fn a_record_larger_than_the_buffer_is_one_record() {
        let long = "x".repeat(3 * BUFFER);
        let mut reader = CellReader::new(Dialect::delimited_by(b','));
        assert_eq!(reader.read(&format!("{long},\"{long}\"")), [&long, &long]);
        assert_eq!(reader.read("a,b"), ["a", "b"]);
    }
}
