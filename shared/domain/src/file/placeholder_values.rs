//! Words such as `NULL` among the texts of a file, which are stored as they stand.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::first_seen::FirstSeen;
use crate::codes::NoticeCode;
use crate::columns::{FieldKind, Kind, Layout};
use crate::problems::Notice;
use crate::row::{self, Rules};
use crate::wording::quoted;

/// The placeholders of each column so far, and the first one as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlaceholderValues(BTreeMap<usize, (FirstSeen, String)>);

impl PlaceholderValues {
    /// Adds the cells of a row.
    pub(super) fn row(&mut self, layout: &Layout, rules: &Rules, row: u64, line: u64, cells: &[&str]) {
        for (position, (column, cell)) in layout.columns.iter().zip(cells).enumerate() {
            if !may_be_placeholder(cell) {
                continue;
            }
            let text = row::cleaned(cell);
            let is_stored = || column.as_ref().is_some_and(|column| takes_any_text(column.kind()));
            let is_empty = || rules.is_null(&text);
            if row::is_placeholder(&text) && is_stored() && !is_empty() {
                let (seen, _) = self.0.entry(position).or_insert_with(|| (FirstSeen::default(), text.into_owned()));
                seen.add(row, line);
            }
        }
    }

    /// A notice for each column that has some.
    pub(super) fn notices<'a>(&'a self, layout: &'a Layout) -> impl Iterator<Item = Notice> + 'a {
        self.0.iter().map(|(column, (FirstSeen { row, line, count }, first))| Notice {
            code: NoticeCode::PlaceholderValues,
            row: *row,
            line: *line,
            column: layout.header.get(*column).map(|header| quoted(header).into_owned()).unwrap_or_default(),
            count: *count,
            message: format!(
                "Cells such as “{first}” are stored as they stand. If they mean that the value is missing, set `null_tokens` to `{first}`, and they are read as empty cells."
            ),
        })
    }
}

/// Whether a cell has to be looked at closely. Nearly all are told apart by their first character.
fn may_be_placeholder(cell: &str) -> bool {
    const LONGEST: usize = 64;
    let first = cell.bytes().find(|byte| !byte.is_ascii_whitespace());
    let is_like_one = |byte: u8| !byte.is_ascii() || b"nNuU\\#<([{\"'-?=".contains(&byte);
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
