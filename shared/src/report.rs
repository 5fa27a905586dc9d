//! The report: the rows that something is wrong with, as they were, and what it is; a CSV that can be corrected and
//! uploaded again as it is.

use serde::{Deserialize, Serialize};

use crate::outcome::RowProblem;
use crate::task::TaskId;

/// The columns that the report adds; names that begin with `_` are ignored on input.
pub const COLUMNS: [&str; 6] = ["_row", "_line", "_severity", "_code", "_column", "_message"];

/// What makes a spreadsheet read the file as UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

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

/// What is said of a row.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
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

/// One row of the report; none when nothing is wrong with it. The first of the worst problems gives the code; the message
/// tells them all.
pub fn line(said: Said<'_>, delimiter: u8) -> Option<Line> {
    let worst = *said.problems.iter().max_by_key(|problem| (problem.severity, std::cmp::Reverse(problem.cell)))?;
    let column = |problem: &RowProblem| {
        problem.cell.and_then(|cell| said.header.get(usize::from(cell))).map_or("", String::as_str)
    };
    let message: Vec<String> = said
        .problems
        .iter()
        .map(|problem| match column(problem) {
            name if !name.is_empty() && said.problems.len() > 1 => format!("{name}: {}", problem.message),
            _ => problem.message.clone(),
        })
        .collect();
    let (row, at, message) = (said.row.to_string(), said.line.to_string(), message.join(" "));
    let ours =
        [row.as_str(), at.as_str(), worst.severity.as_str(), worst.code.as_str(), column(worst), message.as_str()];
    let csv = record(said.cells.iter().copied().chain(ours), delimiter);
    Some(Line { row: said.row, line: said.line, problem: worst.clone(), csv })
}

/// The key of a report's summary.
pub fn summary_key(task: TaskId) -> String {
    format!("reports/{task}/summary.json")
}

/// Report lines of one batch as they are kept until the report is joined.
pub fn pack(lines: &[Line]) -> Vec<u8> {
    postcard::to_allocvec(lines).unwrap_or_default()
}

/// The lines that [`pack`] kept.
pub fn unpack(bytes: &[u8]) -> Option<Vec<Line>> {
    postcard::from_bytes(bytes).ok()
}

/// A CSV record in which no cell is a formula to a spreadsheet.
pub fn record<'a>(cells: impl IntoIterator<Item = &'a str>, delimiter: u8) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().delimiter(delimiter).terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for cell in cells {
        // A spreadsheet runs a cell that begins like a formula; an apostrophe keeps it text, and is dropped on input.
        let guarded =
            if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() };
        // Writing to memory does not fail.
        if writer.write_field(guarded).is_err() {
            break;
        }
    }
    if writer.write_record(None::<&[u8]>).is_err() {
        return Vec::new();
    }
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{RowCode, Severity};

    #[test]
    fn a_row_comes_back_as_it_was_with_what_is_wrong_and_no_formula_runs() {
        let headers = ["email".to_owned(), "phone".to_owned()];
        let bad = RowProblem {
            severity: Severity::Error,
            code: RowCode::InvalidEmail,
            cell: Some(0),
            message: "Not an email address.".into(),
        };
        let dropped = RowProblem {
            severity: Severity::Warning,
            code: RowCode::ValueDropped,
            cell: Some(1),
            message: "Too short.".into(),
        };
        let said =
            Said { row: 7, line: 9, cells: &["a@b", "=1+1;\"x\""], header: &headers, problems: &[&dropped, &bad] };
        let line = line(said, b';').unwrap();
        assert_eq!(
            String::from_utf8(line.csv.clone()).unwrap(),
            "a@b;\"'=1+1;\"\"x\"\"\";7;9;error;invalid_email;email;phone: Too short. email: Not an email address.\r\n"
        );
        assert_eq!(header(&headers, b','), b"email,phone,_row,_line,_severity,_code,_column,_message\r\n");
        assert_eq!(unpack(&pack(std::slice::from_ref(&line))), Some(vec![line]));
    }
}
