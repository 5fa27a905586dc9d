//! The report: the rows that something is wrong with, as they were, and what it is. It is a CSV that can be corrected
//! and uploaded again as it is. Beside it the results: what became of every row, where that is asked for.

pub(crate) mod formula;
mod line;
mod origin;
mod part;
mod record;
mod rejected;
mod results;
mod settings;
mod undo;

pub use formula::guarded;
pub(crate) use line::is_report;
pub use line::{Line, ReportRow, header, line};
pub use origin::Origin;
pub(crate) use origin::is_import_column;
pub use part::{lines, pack, unpack};
pub use record::record;
pub use rejected::{RejectedRow, RejectedRows, as_read, rejected_rows};
pub use results::RowResult;
pub use undo::{undo_header, undo_lines};

/// What makes a spreadsheet read the file as UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::{RowCode, Severity};
    use crate::imports::ImportId;
    use crate::problems::RowProblem;

    #[test]
    fn a_row_comes_back_as_it_was_with_what_is_wrong_and_no_formula_runs() {
        let headers = ["email".to_owned(), "phone".to_owned()];
        let import = ImportId::from_bytes([7; 16]);
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
        let row = ReportRow {
            import,
            row: 7,
            line: 9,
            cells: &["a@b", "=1+1;\"x\""],
            header: &headers,
            problems: &[&dropped, &bad],
        };
        let line = line(row, ';').unwrap();
        assert_eq!(
            String::from_utf8(line.csv.clone()).unwrap(),
            format!(
                "a@b;\"'=1+1;\"\"x\"\"\";7;9;error;invalid_email;email;phone: Too short. email: Not an email address.;{import}\r\n"
            )
        );
        assert_eq!(header(&headers, ','), b"email,phone,_row,_line,_severity,_code,_column,_message,_import\r\n");
        assert_eq!(unpack(&pack(std::slice::from_ref(&line))), Some(vec![line]));
    }

    #[test]
    fn a_report_of_a_report_has_its_columns_once() {
        let headers =
            ["email", "_row", "_line", "_severity", "_code", "_column", "_message", "_import"].map(ToOwned::to_owned);
        assert_eq!(header(&headers, ','), header(&["email".to_owned()], ','));
        let problem = RowProblem {
            severity: Severity::Error,
            code: RowCode::InvalidEmail,
            cell: Some(0),
            message: "Bad.".into(),
        };
        let import = ImportId::from_bytes([7; 16]);
        let cells = ["a@b", "1", "2", "error", "invalid_email", "email", "No.", "01K"];
        let row = ReportRow { import, row: 3, line: 4, cells: &cells, header: &headers, problems: &[&problem] };
        let csv = String::from_utf8(line(row, ',').unwrap().csv).unwrap();
        assert_eq!(csv, format!("a@b,3,4,error,invalid_email,email,Bad.,{import}\r\n"));
    }

    #[test]
    fn a_row_with_a_thousand_problems_can_be_uploaded_again() {
        let headers: Vec<String> = (0..1_000).map(|at| format!("{at}{}", "h".repeat(5_000))).collect();
        let problem = |cell| RowProblem {
            severity: Severity::Warning,
            code: RowCode::IdentifierTaken,
            cell: Some(cell),
            message: "The external id belongs to another customer.".into(),
        };
        let problems: Vec<RowProblem> = (0..1_000).map(problem).collect();
        let problems: Vec<&RowProblem> = problems.iter().collect();
        let cells = vec!["1"; 1_000];
        let row = ReportRow {
            import: ImportId::from_bytes([7; 16]),
            row: 1,
            line: 2,
            cells: &cells,
            header: &headers,
            problems: &problems,
        };
        let line = String::from_utf8(line(row, ',').unwrap().csv).unwrap();
        assert!(line.contains("And 980 more problems.,"), "{line}");
        assert!(line.len() < 16_000, "{} bytes", line.len());
    }
}
