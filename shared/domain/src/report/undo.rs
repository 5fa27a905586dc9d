//! The report of an undo: what it could not put back, and why.

use super::line::Line;
use super::record::record;
use crate::codes::Severity;
use crate::decide::{Fate, Row, problems};
use crate::plan::{BatchRecords, customer_of};

/// Its columns.
const COLUMNS: [&str; 4] = ["customer", "column", "outcome", "reason"];

/// The header record of the report of an undo.
pub fn undo_header() -> Vec<u8> {
    record(COLUMNS, ',')
}

/// The report lines of a batch of an undo: a record for each value that stays.
pub fn undo_lines(records: &BatchRecords, rows: &[Row], fates: &[Fate]) -> Vec<Line> {
    let found = rows.iter().zip(fates).enumerate();
    found
        .filter_map(|(index, (row, fate))| {
            let (number, line, cells) = records.record(index);
            let customer = customer_of(&cells).map(|id| id.to_string()).unwrap_or_default();
            let mut worst = None;
            let mut csv = Vec::new();
            for problem in problems(row, fate) {
                // The message of a value that stays begins with its column.
                let (outcome, named) = match problem.severity {
                    Severity::Warning => ("kept", problem.message.split_once(": ")),
                    Severity::Error => ("failed", None),
                };
                let (column, reason) = named.unwrap_or(("", &problem.message));
                csv.extend(record([customer.as_str(), column, outcome, reason], ','));
                worst.get_or_insert_with(|| problem.clone());
            }
            Some(Line { row: number, line, problem: worst?, csv })
        })
        .collect()
}
