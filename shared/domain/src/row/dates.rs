//! Dates as people write them. ISO 8601 is always read; another format is set, or found if a file leaves no doubt.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The order of the three numbers of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DateFormat {
    /// Day, month, year: 31.12.1999.
    DayMonthYear,
    /// Month, day, year: 12/31/1999.
    MonthDayYear,
    /// Year, month, day: 1999/12/31.
    YearMonthDay,
}

impl DateFormat {
    /// The format of a pattern such as `DD.MM.YYYY`, whatever its separator.
    pub fn parse(pattern: &str) -> Option<Self> {
        let letters: String = pattern.to_uppercase().chars().filter(|c| c.is_ascii_alphabetic()).collect();
        match letters.as_str() {
            "DDMMYYYY" | "DMYYYY" | "DMY" => Some(Self::DayMonthYear),
            "MMDDYYYY" | "MDYYYY" | "MDY" => Some(Self::MonthDayYear),
            "YYYYMMDD" | "YYYYMD" | "YMD" => Some(Self::YearMonthDay),
            _ => None,
        }
    }

    /// The pattern in letters.
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::DayMonthYear => "DD.MM.YYYY",
            Self::MonthDayYear => "MM/DD/YYYY",
            Self::YearMonthDay => "YYYY-MM-DD",
        }
    }
}

/// Three numbers with separators between them: a date in some order.
fn parts(text: &str) -> Option<[&str; 3]> {
    let mut parts = text.split(['.', '/', '-']);
    let found = [parts.next()?.trim(), parts.next()?.trim(), parts.next()?.trim()];
    let numbers = found.iter().all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
    (numbers && parts.next().is_none()).then_some(found)
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    if year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

fn read(text: &str, format: DateFormat) -> Option<Date> {
    let [a, b, c] = parts(text)?;
    match format {
        DateFormat::DayMonthYear => date(c, b, a),
        DateFormat::MonthDayYear => date(c, a, b),
        DateFormat::YearMonthDay => date(a, b, c),
    }
}

/// The date of a text, which a time of day may follow.
fn date_part(text: &str) -> &str {
    let text = text.trim();
    text.split_once(['T', ' ']).filter(|(_, time)| time.contains(':')).map_or(text, |(date, _)| date)
}

/// Reads a date.
///
/// # Errors
/// What is wrong with it, in words for who has the file.
pub(crate) fn parse(text: &str, format: Option<DateFormat>) -> Result<Date, String> {
    let text = date_part(text);
    if let Some(date) = read(text, DateFormat::YearMonthDay).or_else(|| format.and_then(|format| read(text, format))) {
        return Ok(date);
    }
    Err(match parts(text) {
        Some([_, _, year]) if year.len() == 2 => "The year has two digits. Write all four, as in 1990-12-31.".to_owned(),
        Some(_) => "There is no such day in the calendar, or the date is in another format than the import's. Write it as 1990-12-31.".to_owned(),
        None if text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit()) => {
            "This is the number by which a spreadsheet counts days. Format the column as a date and save it again.".to_owned()
        }
        None => "This is not a date. Write it as 1990-12-31.".to_owned(),
    })
}

/// What the cells of a column show about the order of their dates. They may be added in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateEvidence {
    /// Cells that can only be day first.
    day_first: u64,
    /// Cells that can only be month first.
    month_first: u64,
    /// Cells that can be either.
    either: u64,
}

/// What all cells of a column together show about the order of their dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatesFound {
    /// Nothing but ISO 8601, or nothing at all.
    Iso,
    /// All agree on this one.
    Format(DateFormat),
    /// Nothing decides between day first and month first, or cells disagree.
    Ambiguous,
}

impl DateEvidence {
    /// Adds a cell.
    pub fn add(&mut self, cell: &str) {
        let text = date_part(cell);
        if parts(text).is_none_or(|[year, _, _]| year.len() == 4) {
            return;
        }
        match (read(text, DateFormat::DayMonthYear), read(text, DateFormat::MonthDayYear)) {
            (Some(day_first), Some(month_first)) if day_first != month_first => self.either += 1,
            (Some(_), None) => self.day_first += 1,
            (None, Some(_)) => self.month_first += 1,
            _ => {}
        }
    }

    /// What all cells together show.
    pub const fn found(&self) -> DatesFound {
        match (self.day_first, self.month_first, self.either) {
            (0, 0, 0) => DatesFound::Iso,
            (1.., 0, _) => DatesFound::Format(DateFormat::DayMonthYear),
            (0, 1.., _) => DatesFound::Format(DateFormat::MonthDayYear),
            _ => DatesFound::Ambiguous,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_dates_are_always_read_and_others_by_the_format() {
        let german = Some(DateFormat::DayMonthYear);
        for (text, format, expected) in [
            ("1999-12-31", None, Some("1999-12-31")),
            ("1999-12-31T10:00:00Z", None, Some("1999-12-31")),
            ("31.12.1999", german, Some("1999-12-31")),
            ("31.12.1999 00:00", german, Some("1999-12-31")),
            ("1.2.1999", german, Some("1999-02-01")),
            ("12/31/1999", Some(DateFormat::MonthDayYear), Some("1999-12-31")),
            ("31.12.1999", None, None),
            ("31.02.1999", german, None),
            ("31.12.99", german, None),
            ("36526", german, None),
            ("soon", None, None),
        ] {
            assert_eq!(parse(text, format).ok().map(|date| date.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_format_is_found_only_where_nothing_is_in_doubt() {
        let found = |cells: &[&str]| {
            let mut evidence = DateEvidence::default();
            cells.iter().for_each(|cell| evidence.add(cell));
            evidence.found()
        };
        assert_eq!(found(&["1999-12-31", ""]), DatesFound::Iso);
        assert_eq!(found(&["03.04.1999", "31.12.1999"]), DatesFound::Format(DateFormat::DayMonthYear));
        assert_eq!(found(&["03/04/1999", "12/31/1999"]), DatesFound::Format(DateFormat::MonthDayYear));
        assert_eq!(found(&["03/04/2026"]), DatesFound::Ambiguous);
        assert_eq!(found(&["31/12/1999", "12/31/1999"]), DatesFound::Ambiguous);
        assert_eq!(found(&["04.04.1999"]), DatesFound::Iso);
    }
}
