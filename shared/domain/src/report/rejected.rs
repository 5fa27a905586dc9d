//! The rejected rows of a report, read back so that a person can correct them.

use std::borrow::Cow;

use super::line::{is_added, position_of};
use crate::codes::{RowCode, Severity};
use crate::file::{CellReader, Dialect, Scanner};
use crate::row::cleaned;

/// Rejected rows that can be corrected, and the header that a file of them needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRows {
    /// The headers as the report has them, with those that the report added. A file with them is known as a report of the
    /// same import.
    pub header: Vec<String>,
    /// The places, from 0, of the headers that a person may change: those of the file, without the ones that an import ignores.
    pub editable: Vec<usize>,
    /// The rows, in their order.
    pub rows: Vec<RejectedRow>,
}

/// A row that was not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// Its number in the file.
    pub row: u64,
    /// Its physical line.
    pub line: u64,
    /// The code of its worst problem.
    pub code: String,
    /// The place, from 0, of the column that the problem is about; none if it is about the whole row.
    pub column: Option<usize>,
    /// What is wrong with it.
    pub message: String,
    /// Its cells as the report has them, one for each header.
    pub cells: Vec<String>,
}

/// The rejected rows of a report with this delimiter. Left out are rows that were imported with a warning, and rows that no
/// correction helps: those that were not processed, and those of customers who were erased. None if the text is no report.
pub fn rejected_rows(report: &str, delimiter: char) -> Option<RejectedRows> {
    let dialect = Dialect::delimited_by(delimiter);
    let (mut reader, mut scanner) = (CellReader::new(dialect), Scanner::default());
    let mut records: Vec<Vec<String>> = Vec::new();
    scanner.push(report.strip_prefix('\u{feff}').unwrap_or(report));
    scanner.scan(dialect, true, &mut |record| {
        records.push(reader.read(record.text).into_iter().map(ToOwned::to_owned).collect());
    });
    let mut records = records.into_iter();
    let header = records.next()?;
    let place = |name: &str| position_of(&header, name);
    let (row, line, severity) = (place("_row")?, place("_line")?, place("_severity")?);
    let (code, column, message) = (place("_code")?, place("_column")?, place("_message")?);
    let names: Vec<Cow<'_, str>> = header.iter().map(|name| cleaned(name)).collect();
    let rows = records
        .filter(|cells| cells.len() == header.len() && cells[severity] == Severity::Error.as_str())
        .filter(|cells| is_correctable(&cells[code]))
        .map(|cells| RejectedRow {
            row: cells[row].parse().unwrap_or(0),
            line: cells[line].parse().unwrap_or(0),
            code: cells[code].clone(),
            column: Some(cleaned(&cells[column])).filter(|name| !name.is_empty()).and_then(|wanted| {
                names.iter().zip(&header).position(|(name, header)| *name == wanted && !is_added(header))
            }),
            message: as_read(&cells[message]).into_owned(),
            cells,
        })
        .collect();
    let editable = (0..header.len()).filter(|at| !header[*at].trim().starts_with('_')).collect();
    Some(RejectedRows { header, editable, rows })
}

/// A cell of a report as an import reads it: without the blanks around it, and without what keeps spreadsheets from running it.
pub fn as_read(cell: &str) -> Cow<'_, str> {
    cleaned(cell)
}

/// Whether a row with this problem may be imported after a correction of its cells.
fn is_correctable(code: &str) -> bool {
    code != RowCode::Unprocessed.as_str() && code != RowCode::Suppressed.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::ImportId;
    use crate::problems::RowProblem;
    use crate::report::{ReportRow, header, line};

    const HEADERS: [&str; 3] = ["email", "+phone", "_note"];

    fn report(rows: &[(u64, [&str; 3], RowProblem)], delimiter: char) -> String {
        let headers = HEADERS.map(ToOwned::to_owned);
        let mut report = "\u{feff}".as_bytes().to_vec();
        report.extend(header(&headers, delimiter));
        for (row, cells, problem) in rows {
            let import = ImportId::from_bytes([7; 16]);
            let shown = ReportRow { import, row: *row, line: row + 1, cells, header: &headers, problems: &[problem] };
            report.extend(line(shown, delimiter).unwrap().csv);
        }
        String::from_utf8(report).unwrap()
    }

    fn problem(code: RowCode, cell: Option<u16>) -> RowProblem {
        RowProblem { severity: Severity::Error, code, cell, message: "+ is wrong.".into() }
    }

    #[test]
    fn a_rejected_row_comes_back_with_its_cells_and_the_column_that_is_wrong() {
        for delimiter in [',', ';', '\t', '¦'] {
            let cells = ["a@b", "+49;\"1\"\nand, more", "x"];
            let report = report(&[(7, cells, problem(RowCode::InvalidPhone, Some(1)))], delimiter);
            let found = rejected_rows(&report, delimiter).unwrap();
            assert_eq!(found.editable, [0, 1], "what begins with _ is ignored by imports");
            assert_eq!(found.header.len(), HEADERS.len() + 7);
            let row = &found.rows[0];
            assert_eq!((row.row, row.line, row.code.as_str(), row.column), (7, 8, "invalid_phone", Some(1)));
            assert_eq!(row.message, "+ is wrong.");
            assert_eq!(as_read(&row.cells[1]), cells[1]);
            assert_eq!(row.cells.len(), found.header.len());
        }
    }

    #[test]
    fn a_problem_of_the_whole_row_has_no_column() {
        let report = report(&[(1, ["", "", ""], problem(RowCode::NoIdentifier, None))], ',');
        assert_eq!(rejected_rows(&report, ',').unwrap().rows[0].column, None);
    }

    #[test]
    fn rows_that_were_imported_or_that_no_correction_helps_are_left_out() {
        let warning = RowProblem { severity: Severity::Warning, ..problem(RowCode::ValueDropped, Some(1)) };
        let report = report(
            &[
                (1, ["a@b.de", "1", ""], warning),
                (2, ["b@b.de", "", ""], problem(RowCode::Suppressed, None)),
                (3, ["c@b.de", "", ""], problem(RowCode::Unprocessed, None)),
                (4, ["d", "", ""], problem(RowCode::InvalidEmail, Some(0))),
            ],
            ',',
        );
        let rows: Vec<u64> = rejected_rows(&report, ',').unwrap().rows.iter().map(|row| row.row).collect();
        assert_eq!(rows, [4]);
    }

    #[test]
    fn a_file_that_is_no_report_has_no_rejected_rows() {
        for text in ["", "email\na@b.de\n", "\u{feff}_row,_code,_message\n1,a,b\n"] {
            assert_eq!(rejected_rows(text, ','), None, "{text}");
        }
    }
}
