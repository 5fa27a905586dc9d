//! One row of the report.

use serde::{Deserialize, Serialize};

use super::record::record;
use crate::problems::RowProblem;

/// The columns that the report adds; names that begin with `_` are ignored on input.
const COLUMNS: [&str; 6] = ["_row", "_line", "_severity", "_code", "_column", "_message"];

/// A row of the report, ready to be joined with others in file order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The row's number in the file.
    pub row: u64,
    /// Its physical line.
    pub line: u64,
    /// The worst of its problems, which the record is listed under.
    pub problem: RowProblem,
    /// The CSV record, with its line end.
    pub csv: Vec<u8>,
}

/// A row as the report shows it.
#[derive(Debug, Clone, Copy)]
pub struct ReportRow<'a> {
    /// The row's number in the file.
    pub row: u64,
    /// Its physical line.
    pub line: u64,
    /// Its cells as they were.
    pub cells: &'a [&'a str],
    /// The file's headers.
    pub header: &'a [String],
    /// What is wrong with it.
    pub problems: &'a [&'a RowProblem],
}

/// The header record of a report on a file with these headers.
pub fn header(header: &[String], delimiter: u8) -> Vec<u8> {
    record(header.iter().map(String::as_str).chain(COLUMNS), delimiter)
}

/// The line of one row; none if nothing is wrong with it. The first of the worst problems gives the code, and the
/// message names all of them.
pub fn line(row: ReportRow<'_>, delimiter: u8) -> Option<Line> {
    let worst = *row.problems.iter().max_by_key(|problem| (problem.severity, std::cmp::Reverse(problem.cell)))?;
    let column = |problem: &RowProblem| {
        problem.cell.and_then(|cell| row.header.get(usize::from(cell))).map_or("", String::as_str)
    };
    let message: Vec<String> = row
        .problems
        .iter()
        .map(|problem| match column(problem) {
            name if !name.is_empty() && row.problems.len() > 1 => format!("{name}: {}", problem.message),
            _ => problem.message.clone(),
        })
        .collect();
    let (number, at, message) = (row.row.to_string(), row.line.to_string(), message.join(" "));
    let added =
        [number.as_str(), at.as_str(), worst.severity.as_str(), worst.code.as_str(), column(worst), message.as_str()];
    let csv = record(row.cells.iter().copied().chain(added), delimiter);
    Some(Line { row: row.row, line: row.line, problem: worst.clone(), csv })
}
