//! What each header of a file becomes.

use schemars::JsonSchema;
use serde::Serialize;

use super::suggestion::{Suggestion, suggested};
use crate::columns::{ColumnId, How, MAX_COLUMNS, Mapping, Write, meanings};
use crate::plan::{ReadOptions, Shown};

/// Examples that are shown of a column, and the most characters of each.
const EXAMPLES: usize = 3;
const LONGEST: usize = 80;

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PreviewColumn {
    /// Its header, as written.
    pub header: String,
    /// What it becomes; none if its cells are left out, or if the check would refuse it.
    pub column: Option<String>,
    /// How that is known; none if it is not.
    pub how: Option<How>,
    /// What it may be, if nothing says so.
    pub suggestion: Option<Suggestion>,
    /// The share of rows in which it has a value, from 0 to 1.
    pub filled: f64,
    /// Its first different values, as written.
    pub examples: Vec<String>,
    /// When its values are written; none if they are not.
    pub write: Option<Write>,
    /// Whether only rows behind the sample can show how its dates or numbers are written.
    pub undecided: bool,
}

/// The columns of a file, in its order.
pub(super) fn columns(shown: &Shown, options: &ReadOptions, given: &Mapping) -> Vec<PreviewColumn> {
    let Some((header, _)) = &shown.header else { return Vec::new() };
    let cells: Vec<&str> = header.iter().map(String::as_str).collect();
    let meanings = meanings(&cells, &options.mapping, &options.fields, options.ignore_unknown_columns);
    let known: Vec<Option<&ColumnId>> = meanings.iter().map(|meaning| meaning.column()).collect();
    let taken: Vec<&ColumnId> = known.iter().copied().flatten().collect();
    let width = shown.layout.as_ref().map_or(cells.len(), |layout| layout.columns.len()).min(MAX_COLUMNS);
    let column = |(position, header): (usize, &String)| {
        let meaning = meanings.get(position)?;
        // An empty column that the settings let pass is left out once all rows are seen.
        let is_left_out = meaning.write() != Write::Never && is_dropped(shown, position, &known);
        let column = meaning.column().filter(|_| !is_left_out).map(ToString::to_string);
        let how = if is_left_out { Some(How::LeftOut) } else { meaning.how() };
        let values = shown.values.get(position)?;
        let suggestion = how.is_none().then(|| suggested(header, values, &taken, options.rules.default_region));
        let filled = shown.filled.get(position).copied().unwrap_or_default();
        Some(PreviewColumn {
            header: header.clone(),
            how: how.map(|how| {
                if how == How::Mapping && !given.contains_key(header) { by_report(how, options) } else { how }
            }),
            suggestion: suggestion.flatten(),
            filled: if shown.rows == 0 { 0.0 } else { filled as f64 / shown.rows as f64 },
            examples: values
                .different
                .iter()
                .take(EXAMPLES)
                .map(|value| value.chars().take(LONGEST).collect())
                .collect(),
            write: column.as_ref().map(|_| meaning.write()),
            column,
            undecided: shown.undecided.contains(&position),
        })
    };
    header.iter().take(width).enumerate().filter_map(column).collect()
}

/// Whether the check leaves out a column for having no value, and not for being another one's twin.
fn is_dropped(shown: &Shown, position: usize, columns: &[Option<&ColumnId>]) -> bool {
    let is_left_out = shown.layout.as_ref().is_some_and(|layout| layout.columns.get(position) == Some(&None));
    let is_twin = |column: &Option<&ColumnId>| columns[..position].contains(column);
    is_left_out && columns.get(position).is_some_and(|column| column.is_some() && !is_twin(column))
}

/// A mapping that the request does not have comes from the import whose report the file is.
const fn by_report(how: How, options: &ReadOptions) -> How {
    if options.report.is_some() { How::Report } else { how }
}
