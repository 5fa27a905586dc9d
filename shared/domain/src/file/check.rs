//! What is wrong with a file, record by record.

use serde::{Deserialize, Serialize};

use super::damage::Damage;
use super::identifier_notices::IdentifierNotices;
use super::placeholder_values::PlaceholderValues;
use crate::codes::FileCode;
use crate::columns::{ColumnId, Layout};
use crate::problems::{FileProblem, MAX_NOTICES, MAX_PROBLEMS, Notice};
use crate::row::{DateEvidence, DateFormat, DatesFound, IdentifierKey, Rules};
use crate::wording::quoted;

/// Largest cell, in bytes of its text in UTF-8.
pub const MAX_CELL: usize = 64 * 1024;
/// Rows that the summary of a file shows, and the most bytes of text that such a row may have.
const FIRST_ROWS: usize = 5;
const MAX_FIRST_ROW: usize = 4 * 1024;

/// One of the first rows of a file, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstRow {
    /// Its number.
    pub row: u64,
    /// Its physical line.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

/// What is wrong with a file that is not sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCheck {
    /// The problems in file order, up to [`MAX_PROBLEMS`].
    pub problems: Vec<FileProblem>,
    /// How many problems there are in all.
    pub total: u64,
}

/// What the check of a sound file found.
pub(crate) struct Summary {
    /// How many values each column has.
    pub(crate) filled: Vec<u64>,
    /// What is strange, up to a limit.
    pub(crate) notices: Vec<Notice>,
    /// How many notices there are in all.
    pub(crate) notices_total: u64,
    /// Its first rows.
    pub(crate) first_rows: Vec<FirstRow>,
}

/// The check so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Check {
    problems: Vec<FileProblem>,
    total: u64,
    filled: Vec<u64>,
    damage: Damage,
    first_rows: Vec<FirstRow>,
    dates: Vec<(usize, DateEvidence)>,
    identifiers: IdentifierNotices,
    placeholders: PlaceholderValues,
}

impl Check {
    pub(crate) fn header(&mut self, layout: &Layout, dates_given: bool) {
        self.filled = vec![0; layout.columns.len()];
        self.damage = Damage::new(layout);
        let is_date = |column: &Option<ColumnId>| column.as_ref().is_some_and(|column| column.kind().is_dated());
        if !dates_given {
            let dates = layout.columns.iter().enumerate().filter(|(_, column)| is_date(column));
            self.dates = dates.map(|(position, _)| (position, DateEvidence::default())).collect();
        }
    }

    pub(crate) fn record(&mut self, layout: &Layout, row: u64, line: u64, text: &str, cells: &[&str]) {
        if cells.len() != layout.columns.len() {
            let more = if cells.len() > layout.columns.len() {
                "Put quotes around a cell that has the delimiter in it."
            } else {
                "Fill the record up with empty cells, or look for a quote that is missing."
            };
            let message = format!("The record has {} cells, the header {}. {more}", cells.len(), layout.columns.len());
            self.add(FileCode::WrongCellCount, Some(row), Some(line), None, message);
            return;
        }
        let has_nul = memchr::memchr(0, text.as_bytes()).is_some();
        for (position, cell) in cells.iter().enumerate() {
            let column = layout.header.get(position).map(String::as_str);
            if has_nul && cell.contains('\0') {
                let message = "The cell has a NUL character, which no text has. Save the file again as CSV.".to_owned();
                self.add(FileCode::NulByte, Some(row), Some(line), column, message);
            }
            if cell.len() > MAX_CELL {
                let message =
                    format!("The cell has {} bytes; 64 KiB are the most. A quote may be missing.", cell.len());
                self.add(FileCode::CellTooLarge, Some(row), Some(line), column, message);
            }
            if !cell.trim().is_empty() {
                self.filled[position] += 1;
                self.damage.cell(position, cell, row, line);
            }
        }
        for (position, evidence) in &mut self.dates {
            evidence.add(cells[*position]);
        }
        if self.first_rows.len() < FIRST_ROWS && text.len() <= MAX_FIRST_ROW {
            let cells = cells.iter().map(|cell| (*cell).to_owned()).collect();
            self.first_rows.push(FirstRow { row, line, cells });
        }
    }

    /// Notes what is strange about the values of a sound record, whose valid identifiers these are.
    pub(crate) fn note(
        &mut self,
        (layout, rules): (&Layout, &Rules),
        (row, line): (u64, u64),
        cells: &[&str],
        identifiers: &[IdentifierKey],
    ) {
        self.identifiers.row(layout, row, line, identifiers);
        self.placeholders.row(layout, rules, row, line, cells);
    }

    /// Judges what only the whole file shows; gives the date format if the file shows one.
    pub(crate) fn end(&mut self, layout: &mut Layout, rows: u64, ignore_empty: bool) -> Option<DateFormat> {
        if rows == 0 {
            let message = "The file has a header and no rows below it.".to_owned();
            self.add(FileCode::NoRows, None, None, None, message);
            return None;
        }
        for position in 0..layout.columns.len() {
            if layout.columns[position].is_none() || self.filled[position] > 0 {
                continue;
            }
            if ignore_empty {
                layout.columns[position] = None;
                continue;
            }
            let header = layout.header[position].clone();
            let message = format!(
                "The column “{}” has no value in any row. Remove it, leave it out by mapping it to nothing, or import with on_empty_column `ignore`.",
                quoted(&header)
            );
            self.add(FileCode::EmptyColumn, None, None, Some(&header), message);
        }
        let mut format = None;
        for (position, evidence) in std::mem::take(&mut self.dates) {
            let header = layout.header[position].clone();
            let found = match evidence.found() {
                DatesFound::Iso => continue,
                DatesFound::Format(found) => Some(found),
                DatesFound::Ambiguous => None,
            };
            match (found, format) {
                (Some(found), None) => format = Some(found),
                (Some(found), Some(before)) if found == before => {}
                _ => {
                    let message = format!(
                        "The dates of the column “{}” can be read day first or month first, and nothing decides which. Say it with date_format, such as DD.MM.YYYY.",
                        quoted(&header)
                    );
                    self.add(FileCode::AmbiguousDates, None, None, Some(&header), message);
                }
            }
        }
        format
    }

    pub(crate) fn add(
        &mut self,
        code: FileCode,
        row: Option<u64>,
        line: Option<u64>,
        column: Option<&str>,
        message: String,
    ) {
        self.add_all([FileProblem { code, row, line, column: column.map(ToOwned::to_owned), message }]);
    }

    pub(crate) fn add_all(&mut self, problems: impl IntoIterator<Item = FileProblem>) {
        for problem in problems {
            self.total += 1;
            if self.problems.len() < MAX_PROBLEMS {
                self.problems.push(problem.shortened());
            }
        }
    }

    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn into_failed(self) -> FailedCheck {
        FailedCheck { problems: self.problems, total: self.total }
    }

    pub(crate) fn into_summary(self, layout: &Layout) -> Summary {
        let found = self.damage.notices(layout);
        let found = found.chain(self.identifiers.notices(layout)).chain(self.placeholders.notices(layout));
        let mut notices: Vec<Notice> = found.collect();
        let notices_total = notices.len() as u64;
        notices.truncate(MAX_NOTICES);
        Summary { filled: self.filled, notices, notices_total, first_rows: self.first_rows }
    }
}
