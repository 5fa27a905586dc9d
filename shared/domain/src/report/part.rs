//! The report lines of one batch, as an object keeps them until the report is joined.

use super::line::{Line, ReportRow, line};
use crate::decide::{Fate, Row, problems};
use crate::imports::ImportId;
use crate::plan::{BatchRecords, Checked};
use crate::problems::RowProblem;

/// The lines of those rows of a batch that something is wrong with.
pub fn lines(import: ImportId, records: &BatchRecords, checked: &Checked, rows: &[Row], fates: &[Fate]) -> Vec<Line> {
    let found = rows.iter().zip(fates).enumerate();
    found
        .filter_map(|(index, (row, fate))| {
            let problems: Vec<&RowProblem> = problems(row, fate).collect();
            let (row, at, cells) = records.record(index);
            let header = &checked.layout.header;
            let shown = ReportRow { import, row, line: at, cells: &cells, header, problems: &problems };
            line(shown, checked.dialect.delimiter)
        })
        .collect()
}

/// The object of a report part.
pub fn pack(lines: &[Line]) -> Vec<u8> {
    // Lines are numbers and bytes, so they always have this form.
    postcard::to_allocvec(lines).unwrap_or_default()
}

/// The lines of such an object; none if it is not a report part of this version.
pub fn unpack(bytes: &[u8]) -> Option<Vec<Line>> {
    postcard::from_bytes(bytes).ok()
}
