//! What the check says about a file's encoding.

use super::Planner;
use crate::codes::FileCode;
use crate::columns::Layout;
use crate::file::{AUTO, BAD, Reading, Record, encoding_message, line_ends};

impl Planner {
    /// Whether the record has bytes that are no UTF-8 in a file that is read as such.
    pub(super) fn has_bad_bytes(&self, record: Record<'_>) -> bool {
        self.decoder.utf8().bad > 0 && record.text.contains(BAD)
    }

    /// Names each cell with bytes that are no UTF-8.
    pub(super) fn name_bad_cells(&mut self, layout: Option<&Layout>, cells: &[&str], record: Record<'_>) {
        let row = self.rows + u64::from(layout.is_some());
        let mut line = record.line;
        for (position, cell) in cells.iter().enumerate() {
            if let Some(at) = cell.find(BAD) {
                let column = layout.and_then(|layout| layout.header.get(position)).map(String::as_str);
                let message = encoding_message::bad_cell(cell);
                let here = line + line_ends(&cell[..at]);
                self.check.add(FileCode::UndecodableBytes, Some(row), Some(here), column, message);
            }
            line += line_ends(cell);
        }
    }

    pub(super) fn undecodable(&mut self, offset: u64) {
        let message = encoding_message::undecodable(&self.decoder, offset);
        self.over = true;
        if self.decoder.is_wide() && self.decoder.is_cut_off_at(offset) {
            // It is behind the last row.
            self.check.add(FileCode::UndecodableBytes, None, None, None, message);
            return;
        }
        let line = self.scanner.line();
        let row = self.rows + u64::from(self.layout.is_some());
        let column = self.column_at_end();
        self.check.add(FileCode::UndecodableBytes, Some(row), Some(line), column.as_deref(), message);
    }

    pub(super) fn refuse_encoding(&mut self, name: &str) {
        let message = encoding_message::refused(name);
        self.check.add(FileCode::UndecodableBytes, None, None, None, message);
        self.over = true;
    }

    /// Judges the encoding, once all of the file that can be read is read, or of its beginning.
    pub(super) fn judge_encoding(&mut self, is_whole: bool) {
        if self.check.has(FileCode::NotCsv) {
            return;
        }
        let utf8 = self.decoder.utf8();
        let is_read_as_utf8 = self.decoder.is_utf8();
        if is_read_as_utf8 && utf8.bad > 0 {
            if !self.check.has(FileCode::UndecodableBytes) {
                // They are in a record that does not end, or behind the header that is refused: nobody counted lines there.
                let message = encoding_message::bad_cell("");
                let is_behind = self.over && self.layout.is_none();
                let line = (!is_behind).then(|| self.scanner.line());
                let row = (!is_behind).then(|| self.rows + u64::from(self.layout.is_some()));
                let column = self.column_at_end();
                self.check.add(FileCode::UndecodableBytes, row, line, column.as_deref(), message);
            }
            // A few cells of a file that is marked as UTF-8 are named one by one.
            let is_other = !self.decoder.is_marked_utf8() || utf8.bad > utf8.valid.max(3);
            if !utf8.is_plain() && is_other {
                self.check.blame_encoding(encoding_message::not_utf8(&self.decoder));
            }
            if !is_whole {
                // What follows may show another encoding, and then nothing is said of what is behind the first bytes.
                self.check.keep_to_first_undecodable();
                self.over = true;
            }
        } else if is_whole && self.options.encoding == AUTO && !is_read_as_utf8 && utf8.is_plain() {
            self.check.add(FileCode::UndecodableBytes, None, None, None, encoding_message::late_utf8());
        }
        if let Some(name) = self.check.disguise() {
            self.refuse_encoding(name);
        }
    }

    /// How the file's encoding came about.
    pub(super) fn reading(&self) -> Reading {
        let is_found = self.options.encoding == AUTO;
        Reading {
            encoding: self.decoder.name(),
            is_found,
            is_utf8: !self.decoder.is_utf8() && self.decoder.utf8().is_plain(),
            is_doubtful: !self.decoder.is_sure() || (!is_found && self.decoder.is_doubtful()),
        }
    }
}
