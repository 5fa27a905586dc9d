//! Which order the dates of a column are written in, as far as its cells show it.

use serde::{Deserialize, Serialize};

use super::dates::{self, DateFormat};
use super::place::Place;
use super::times;

/// The marks between the numbers of a date. People who mix them in a column may mean another order by each.
const SEPARATORS: [char; 3] = ['.', '/', '-'];
/// The place of the slash among them.
const SLASH: usize = 1;

/// What the cells of a column show about the order of their dates, for each separator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateEvidence {
    by_separator: [Seen; SEPARATORS.len()],
    /// The first cell that can only be year, day, month, and the first one that can be that as well as year, month, day.
    year_first: [Option<Place>; 2],
    /// The first cell of three numbers that is no day in any order, such as 31/11/1990.
    no_day: Option<Place>,
}

/// What the dates with one separator show about their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
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
    /// Nothing decides between day first and month first, as in this cell. Another one might, if it were a day at all.
    Ambiguous(Place, Option<Place>),
    /// The first of these cells has this format, and shows nothing of the second one, which can be either and has another
    /// separator.
    Apart(DateFormat, Place, Place),
    /// The first of these cells is year, day, month, and the second one may be that or year, month, day.
    YearDayMonth(Place, Place),
    /// The first of these cells is day first and the second one month first.
    Contradicting(Place, Place),
}

impl DateEvidence {
    /// Adds a cell. Cells are added in the order of the file. Returns whether it shows anything.
    pub fn add(&mut self, cell: &str, row: u64, line: u64) -> bool {
        let Some(scanned) = dates::scan(cell).filter(|scanned| times::is_time(scanned.rest)) else { return false };
        if let Some(month_and_day) = scanned.date.month_and_day_behind_year() {
            let at = match month_and_day {
                (13..=31, 1..=12) => 0,
                (month @ 1..=12, day @ 1..=12) if month != day => 1,
                _ => return false,
            };
            self.year_first[at].get_or_insert_with(|| Place::new(cell, row, line));
            return false;
        }
        let day_first = scanned.date.by(DateFormat::DayMonthYear);
        let month_first = scanned.date.by(DateFormat::MonthDayYear);
        let separator = cell.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().chars().next();
        let Some(at) = SEPARATORS.iter().position(|known| Some(*known) == separator) else { return false };
        let seen = &mut self.by_separator[at];
        let first = match (day_first, month_first) {
            (Some(day_first), Some(month_first)) if day_first != month_first => &mut seen.either,
            (Some(_), None) => &mut seen.day_first,
            (None, Some(_)) => &mut seen.month_first,
            (None, None) if scanned.date.has_full_year() => &mut self.no_day,
            _ => return false,
        };
        first.get_or_insert_with(|| Place::new(cell, row, line));
        true
    }

    /// What all cells together show.
    pub fn found(self) -> DatesFound {
        if let [Some(year_day), Some(either)] = self.year_first {
            return DatesFound::YearDayMonth(year_day, either);
        }
        let seen = &self.by_separator;
        let first = |of: fn(&Seen) -> Option<&Place>| seen.iter().filter_map(of).min_by_key(|place| place.row).cloned();
        let day_first = first(|seen| seen.day_first.as_ref());
        let month_first = first(|seen| seen.month_first.as_ref());
        // Day first is usual with every separator, month first is not: `12/31/1999` shows nothing of `03.04.1999`.
        let apart = first(|seen| seen.either.as_ref().filter(|_| seen.month_first.is_none()));
        // A date with dots or dashes is day first to people who write month first between slashes, too.
        let slashed = seen[SLASH].either.clone().filter(|_| seen[SLASH].day_first.is_none());
        match (day_first, month_first) {
            (Some(day_first), Some(month_first)) => DatesFound::Contradicting(day_first, month_first),
            (Some(place), None) => match slashed {
                Some(either) => DatesFound::Apart(DateFormat::DayMonthYear, place, either),
                None => DatesFound::Format(DateFormat::DayMonthYear, place),
            },
            (None, Some(place)) => match apart {
                Some(either) => DatesFound::Apart(DateFormat::MonthDayYear, place, either),
                None => DatesFound::Format(DateFormat::MonthDayYear, place),
            },
            (None, None) => match apart {
                Some(either) => DatesFound::Ambiguous(either, self.no_day),
                None => DatesFound::Undoubted,
            },
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
            (&["03.04.1990", "25/12/1991"], day_first("25/12/1991", 2)),
            (
                &["03.04.1990", "12/25/1991", "01/15/1991"],
                DatesFound::Apart(DateFormat::MonthDayYear, place("12/25/1991", 2), place("03.04.1990", 1)),
            ),
            (
                &["03/04/1990", "25.12.1991"],
                DatesFound::Apart(DateFormat::DayMonthYear, place("25.12.1991", 2), place("03/04/1990", 1)),
            ),
            (
                &["25-12-1991", "03/04/1990", "05/06/1990"],
                DatesFound::Apart(DateFormat::DayMonthYear, place("25-12-1991", 1), place("03/04/1990", 2)),
            ),
            (&["25.12.1991", "03/04/1990", "31/12/1990"], day_first("25.12.1991", 1)),
            (&["1990/25/12", "1990/03/04"], DatesFound::YearDayMonth(place("1990/25/12", 1), place("1990/03/04", 2))),
            (&["1990/25/12", "1990/12/25", "1990/04/04", "1990-3-31"], DatesFound::Undoubted),
            (&["04.04.1990", "12/25/1991"], DatesFound::Format(DateFormat::MonthDayYear, place("12/25/1991", 2))),
            (&["25.12.1991", "12/25/1991"], DatesFound::Contradicting(place("25.12.1991", 1), place("12/25/1991", 2))),
            (&["2026-01-01", "03/04/2026", "05/06/2026"], DatesFound::Ambiguous(place("03/04/2026", 2), None)),
            (
                &["31/11/1990", "03/04/1990"],
                DatesFound::Ambiguous(place("03/04/1990", 2), Some(place("31/11/1990", 1))),
            ),
            (
                &["03/04/1999", "31/12/1999", "12/31/1999"],
                DatesFound::Contradicting(place("31/12/1999", 2), place("12/31/1999", 3)),
            ),
        ] {
            assert_eq!(found(cells), expected, "{cells:?}");
        }
    }
}
