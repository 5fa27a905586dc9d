//! The file's bytes: records in the delimiter, quotes, line ends and encoding asked for, with the damage asked for.

use std::io::Write;

use encoding_rs::{UTF_16BE, UTF_16LE};

use super::arguments::Generate;
use super::people::People;
use super::rows::CITY;

const BYTE_ORDER_MARK: &str = "\u{feff}";

impl Generate {
    /// Writes the whole file.
    pub(crate) fn write(&self, mut out: impl Write) -> std::io::Result<()> {
        let can_be_written = |text: &str| !self.encoding.encode(text).2;
        if self.bom && can_be_written(BYTE_ORDER_MARK) {
            self.write_text(&mut out, BYTE_ORDER_MARK)?;
        }
        self.write_record(&mut out, &self.header())?;
        let people = People::new(self.seed, can_be_written);
        for row in 1..=self.rows {
            let mut cells = self.cells(&people, row);
            if self.wrong_cell_count == Some(row) {
                cells.push("one too many".to_owned());
            }
            if self.nul == Some(row) {
                cells[CITY].push('\0');
            }
            if self.large_cell == Some(row) {
                cells[CITY] = "x".repeat(64 * 1024 + 1);
            }
            if self.bad_bytes == Some(row) {
                out.write_all(b"\xff\xfe")?;
            }
            self.write_record(&mut out, &cells)?;
        }
        for _ in 0..self.blank_lines {
            self.write_text(&mut out, self.line_end())?;
        }
        if self.unclosed_quote {
            self.write_text(&mut out, "\"never closed")?;
        }
        out.flush()
    }

    fn write_record(&self, out: &mut impl Write, cells: &[String]) -> std::io::Result<()> {
        let cells = if self.no_identifier { &cells[3..] } else { cells };
        let mut record = String::new();
        for (position, cell) in cells.iter().enumerate() {
            if position > 0 {
                record.push(self.delimiter);
            }
            let needs_quotes = cell.starts_with('"') || cell.contains([self.delimiter, '\n', '\r']);
            if needs_quotes || self.quote_all {
                record.push('"');
                record.push_str(&cell.replace('"', "\"\""));
                record.push('"');
            } else {
                record.push_str(cell);
            }
        }
        record.push_str(self.line_end());
        self.write_text(out, &record)
    }

    /// Writes text in the file's encoding.
    fn write_text(&self, out: &mut impl Write, text: &str) -> std::io::Result<()> {
        // `encoding_rs` encodes UTF-16 as UTF-8, because the web never sends UTF-16.
        let utf_16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        match self.encoding {
            encoding if encoding == UTF_16LE => out.write_all(&utf_16(u16::to_le_bytes)),
            encoding if encoding == UTF_16BE => out.write_all(&utf_16(u16::to_be_bytes)),
            encoding => out.write_all(&encoding.encode(text).0),
        }
    }

    fn line_end(&self) -> &'static str {
        match self.line_end.as_str() {
            "crlf" => "\r\n",
            "cr" => "\r",
            _ => "\n",
        }
    }
}
