//! The report of an import, saved where its user finds it.

use std::path::Path;

use client::{Api, text};
use domain::file::{CellReader, Dialect, Scanner};
use domain::report::{BYTE_ORDER_MARK, record};
use serde_json::Value as Json;

use crate::flags;
use crate::saved::Target;

/// The column of a report that says what is wrong with a row.
const MESSAGE: &str = "_message";

/// Saves the report of an import, if it has one. Without a target it goes into the data directory.
pub(crate) async fn save(
    api: &Api,
    data: &Path,
    import: &Json,
    target: Option<Target>,
) -> anyhow::Result<Option<Target>> {
    if import["links"]["errors"].is_null() {
        return Ok(None);
    }
    let id = text(import, "id");
    let target = target.unwrap_or_else(|| Target::of_data(data.join("errors").join(format!("{id}.csv"))));
    target.write(&in_words_of_the_command(api.errors(id).await?, text(&import["file"], "delimiter"))).await?;
    Ok(Some(target))
}

/// A report whose messages name the flags of the command in place of the settings of the API. Its other cells stay as
/// they are.
pub(crate) fn in_words_of_the_command(report: Vec<u8>, delimiter: &str) -> Vec<u8> {
    let mut letters = delimiter.chars();
    let (Some(delimiter), None) = (letters.next(), letters.next()) else { return report };
    let (mark, text) = match report.strip_prefix(BYTE_ORDER_MARK) {
        Some(text) => (BYTE_ORDER_MARK, text),
        None => (&b""[..], report.as_slice()),
    };
    let Ok(text) = std::str::from_utf8(text) else { return report };
    let dialect = Dialect::delimited_by(delimiter);
    let (mut scanner, mut reader) = (Scanner::of_records(), CellReader::new(dialect));
    let (mut place, mut translated) = (None, mark.to_vec());
    scanner.push(text);
    scanner.scan(dialect, true, &mut |read| {
        let mut cells = reader.read(read.text);
        let place = *place.get_or_insert_with(|| cells.iter().position(|name| *name == MESSAGE).unwrap_or(usize::MAX));
        let message = cells.get(place).map(|message| flags::translated(message));
        if let (Some(message), Some(cell)) = (&message, cells.get_mut(place)) {
            *cell = message;
        }
        translated.extend(record(cells, delimiter));
    });
    translated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_report_names_flags_and_keeps_all_other_cells() {
        let report = "\u{feff}email;note;_row;_message\r\n\"a;b\";`encoding`;7;\"Set `date_format` to `DD.MM.YYYY`; or not.\"\r\n\"x\ny\";'=1;8;No.\r\n";
        let expected = report.replace("Set `date_format` to `DD.MM.YYYY`", "Use `--date-format DD.MM.YYYY`");
        let saved = in_words_of_the_command(report.as_bytes().to_vec(), ";");
        assert_eq!(String::from_utf8(saved).unwrap(), expected);
        assert_eq!(in_words_of_the_command(b"\xff".to_vec(), ";"), b"\xff");
        assert_eq!(in_words_of_the_command(report.as_bytes().to_vec(), ""), report.as_bytes());
    }
}
