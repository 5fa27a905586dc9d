//! The first rows of a file as they would be stored.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::codes::{RowCode, Severity};
use crate::columns::{ColumnId, Layout};
use crate::file::FirstRow;
use crate::plan::Shown;
use crate::problems::RowProblem;
use crate::row::{Rules, parse_row, parse_values};
use crate::wording::cut;

/// Most problems that are shown of a row, and the longest header of one, in bytes of JSON: the answer has to fit into what
/// Lambda gives back.
const MOST: usize = 20;
const LONGEST: usize = 200;

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PreviewRow {
    /// Its number, from 1.
    pub row: u64,
    /// Its physical line.
    pub line: u64,
    /// Its values by their columns, as they would be stored; none if nothing of the row would be.
    pub values: Option<Map<String, Json>>,
    /// What is wrong with it, as far as its cells alone show, up to a limit.
    pub problems: Vec<CellProblem>,
    /// How many problems there are in all.
    pub problems_total: u64,
}

/// Something wrong with a cell of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CellProblem {
    /// Whether the row would be applied all the same.
    pub severity: Severity,
    /// The stable code.
    pub code: RowCode,
    /// The header of the cell, if the row as a whole is not meant.
    pub column: Option<String>,
    /// What is wrong and what to do about it.
    pub message: String,
}

/// The first rows, read by these rules. Of a file that is refused because it has no column of identifiers, no row is said
/// to have none.
pub(super) fn rows(shown: &Shown, rules: &Rules, is_refused: bool) -> Vec<PreviewRow> {
    let Some(layout) = &shown.layout else { return Vec::new() };
    let names_nobody = is_refused && !layout.columns.iter().flatten().any(ColumnId::is_identifier);
    let is_sure = |problem: &RowProblem| {
        let is_decided = problem.cell.is_none_or(|cell| !shown.undecided.contains(&usize::from(cell)));
        is_decided && !(names_nobody && problem.code == RowCode::NoIdentifier)
    };
    shown.first_rows.iter().map(|row| read(row, layout, rules, &is_sure)).collect()
}

fn read(first: &FirstRow, layout: &Layout, rules: &Rules, is_sure: &impl Fn(&RowProblem) -> bool) -> PreviewRow {
    let FirstRow { row, line, cells } = first;
    let rules = rules.of_row(*row);
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    let shown = |values, problems: Vec<RowProblem>| PreviewRow {
        row: *row,
        line: *line,
        values,
        problems_total: problems.len() as u64,
        problems: problems.into_iter().take(MOST).map(|problem| in_words(problem, layout)).collect(),
    };
    // Which cell belongs to which column is what such a record does not say; the file's problems do.
    if cells.len() != layout.columns.len() {
        return shown(None, Vec::new());
    }
    match parse_row(layout, &rules, &cells) {
        Ok(row) => {
            let values = row.stored_values();
            shown(Some(values), row.warnings.into_iter().filter(is_sure).collect())
        }
        Err(problems) => {
            let problems: Vec<RowProblem> = problems.into_iter().filter(is_sure).collect();
            let values = problems.is_empty().then(|| parse_values(layout, &rules, &cells).stored_values());
            shown(values, problems)
        }
    }
}

fn in_words(problem: RowProblem, layout: &Layout) -> CellProblem {
    let header = problem.cell.and_then(|cell| layout.header.get(usize::from(cell)));
    let column = header.map(|header| cut(header, LONGEST).into_owned());
    CellProblem { severity: problem.severity, code: problem.code, column, message: problem.message }
}
