//! One row of the report.

use serde::{Deserialize, Serialize};

use super::record::record;
use crate::imports::ImportId;
use crate::problems::RowProblem;
use crate::wording::{cut, quoted};

/// Problems of a row that its message names, and the most bytes of the message. The report is uploaded again, so its
/// cells must be within the limits of a file.
const MAX_NAMED: usize = 20;
const MAX_MESSAGE: usize = 16 * 1024;

/// The column of a report that says which import it is of. A file with it is read with the settings of that import.
pub(super) const IMPORT: &str = "_import";
/// The columns that the report adds; names that begin with `_` are ignored on input.
const COLUMNS: [&str; 7] = ["_row", "_line", "_severity", "_code", "_column", "_message", IMPORT];

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
    /// The import.
    pub import: ImportId,
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
pub fn header(header: &[String], delimiter: char) -> Vec<u8> {
    record(header.iter().map(String::as_str).filter(|name| !is_added(name)).chain(COLUMNS), delimiter)
}

/// Whether a file with these headers is a report, whatever became of the column that names its import.
pub(crate) fn is_report(header: &[String]) -> bool {
    ["_row", "_code", "_message"].iter().all(|name| position_of(header, name).is_some())
}

/// Whether a column of a file was added by the report that the file is.
pub(super) fn is_added(header: &str) -> bool {
    COLUMNS.contains(&header.trim())
}

/// The place, from 0, of the column of this name among those that a report added.
pub(super) fn position_of(header: &[String], added: &str) -> Option<usize> {
    header.iter().position(|header| header.trim() == added)
}

/// The line of one row; none if nothing is wrong with it. The first of the worst problems gives the code, and the
/// message names all of them, or the first ones and how many there are more.
pub fn line(row: ReportRow<'_>, delimiter: char) -> Option<Line> {
    let worst = *row.problems.iter().max_by_key(|problem| (problem.severity, std::cmp::Reverse(problem.cell)))?;
    let column = |problem: &RowProblem| {
        problem.cell.and_then(|cell| row.header.get(usize::from(cell))).map_or("", String::as_str)
    };
    let mut message: Vec<String> = row
        .problems
        .iter()
        .take(MAX_NAMED)
        .map(|problem| match column(problem) {
            name if !name.is_empty() && row.problems.len() > 1 => format!("{}: {}", quoted(name), problem.message),
            _ => problem.message.clone(),
        })
        .collect();
    if row.problems.len() > MAX_NAMED {
        message.push(format!("And {} more problems.", row.problems.len() - MAX_NAMED));
    }
    let message = message.join(" ");
    let (number, at, import) = (row.row.to_string(), row.line.to_string(), row.import.to_string());
    let message = cut(&message, MAX_MESSAGE);
    let (severity, code) = (worst.severity.as_str(), worst.code.as_str());
    let added = [number.as_str(), &at, severity, code, column(worst), &message, &import];
    let own = row.cells.iter().zip(row.header).filter(|(_, header)| !is_added(header)).map(|(cell, _)| *cell);
    let csv = record(own.chain(added), delimiter);
    Some(Line { row: row.row, line: row.line, problem: worst.clone(), csv })
}
