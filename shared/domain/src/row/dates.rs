//! Dates as people write them. ISO 8601 is always read; another order of day and month is set, or found if a file leaves
//! no doubt.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::times::{self, digits};

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

/// A date as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written<'a> {
    /// Three numbers in some order.
    Numbers([&'a str; 3]),
    /// Year, month and day, without any doubt which is which: a month's name, or eight digits.
    Plain(i16, i8, i8),
}

/// A text that begins with a date, and what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scanned<'a> {
    pub(super) date: Written<'a>,
    /// The time of day, perhaps; empty if nothing follows.
    pub(super) rest: &'a str,
}

/// Longest text that is read as a date or a moment, in bytes.
const MAX_DATE: usize = 80;

/// Splits a text into its date and what follows.
pub(super) fn scan(text: &str) -> Option<Scanned<'_>> {
    if text.len() > MAX_DATE {
        return None;
    }
    let text = text.trim();
    let (date, rest) = numbers(text).or_else(|| compact(text)).or_else(|| named(text))?;
    let rest = without_year_word(rest.strip_prefix('.').unwrap_or(rest));
    let ends = rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || matches!(c, 'T' | 't' | ','));
    ends.then(|| Scanned { date, rest: rest.trim() })
}

/// The word for year in Slavic languages that write it behind the number.
const YEARS: [&str; 6] = ["года", "року", "г.", "р.", "г", "р"];

/// What follows a date, without the word for year: `3 марта 1990 г.`.
fn without_year_word(rest: &str) -> &str {
    let text = rest.trim_start();
    let is_end = |after: &&str| after.is_empty() || after.starts_with(|c: char| c.is_whitespace() || c == ',');
    YEARS.iter().find_map(|word| text.strip_prefix(word).filter(is_end)).unwrap_or(rest)
}

/// Whether a text is the number by which a spreadsheet counts days, perhaps with a part of a day.
pub(super) fn is_serial(text: &str) -> bool {
    let (days, part) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    days.len() == 5 && is_digits(days) && is_digits(part)
}

/// Whether a text is a day, the name of a month, and a year of two digits: `31-Dec-90`.
fn has_short_year(text: &str) -> bool {
    let mut parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let is_short =
        |part: Option<&str>| part.is_some_and(|part| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit()));
    let (day, month, year) = (parts.next(), parts.next(), parts.next());
    is_short(day) && month.and_then(words::month).is_some() && is_short(year)
}

/// Three numbers with separators between them.
fn numbers(text: &str) -> Option<(Written<'_>, &str)> {
    let (first, rest) = number_and_separator(text)?;
    let (second, rest) = number_and_separator(rest)?;
    let (third, rest) = digits(rest);
    (1..=4).contains(&third.len()).then_some((Written::Numbers([first, second, third]), rest))
}

fn number_and_separator(text: &str) -> Option<(&str, &str)> {
    let (number, rest) = digits(text);
    let rest = rest.trim_start().strip_prefix(['.', '/', '-'])?.trim_start();
    (1..=4).contains(&number.len()).then_some((number, rest))
}

/// Year, month and day in eight digits, as ISO 8601 writes them too. No other order gives a year after 1900 then.
fn compact(text: &str) -> Option<(Written<'_>, &str)> {
    let (number, rest) = digits(text);
    if number.len() != 8 {
        return None;
    }
    let (year, month, day) = (number[..4].parse().ok()?, number[4..6].parse().ok()?, number[6..].parse().ok()?);
    let is_date = (1900..2100).contains(&year) && Date::new(year, month, day).is_ok();
    is_date.then_some((Written::Plain(year, month, day), rest))
}

/// Words between the parts of a date that mean nothing.
const FILLERS: [&str; 6] = ["de", "del", "of", "the", "den", "г"];
/// What English, French and Spanish put behind a day.
const ORDINALS: [&str; 7] = ["st", "nd", "rd", "th", "er", "º", "°"];

/// A day, the name of a month and a year, in any order, perhaps after the day of the week.
fn named(text: &str) -> Option<(Written<'_>, &str)> {
    if !text.contains(char::is_alphabetic) {
        return None;
    }
    let (mut day, mut month, mut year, mut weekday) = (None, None, None, None);
    let mut rest = text;
    while day.is_none() || month.is_none() || year.is_none() {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | '-' | '/'));
        let (number, after) = digits(rest);
        match number.len() {
            4 if year.is_none() => year = Some(number.parse::<i16>().ok()?),
            1 | 2 if day.is_none() => day = Some(number.parse::<i8>().ok()?),
            0 => {
                let length = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
                let (word, after) = rest.split_at(length);
                if let Some(number) = words::month(word).filter(|_| month.is_none()) {
                    month = Some(i8::try_from(number).ok()?);
                } else if let Some(found) = english_weekday(word).filter(|_| rest.len() == text.len()) {
                    weekday = Some(found);
                } else if !FILLERS.contains(&word.to_lowercase().as_str()) {
                    return None;
                }
                rest = after;
                continue;
            }
            _ => return None,
        }
        rest = after;
        if number.len() < 3 {
            rest = ORDINALS.into_iter().find_map(|ordinal| rest.strip_prefix(ordinal)).unwrap_or(rest);
        }
    }
    let (year, month, day) = (year?, month?, day?);
    let agrees = weekday.is_none_or(|weekday| Date::new(year, month, day).is_ok_and(|date| date.weekday() == weekday));
    agrees.then_some((Written::Plain(year, month, day), rest))
}

fn english_weekday(word: &str) -> Option<Weekday> {
    let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let lower = word.to_lowercase();
    let at = names.iter().position(|name| lower.len() >= 3 && name.starts_with(&lower))?;
    Weekday::from_monday_zero_offset(i8::try_from(at).ok()?).ok()
}

impl Written<'_> {
    /// The date by an order, if it is one by that order. A year in front is always a year.
    pub(super) fn by(self, format: DateFormat) -> Option<Date> {
        let [a, b, c] = match self {
            Self::Plain(year, month, day) => return Date::new(year, month, day).ok(),
            Self::Numbers(numbers) => numbers,
        };
        match format {
            _ if a.len() == 4 => date(a, b, c),
            DateFormat::DayMonthYear => date(c, b, a),
            DateFormat::MonthDayYear => date(c, a, b),
            DateFormat::YearMonthDay => None,
        }
    }

    /// The two numbers behind a year in front, of which the first one is the month.
    pub(super) fn month_and_day_behind_year(self) -> Option<(u8, u8)> {
        match self {
            Self::Numbers([year, month, day]) if year.len() == 4 => Some((month.parse().ok()?, day.parse().ok()?)),
            _ => None,
        }
    }

    /// Whether there is a year of four digits behind a day and a month.
    pub(super) fn has_full_year(self) -> bool {
        matches!(self, Self::Numbers([a, b, year]) if year.len() == 4 && a.len() <= 2 && b.len() <= 2)
    }

    /// The date, if every order that gives one gives this one.
    fn undoubted(self) -> Option<Date> {
        let (day_first, month_first) = (self.by(DateFormat::DayMonthYear)?, self.by(DateFormat::MonthDayYear)?);
        (day_first == month_first).then_some(day_first)
    }

    /// The order by which alone it is a date.
    fn only(self) -> Option<DateFormat> {
        match (self.by(DateFormat::DayMonthYear), self.by(DateFormat::MonthDayYear)) {
            (Some(_), None) => Some(DateFormat::DayMonthYear),
            (None, Some(_)) => Some(DateFormat::MonthDayYear),
            _ => None,
        }
    }

    /// The date by the import's order.
    ///
    /// # Errors
    /// Why it is none, in words for who has the file.
    pub(super) fn read(self, format: Option<DateFormat>) -> Result<Date, String> {
        let found = format.map_or_else(|| self.undoubted(), |format| self.by(format));
        found.ok_or_else(|| self.trouble(format))
    }

    fn trouble(self, format: Option<DateFormat>) -> String {
        let numbers = match self {
            Self::Plain(year, month, day) => return no_such_day(year, month, day),
            Self::Numbers(numbers) => numbers,
        };
        if numbers.iter().all(|number| number.bytes().all(|digit| digit == b'0')) {
            return "The date is nothing but zeros. Leave the cell empty if there is none.".to_owned();
        }
        let [a, _, c] = numbers;
        if a.len() < 4 && c.len() == 2 {
            return SHORT_YEAR.to_owned();
        }
        if a.len() < 4 && c.len() != 4 {
            return NO_DATE.to_owned();
        }
        if let Some(only) = self.only() {
            let read = self.by(only).map(|date| date.to_string()).unwrap_or_default();
            return match format {
                Some(format) => format!(
                    "The import's dates are written {}, and this one is {}. Write {read}, or set `date_format` to `{}` if all are like it.",
                    format.pattern(),
                    only.pattern(),
                    only.pattern()
                ),
                None => format!(
                    "This is {read} if the date is written {}, and nothing says so. Write {read}, or set `date_format` to `{}`.",
                    only.pattern(),
                    only.pattern()
                ),
            };
        }
        if let (Some(day_first), Some(month_first)) =
            (self.by(DateFormat::DayMonthYear), self.by(DateFormat::MonthDayYear))
        {
            return format!(
                "This may be {day_first} or {month_first}. Write the one that is meant, or set `date_format` to `DD.MM.YYYY` or `MM/DD/YYYY`."
            );
        }
        let [year, month, day] = match (a.len(), format) {
            (4, _) => numbers,
            (_, Some(DateFormat::MonthDayYear)) => [numbers[2], numbers[0], numbers[1]],
            _ => [numbers[2], numbers[1], numbers[0]],
        };
        match (year.parse(), month.parse(), day.parse()) {
            (Ok(year), Ok(month), Ok(day)) => no_such_day(year, month, day),
            _ => NO_DATE.to_owned(),
        }
    }
}

const SHORT_YEAR: &str = "The year has two digits. Write all four, as in 1990-12-31.";
pub(super) const SERIAL: &str =
    "This is the number by which a spreadsheet counts days. Format the column as a date and save it again.";
const NO_DATE: &str = "This is not a date. Write it as 1990-12-31.";

fn no_such_day(year: i16, month: i8, day: i8) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let name = usize::try_from(month).ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    match (name, Date::new(year, month, 1)) {
        (Some(name), Ok(first)) => format!(
            "There is no day {day} in {name} {year}: the month has {} days. Correct the date.",
            first.days_in_month()
        ),
        _ => format!("There is no month {month}: a year has 12. Correct the date, or write it as 1990-12-31."),
    }
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    if year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A date as ISO 8601 writes it in full, which most are: 1999-12-31.
fn iso(text: &str) -> Option<Date> {
    match text.as_bytes() {
        [_, _, _, _, b'-', _, _, b'-', _, _] if digits(text).0.len() == 4 => date(&text[..4], &text[5..7], &text[8..]),
        _ => None,
    }
}

/// Whether a text begins with such a date: no order of day and month is in question then.
pub(super) fn is_iso(text: &str) -> bool {
    text.get(..10).is_some_and(|date| iso(date).is_some())
}

/// Reads a date. A time of day behind it is left out.
///
/// # Errors
/// What is wrong with it, in words for who has the file.
pub(crate) fn parse(text: &str, format: Option<DateFormat>) -> Result<Date, String> {
    if let Some(date) = iso(text) {
        return Ok(date);
    }
    let Some(scanned) = scan(text).filter(|scanned| times::is_time(scanned.rest)) else {
        let message = if is_serial(text) {
            SERIAL
        } else if has_short_year(text) {
            SHORT_YEAR
        } else {
            NO_DATE
        };
        return Err(message.to_owned());
    };
    scanned.date.read(format)
}

/// The earliest year of birth that is accepted.
const FIRST_BIRTH_YEAR: i16 = 1900;

/// Reads a date of birth: a day that was when the import was launched, and not before 1900.
///
/// # Errors
/// What is wrong with it, in words for who has the file.
pub(super) fn birth_date(text: &str, format: Option<DateFormat>, launched: Timestamp) -> Result<Date, String> {
    let date = parse(text, format)?;
    if date > TimeZone::UTC.to_datetime(launched).date() {
        return Err("This birth date is still to come. Correct it.".to_owned());
    }
    if date.year() < FIRST_BIRTH_YEAR {
        return Err("This birth date is before 1900. Correct it.".to_owned());
    }
    Ok(date)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GERMAN: Option<DateFormat> = Some(DateFormat::DayMonthYear);
    const AMERICAN: Option<DateFormat> = Some(DateFormat::MonthDayYear);

    #[test]
    fn iso_dates_are_always_read_and_others_by_the_format() {
        for (text, format, expected) in [
            ("1999-12-31", None, Some("1999-12-31")),
            ("1999-12-31T10:00:00Z", None, Some("1999-12-31")),
            ("1999-12-31 noon", None, None),
            ("1999/1/2", AMERICAN, Some("1999-01-02")),
            ("1999. 12. 31.", GERMAN, Some("1999-12-31")),
            ("19991231", None, Some("1999-12-31")),
            ("31121999", GERMAN, None),
            ("31.12.1999", GERMAN, Some("1999-12-31")),
            ("31.12.1999.", GERMAN, Some("1999-12-31")),
            ("31. 12. 1999", GERMAN, Some("1999-12-31")),
            ("31.12.1999 00:00", GERMAN, Some("1999-12-31")),
            ("1.2.1999", GERMAN, Some("1999-02-01")),
            ("12/31/1999", AMERICAN, Some("1999-12-31")),
            ("31.12.1999", None, None),
            ("04.04.1999", None, Some("1999-04-04")),
            ("31.02.1999", GERMAN, None),
            ("31.12.99", GERMAN, None),
            ("31.12.1999..", GERMAN, None),
            ("36526", GERMAN, None),
            ("soon", None, None),
        ] {
            assert_eq!(parse(text, format).ok().map(|date| date.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_month_by_its_name_leaves_no_doubt() {
        for (text, expected) in [
            ("14 Mar 2024", Some("2024-03-14")),
            ("March 14, 2024", Some("2024-03-14")),
            ("March 3rd, 2024", Some("2024-03-03")),
            ("14-MAR-2024", Some("2024-03-14")),
            ("14. März 2024", Some("2024-03-14")),
            ("14 de marzo de 2024", Some("2024-03-14")),
            ("14 марта 2024", Some("2024-03-14")),
            ("2024 Mar 14", Some("2024-03-14")),
            ("Thu, 14 Mar 2024", Some("2024-03-14")),
            ("Fri, 14 Mar 2024", None),
            ("31 Feb 2024", None),
            ("14 Mar 24", None),
            ("1er janvier 1990", Some("1990-01-01")),
            ("3 марта 1990 г.", Some("1990-03-03")),
            ("3 березня 1990 року", Some("1990-03-03")),
            ("Mar 2024", None),
            ("14 listopad 2024", None),
        ] {
            assert_eq!(parse(text, None).ok().map(|date| date.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_date_that_is_none_is_told_why() {
        for (text, format, part) in [
            ("1990-02-31", None, "no day 31 in February 1990: the month has 28 days"),
            ("31.02.1990", GERMAN, "no day 31 in February 1990"),
            ("02/30/1992", AMERICAN, "no day 30 in February 1992: the month has 29 days"),
            ("1990-13-01", None, "no month 13"),
            ("31 Apr 1990", None, "no day 31 in April 1990"),
            ("03/26/1990", GERMAN, "Write 1990-03-26"),
            ("26.03.1990", None, "`date_format` to `DD.MM.YYYY`"),
            ("03.04.1990", None, "1990-04-03 or 1990-03-04"),
            ("31.12.90", GERMAN, "two digits"),
            ("00.00.0000", GERMAN, "nothing but zeros"),
            ("36526", GERMAN, "spreadsheet"),
            ("soon", GERMAN, "not a date"),
            ("1.2", GERMAN, "not a date"),
        ] {
            let message = parse(text, format).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    proptest! {
        #[test]
        fn a_written_date_is_read_back_by_its_format(
            year in 1900_i16..2100, month in 1_i8..=12, day in 1_i8..=28, dot in any::<bool>(),
        ) {
            let end = if dot { "." } else { "" };
            let expected = Date::new(year, month, day).unwrap();
            for (text, format) in [
                (format!("{day}.{month}.{year}{end}"), GERMAN),
                (format!("{month:02}/{day:02}/{year}{end}"), AMERICAN),
                (format!("{year}-{month:02}-{day:02}"), None),
                (format!("{year}{month:02}{day:02}"), GERMAN),
                (format!("{day} {} {year}", expected.strftime("%b")), AMERICAN),
            ] {
                prop_assert_eq!(parse(&text, format), Ok(expected), "{}", text);
            }
        }

        #[test]
        fn any_text_is_a_date_or_is_told_why(text in "[0-9./ :TZa-e-]{0,24}", format in prop::option::of(Just(DateFormat::MonthDayYear))) {
            match parse(&text, format) {
                Ok(date) => prop_assert_eq!(parse(&date.to_string(), format), Ok(date)),
                Err(message) => prop_assert!(message.ends_with('.')),
            }
        }
    }
}
