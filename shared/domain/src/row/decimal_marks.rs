//! Which decimal mark the numbers of a column have, as far as its cells show it.

use serde::{Deserialize, Serialize};

use super::DecimalMark;
use super::numbers::{self, Shows};
use super::place::Place;

/// What the cells of a column show about their decimal mark.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberEvidence {
    /// The first cell whose decimal mark can only be a dot.
    dot: Option<Place>,
    /// The first cell whose decimal mark can only be a comma.
    comma: Option<Place>,
    /// The first cell whose mark can be a decimal mark or one of thousands.
    either: Option<Place>,
}

/// What all cells of a column together show about their decimal mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumbersFound {
    /// Nothing: no number has a mark.
    Unmarked,
    /// All numbers agree on this one.
    Mark(DecimalMark),
    /// Nothing decides whether the mark of this cell is a decimal mark or one of thousands.
    Ambiguous(Place),
    /// The first of these cells has a dot as decimal mark, the second one a comma.
    Contradicting(Place, Place),
}

impl NumberEvidence {
    /// Adds a cell. Cells are added in the order of the file. Returns whether it shows anything.
    pub fn add(&mut self, cell: &str, row: u64, line: u64) -> bool {
        let first = match numbers::shows(cell) {
            Shows::Nothing => return false,
            Shows::Mark(DecimalMark::Dot) => &mut self.dot,
            Shows::Mark(DecimalMark::Comma) => &mut self.comma,
            Shows::Either => &mut self.either,
        };
        first.get_or_insert_with(|| Place::new(cell, row, line));
        true
    }

    /// What all cells together show.
    pub fn found(self) -> NumbersFound {
        match (self.dot, self.comma, self.either) {
            (Some(dot), Some(comma), _) => NumbersFound::Contradicting(dot, comma),
            (Some(_), None, _) => NumbersFound::Mark(DecimalMark::Dot),
            (None, Some(_), _) => NumbersFound::Mark(DecimalMark::Comma),
            (None, None, Some(place)) => NumbersFound::Ambiguous(place),
            (None, None, None) => NumbersFound::Unmarked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(cells: &[&str]) -> NumbersFound {
        let mut evidence = NumberEvidence::default();
        for (row, cell) in (1..).zip(cells) {
            evidence.add(cell, row, row + 1);
        }
        evidence.found()
    }

    #[test]
    fn a_mark_is_found_only_where_nothing_is_in_doubt() {
        let place = |cell: &str, row| Place::new(cell, row, row + 1);
        for (cells, expected) in [
            (&["7", "1 234", "soon.", ""][..], NumbersFound::Unmarked),
            (&["1.234", "1.234,56", "12,5"], NumbersFound::Mark(DecimalMark::Comma)),
            (&["1,234", "1,234.56"], NumbersFound::Mark(DecimalMark::Dot)),
            (&["7", "1.234", "2.500"], NumbersFound::Ambiguous(place("1.234", 2))),
            (&["12.5", "1.234", "12,5"], NumbersFound::Contradicting(place("12.5", 1), place("12,5", 3))),
        ] {
            assert_eq!(found(cells), expected, "{cells:?}");
        }
    }
}
