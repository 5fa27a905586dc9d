//! The check pass: a file, chunk by chunk, to everything wrong with it or to the plan of its rows.

mod encoding;
mod head;
mod look;

pub(super) use head::is_header;
use look::Glimpse;
pub(crate) use look::{Look, Shown, Values};
use serde::{Deserialize, Serialize};

use super::batch::BatchSize;
use super::checked::{Checked, FilePart};
use super::later_rows::LaterRowsWriter;
use super::links::{Links, Shape};
use super::numbering::BatchNumbers;
use super::options::ReadOptions;
use super::undo_file;
use super::wave::{WAVES, Wave};
use crate::codes::FileCode;
use crate::columns::Layout;
use crate::file::{
    CellReader, Check, Checksum, Decoder, Dialect, FailedCheck, HeaderSearch, Judging, MAX_ROW, Quoting, Record,
    Scanner, Seen, Summary, Undecodable, delimiter, emptied,
};
use crate::row::{self, IdentifierKey};

/// Most parts of a file. They are listed in one item of at most 400 KB, and each takes at most 200 bytes there.
const MOST_PARTS: u64 = 1_000;

/// A check pass over a file that comes in chunks.
#[derive(Debug, Serialize, Deserialize)]
pub struct Planner {
    options: ReadOptions,
    decoder: Decoder,
    scanner: Scanner,
    dialect: Dialect,
    /// Whether the dialect is set or found.
    is_settled: bool,
    layout: Option<Layout>,
    /// The first record, while the ones after it are looked at because it names no column.
    search: Option<HeaderSearch>,
    head_records: u32,
    /// The column of a report that names the import of a row.
    import_column: Option<usize>,
    repeated_headers: u64,
    rows: u64,
    check: Check,
    over: bool,
    /// Whether records are passed over: only how much of the file is UTF-8 is still of interest.
    passes_over: bool,
    bytes: u64,
    checksum: Checksum,
    repeated: u64,
    /// Batches of each wave so far.
    numbers: BatchNumbers,
    /// The open batch of each wave.
    open: [BatchSize; WAVES + 1],
    /// The last part is the one that is being read.
    parts: Vec<FilePart>,
    later_rows: LaterRowsWriter,
    #[serde(skip)]
    links: Links,
    #[serde(skip)]
    reader: Option<Box<CellReader>>,
    /// A row's identifiers, and their hashes.
    #[serde(skip)]
    keys: Vec<IdentifierKey>,
    #[serde(skip)]
    hashes: Vec<u64>,
    /// The key that is being hashed.
    #[serde(skip)]
    key: String,
    /// What a look at the file shows of it. A check needs none, so it is not saved.
    #[serde(skip)]
    glimpse: Option<Box<Glimpse>>,
}

/// How much of the file the bytes so far are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// More may come.
    Open,
    /// More is in the file, and will not come.
    CutOff,
    /// This is all of it.
    Whole,
}

/// An object that lists the rows of a file part outside wave 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaterRowsObject {
    /// Its key.
    pub key: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Planner {
    /// A pass from the start of a file.
    pub fn new(options: ReadOptions) -> Self {
        Self {
            decoder: Decoder::finding(&options.encoding, options.rules.default_region),
            scanner: Scanner::dropping_lines_before(options.header_line.unwrap_or(1)),
            dialect: Dialect {
                delimiter: options.delimiter.unwrap_or(','),
                quoting: options.quoting.unwrap_or(Quoting::Between(b'"')),
                escape: options.escape,
            },
            is_settled: options.delimiter.is_some(),
            layout: None,
            search: None,
            head_records: 0,
            import_column: None,
            repeated_headers: 0,
            rows: 0,
            check: Check::default(),
            over: false,
            passes_over: false,
            bytes: 0,
            checksum: Checksum::default(),
            repeated: 0,
            numbers: BatchNumbers::default(),
            open: [BatchSize::empty(options.batch_rows); WAVES + 1],
            parts: vec![FilePart { line: 1, ..FilePart::default() }],
            later_rows: LaterRowsWriter::default(),
            links: Links::for_file(options.bytes),
            reader: None,
            keys: Vec::new(),
            hashes: Vec::new(),
            key: String::new(),
            glimpse: None,
            options,
        }
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
    pub fn push(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        self.checksum.add(chunk);
        self.take(chunk, End::Open);
    }

    fn take(&mut self, chunk: &[u8], end: End) {
        if self.over {
            return;
        }
        let is_whole = end == End::Whole;
        let decoded = match end {
            End::CutOff => self.decoder.end_cut_off(self.scanner.buffer()),
            End::Open | End::Whole => self.decoder.push(chunk, is_whole, self.scanner.buffer()),
        };
        let has_head = self.scanner.drop_lines();
        let settled = has_head && self.scanner.open_bytes() >= delimiter::SAMPLE;
        let settled = settled || self.is_settled || end != End::Open || decoded.is_err();
        if settled {
            self.walk(is_whole && decoded.is_ok());
        }
        // So much else than UTF-8 comes from another encoding, whatever follows.
        self.over |= self.decoder.is_utf8() && self.decoder.utf8().is_hopeless();
        if self.over {
            return;
        }
        match decoded {
            Err(Undecodable::At(offset)) => self.undecodable(offset),
            Err(Undecodable::Refused(name)) => self.refuse_encoding(name),
            Err(Undecodable::NoLineEnd) => self.too_large(),
            Ok(()) if settled && self.scanner.open_bytes() > MAX_ROW && !is_whole => self.too_large(),
            Ok(()) => {}
        }
    }

    /// Handles the records that are whole.
    fn walk(&mut self, last: bool) {
        if self.layout.is_none() && self.head_records == 0 {
            self.settle_dialect(last);
        }
        let mut scanner = std::mem::take(&mut self.scanner);
        scanner.scan(self.dialect, last, &mut |record| self.record(record));
        self.scanner = scanner;
    }

    fn record(&mut self, record: Record<'_>) {
        if self.over || self.passes_over {
            return;
        }
        let mut reader = self.reader.take().unwrap_or_else(|| self.new_reader());
        let (cells, quote_in_cell) = reader.read_noting(record.text);
        match self.layout.take() {
            None => {
                self.head(&cells, record);
                // The header says how many cells a record has.
                self.reader = self.layout.is_none().then_some(reader);
            }
            Some(layout) => {
                if self.has_bad_bytes(record) {
                    self.name_bad_cells(Some(&layout), &cells, record);
                }
                self.row(&layout, &cells, quote_in_cell, record);
                self.layout = Some(layout);
                let spare = emptied(cells);
                reader.reuse(spare);
                self.reader = Some(reader);
            }
        }
    }

    fn new_reader(&self) -> Box<CellReader> {
        let reader = CellReader::new(self.dialect);
        Box::new(match &self.layout {
            Some(layout) => reader.of_width(layout.columns.len()),
            None => reader,
        })
    }

    fn row(&mut self, layout: &Layout, cells: &[&str], quote_in_cell: Option<usize>, record: Record<'_>) {
        if is_header(cells, layout) {
            self.repeated_headers += 1;
            self.check.repeated_header(layout, self.rows, record.line);
            return;
        }
        self.rows += 1;
        if record.text.len() > MAX_ROW {
            self.too_large();
            return;
        }
        if let (Some(report), Some(place)) = (&self.options.report, self.import_column)
            && let Some(cell) = cells.get(place).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
            && cell != report.import
        {
            let column = layout.header.get(place).map(String::as_str);
            let message = "The rows of this file are of reports on different imports, which may have been read with different settings. Import each report by itself.".to_owned();
            self.check.add(FileCode::MixedReports, Some(self.rows), Some(record.line), column, message);
            self.over = true;
            return;
        }
        let Record { text, line, stray } = record;
        if let Some(glimpse) = &mut self.glimpse {
            glimpse.row(self.rows, line, cells);
        }
        let seen = Seen { row: self.rows, line, text, cells, quote_in_cell, stray };
        self.check.record(layout, self.dialect, &self.options.rules, &seen);
        if self.check.has_problems() {
            return;
        }
        self.keys.clear();
        row::identifier_keys(layout, &self.options.rules.of_row(self.rows), cells, &mut self.key, &mut self.keys);
        self.check.note((layout, &self.options.rules), (self.rows, record.line), cells, &self.keys);
        self.hashes.clear();
        self.hashes.extend(self.keys.iter().map(|key| key.hash));
        if self.options.is_undo {
            self.hashes.extend(undo_file::order_keys(cells));
        }
        let wave = self.links.wave_of(&self.hashes);
        if wave != Wave::FIRST {
            self.repeated += 1;
            self.later_rows.note(self.rows, wave);
        }
        let open = &mut self.open[wave.index()];
        if open.is_empty() | open.add(record.text.len()) {
            self.numbers.add(wave);
        }
    }

    /// The header of the last cell of the text so far.
    fn column_at_end(&mut self) -> Option<String> {
        let cells = CellReader::read_cut_off(self.dialect, self.scanner.buffer());
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

    /// Begins the next part of the file here, if the one that is read has this many bytes and a record ends here. Gives
    /// the object of the part that ended, if that has rows outside wave 0; `key` makes its key of the part's number.
    ///
    /// Parts of very large files have more bytes, because one item lists all parts.
    pub fn begin_part(&mut self, part_bytes: u64, key: impl FnOnce(u32) -> String) -> Option<LaterRowsObject> {
        let part_bytes = part_bytes.max(self.options.bytes / MOST_PARTS);
        let begun = self.parts.last().map_or(0, |part| part.offset);
        // The text of a record that is not whole yet would be missing from the next part.
        let is_between_records = self.rows > 0 && self.scanner.open_bytes() == 0;
        let offset = self.decoder.offset();
        if self.over || !is_between_records || offset < begun.saturating_add(part_bytes) {
            return None;
        }
        let object = self.end_part(key);
        self.parts.push(FilePart {
            offset,
            row: self.rows,
            line: self.scanner.line(),
            batches: self.numbers,
            later_rows: None,
        });
        object
    }

    /// Ends the open batches and the list of rows of the part that is being read.
    fn end_part(&mut self, key: impl FnOnce(u32) -> String) -> Option<LaterRowsObject> {
        self.open = [BatchSize::empty(self.options.batch_rows); WAVES + 1];
        let bytes = std::mem::replace(&mut self.later_rows, LaterRowsWriter::new(self.rows)).into_bytes();
        if bytes.is_empty() {
            return None;
        }
        let key = key(u32::try_from(self.parts.len()).unwrap_or(u32::MAX) - 1);
        if let Some(part) = self.parts.last_mut() {
            part.later_rows = Some(key.clone());
        }
        Some(LaterRowsObject { key, bytes })
    }

    /// Ends the pass. Gives what it found, and the object of the last part as [`Planner::begin_part`] does.
    ///
    /// # Errors
    /// Everything wrong with the file.
    pub fn finish(
        mut self,
        key: impl FnOnce(u32) -> String,
    ) -> Result<(Checked, Option<LaterRowsObject>), FailedCheck> {
        self.conclude(End::Whole, key)
    }

    /// Ends the pass over the whole file, or over the beginning of one that goes on: then nothing is found wrong that
    /// what follows might put right.
    fn conclude(
        &mut self,
        end: End,
        key: impl FnOnce(u32) -> String,
    ) -> Result<(Checked, Option<LaterRowsObject>), FailedCheck> {
        let is_whole = end == End::Whole;
        self.take(&[], end);
        self.judge_encoding(is_whole);
        if let Some(line) = self.scanner.open_quote().filter(|_| is_whole && !self.over) {
            let text = self.scanner.buffer().clone();
            let layout = self.layout.as_ref();
            let needs_none = layout.is_some_and(|layout| self.check.needs_no_quotes(layout, self.dialect, &text));
            let cure = if needs_none {
                " Without quotes every line has the right number of cells: set `quote` to `none` if quotes are plain characters in this file."
            } else {
                ""
            };
            let message = format!(
                "A quote is opened on line {line} and never closed. Close it, or double it if it is part of the text.{cure}"
            );
            let row = self.rows + u64::from(self.layout.is_some());
            let column = self.column_at_end();
            self.check.add(FileCode::UnclosedQuote, Some(row), Some(line), column.as_deref(), message);
            self.over = true;
        }
        if let Some(search) = self.search.take().filter(|_| !self.over) {
            self.refuse_head(&search);
        }
        let layout = if self.over { None } else { self.layout.take() };
        let Some(mut layout) = layout else {
            if is_whole && !self.check.has_problems() {
                let (code, message) = if self.bytes <= 3 {
                    (FileCode::EmptyFile, "The file is empty.")
                } else if self.options.header_line.is_some_and(|line| line > 1) {
                    (
                        FileCode::NoHeader,
                        "There is no header on the line that `header_line` names, nor below it. Lines are counted from 1, as an editor shows them.",
                    )
                } else {
                    (FileCode::NoHeader, "The file has no record at all. Put a header row on top.")
                };
                self.check.add(code, None, None, None, message.to_owned());
            }
            return Err(self.check.take_failed());
        };
        let sha256 = std::mem::take(&mut self.checksum).finish();
        if self.options.sha256.as_ref().is_some_and(|declared| is_whole && *declared != sha256) {
            self.check.add(FileCode::ChecksumMismatch, None, None, None, Checksum::MISMATCH.to_owned());
        }
        let judging = Judging {
            ignore_empty: self.options.ignore_empty_columns,
            ignore_unreadable: self.options.ignore_unreadable_columns,
            is_whole: is_whole && !self.tolerates(),
        };
        let found = self.check.end(&mut layout, self.rows, judging);
        if let Some(glimpse) = &mut self.glimpse {
            glimpse.note(&found);
        }
        if self.check.has_problems() {
            self.layout = Some(layout);
            return Err(self.check.take_failed());
        }
        if !self.options.has_action {
            self.check.action_times(&layout);
        }
        let object = self.end_part(key);
        let reading = self.reading();
        let Summary { filled, notices, notices_total, first_rows } =
            std::mem::take(&mut self.check).into_summary(&layout, &reading);
        let checked = Checked {
            rows: self.rows,
            bytes: self.bytes,
            encoding: self.decoder.name(),
            dialect: self.dialect,
            head_records: self.head_records,
            header_line: self.options.header_line,
            repeated_headers: self.repeated_headers,
            layout,
            filled,
            date_format: found.date_format,
            decimal_marks: found.decimal_marks,
            unreadable: found.unreadable,
            batch_rows: self.options.batch_rows,
            numbers: self.numbers,
            sha256,
            repeated: self.repeated,
            parts: std::mem::take(&mut self.parts),
            notices,
            notices_total,
            first_rows,
        };
        Ok((checked, object))
    }

    /// Bytes of what it keeps of identifiers, which a snapshot holds too.
    pub fn link_bytes(&self) -> u64 {
        self.links.total_bytes()
    }

    pub(super) fn link_shape(&self) -> Shape {
        self.links.shape()
    }

    /// The pass with the links that it was saved with.
    pub(super) fn with_links(self, links: Links) -> Self {
        Self { links, ..self }
    }

    /// A piece of the links, counted from 0; none after the last piece.
    pub(super) fn save_links(&self, piece: usize) -> Option<Vec<u8>> {
        self.links.save(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_object_has_no_more_parts_than_an_item_holds() {
        let largest = 5 * 1_024_u64.pow(4);
        let mut planner = Planner::new(ReadOptions::of_utf8(largest));
        planner.push(b"email\na@b.de\n");
        planner.numbers = BatchNumbers::new([100_000_000; WAVES + 1]);
        let step = 64 * 1_024 * 1_024;
        for offset in (step..=largest).step_by(step as usize) {
            planner.decoder.skip_to(offset);
            planner.rows += 1_000_000;
            planner.later_rows.note(planner.rows, Wave::TAIL);
            planner.begin_part(step, |_| "k".repeat(90));
        }
        assert!((500..=1_001).contains(&planner.parts.len()), "{} parts", planner.parts.len());
        let stored = serde_json::to_vec(&planner.parts).unwrap().len();
        assert!(stored < 300_000, "{stored} bytes");
    }
}
