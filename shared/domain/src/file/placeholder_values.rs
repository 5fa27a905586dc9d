//! Words such as `NULL` among the texts of a file, which are stored as they stand.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::first_seen::FirstSeen;
use crate::codes::NoticeCode;
use crate::columns::{ColumnId, FieldKind, Kind, Layout};
use crate::problems::Notice;
use crate::row::{self, Rules};
use crate::wording::quoted;

/// What statistics programs write for a missing value. It is Namibia's code, too, and no other word is read so: `Na` is a
/// name.
const NA: &str = "NA";

/// The placeholders of the file so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlaceholderValues {
    /// Of each column with texts, and the first one as it is written.
    texts: BTreeMap<usize, (FirstSeen, String)>,
    countries: Vec<Countries>,
    /// Whether another column than one of countries has `NA` in it.
    has_na_elsewhere: bool,
}

/// The cells of a column of countries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Countries {
    position: usize,
    na: FirstSeen,
    /// Whether a cell has something else than a code of two letters.
    has_names: bool,
}

impl PlaceholderValues {
    pub(super) fn new(layout: &Layout) -> Self {
        let is_country =
            |column: &Option<ColumnId>| column.as_ref().is_some_and(|column| column.kind() == Kind::Country);
        let countries = layout.columns.iter().enumerate().filter(|(_, column)| is_country(column));
        let countries =
            countries.map(|(position, _)| Countries { position, na: FirstSeen::default(), has_names: false });
        Self { countries: countries.collect(), ..Self::default() }
    }

    /// Adds the cells of a row.
    pub(super) fn row(&mut self, layout: &Layout, rules: &Rules, row: u64, line: u64, cells: &[&str]) {
        for countries in &mut self.countries {
            match cells.get(countries.position).map(|cell| cell.trim()) {
                None | Some("") => {}
                Some(NA) if rules.is_null(NA) => {}
                Some(NA) => countries.na.add(row, line),
                Some(cell) => countries.has_names |= cell.len() != 2,
            }
        }
        for (position, (column, cell)) in layout.columns.iter().zip(cells).enumerate() {
            if !may_be_placeholder(cell) {
                continue;
            }
            let text = row::cleaned(cell);
            let is_stored = || column.as_ref().is_some_and(|column| takes_any_text(column.kind()));
            let is_empty = || rules.is_null(&text);
            if (text == NA || row::is_placeholder(&text)) && is_stored() && !is_empty() {
                self.has_na_elsewhere |= text == NA;
                let (seen, _) = self.texts.entry(position).or_insert_with(|| (FirstSeen::default(), text.into_owned()));
                seen.add(row, line);
            }
        }
    }

    /// A notice for each column that has some.
    pub(super) fn notices<'a>(&'a self, layout: &'a Layout) -> impl Iterator<Item = Notice> + 'a {
        let texts = self.texts.iter().map(|(column, (seen, first))| {
            let message = format!(
                "Cells such as “{first}” are stored as they stand. If they mean that the value is missing, set `null_tokens` to `{first}`, and they are read as empty cells."
            );
            (*column, *seen, message)
        });
        // Beside other codes of two letters, and where nothing else says NA, it is the code of a country.
        let in_doubt =
            self.countries.iter().filter(|column| column.na.count > 0 && (column.has_names || self.has_na_elsewhere));
        let countries = in_doubt.map(|column| {
            let message = "“NA” is read as Namibia, whose code it is. If it means that the value is missing, set `null_tokens` to `NA`, and it is read as an empty cell.";
            (column.position, column.na, message.to_owned())
        });
        texts.chain(countries).map(|(column, FirstSeen { row, line, count }, message)| Notice {
            code: NoticeCode::PlaceholderValues,
            row,
            line,
            column: layout.header.get(column).map(|header| quoted(header).into_owned()).unwrap_or_default(),
            count,
            message,
        })
    }
}

/// Whether a cell has to be looked at closely. Nearly all are told apart by their first character.
fn may_be_placeholder(cell: &str) -> bool {
    const LONGEST: usize = 64;
    let first = cell.bytes().find(|byte| !byte.is_ascii_whitespace());
    let is_like_one = |byte: u8| {
        !byte.is_ascii()
            || matches!(
                byte,
                b'n' | b'N'
                    | b'u'
                    | b'U'
                    | b'\\'
                    | b'#'
                    | b'<'
                    | b'('
                    | b'['
                    | b'{'
                    | b'"'
                    | b'\''
                    | b'-'
                    | b'?'
                    | b'='
            )
    };
    cell.len() <= LONGEST && first.is_some_and(is_like_one)
}

/// Whether a placeholder would be stored. Columns of other types drop it, with a warning for each row.
const fn takes_any_text(kind: Kind) -> bool {
    matches!(kind, Kind::Text(_) | Kind::Setting | Kind::Field(FieldKind::Text | FieldKind::List))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::{Fields, Mapping, read_header};

    #[test]
    fn placeholders_are_noticed_where_they_are_stored() {
        let layout =
            read_header(&["email", "last_name", "country", "segment"], 1, &Mapping::new(), &Fields::new()).unwrap();
        let found = |null_tokens: &[&str]| {
            let rules = Rules {
                null_tokens: null_tokens.iter().map(|token| (*token).to_owned()).collect(),
                ..Rules::default()
            };
            let mut found = PlaceholderValues::default();
            found.row(&layout, &rules, 1, 2, &["-", "Nullmeyer", "-", "May"]);
            found.row(&layout, &rules, 2, 3, &["null", " Null ", "n/a", "0"]);
            found.row(&layout, &rules, 3, 4, &["", "—", "?", "N/A"]);
            found.notices(&layout).map(|notice| (notice.column, notice.row, notice.count)).collect::<Vec<_>>()
        };
        assert_eq!(found(&[]), [("last_name".to_owned(), 2, 2), ("segment".to_owned(), 3, 1)]);
        assert_eq!(found(&["NULL", "n/A"]), [("last_name".to_owned(), 3, 1)]);
    }
}
