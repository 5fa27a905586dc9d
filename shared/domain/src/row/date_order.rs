//! Which order the dates of a column are written in, as far as its cells show it.

use serde::{Deserialize, Serialize};

use super::dates::{self, DateFormat};
use super::evidence::Place;
use super::moments;

/// What the cells of a column show about the order of their dates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateEvidence {
    /// The first cell that can only be day first.
    day_first: Option<Place>,
    /// The first cell that can only be month first.
    month_first: Option<Place>,
    /// The first cell that can be either, and is another day then.
    either: Option<Place>,
}

/// What all cells of a column together show about the order of their dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatesFound {
    /// Nothing but ISO 8601 and dates that are the same day in any order, or nothing at all.
    Undoubted,
    /// All agree on this one, of which this is the first cell.
    Format(DateFormat, Place),
    /// Nothing decides between day first and month first, as in this cell.
    Ambiguous(Place),
    /// The first of these cells is day first and the second one month first.
    Contradicting(Place, Place),
}

impl DateEvidence {
    /// Adds a cell. Cells are added in the order of the file. Returns whether it shows anything.
    pub fn add(&mut self, cell: &str, row: u64, line: u64) -> bool {
        let Some(scanned) = dates::scan(cell).filter(|scanned| moments::is_time(scanned.rest)) else { return false };
        let day_first = scanned.date.by(DateFormat::DayMonthYear);
        let month_first = scanned.date.by(DateFormat::MonthDayYear);
        let first = match (day_first, month_first) {
            (Some(day_first), Some(month_first)) if day_first != month_first => &mut self.either,
            (Some(_), None) => &mut self.day_first,
            (None, Some(_)) => &mut self.month_first,
            _ => return false,
        };
        first.get_or_insert_with(|| Place::new(cell, row, line));
        true
    }

    /// What all cells together show.
    pub fn found(self) -> DatesFound {
        match (self.day_first, self.month_first, self.either) {
            (Some(day_first), Some(month_first), _) => DatesFound::Contradicting(day_first, month_first),
            (Some(place), None, _) => DatesFound::Format(DateFormat::DayMonthYear, place),
            (None, Some(place), _) => DatesFound::Format(DateFormat::MonthDayYear, place),
            (None, None, Some(place)) => DatesFound::Ambiguous(place),
            (None, None, None) => DatesFound::Undoubted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(cells: &[&str]) -> DatesFound {
        let mut evidence = DateEvidence::default();
        for (row, cell) in (1..).zip(cells) {
            evidence.add(cell, row, row + 1);
        }
        evidence.found()
    }

    #[test]
    fn a_format_is_found_only_where_nothing_is_in_doubt() {
        let place = |cell: &str, row| Place::new(cell, row, row + 1);
        let day_first = |cell: &str, row| DatesFound::Format(DateFormat::DayMonthYear, place(cell, row));
        for (cells, expected) in [
            (&["1999-12-31", "", "04.04.1999", "soon", "3 Apr 1999"][..], DatesFound::Undoubted),
            (&["03.04.1999", "31.12.1999", "30.12.1999"], day_first("31.12.1999", 2)),
            (&["31.12.1999 9:41"], day_first("31.12.1999 9:41", 1)),
            (&["03/04/1999", "12/31/1999"], DatesFound::Format(DateFormat::MonthDayYear, place("12/31/1999", 2))),
            (&["2026-01-01", "03/04/2026", "05/06/2026"], DatesFound::Ambiguous(place("03/04/2026", 2))),
            (
                &["03/04/1999", "31/12/1999", "12/31/1999"],
                DatesFound::Contradicting(place("31/12/1999", 2), place("12/31/1999", 3)),
            ),
        ] {
            assert_eq!(found(cells), expected, "{cells:?}");
        }
    }
}
