//! A file, chunk by chunk, to batches: the check pass and the dispatch pass are the same walk over the same bytes.

use serde::{Deserialize, Serialize};

use super::cells::Cells;
use super::check::Check;
use super::checksum::Checksum;
use super::encoding::{self, Decoder, Undecodable};
use super::filter::Filter;
use super::records::{Record, Records};
use super::{Checked, Cut, FailedCheck, MAX_ROW, Options, dialect};
use crate::batch::{Batch, Filling, Lane};
use crate::columns::{self, Layout};
use crate::ledger::Ledger;
use crate::outcome::FileCode;
use crate::row;

/// Bytes of the header's text at most.
const MAX_HEADER: usize = 64 * 1024;

/// Cuts of a file at most: they are kept in one item, of 400 KB at most, and take about 110 bytes each.
const MOST_CUTS: u64 = 1_000;

/// What a walk is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pass {
    /// To find everything wrong with the file; batches are only counted.
    Check,
    /// To give the batches of a sound file.
    Dispatch,
}

/// A walk over a file between two chunks.
#[derive(Debug, Serialize, Deserialize)]
pub struct Planner {
    options: Options,
    pass: Pass,
    decoder: Decoder,
    records: Records,
    delimiter: Option<u8>,
    quote: u8,
    layout: Option<Layout>,
    rows: u64,
    check: Check,
    lanes: [Filling; 2],
    over: bool,
    bytes: u64,
    checksum: Checksum,
    repeated: u64,
    cuts: Vec<Cut>,
    #[serde(skip)]
    filter: Filter,
    #[serde(skip)]
    cells: Option<Cells>,
}

/// A snapshot that is none of this version of Muster.
#[derive(Debug, thiserror::Error)]
#[error("not a snapshot of this version: {0}")]
pub struct BadSnapshot(String);

impl Planner {
    /// A walk from the file's begin.
    pub fn new(options: Options, pass: Pass) -> Self {
        let keeps_text = pass == Pass::Dispatch;
        Self {
            pass,
            decoder: Decoder::new(&options.encoding),
            records: Records::new(),
            delimiter: options.delimiter,
            quote: options.quote.unwrap_or(b'"'),
            layout: None,
            rows: 0,
            check: Check::default(),
            lanes: [
                Filling::new(Lane::Parallel, keeps_text, options.batch_rows),
                Filling::new(Lane::Ordered, keeps_text, options.batch_rows),
            ],
            over: false,
            bytes: 0,
            checksum: Checksum::default(),
            repeated: 0,
            cuts: Vec::new(),
            filter: Filter::for_file(options.bytes),
            cells: None,
            options,
        }
    }

    /// A walk that gives the batches of a checked file.
    pub fn dispatch(options: Options, checked: &Checked) -> Self {
        let options = Options {
            encoding: checked.encoding.clone(),
            delimiter: Some(checked.delimiter),
            quote: Some(checked.quote),
            ..options
        };
        Self::new(options, Pass::Dispatch)
    }

    /// How many bytes of the object were pushed: where the next ones are to be read from.
    pub const fn offset(&self) -> u64 {
        self.bytes
    }

    /// Whether nothing that follows can matter: the file failed in a way that ends the walk.
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
        let decoded = self.decoder.push(chunk, last, self.records.buffer());
        let settled =
            self.delimiter.is_some() || last || decoded.is_err() || self.records.open_bytes() >= dialect::SAMPLE;
        if settled {
            self.walk(last && decoded.is_ok(), batches);
        }
        if self.over {
            return;
        }
        match decoded {
            Err(Undecodable::At(offset)) => self.undecodable(offset, chunk),
            Err(Undecodable::NoLineEnd) => self.too_large(),
            Ok(()) if settled && self.records.open_bytes() > MAX_ROW && !last => self.too_large(),
            Ok(()) => {}
        }
    }

    /// Goes through the records that are whole.
    fn walk(&mut self, last: bool, batches: &mut impl FnMut(Batch)) {
        let named = {
            let text = self.records.buffer();
            let first = text.split(['\r', '\n']).next().unwrap_or_default();
            if self.options.quote.is_none() && self.layout.is_none() && self.delimiter.is_none() {
                self.quote = dialect::quote(first);
            }
            dialect::named(first).filter(|_| self.layout.is_none() && self.rows == 0)
        };
        let delimiter = match (self.delimiter, named) {
            (Some(delimiter), _) | (None, Some(delimiter)) => delimiter,
            (None, None) => dialect::find(self.records.buffer(), self.quote, last),
        };
        self.delimiter = Some(delimiter);
        let mut records = std::mem::replace(&mut self.records, Records::new());
        records.scan(delimiter, self.quote, last, &mut |record| self.record(record, batches));
        self.records = records;
    }

    fn record(&mut self, record: Record<'_>, batches: &mut impl FnMut(Batch)) {
        if self.over {
            return;
        }
        let delimiter = self.delimiter.unwrap_or(b',');
        let mut cells = self.cells.take().unwrap_or_else(|| Cells::new(delimiter, self.quote));
        cells.read(record.text);
        match self.layout.take() {
            None if dialect::named(record.text).is_some() => {}
            None if record.text.len() > MAX_HEADER => {
                let message = "The header row is larger than 64 KiB. Shorten the names of its columns.".to_owned();
                self.check.add(FileCode::RowTooLarge, Some(0), Some(record.line), None, message);
                self.over = true;
            }
            None => self.header(&cells.texts(), record.line),
            Some(layout) => {
                self.row(&layout, &cells.texts(), record, batches);
                self.layout = Some(layout);
            }
        }
        self.cells = Some(cells);
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
        let guess = encoding::guess(near).name().to_lowercase();
        let advice = if guess == encoding {
            "Say which encoding the file is in.".to_owned()
        } else {
            format!("The file looks like {guess}: import it with encoding `{guess}`, or with `auto`.")
        };
        let message = format!("The bytes at {offset} mean nothing in {encoding}. {advice}");
        let line = self.records.line();
        let row = self.rows + u64::from(self.layout.is_some());
        let column = self.column_at_end();
        self.check.add(FileCode::UndecodableBytes, Some(row), Some(line), column.as_deref(), message);
        self.over = true;
    }

    /// The header of the cell that the text so far ends in.
    fn column_at_end(&mut self) -> Option<String> {
        let text = self.records.buffer().clone();
        let mut cells = Cells::new(self.delimiter.unwrap_or(b','), self.quote);
        cells.read(&text);
        let at = cells.len().saturating_sub(1);
        self.layout.as_ref().and_then(|layout| layout.header.get(at).cloned())
    }

    fn too_large(&mut self) {
        let line = self.records.line();
        let message = "A record is larger than 1 MiB. A quote may be opened and never closed.".to_owned();
        let row = self.rows + u64::from(self.layout.is_some());
        self.check.add(FileCode::RowTooLarge, Some(row), Some(line), None, message);
        self.over = true;
    }

    /// Ends the open batches here, so that a walk from a snapshot of this one can give those that follow. A check pass
    /// notes the place and the name of that snapshot. False: here it cannot be cut, as the header is not read yet.
    pub fn cut(&mut self, snapshot: &str, batches: &mut impl FnMut(Batch)) -> bool {
        if self.layout.is_none() || self.over {
            return false;
        }
        self.end_batches(batches);
        if self.pass == Pass::Check {
            self.cuts.push(Cut { offset: self.bytes, snapshot: snapshot.to_owned() });
        }
        true
    }

    /// Whether so many bytes went by since the last cut that here is to be the next; of a file so large that this would
    /// make more cuts than an item can hold, only every so many.
    pub fn cut_is_due(&self, part_bytes: u64) -> bool {
        let part_bytes = part_bytes.max(self.options.bytes / MOST_CUTS);
        self.bytes >= self.cuts.last().map_or(0, |cut| cut.offset).saturating_add(part_bytes)
    }

    /// The walk that gives the batches from here on, of a check pass that was just cut.
    #[must_use]
    pub fn into_dispatch(mut self) -> Self {
        self.pass = Pass::Dispatch;
        self.lanes.iter_mut().for_each(Filling::keep_text);
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
        if let Some(line) = self.records.open_quote().filter(|_| !self.over) {
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
        let ledger = Ledger { parallel: self.lanes[0].batches(), ordered: self.lanes[1].batches() };
        let (filled, notices, first_rows) = self.check.into_summary(&layout);
        Ok(Checked {
            rows: self.rows,
            bytes: self.bytes,
            encoding: self.decoder.name(),
            delimiter: self.delimiter.unwrap_or(b','),
            quote: self.quote,
            layout,
            filled,
            date_format,
            ledger,
            sha256,
            repeated: self.repeated,
            cuts: self.cuts,
            notices,
            first_rows,
        })
    }

    /// A piece of the walk so far, for pieces counted from 0; none after the last one. [`Restoring`] reads them back, and
    /// the walk goes on with the bytes after [`Planner::offset`]. Piece by piece, as the filter is large.
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

/// A saved walk while it is read back, cut into chunks in any way.
#[derive(Debug, Default)]
pub struct Restoring {
    unread: Vec<u8>,
    planner: Option<Planner>,
    filter: Filter,
}

impl Restoring {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// When they were not saved by this version.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), BadSnapshot> {
        self.unread.extend_from_slice(chunk);
        if self.planner.is_none() {
            let Some((length, rest)) = self.unread.split_first_chunk::<8>() else { return Ok(()) };
            let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| BadSnapshot::cut_off())?;
            let Some(state) = rest.get(..length) else { return Ok(()) };
            let planner: Planner = serde_json::from_slice(state).map_err(|error| BadSnapshot(error.to_string()))?;
            self.filter = Filter::to_restore(planner.options.bytes);
            self.planner = Some(planner);
            self.unread.drain(..8 + length);
        }
        let taken = self.filter.restore(&self.unread);
        self.unread.drain(..taken);
        Ok(())
    }

    /// The walk that was saved.
    ///
    /// # Errors
    /// When bytes are missing.
    pub fn finish(self) -> Result<Planner, BadSnapshot> {
        let planner = self.planner.ok_or_else(BadSnapshot::cut_off)?;
        if !self.unread.is_empty() || !self.filter.is_for(planner.options.bytes) {
            return Err(BadSnapshot::cut_off());
        }
        Ok(Planner { filter: self.filter, ..planner })
    }
}

impl BadSnapshot {
    fn cut_off() -> Self {
        Self("it is cut off".to_owned())
    }
}

#[cfg(test)]
#[path = "planner_tests.rs"]
mod tests;
