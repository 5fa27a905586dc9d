//! Which import a file is the report of. A report that comes back is read with the settings of its import.

use encoding_rs::{Encoding, UTF_8};

use super::line::IMPORT;
use crate::columns::is_same_header;
use crate::file::{CellReader, Dialect, Scanner, delimiter};
use crate::imports::ImportId;

/// What a report says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The import that it reports on: that of its first row.
    pub import: ImportId,
    /// Its headers.
    header: Vec<String>,
}

impl Origin {
    /// Bytes of a file that tell.
    pub const FIRST_BYTES: usize = 128 * 1024;

    /// The origin of a file that begins with these bytes; none if it is no report.
    pub fn of(first: &[u8], is_whole: bool) -> Option<Self> {
        let text = Encoding::for_bom(first).map_or(UTF_8, |(encoding, _)| encoding).decode(first).0;
        if !text.contains(IMPORT) {
            return None;
        }
        // A spreadsheet may have saved it with another delimiter.
        let is_known = |name: &str| name == IMPORT;
        let delimiter = delimiter::find(&text, Dialect::delimited_by(','), is_whole, &is_known);
        let dialect = Dialect::delimited_by(delimiter);
        let (mut reader, mut scanner) = (CellReader::new(dialect), Scanner::default());
        let mut records: Vec<Vec<String>> = Vec::new();
        scanner.push(&text);
        scanner.scan(dialect, is_whole, &mut |record| {
            if records.len() < 2 {
                records.push(reader.read(record.text).into_iter().map(ToOwned::to_owned).collect());
            }
        });
        let [header, row] = <[Vec<String>; 2]>::try_from(records).ok()?;
        let place = header.iter().position(|name| name.trim() == IMPORT)?;
        let import = row.get(place)?.trim().parse().ok()?;
        Some(Self { import, header })
    }

    /// Whether the report has this header.
    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.header.iter().any(|header| is_same_header(header, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_its_import_however_it_was_saved() {
        let id = ImportId::from_bytes([7; 16]);
        let comma = format!("\u{feff}email,_row,_import\r\n\"a,b\",7,{id}\r\n");
        let tabs: Vec<u8> = format!("\u{feff}email\t_row\t_import\r\na\t7\t{id}\r\n")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for bytes in [comma.as_bytes(), comma.replace(',', ";").as_bytes(), &tabs] {
            assert_eq!(Origin::of(bytes, true).map(|origin| origin.import), Some(id));
        }
        for text in ["email\na@b.de\n", "email,_import\n", "email,_import\na,b\n", "email\n_import\n", ""] {
            assert_eq!(Origin::of(text.as_bytes(), true), None, "{text}");
        }
        let cut_off = &comma[..comma.len() - 3];
        assert_eq!(Origin::of(cut_off.as_bytes(), false), None, "the first row is not complete");
    }
}
