//! Which import a file is the report of. A report that comes back is read with the settings of its import.

use super::line::IMPORT;
use crate::columns::is_same_header;
use crate::file::{CellReader, Decoder, Dialect, Scanner, delimiter};

/// What a report says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The import that it reports on, as the first row says that has one.
    pub import: String,
    /// Its headers.
    header: Vec<String>,
}

impl Origin {
    /// Bytes of a file that tell.
    pub const FIRST_BYTES: usize = 128 * 1024;

    /// The origin of a file that begins with these bytes; none if it is no report.
    pub fn of(first: &[u8], is_whole: bool) -> Option<Self> {
        let text = decoded(first, is_whole);
        let named = text.split(['\r', '\n']).next().and_then(delimiter::named);
        // A spreadsheet may have saved it with another delimiter.
        let delimiter =
            named.unwrap_or_else(|| delimiter::find(&text, Dialect::delimited_by(','), is_whole, &is_import_column));
        let dialect = Dialect::delimited_by(delimiter);
        let (mut reader, mut scanner) = (CellReader::new(dialect), Scanner::default());
        let (mut header, mut import) = (None::<(usize, Vec<String>)>, None);
        scanner.push(&text);
        scanner.scan(dialect, is_whole, &mut |record| {
            let cells = reader.read(record.text);
            match &header {
                None if delimiter::named(record.text).is_some() => {}
                None => {
                    let place = cells.iter().position(|name| is_import_column(name)).unwrap_or(usize::MAX);
                    header = Some((place, cells.into_iter().map(ToOwned::to_owned).collect()));
                }
                // Somebody may have added rows of their own above.
                Some((place, _)) => {
                    let id = cells.get(*place).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
                    import = import.take().or_else(|| id.map(ToOwned::to_owned));
                }
            }
        });
        let ((_, header), import) = (header?, import?);
        Some(Self { import, header })
    }

    /// Whether the report has this header.
    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.header.iter().any(|header| is_same_header(header, name))
    }
}

/// Whether a header is that of the column that names a row's import.
pub(crate) fn is_import_column(header: &str) -> bool {
    header.trim().eq_ignore_ascii_case(IMPORT)
}

/// The text of a file's first bytes, in the encoding that they show.
fn decoded(first: &[u8], is_whole: bool) -> String {
    let mut text = String::new();
    let mut decoder = Decoder::finding("utf-8", None);
    match decoder.push(first, is_whole, &mut text) {
        Ok(()) => text,
        // The check names what cannot be read.
        Err(_) => String::from_utf8_lossy(first).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_its_import_however_it_was_saved() {
        let comma = "\u{feff}email,_row,_import\r\n\"a,b\",7,01K\r\n".to_owned();
        let own_row = comma.replace("\r\n\"a", "\r\nc,,\r\n\"a");
        let utf_16: Vec<u8> = comma[3..].replace(',', "\t").encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [
            comma.as_bytes(),
            comma.replace(',', ";").as_bytes(),
            comma.to_uppercase().as_bytes(),
            own_row.as_bytes(),
            format!("sep=,\r\n{}", &comma[3..]).as_bytes(),
            &utf_16,
        ] {
            let origin = Origin::of(bytes, true).map(|origin| origin.import);
            assert_eq!(origin.as_deref(), Some("01K"), "{}", String::from_utf8_lossy(bytes));
        }
        for text in ["email\na@b.de\n", "email,_import\n", "email\n_import\n", ""] {
            assert_eq!(Origin::of(text.as_bytes(), true), None, "{text}");
        }
        let cut_off = &comma[..comma.len() - 3];
        assert_eq!(Origin::of(cut_off.as_bytes(), false), None, "the first row is not complete");
    }
}
