//! The columns with a type: how their dates and numbers are written, and which of their values cannot be read.

use serde::{Deserialize, Serialize};

use super::unreadable_identifiers;
use crate::codes::{FileCode, NoticeCode};
use crate::columns::{ColumnId, FieldKind, Kind, Layout};
use crate::problems::{FileProblem, Notice};
use crate::row::{
    ColumnEvidence, DateFormat, DatesFound, DecimalMark, Judgement, NumbersFound, Place, Rules, Tally, Unreadable,
};
use crate::wording::quoted;

/// Values of a column from which on it is refused if none of them can be read. A few bad values prove nothing.
const MIN_UNREADABLE: u64 = 20;
/// Most columns whose unreadable values are kept: the result of the check has to fit into its item.
const MAX_UNREADABLE: usize = 100;

/// What is known so far of the columns with a type, each with its place in a record.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct TypedColumns(Vec<(usize, ColumnEvidence)>);

/// What all cells of a file show about how they are written.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The one format of the dates that are not in ISO 8601, if the file shows it.
    pub(crate) date_format: Option<DateFormat>,
    /// The decimal mark of each column that shows one; empty if none does.
    pub(crate) decimal_marks: Vec<Option<DecimalMark>>,
    /// The columns with values that cannot be read.
    pub(crate) unreadable: Vec<Unreadable>,
    /// The columns, by their places, of which only what follows in the file can show how they are written.
    pub(crate) undecided: Vec<usize>,
}

/// What was found, what is wrong, and what is strange.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(crate) found: Found,
    pub(crate) problems: Vec<FileProblem>,
    pub(crate) notices: Vec<Notice>,
}

impl TypedColumns {
    pub(crate) fn new(layout: &Layout, rules: &Rules) -> Self {
        let typed =
            layout.columns.iter().enumerate().filter_map(|(position, column)| {
                Some((position, ColumnEvidence::new(column.as_ref()?.kind(), rules)?))
            });
        Self(typed.collect())
    }

    /// Adds the cells of a record, which are as many as the header's.
    pub(crate) fn record(&mut self, cells: &[&str], rules: &Rules, row: u64, line: u64) {
        for (position, evidence) in &mut self.0 {
            if let Some(cell) = cells.get(*position) {
                evidence.add(cell, rules, row, line);
            }
        }
    }

    /// Judges what only all cells together show. If they are not all, nothing is wrong that further ones might decide.
    pub(crate) fn judge(self, layout: &Layout, ignore_unreadable: bool, is_whole: bool) -> Judged {
        let mut judged = Judged::default();
        let mut sound = Vec::with_capacity(self.0.len());
        // The format has to be known before it can be said which dates it does not fit.
        let mut first_format = None;
        for (position, evidence) in self.0 {
            let column = Column { position, header: layout.header.get(position).map_or("", String::as_str) };
            let judgement = evidence.judge();
            let problem = column
                .date_problem(&judgement, &mut first_format)
                .or_else(|| column.number_problem(&judgement))
                .or_else(|| column.letter_problem(&judgement));
            match problem {
                Some(_) if !is_whole && judgement.may_be_decided() => judged.found.undecided.push(position),
                Some(problem) => judged.problems.push(problem),
                None => sound.push((column, judgement)),
            }
        }
        judged.found.date_format = first_format.map(|(format, _, _)| format);
        for (column, judgement) in sound {
            if let Some(NumbersFound::Mark(mark)) = judgement.numbers {
                let marks = &mut judged.found.decimal_marks;
                marks.resize(marks.len().max(column.position + 1), None);
                marks[column.position] = Some(mark);
            }
            judged.notices.extend(column.contradiction(&judgement));
            let (kind, values) = (judgement.kind, judgement.values);
            let Tally { count, first: Some(first), reason } = judgement.into_unreadable(judged.found.date_format)
            else {
                continue;
            };
            if count == values && values >= MIN_UNREADABLE && !ignore_unreadable && is_whole {
                let effect = if kind == Kind::Consent { "reject their rows" } else { "import the rows without them" };
                judged.problems.push(column.unreadable(noun(kind), effect, count, &first, &reason));
            }
            if judged.found.unreadable.len() < MAX_UNREADABLE {
                judged.found.unreadable.push(Unreadable { column: column.position, count, first });
            }
        }
        judged
    }
}

impl Judged {
    /// Adds a column of identifiers, which has so many values.
    pub(crate) fn add_identifiers(
        &mut self,
        layout: &Layout,
        column: unreadable_identifiers::Column,
        values: u64,
        ignore_unreadable: bool,
    ) {
        let unreadable_identifiers::Column { position, unreadable: count, first: Some((first, reason)), .. } = column
        else {
            return;
        };
        if count == values && values >= MIN_UNREADABLE && !ignore_unreadable {
            let noun = match &layout.columns[position] {
                Some(ColumnId::Email) => "an email address",
                Some(ColumnId::Phone) => "a phone number",
                _ => "an external id",
            };
            let header = layout.header.get(position).map_or("", String::as_str);
            let column = Column { position, header };
            self.problems.push(column.unreadable(noun, "import what is left of the rows", count, &first, &reason));
        }
        if self.found.unreadable.len() < MAX_UNREADABLE {
            self.found.unreadable.push(Unreadable { column: position, count, first });
            self.found.unreadable.sort_by_key(|unreadable| unreadable.column);
        }
    }
}

/// A column that a message names.
#[derive(Debug, Clone, Copy)]
struct Column<'a> {
    position: usize,
    header: &'a str,
}

impl<'a> Column<'a> {
    fn problem(self, code: FileCode, place: &Place, message: String) -> FileProblem {
        let column = Some(self.header.to_owned());
        FileProblem { code, row: Some(place.row), line: Some(place.line), column, message }
    }

    /// What is wrong with the order of the column's dates, given the first column that shows one. All dates of an import
    /// have one order.
    fn date_problem(
        self,
        judgement: &Judgement,
        first_format: &mut Option<(DateFormat, &'a str, Place)>,
    ) -> Option<FileProblem> {
        let name = quoted(self.header);
        let (place, message) = match judgement.dates.as_ref()? {
            DatesFound::Undoubted => return None,
            DatesFound::Format(format, place) => match first_format {
                None => {
                    *first_format = Some((*format, self.header, place.clone()));
                    return None;
                }
                Some((before, _, _)) if before == format => return None,
                Some((before, other, seen)) => {
                    let message = format!(
                        "The dates of the column “{}” are written {} ({seen}), those of “{name}” {} ({place}). Write those of one column as 1990-12-31.",
                        quoted(other),
                        before.pattern(),
                        format.pattern(),
                    );
                    (place, message)
                }
            },
            DatesFound::Ambiguous(place, no_day) => {
                let no_day = no_day
                    .as_ref()
                    .map(|place| format!(" {place} is no day of any calendar; corrected, it may decide."));
                let no_day = no_day.unwrap_or_default();
                let message = format!(
                    "The dates of the column “{name}” can be read day first or month first, such as {place}, and no date of it decides which.{no_day} Set `date_format` to `DD.MM.YYYY` or `MM/DD/YYYY`."
                );
                (place, message)
            }
            DatesFound::Apart(format, sure, either) => {
                let order = if *format == DateFormat::MonthDayYear { "month first" } else { "day first" };
                let message = format!(
                    "The dates of the column “{name}” are written in two ways: {sure} is {order}, and {either} can be read day first or month first. Write all as 1990-12-31, or set `date_format` to `{}` if all are {order}.",
                    format.pattern()
                );
                (either, message)
            }
            DatesFound::YearDayMonth(year_day, either) => {
                let message = format!(
                    "The dates of the column “{name}” may have the day before the month: {year_day} can only be year, day, month, and {either} can be that, too. Correct the first one, or write all as 1990-12-31."
                );
                (either, message)
            }
            DatesFound::Contradicting(day_first, month_first) => {
                let message = format!(
                    "The dates of the column “{name}” contradict each other: {day_first} is day first, {month_first} is month first. Correct those that are wrong, or write all as 1990-12-31."
                );
                (day_first, message)
            }
        };
        Some(self.problem(FileCode::AmbiguousDates, place, message))
    }

    fn number_problem(self, judgement: &Judgement) -> Option<FileProblem> {
        let name = quoted(self.header);
        let (place, message) = match judgement.numbers.as_ref()? {
            NumbersFound::Unmarked | NumbersFound::Mark(_) => return None,
            NumbersFound::Ambiguous(place) => {
                let message = format!(
                    "The mark in the numbers of the column “{name}” may be a decimal mark or one of thousands, such as {place}, and no number of it decides which. Set `decimal_mark` to `.` or `,`."
                );
                (place, message)
            }
            NumbersFound::Contradicting(dot, comma) => {
                let message = format!(
                    "The numbers of the column “{name}” contradict each other: {dot} has a dot as decimal mark, {comma} a comma. Write all of them with one mark, such as 1234.5."
                );
                (dot, message)
            }
        };
        Some(self.problem(FileCode::AmbiguousNumbers, place, message))
    }

    fn letter_problem(self, judgement: &Judgement) -> Option<FileProblem> {
        let (one, other) = judgement.in_doubt.as_ref()?;
        let write = if judgement.kind == Kind::Sex { "male, female or other" } else { "yes or no" };
        let message = format!(
            "The letters of the column “{}” mean different things in different languages: beside {one}, {other} may be the opposite of what it is elsewhere. Write {write} in place of letters, or leave the column out by mapping it to nothing.",
            quoted(self.header)
        );
        Some(self.problem(FileCode::UnreadableColumn, other, message))
    }

    fn unreadable(self, noun: &str, effect: &str, count: u64, first: &Place, reason: &str) -> FileProblem {
        let message = format!(
            "None of the {count} values of the column “{}” can be read as {noun}, such as {first}. {reason} If the column holds something else, map it to another column or leave it out. To {effect}, set `on_unreadable_column` to `ignore`.",
            quoted(self.header),
        );
        self.problem(FileCode::UnreadableColumn, first, message)
    }

    /// A notice if dates of the column do not fit the format that was set.
    fn contradiction(self, judgement: &Judgement) -> Option<Notice> {
        let first = judgement.contradicted.first.as_ref()?;
        let message = "Dates of this column are in another format than the one that was set. They are dropped, and others may be read as the wrong day. Look at them, correct `date_format`, and import the file again.";
        Some(Notice {
            code: NoticeCode::DateFormatContradicted,
            row: first.row,
            line: first.line,
            column: quoted(self.header).into_owned(),
            count: judgement.contradicted.count,
            message: message.to_owned(),
        })
    }
}

/// What a cell of this kind is, in a sentence.
const fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Flag | Kind::Consent | Kind::Field(FieldKind::YesNo) => "yes or no",
        Kind::BirthDate | Kind::Field(FieldKind::Date) => "a date",
        Kind::Moment | Kind::Field(FieldKind::Datetime) => "a moment",
        Kind::Field(FieldKind::Number) => "a number",
        Kind::Sex => "a sex",
        Kind::Language => "a language",
        Kind::TimeZone => "a time zone",
        Kind::Country => "a country",
        Kind::Identifier | Kind::Setting | Kind::Text(_) | Kind::Field(FieldKind::Text | FieldKind::List) => "a text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::{Fields, Mapping, read_header};

    fn judged(header: &str, rules: &Rules, cells: &[&str], ignore_unreadable: bool) -> Judged {
        let fields = Fields::from([("spent".to_owned(), FieldKind::Number)]);
        let header: Vec<&str> = std::iter::once("email").chain(header.split(',')).collect();
        let layout = read_header(&header, 1, &Mapping::new(), &fields).unwrap();
        let mut typed = TypedColumns::new(&layout, rules);
        for (row, cells) in (1..).zip(cells) {
            let cells: Vec<&str> = std::iter::once("a@b.de").chain(cells.split('|')).collect();
            typed.record(&cells, rules, row, row + 1);
        }
        typed.judge(&layout, ignore_unreadable, true)
    }

    fn rules() -> Rules {
        Rules { launched: jiff::Timestamp::from_second(1_780_000_000).unwrap(), ..Rules::default() }
    }

    /// The code, row, line and message of the only problem.
    fn problem(header: &str, cells: &[&str]) -> (FileCode, Option<u64>, Option<u64>, String) {
        let mut problems = judged(header, &rules(), cells, false).problems;
        assert_eq!(problems.len(), 1, "{problems:?}");
        let problem = problems.remove(0);
        (problem.code, problem.row, problem.line, problem.message)
    }

    #[test]
    fn contradicting_dates_name_a_row_for_each_reading() {
        let (code, row, line, message) = problem("birth_date", &["03/04/1990", "25/04/1990", "03/26/1990"]);
        assert_eq!((code, row, line), (FileCode::AmbiguousDates, Some(2), Some(3)));
        assert!(message.contains("“25/04/1990” in row 2 (line 3) is day first"), "{message}");
        assert!(message.contains("“03/26/1990” in row 3 (line 4) is month first"), "{message}");
    }

    #[test]
    fn dates_with_dots_are_not_read_by_the_order_of_those_with_slashes() {
        let (code, row, line, message) = problem("birth_date", &["03.04.1990", "12/25/1991", "01/15/1991"]);
        assert_eq!((code, row, line), (FileCode::AmbiguousDates, Some(1), Some(2)));
        assert!(message.contains("“12/25/1991” in row 2 (line 3) is month first"), "{message}");
        assert!(message.contains("“03.04.1990” in row 1 (line 2) can be read"), "{message}");
    }

    #[test]
    fn columns_of_dates_that_contradict_each_other_are_both_named() {
        let (code, _, _, message) = problem("birth_date,action_at", &["25/04/1990|04/25/2020"]);
        assert_eq!(code, FileCode::AmbiguousDates);
        assert!(message.contains("“birth_date”") && message.contains("“action_at”"), "{message}");
    }

    #[test]
    fn what_nothing_decides_is_refused_with_the_setting_that_does() {
        let (code, row, _, message) = problem("birth_date", &["1990-01-01", "03/04/1990"]);
        assert_eq!((code, row), (FileCode::AmbiguousDates, Some(2)));
        assert!(message.contains("`date_format`"), "{message}");
        let (code, row, _, message) = problem("custom.spent", &["7", "1.234"]);
        assert_eq!((code, row), (FileCode::AmbiguousNumbers, Some(2)));
        assert!(message.contains("“1.234” in row 2 (line 3)") && message.contains("`decimal_mark`"), "{message}");
        let (code, _, _, message) = problem("custom.spent", &["12.5", "12,5"]);
        assert_eq!(code, FileCode::AmbiguousNumbers);
        assert!(message.contains("row 1 (line 2)") && message.contains("row 2 (line 3)"), "{message}");
    }

    #[test]
    fn what_is_found_is_kept_by_column() {
        let judged =
            judged("birth_date,custom.spent,country", &rules(), &["31.12.1990|1.234,5|DE", "soon|7|Atlantis"], false);
        assert_eq!((judged.problems, judged.notices), (vec![], vec![]));
        assert_eq!(judged.found.date_format, Some(DateFormat::DayMonthYear));
        assert_eq!(judged.found.decimal_marks, [None, None, Some(DecimalMark::Comma)]);
        let unreadable = judged.found.unreadable.iter();
        let unreadable = unreadable.map(|column| (column.column, column.count, column.first.example.as_str()));
        assert_eq!(unreadable.collect::<Vec<_>>(), [(1, 1, "soon"), (3, 1, "Atlantis")]);
    }

    #[test]
    fn a_column_without_a_value_that_can_be_read_is_refused_from_twenty_on() {
        let words = |count: usize| vec!["perhaps"; count];
        let (code, row, line, message) = problem("subscribed", &words(20));
        assert_eq!((code, row, line), (FileCode::UnreadableColumn, Some(1), Some(2)));
        for part in
            ["None of the 20 values", "“subscribed”", "yes or no", "“perhaps”", "`on_unreadable_column` to `ignore`"]
        {
            assert!(message.contains(part), "{part}: {message}");
        }
        for (cells, ignore_unreadable) in
            [(words(19), false), ([vec!["yes"], words(20)].concat(), false), (words(20), true)]
        {
            let unreadable = cells.iter().filter(|cell| **cell == "perhaps").count() as u64;
            let judged = judged("subscribed", &rules(), &cells, ignore_unreadable);
            assert_eq!(judged.problems, []);
            assert_eq!(judged.found.unreadable[0].count, unreadable);
        }
    }

    #[test]
    fn a_date_format_that_is_set_and_contradicted_is_noticed() {
        let rules = Rules { date_format: Some(DateFormat::MonthDayYear), ..rules() };
        let judged = judged("birth_date", &rules, &["03.04.1990", "31.12.1990", "30.12.1990"], false);
        assert_eq!(judged.problems, []);
        let notice = &judged.notices[0];
        assert_eq!((notice.code, notice.row, notice.line, notice.count), (NoticeCode::DateFormatContradicted, 2, 3, 2));
        assert_eq!(notice.column, "birth_date");
    }
}
