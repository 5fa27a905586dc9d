//! Records with another number of cells than the header has, and why that may be.

use serde::{Deserialize, Serialize};

use crate::codes::FileCode;
use crate::problems::{FileProblem, MAX_PROBLEMS};
use crate::wording::quoted;

/// A record of another width than the header's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Misfit {
    row: u64,
    line: u64,
    cells: usize,
    /// The text of its only cell, cut.
    only: Option<String>,
    kind: Kind,
}

/// What is known of a record of another width.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    #[default]
    Any,
    /// It has the identifier of a customer, so it is no footer.
    Customer,
    /// All of its line is between quotes, and would have the header's width without them.
    QuotedLine,
}

/// The widths of the records so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Widths {
    /// How many cells the header has.
    header: usize,
    /// How many it has with those at its end that have no name.
    written: usize,
    fitting: u64,
    misfits: Vec<Misfit>,
    total: u64,
    /// The records at the end of the file so far that have fewer cells than the header.
    tail: Vec<Misfit>,
    tail_total: u64,
    /// Whether all records have this number of cells, and the header another.
    uniform: Option<usize>,
    is_uniform: bool,
}

impl Widths {
    /// No records under a header with so many names, and so many cells.
    pub(super) fn of_header(names: usize, written: usize) -> Self {
        Self { header: names, written, is_uniform: true, ..Self::default() }
    }

    /// Notes a record; `kind` says what is known of it, and is asked only if it has another width. Gives whether it has as many
    /// cells as the header.
    pub(super) fn add(&mut self, row: u64, line: u64, cells: &[&str], kind: impl FnOnce() -> Kind) -> bool {
        if cells.len() == self.header {
            self.fitting += 1;
            self.is_uniform = false;
            self.tail.clear();
            self.tail_total = 0;
            return true;
        }
        self.is_uniform &= self.uniform.is_none_or(|width| width == cells.len());
        self.uniform = Some(cells.len());
        let only = match cells {
            [only] => Some(quoted(only).into_owned()),
            _ => None,
        };
        let misfit = Misfit { row, line, cells: cells.len(), only, kind: kind() };
        let may_be_footer = cells.len() < self.header && misfit.kind == Kind::Any;
        self.total += 1;
        if self.misfits.len() < MAX_PROBLEMS {
            self.misfits.push(misfit.clone());
        }
        if may_be_footer {
            self.tail_total += 1;
            if self.tail.len() < MAX_PROBLEMS {
                self.tail.push(misfit);
            } else if let Some(last) = self.tail.last_mut() {
                *last = misfit;
            }
        } else {
            self.tail.clear();
            self.tail_total = 0;
        }
        false
    }

    pub(super) const fn has_misfits(&self) -> bool {
        self.total > 0
    }

    /// The problems, in file order and up to [`MAX_PROBLEMS`], and how many there are in all. What looks like a footer at
    /// the end of a file's beginning is none.
    pub(super) fn problems(self, is_whole: bool) -> (Vec<FileProblem>, u64) {
        let header = self.header;
        let problem = |misfit: &Misfit, message: String| FileProblem {
            code: FileCode::WrongCellCount,
            row: Some(misfit.row),
            line: Some(misfit.line),
            column: None,
            message,
        };
        if let [first, _, ..] = self.misfits.as_slice()
            && self.is_uniform
        {
            let advice = if first.kind == Kind::QuotedLine {
                QUOTED_LINE
            } else if first.cells > header {
                "Name the missing column in the header row. If a cell has the delimiter in it, put quotes around that cell."
            } else {
                "Remove what the header names too much, or check the delimiter."
            };
            let those = if is_whole { "the" } else { "the first" };
            let message = format!(
                "Each of {those} {} records has {}, and the header has {header}. {advice}",
                self.total,
                cells(first.cells)
            );
            return (vec![problem(first, message)], 1);
        }
        let footer = self.footer().filter(|_| is_whole);
        let mut problems: Vec<FileProblem> = self
            .misfits
            .iter()
            .filter(|misfit| footer.is_none_or(|(first, _)| misfit.row < first.row))
            .map(|misfit| problem(misfit, self.message(misfit)))
            .collect();
        let mut total = self.total;
        if let Some((first, last)) = footer {
            let named = if first.line == last.line {
                format!("line {} looks like a footer: it has {}", first.line, cells(first.cells))
            } else {
                format!("lines {} to {} look like a footer: they have fewer cells", first.line, last.line)
            };
            let message = format!(
                "At the end of the file, {named}, and the header has {header}. Remove what stands below the last customer."
            );
            total = total - self.tail_total + 1;
            if problems.len() < MAX_PROBLEMS {
                problems.push(problem(first, message));
            }
        }
        (problems, total)
    }

    /// The first and the last record of the file's end, if that looks like a footer.
    fn footer(&self) -> Option<(&Misfit, &Misfit)> {
        let (first, last) = (self.tail.first()?, self.tail.last()?);
        let is_text = self.tail_total > 1 || (first.only.is_some() && self.header > 1);
        (is_text && self.fitting > 0).then_some((first, last))
    }

    fn message(&self, misfit: &Misfit) -> String {
        let advice = match (&misfit.only, misfit.cells > self.header) {
            _ if misfit.kind == Kind::QuotedLine => QUOTED_LINE.to_owned(),
            (_, true) if misfit.cells <= self.written => {
                "The header has nothing but a delimiter above its last cell: name that column, or remove what stands in it.".to_owned()
            }
            (_, true) => "If a cell has the delimiter in it, put quotes around that cell.".to_owned(),
            (Some(only), false) if misfit.kind == Kind::Any => {
                format!("The line has only “{only}” on it: remove it if it is no customer, or look for a quote that is missing above it.")
            }
            (_, false) => {
                "Add the empty cells that are missing at its end, or look for a line break inside a cell without quotes.".to_owned()
            }
        };
        format!("The record has {}, and the header has {}. {advice}", cells(misfit.cells), self.header)
    }
}

const QUOTED_LINE: &str = "The whole line is between quotes, so it is one cell: remove the quotes around it.";

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of so many cells each under a header of three, one a line from line 2 on.
    fn found(rows: &[usize]) -> Vec<(u64, String)> {
        found_of(&rows.iter().map(|cells| (*cells, Kind::Any)).collect::<Vec<_>>(), 3)
    }

    fn found_of(rows: &[(usize, Kind)], written: usize) -> Vec<(u64, String)> {
        let mut widths = Widths::of_header(3, written);
        for (row, (cells, kind)) in (1..).zip(rows) {
            widths.add(row, row + 1, &vec!["x"; *cells], || *kind);
        }
        let (problems, total) = widths.problems(true);
        assert_eq!(total, problems.len() as u64);
        problems.into_iter().map(|problem| (problem.line.unwrap(), problem.message)).collect()
    }

    #[test]
    fn the_cure_fits_the_cause() {
        for (rows, expected) in [
            (&[3, 4, 3][..], &[(3, "put quotes around")][..]),
            (&[3, 2, 3], &[(3, "Add the empty cells")]),
            (&[3, 1, 3], &[(3, "only “x”")]),
            (&[4, 4, 4], &[(2, "Each of the 3 records has 4 cells")]),
            (&[2, 2], &[(2, "Each of the 2 records has 2 cells")]),
            (&[3, 3, 1, 1, 2], &[(4, "lines 4 to 6 look like a footer")]),
            (&[3, 1], &[(3, "line 3 looks like a footer")]),
            (&[3, 2], &[(3, "Add the empty cells")]),
            (&[3, 4, 1, 1], &[(3, "put quotes around"), (4, "lines 4 to 5")]),
            (&[4], &[(2, "put quotes around")]),
            (&[3, 3], &[]),
        ] {
            let found = found(rows);
            assert_eq!(found.len(), expected.len(), "{rows:?}: {found:?}");
            for ((line, message), (at, words)) in found.iter().zip(expected) {
                assert!(line == at && message.contains(words), "{rows:?}: {line} {message}");
            }
        }
    }

    #[test]
    fn customers_at_the_end_are_no_footer_and_a_column_without_a_name_is_said_to_be_one() {
        use Kind::{Any, Customer, QuotedLine};
        let lines = |rows: &[(usize, Kind)], written| {
            let found = found_of(rows, written);
            found
                .into_iter()
                .map(|(line, message)| (line, message.split(". ").nth(1).unwrap_or_default().to_owned()))
                .collect::<Vec<_>>()
        };
        let empty =
            "Add the empty cells that are missing at its end, or look for a line break inside a cell without quotes.";
        assert_eq!(lines(&[(3, Any), (2, Customer), (1, Customer)], 3), [(3, empty.to_owned()), (4, empty.to_owned())]);
        let found = found_of(&[(3, Any), (1, Customer), (1, Any), (1, Any)], 3);
        assert!(found.len() == 2 && found[1].1.contains("lines 4 to 5 look like a footer"), "{found:?}");
        assert!(lines(&[(3, Any), (1, QuotedLine)], 3)[0].1.contains("whole line is between quotes"));
        assert!(lines(&[(3, Any), (4, Any)], 4)[0].1.contains("name that column"));
    }

    #[test]
    fn a_file_of_misfits_lists_some_and_counts_all() {
        let mut widths = Widths::of_header(3, 3);
        for row in 1..=1_000 {
            widths.add(row, row + 1, if row % 2 == 0 { &["a", "b", "c", "d"][..] } else { &["a", "b"] }, Kind::default);
        }
        let (problems, total) = widths.problems(true);
        assert_eq!((problems.len(), total), (MAX_PROBLEMS, 1_000));
    }
}
