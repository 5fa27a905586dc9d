//! A file, chunk by chunk, to batches: the check pass and the dispatch pass are the same walk over the same bytes.

use serde::{Deserialize, Serialize};

use super::batch::{Batch, BatchBuilder, Lane};
use super::checked::{Checked, FilePart};
use super::filter::Filter;
use super::numbering::BatchNumbers;
use super::options::ReadOptions;
use crate::codes::FileCode;
use crate::columns::{self, Layout, MAX_HEADER};
use crate::file::{
    CellReader, Check, Checksum, Decoder, FailedCheck, MAX_ROW, Record, Scanner, Summary, Undecodable, dialect, guess,
};
use crate::row;

/// Most parts of a file. They are listed in one item of at most 400 KB, and each takes about 110 bytes there.
const MOST_PARTS: u64 = 1_000;

/// The purpose of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pass {
    /// To find everything wrong with the file; batches are only counted.
    Check,
    /// To give the batches of a sound file.
    Dispatch,
}

/// A walk over a file that comes in chunks.
#[derive(Debug, Serialize, Deserialize)]
pub struct Planner {
    options: ReadOptions,
    pass: Pass,
    decoder: Decoder,
    scanner: Scanner,
    delimiter: Option<u8>,
    quote: u8,
    layout: Option<Layout>,
    rows: u64,
    check: Check,
    lanes: [BatchBuilder; 2],
    over: bool,
    bytes: u64,
    checksum: Checksum,
    repeated: u64,
    later_parts: Vec<FilePart>,
    #[serde(skip)]
    filter: Filter,
    #[serde(skip)]
    reader: Option<CellReader>,
}

impl Planner {
    /// A walk from the start of a file.
    pub fn new(options: ReadOptions, pass: Pass) -> Self {
        let keeps_text = pass == Pass::Dispatch;
        Self {
            pass,
            decoder: Decoder::new(&options.encoding),
            scanner: Scanner::default(),
            delimiter: options.delimiter,
            quote: options.quote.unwrap_or(b'"'),
            layout: None,
            rows: 0,
            check: Check::default(),
            lanes: [
                BatchBuilder::new(Lane::Parallel, keeps_text, options.batch_rows),
                BatchBuilder::new(Lane::Ordered, keeps_text, options.batch_rows),
            ],
            over: false,
            bytes: 0,
            checksum: Checksum::default(),
            repeated: 0,
            later_parts: Vec::new(),
            filter: Filter::for_file(options.bytes),
            reader: None,
            options,
        }
    }

    /// A walk that gives the batches of a checked file.
    pub fn dispatch(options: ReadOptions, checked: &Checked) -> Self {
        let options = ReadOptions {
            encoding: checked.encoding.clone(),
            delimiter: Some(checked.delimiter),
            quote: Some(checked.quote),
            ..options
        };
        Self::new(options, Pass::Dispatch)
    }

    /// How many bytes of the object were pushed: the offset from which to read on.
    pub const fn offset(&self) -> u64 {
        self.bytes
    }

    /// Whether the file failed in a way that ends the walk, so the rest need not be read.
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// Takes the next bytes of the object.
    pub fn push(&mut self, chunk: &[u8], batches: &mut impl FnMut(Batch)) {
        self.bytes += chunk.len() as u64;
        if self.pass == Pass::Check {
            self.checksum.add(chunk);
        }
        self.take(chunk, false, batches);
    }

    fn take(&mut self, chunk: &[u8], last: bool, batches: &mut impl FnMut(Batch)) {
        if self.over {
            return;
        }
        let decoded = self.decoder.push(chunk, last, self.scanner.buffer());
        let settled =
            self.delimiter.is_some() || last || decoded.is_err() || self.scanner.open_bytes() >= dialect::SAMPLE;
        if settled {
            self.walk(last && decoded.is_ok(), batches);
        }
        if self.over {
            return;
        }
        match decoded {
            Err(Undecodable::At(offset)) => self.undecodable(offset, chunk),
            Err(Undecodable::NoLineEnd) => self.too_large(),
            Ok(()) if settled && self.scanner.open_bytes() > MAX_ROW && !last => self.too_large(),
            Ok(()) => {}
        }
    }

    /// Handles the records that are whole.
    fn walk(&mut self, last: bool, batches: &mut impl FnMut(Batch)) {
        let named = {
            let text = self.scanner.buffer();
            let first = text.split(['\r', '\n']).next().unwrap_or_default();
            if self.options.quote.is_none() && self.layout.is_none() && self.delimiter.is_none() {
                self.quote = dialect::quote(first);
            }
            dialect::named(first).filter(|_| self.layout.is_none() && self.rows == 0)
        };
        let delimiter = match (self.delimiter, named) {
            (Some(delimiter), _) | (None, Some(delimiter)) => delimiter,
            (None, None) => dialect::find(self.scanner.buffer(), self.quote, last),
        };
        self.delimiter = Some(delimiter);
        let mut scanner = std::mem::take(&mut self.scanner);
        scanner.scan(delimiter, self.quote, last, &mut |record| self.record(record, batches));
        self.scanner = scanner;
    }

    fn record(&mut self, record: Record<'_>, batches: &mut impl FnMut(Batch)) {
        if self.over {
            return;
        }
        let delimiter = self.delimiter.unwrap_or(b',');
        let mut reader = self.reader.take().unwrap_or_else(|| CellReader::new(delimiter, self.quote));
        let cells = reader.read(record.text);
        match self.layout.take() {
            None if dialect::named(record.text).is_some() => {}
            None if record.text.len() > MAX_HEADER => {
                let message = "The header row is larger than 64 KiB. Shorten the names of its columns.".to_owned();
                self.check.add(FileCode::RowTooLarge, Some(0), Some(record.line), None, message);
                self.over = true;
            }
            None => self.header(&cells, record.line),
            Some(layout) => {
                self.row(&layout, &cells, record, batches);
                self.layout = Some(layout);
            }
        }
        self.reader = Some(reader);
    }

    fn header(&mut self, cells: &[&str], line: u64) {
        match columns::read_header(cells, line, &self.options.mapping, &self.options.fields) {
            Ok(layout) => {
                self.check.header(&layout, self.options.rules.date_format.is_some());
                self.layout = Some(layout);
            }
            Err(problems) => {
                self.check.add_all(problems);
                self.over = true;
            }
        }
    }

    fn row(&mut self, layout: &Layout, cells: &[&str], record: Record<'_>, batches: &mut impl FnMut(Batch)) {
        self.rows += 1;
        if record.text.len() > MAX_ROW {
            self.too_large();
            return;
        }
        if self.pass == Pass::Check {
            self.check.record(layout, self.rows, record.line, record.text, cells);
            if self.check.total() > 0 {
                return;
            }
        }
        let mut keys = Vec::new();
        row::identifier_keys(layout, &self.options.rules, cells, &mut keys);
        let mut shared = false;
        for key in keys {
            shared |= self.filter.add(key);
        }
        self.repeated += u64::from(shared);
        if let Some(batch) = self.lanes[usize::from(shared)].add(self.rows, record.line, record.text)
            && self.pass == Pass::Dispatch
        {
            batches(batch);
        }
    }

    fn undecodable(&mut self, offset: u64, near: &[u8]) {
        let encoding = self.decoder.name();
        let guess = guess(near).name().to_lowercase();
        let advice = if guess == encoding {
            "Say which encoding the file is in.".to_owned()
        } else {
            format!("The file looks like {guess}: import it with encoding `{guess}`, or with `auto`.")
        };
        let message = format!("The bytes at {offset} mean nothing in {encoding}. {advice}");
        let line = self.scanner.line();
        let row = self.rows + u64::from(self.layout.is_some());
        let column = self.column_at_end();
        self.check.add(FileCode::UndecodableBytes, Some(row), Some(line), column.as_deref(), message);
        self.over = true;
    }

    /// The header of the last cell of the text so far.
    fn column_at_end(&mut self) -> Option<String> {
        let delimiter = self.delimiter.unwrap_or(b',');
        let cells = CellReader::read_cut_off(delimiter, self.quote, self.scanner.buffer());
        let at = cells.len().saturating_sub(1);
        self.layout.as_ref().and_then(|layout| layout.header.get(at).cloned())
    }

    fn too_large(&mut self) {
        let line = self.scanner.line();
        let message = "A record is larger than 1 MiB. A quote may be opened and never closed.".to_owned();
        let row = self.rows + u64::from(self.layout.is_some());
        self.check.add(FileCode::RowTooLarge, Some(row), Some(line), None, message);
        self.over = true;
    }

    /// Ends the open batches here, so that a walk from a snapshot of this one gives exactly the batches that follow. A
    /// check pass notes the place, and the key of that snapshot. False if the file cannot be cut here, because its
    /// header is not read yet or the walk is over.
    pub fn cut(&mut self, snapshot: &str, batches: &mut impl FnMut(Batch)) -> bool {
        if self.layout.is_none() || self.over {
            return false;
        }
        self.end_batches(batches);
        if self.pass == Pass::Check {
            self.later_parts.push(FilePart { offset: self.bytes, snapshot: snapshot.to_owned() });
        }
        true
    }

    /// Whether the part that is being read has this many bytes, so the next one should begin. Parts of very large files
    /// have more, because one item lists all parts.
    pub fn cut_is_due(&self, part_bytes: u64) -> bool {
        let part_bytes = part_bytes.max(self.options.bytes / MOST_PARTS);
        self.bytes >= self.later_parts.last().map_or(0, |part| part.offset).saturating_add(part_bytes)
    }

    /// The walk that gives the batches from here on; this one is a check pass that was just cut.
    #[must_use]
    pub fn into_dispatch(mut self) -> Self {
        self.pass = Pass::Dispatch;
        self.lanes.iter_mut().for_each(BatchBuilder::keep_text);
        self
    }

    fn end_batches(&mut self, batches: &mut impl FnMut(Batch)) {
        for lane in &mut self.lanes {
            if let Some(batch) = lane.take()
                && self.pass == Pass::Dispatch
            {
                batches(batch);
            }
        }
    }

    /// Ends the walk.
    ///
    /// # Errors
    /// Everything wrong with the file.
    pub fn finish(mut self, batches: &mut impl FnMut(Batch)) -> Result<Checked, FailedCheck> {
        self.take(&[], true, batches);
        if let Some(line) = self.scanner.open_quote().filter(|_| !self.over) {
            let message = format!(
                "A quote is opened on line {line} and never closed. Close it, or double it if it is part of the text."
            );
            let row = self.rows + u64::from(self.layout.is_some());
            let column = self.column_at_end();
            self.check.add(FileCode::UnclosedQuote, Some(row), Some(line), column.as_deref(), message);
            self.over = true;
        }
        let Some(mut layout) = self.layout.take().filter(|_| !self.over) else {
            if self.check.total() == 0 {
                let (code, message) = if self.bytes <= 3 {
                    (FileCode::EmptyFile, "The file is empty.")
                } else {
                    (FileCode::NoHeader, "The file has no record at all. Put a header row on top.")
                };
                self.check.add(code, None, None, None, message.to_owned());
            }
            return Err(self.check.into_failed());
        };
        let sha256 = std::mem::take(&mut self.checksum).finish();
        if self.pass == Pass::Check && self.options.sha256.as_ref().is_some_and(|declared| *declared != sha256) {
            let message = "The file has another SHA-256 than was declared: it was damaged on the way, or is another file. Upload it again.";
            self.check.add(FileCode::ChecksumMismatch, None, None, None, message.to_owned());
        }
        let date_format = self.check.end(&mut layout, self.rows, self.options.ignore_empty_columns);
        if self.pass == Pass::Check && self.check.total() > 0 {
            return Err(self.check.into_failed());
        }
        self.end_batches(batches);
        let numbers = BatchNumbers { parallel: self.lanes[0].batches(), ordered: self.lanes[1].batches() };
        let Summary { filled, notices, notices_total, first_rows } = self.check.into_summary(&layout);
        Ok(Checked {
            rows: self.rows,
            bytes: self.bytes,
            encoding: self.decoder.name(),
            delimiter: self.delimiter.unwrap_or(b','),
            quote: self.quote,
            layout,
            filled,
            date_format,
            numbers,
            sha256,
            repeated: self.repeated,
            later_parts: self.later_parts,
            notices,
            notices_total,
            first_rows,
        })
    }

    /// The length of the object that it walks over, in bytes.
    pub(super) const fn object_bytes(&self) -> u64 {
        self.options.bytes
    }

    /// The walk with the filter that it was saved with.
    pub(super) fn with_filter(self, filter: Filter) -> Self {
        Self { filter, ..self }
    }

    /// A piece of the saved walk, counted from 0; none after the last piece. `Restoring` reads the pieces back, and the
    /// walk goes on with the bytes from [`Planner::offset`] on. It is saved in pieces because its filter is large.
    pub fn save(&self, piece: usize) -> Option<Vec<u8>> {
        let Some(piece) = piece.checked_sub(1) else {
            let state = serde_json::to_vec(self).unwrap_or_default();
            let mut saved = (state.len() as u64).to_le_bytes().to_vec();
            saved.extend_from_slice(&state);
            return Some(saved);
        };
        self.filter.save(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::{Fields, Mapping};
    use crate::row::Rules;

    fn options(bytes: u64) -> ReadOptions {
        ReadOptions {
            encoding: "utf-8".to_owned(),
            sha256: None,
            delimiter: Some(b','),
            quote: None,
            mapping: Mapping::new(),
            fields: Fields::new(),
            ignore_empty_columns: false,
            rules: Rules::default(),
            bytes,
            batch_rows: 200,
        }
    }

    #[test]
    fn the_largest_object_has_no_more_cuts_than_an_item_holds() {
        let largest = 5 * 1_024_u64.pow(4);
        let mut planner = Planner::new(options(largest), Pass::Check);
        planner.push(b"email\na@b.de\n", &mut |_| {});
        let mut parts = 0;
        let step = 256 * 1_024 * 1_024;
        for offset in (step..=largest).step_by(step as usize) {
            planner.bytes = offset;
            if planner.cut_is_due(step) && planner.cut(&"k".repeat(90), &mut |_| {}) {
                parts += 1;
            }
        }
        assert!((500..=1_001).contains(&parts), "{parts} parts");
        let stored = serde_json::to_vec(&planner.later_parts).unwrap().len();
        assert!(stored < 200_000, "{stored} bytes");
    }
}
