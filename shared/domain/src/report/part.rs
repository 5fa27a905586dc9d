//! The report lines of one batch, as an object keeps them until the report is joined.

use serde::Serialize;
use serde::de::DeserializeOwned;

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

/// The object of what a batch leaves for a report.
pub fn pack<T: Serialize>(rows: &[T]) -> Vec<u8> {
    // They are numbers and bytes, so they always have this form.
    postcard::to_allocvec(rows).unwrap_or_default()
}

/// What such an object holds; none if it is not of this version.
pub fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Option<Vec<T>> {
    postcard::from_bytes(bytes).ok()
}
