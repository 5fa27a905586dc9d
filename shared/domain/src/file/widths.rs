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
}

/// The widths of the records so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Widths {
    /// How many cells the header has.
    header: usize,
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
    pub(super) fn of_header(cells: usize) -> Self {
        Self { header: cells, is_uniform: true, ..Self::default() }
    }

    /// Notes a record. Gives whether it has as many cells as the header.
    pub(super) fn add(&mut self, row: u64, line: u64, cells: &[&str]) -> bool {
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
        let misfit = Misfit { row, line, cells: cells.len(), only };
        self.total += 1;
        if self.misfits.len() < MAX_PROBLEMS {
            self.misfits.push(misfit.clone());
        }
        if cells.len() < self.header {
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
            let advice = if first.cells > header {
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
            (_, true) => "If a cell has the delimiter in it, put quotes around that cell.".to_owned(),
            (Some(only), false) => {
                format!("The line has only “{only}” on it: remove it if it is no customer, or look for a quote that is missing above it.")
            }
            (None, false) => {
                "Add the empty cells that are missing at its end, or look for a line break inside a cell without quotes.".to_owned()
            }
        };
        format!("The record has {}, and the header has {}. {advice}", cells(misfit.cells), self.header)
    }
}

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of so many cells each under a header of three, one a line from line 2 on.
    fn found(rows: &[usize]) -> Vec<(u64, String)> {
        let mut widths = Widths::of_header(3);
        for (row, cells) in (1..).zip(rows) {
            widths.add(row, row + 1, &vec!["x"; *cells]);
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
    fn a_file_of_misfits_lists_some_and_counts_all() {
        let mut widths = Widths::of_header(3);
        for row in 1..=1_000 {
            widths.add(row, row + 1, if row % 2 == 0 { &["a", "b", "c", "d"][..] } else { &["a", "b"] });
        }
        let (problems, total) = widths.problems(true);
        assert_eq!((problems.len(), total), (MAX_PROBLEMS, 1_000));
    }
}
