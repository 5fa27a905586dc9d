//! What the beginning of a file shows before it is uploaded: how it is read, and which column is what. The check of the
//! whole file is Muster's; this only lets a person see at once that the file is the right one.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use client::Api;
use domain::columns::Fields;
use domain::imports::{CatalogueAtLaunch, ImportRequest, read_options};
use domain::plan::{Checked, Planner};
use domain::row::DateFormat;
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::output::{count, number};

/// Bytes of text that are looked at.
const HEAD: u64 = 256 * 1024;
/// The first bytes of every gzip file (RFC 1952, 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Most columns that are shown; more are only counted.
const MOST_COLUMNS: usize = 40;
/// Widest header that is shown, in characters.
const WIDEST: usize = 32;

/// The beginning of a file, as it is going to be read.
#[derive(Debug)]
pub(crate) struct Found {
    checked: Checked,
    /// Whether this is the whole file.
    is_whole: bool,
}

/// Looks at the beginning of the file that a request is about. `None` if it cannot be read as it is: Muster says why.
pub(crate) async fn look(api: &Api, file: &Path, request: &Json) -> Option<Found> {
    let request = ImportRequest::parse(request.to_string().as_bytes()).ok()?;
    let (head, is_whole) = head(file).ok()?;
    let catalogue = CatalogueAtLaunch { fields: fields(api).await, ..CatalogueAtLaunch::default() };
    let mut options = read_options(&request, &catalogue, Timestamp::now(), head.len() as u64);
    // What is missing in the beginning may come later.
    options.ignore_empty_columns = true;
    options.ignore_unreadable_columns = true;
    let mut planner = Planner::new(options);
    planner.push(&head);
    let (checked, _) = planner.finish(|_| String::new()).ok()?;
    Some(Found { checked, is_whole })
}

/// The beginning of a file, unpacked and cut at a line end, and whether it is the whole file.
fn head(file: &Path) -> io::Result<(Vec<u8>, bool)> {
    let mut start = Vec::new();
    File::open(file)?.take(GZIP.len() as u64).read_to_end(&mut start)?;
    let file = File::open(file)?;
    if start == GZIP { cut(MultiGzDecoder::new(file)) } else { cut(file) }
}

fn cut(text: impl Read) -> io::Result<(Vec<u8>, bool)> {
    let mut head = Vec::new();
    text.take(HEAD + 1).read_to_end(&mut head)?;
    if head.len() as u64 <= HEAD {
        return Ok((head, true));
    }
    // In UTF-16 a line end has another byte before or behind it.
    let end = head.iter().rposition(|byte| *byte == b'\n').map_or(head.len(), |at| at + 1);
    let is_wide = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    head.truncate(if is_wide { end.next_multiple_of(2) } else { end });
    Ok((head, false))
}

/// The custom fields that exist; none if they cannot be asked for, as this is only a look.
async fn fields(api: &Api) -> Fields {
    let listing = api.get("/custom-fields").await.unwrap_or_default();
    let fields = listing["custom_fields"].as_array().into_iter().flatten();
    let field =
        |field: &Json| Some((field["name"].as_str()?.to_owned(), serde_json::from_value(field["type"].clone()).ok()?));
    fields.filter_map(field).collect()
}

impl Found {
    /// How the file is read, and a line for each column: its header, what it is read as, and how full it is.
    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        let checked = &self.checked;
        let rows = count(checked.rows, "row", "rows");
        let rows = if self.is_whole { rows } else { format!("the first {rows}") };
        let dates = checked.date_format.map(|format| format!(" · dates {}", DateFormat::pattern(format)));
        let reading = reading(&checked.encoding, &checked.dialect.delimiter.to_string());
        let mut lines = vec![format!("{name}: {reading}{} · {rows}", dates.unwrap_or_default())];
        let shown = checked.layout.header.iter().zip(&checked.layout.columns).zip(&checked.filled);
        let shown: Vec<(String, String, u64)> = shown
            .take(MOST_COLUMNS)
            .map(|((header, column), filled)| {
                let column = match column {
                    Some(column) => column.to_string(),
                    None if *filled == 0 => "empty".to_owned(),
                    None => "left out".to_owned(),
                };
                (shortened(header), column, *filled)
            })
            .collect();
        let widest = |width: &dyn Fn(&(String, String, u64)) -> usize| shown.iter().map(width).max().unwrap_or(0);
        let header_width = widest(&|(header, ..)| header.chars().count());
        let column_width = widest(&|(_, column, _)| column.chars().count());
        for (header, column, filled) in &shown {
            let share = percent(*filled, checked.rows);
            lines.push(format!("  {header:<header_width$}  {column:<column_width$}  {share:>4} % filled"));
        }
        let hidden = checked.layout.header.len().saturating_sub(MOST_COLUMNS);
        if hidden > 0 {
            lines.push(format!("  … and {} more", count(hidden as u64, "column", "columns")));
        }
        lines
    }
}

/// An encoding and a delimiter as people name them.
pub(crate) fn reading(encoding: &str, delimiter: &str) -> String {
    let delimiter = match delimiter {
        "\t" => "tab",
        " " => "space",
        other => other,
    };
    format!("{encoding} · delimiter {}", delimiter.escape_default())
}

/// A share as whole percent: 100 only if nothing is missing, 0 only if nothing is there.
fn percent(part: u64, of: u64) -> String {
    let percent = (part * 100).checked_div(of).unwrap_or(0);
    if percent == 0 && part > 0 { "<1".to_owned() } else { number(percent) }
}

/// A header on one line of a terminal.
fn shortened(header: &str) -> String {
    let plain: String = header.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if plain.chars().count() <= WIDEST {
        return plain;
    }
    format!("{}…", plain.chars().take(WIDEST - 1).collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use serde_json::json;

    use super::*;

    async fn lines(name: &str, bytes: &[u8], settings: Json) -> Option<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut request = settings;
        request["file"] = json!({ "name": name, "size": bytes.len() });
        // Nothing answers there, so there are no custom fields.
        let api = Api::new("http://127.0.0.1:1", None).unwrap();
        look(&api, &path, &request).await.map(|found| found.lines(name))
    }

    #[tokio::test]
    async fn the_beginning_says_how_a_file_is_read() {
        let file = b"Kundennr;Vorname;Geburtstag;Notiz;Leer\n1;J\xfcrgen;31.12.1990;x;\n2;;;y;\n";
        let settings = json!({
            "encoding": "windows-1252",
            "columns": { "Kundennr": "external_id", "Vorname": "first_name", "Geburtstag": "birth_date", "Notiz": null, "Leer": "city" },
        });
        let expected = [
            "a.csv: windows-1252 · delimiter ; · dates DD.MM.YYYY · 2 rows",
            "  Kundennr    external_id   100 % filled",
            "  Vorname     first_name     50 % filled",
            "  Geburtstag  birth_date     50 % filled",
            "  Notiz       left out      100 % filled",
            "  Leer        empty           0 % filled",
        ];
        assert_eq!(lines("a.csv", file, settings.clone()).await.unwrap(), expected);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(file).unwrap();
        let packed = lines("a.csv.gz", &packed.finish().unwrap(), settings).await.unwrap();
        assert_eq!(packed[1..], expected[1..]);
    }

    #[tokio::test]
    async fn of_a_large_file_only_the_beginning_is_looked_at() {
        let file: String = std::iter::once("email\tcity\n".to_owned())
            .chain((0..20_000).map(|row| format!("p{row}@example.com\t\n")))
            .collect();
        let lines = lines("a.csv", file.as_bytes(), json!({})).await.unwrap();
        assert!(lines[0].starts_with("a.csv: utf-8 · delimiter tab · the first 1"), "{lines:?}");
        assert!(lines[0].ends_with(" rows"), "{lines:?}");
    }

    #[tokio::test]
    async fn a_file_that_is_refused_shows_nothing() {
        for file in [&b""[..], b"Vorname\nAnn\n", b"email\n\xff\n", b"email,city\na@b.de\n"] {
            assert_eq!(lines("a.csv", file, json!({})).await, None, "{file:?}");
        }
    }

    #[test]
    fn a_share_is_full_or_empty_only_if_it_is() {
        for (part, of, expected) in [(0, 10, "0"), (1, 1_000, "<1"), (999, 1_000, "99"), (10, 10, "100"), (0, 0, "0")] {
            assert_eq!(percent(part, of), expected);
        }
    }
}
