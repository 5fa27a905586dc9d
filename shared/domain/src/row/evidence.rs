//! What the check learns of a typed column cell by cell: how its values are written, and which of them cannot be read.

use std::fmt;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::date_order::{DateEvidence, DatesFound};
use super::dates::{self, DateFormat};
use super::decimal_marks::{NumberEvidence, NumbersFound};
use super::missing::is_missing;
use super::parse::{CLEAR, cleaned};
use super::place::Place;
use super::rules::{CellRules, DecimalMark, Rules};
use super::values;
use crate::columns::{FieldKind, Kind};

/// Cells of a column that are remembered as ones that can be read. Most columns have few values, many times.
const REMEMBERED: usize = 64;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "“{}” in row {} (line {})", self.example, self.row, self.line)
    }
}

/// The values of a typed column that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// The place of the column in a record, from 0.
    pub column: usize,
    /// How many there are.
    pub count: u64,
    /// The first of them.
    #[serde(flatten)]
    pub first: Place,
}

/// Cells of a kind: how many, the first of them, and what is wrong with it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) count: u64,
    pub(crate) first: Option<Place>,
    pub(crate) reason: String,
}

impl Tally {
    fn add(&mut self, cell: &str, row: u64, line: u64, reason: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.is_none() {
            self.first = Some(Place::new(cell, row, line));
            self.reason = reason();
        }
    }
}

/// What is to be found about how a column is written, besides which cells can be read.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Open {
    /// Nothing: its cells have one reading, or a setting decides.
    Nothing,
    /// The order of its dates.
    Dates(Box<DateEvidence>),
    /// The decimal mark of its numbers.
    Numbers(NumberEvidence),
}

/// What the check learns of a typed column.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ColumnEvidence {
    kind: Kind,
    open: Open,
    values: u64,
    /// Cells that cannot be read by each reading that is open: the first one is day first, or has a dot as decimal mark;
    /// the second one is month first, or has a comma. Both are the same if nothing is open.
    unreadable: [Tally; 2],
    contradicted: Tally,
    /// The first cells of each letter that means one thing in one language and another in the next.
    letters: Vec<(char, Place)>,
    /// Hashes of cells that can be read by every reading, each at the place that its last bits say.
    #[serde(skip)]
    remembered: Vec<u64>,
}

/// What all cells of a typed column show.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) kind: Kind,
    /// The order of its dates, if that was open.
    pub(crate) dates: Option<DatesFound>,
    /// The decimal mark of its numbers, if that was open.
    pub(crate) numbers: Option<NumbersFound>,
    /// Cells that have a value.
    pub(crate) values: u64,
    /// Cells that are dates in another format than the one that was set.
    pub(crate) contradicted: Tally,
    /// Two cells of single letters which together have another meaning than each has alone.
    pub(crate) in_doubt: Option<(Place, Place)>,
    unreadable: [Tally; 2],
}

impl Judgement {
    /// Whether further cells might show how the column is written, though these do not.
    pub(crate) fn may_be_decided(&self) -> bool {
        matches!(self.dates, Some(DatesFound::Ambiguous(..) | DatesFound::Apart(..)))
            || matches!(self.numbers, Some(NumbersFound::Ambiguous(_)))
    }

    /// The cells that cannot be read if the dates of the file are in this format.
    pub(crate) fn into_unreadable(self, format: Option<DateFormat>) -> Tally {
        let [first, second] = self.unreadable;
        let is_second = match (self.dates, self.numbers) {
            (Some(_), _) => format == Some(DateFormat::MonthDayYear),
            (None, Some(numbers)) => numbers == NumbersFound::Mark(DecimalMark::Comma),
            (None, None) => false,
        };
        if is_second { second } else { first }
    }
}

impl ColumnEvidence {
    /// Nothing learnt yet of a column of this kind; none if its cells are text.
    pub(crate) fn new(kind: Kind, rules: &Rules) -> Option<Self> {
        let open = match kind {
            Kind::Identifier | Kind::Text(_) | Kind::Setting | Kind::Field(FieldKind::Text | FieldKind::List) => {
                return None;
            }
            _ if kind.is_dated() && rules.date_format.is_none() => Open::Dates(Box::default()),
            Kind::Field(FieldKind::Number) if rules.decimal_mark.is_none() => Open::Numbers(NumberEvidence::default()),
            _ => Open::Nothing,
        };
        let (unreadable, contradicted, letters, remembered) = Default::default();
        Some(Self { kind, open, values: 0, unreadable, contradicted, letters, remembered })
    }

    /// Adds a cell. Cells are added in the order of the file.
    pub(crate) fn add(&mut self, cell: &str, rules: &Rules, row: u64, line: u64) {
        let text = &*cleaned(cell);
        if text.is_empty() {
            return;
        }
        let hash = xxh3_64(text.as_bytes());
        if self.remembered.is_empty() {
            self.remembered = vec![0; REMEMBERED];
        }
        let place = usize::from(hash.to_le_bytes()[0]) % REMEMBERED;
        if self.remembered[place] == hash {
            self.values += 1;
            return;
        }
        if let Some(letter) = letter(text)
            && self.letters.iter().all(|(known, _)| *known != letter)
        {
            self.letters.push((letter, Place::new(text, row, line)));
        }
        if rules.is_null(text) || is_missing(text) || text.eq_ignore_ascii_case(CLEAR) {
            return;
        }
        self.values += 1;
        let rules = rules.of_column(usize::MAX);
        if self.add_value(text, &rules, row, line) {
            self.remembered[place] = hash;
        } else if let (Some(format), true) = (rules.date_format, self.kind.is_dated())
            && is_in_another_format(text, format)
        {
            self.contradicted.add(text, row, line, String::new);
        }
    }

    /// Adds a value. Returns whether it can be read by every reading that is open.
    fn add_value(&mut self, text: &str, rules: &CellRules<'_>, row: u64, line: u64) -> bool {
        let shows_nothing = match &mut self.open {
            Open::Nothing => true,
            Open::Dates(evidence) => dates::is_iso(text) || !evidence.add(text, row, line),
            Open::Numbers(evidence) => !evidence.add(text, row, line),
        };
        // What shows nothing is read alike by both readings, which is what most cells are.
        if shows_nothing && values::is_readable(self.kind, text, rules) {
            return true;
        }
        let readings = match &self.open {
            Open::Nothing => [*rules; 2],
            Open::Dates(_) => [DateFormat::DayMonthYear, DateFormat::MonthDayYear]
                .map(|format| CellRules { date_format: Some(format), ..*rules }),
            Open::Numbers(_) => {
                [DecimalMark::Dot, DecimalMark::Comma].map(|mark| CellRules { decimal_mark: Some(mark), ..*rules })
            }
        };
        let mut is_readable = true;
        for (rules, tally) in readings.iter().zip(&mut self.unreadable) {
            if !values::is_readable(self.kind, text, rules) {
                is_readable = false;
                let reason = || values::parse(self.kind, text, rules).err().map(|(_, reason)| reason);
                tally.add(text, row, line, || reason().unwrap_or_default());
            }
        }
        is_readable
    }

    /// What all cells show.
    pub(crate) fn judge(self) -> Judgement {
        let (dates, numbers) = match self.open {
            Open::Nothing => (None, None),
            Open::Dates(evidence) => (Some(evidence.found()), None),
            Open::Numbers(evidence) => (None, Some(evidence.found())),
        };
        let in_doubt = in_doubt(self.kind, &self.letters);
        let Self { kind, values, contradicted, unreadable, .. } = self;
        Judgement { kind, dates, numbers, values, contradicted, in_doubt, unreadable }
    }
}

/// The letter that a cell is, in lower case; none if it is anything else. Circles are Japan's yes, and `ya` is what `Y` stands for
/// beside the `T` of `tidak`.
fn letter(text: &str) -> Option<char> {
    match text {
        "○" | "〇" | "◯" | "Ｏ" | "ｏ" => return Some('o'),
        "Ｘ" | "ｘ" | "×" => return Some('x'),
        _ if text.eq_ignore_ascii_case("ya") => return Some('y'),
        _ => {}
    }
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if letter.is_ascii_alphabetic() => Some(letter.to_ascii_lowercase()),
        _ => None,
    }
}

/// Two cells that put each other in doubt: `X` is no beside `O` (Korea, Japan), `T` beside `Y` (Indonesia), `M` a woman beside `H` (Spain),
/// and `F` a man beside `N` (Hungary). A third letter may show what they are.
fn in_doubt(kind: Kind, letters: &[(char, Place)]) -> Option<(Place, Place)> {
    let of = |letter: char| letters.iter().find(|(known, _)| *known == letter).map(|(_, place)| place.clone());
    let pair = |one, other, shown: &[char]| {
        if shown.iter().any(|letter| of(*letter).is_some()) { None } else { of(one).zip(of(other)) }
    };
    match kind {
        Kind::Flag | Kind::Consent | Kind::Field(FieldKind::YesNo) => {
            pair('o', 'x', &[]).or_else(|| pair('y', 't', &['f', 'n']))
        }
        Kind::Sex => pair('h', 'm', &[]).or_else(|| pair('n', 'f', &['m'])),
        _ => None,
    }
}

/// Whether a text is a date, and none by this format.
fn is_in_another_format(text: &str, format: DateFormat) -> bool {
    let by = |date: dates::Written<'_>, format| date.by(format).is_some();
    dates::scan(text).is_some_and(|scanned| {
        !by(scanned.date, format)
            && (by(scanned.date, DateFormat::DayMonthYear) || by(scanned.date, DateFormat::MonthDayYear))
    })
}
#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn rules() -> Rules {
        let null_tokens = vec!["tba".to_owned()];
        Rules { launched: Timestamp::from_second(1_780_000_000).unwrap(), null_tokens, ..Rules::default() }
    }

    fn judged(kind: Kind, rules: &Rules, cells: &[&str]) -> Judgement {
        let mut evidence = ColumnEvidence::new(kind, rules).unwrap();
        for (row, cell) in (1..).zip(cells) {
            evidence.add(cell, rules, row, row + 1);
        }
        evidence.judge()
    }

    /// The count of values, of those that cannot be read, and the row of the first of these.
    fn counts(judgement: Judgement, format: Option<DateFormat>) -> (u64, u64, Option<u64>) {
        let values = judgement.values;
        let tally = judgement.into_unreadable(format);
        (values, tally.count, tally.first.map(|first| first.row))
    }

    #[test]
    fn columns_of_text_have_no_evidence() {
        for kind in [Kind::Identifier, Kind::Text(9), Kind::Setting, Kind::Field(FieldKind::List)] {
            assert!(ColumnEvidence::new(kind, &rules()).is_none(), "{kind:?}");
        }
    }

    #[test]
    fn values_that_cannot_be_read_are_counted_and_missing_ones_are_not() {
        for (kind, cells, expected) in [
            (
                Kind::Consent,
                &["yes", "yes", "perhaps", "", "n/a", "TBA", "%CLEAR%", "no", "maybe"][..],
                (5, 2, Some(3)),
            ),
            (Kind::Flag, &["unsubscribed", "x"], (2, 1, Some(1))),
            (Kind::Country, &["DE", "DE", "Korea", "Atlantis", "-"], (4, 2, Some(3))),
            (Kind::Language, &["en", "english", "en", "en"], (4, 1, Some(2))),
            (Kind::TimeZone, &["Europe/Berlin", "Berlin"], (2, 1, Some(2))),
            (Kind::Sex, &["m", "weiblich", "?", "yes"], (3, 1, Some(4))),
            (Kind::BirthDate, &["1990-12-31", "0000-00-00", "2999-01-01", "soon"], (3, 2, Some(3))),
            (Kind::Moment, &["2024-01-01", "2024-01-01 9:41", "2024-01-01 at noon"], (3, 1, Some(3))),
            (Kind::Field(FieldKind::Number), &["7", "12.5", "many"], (3, 1, Some(3))),
        ] {
            assert_eq!(counts(judged(kind, &rules(), cells), None), expected, "{kind:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_depends_on_the_order_that_is_found() {
        let cells = ["31.12.1990", "12/31/1990", "30.12.1990", "03.04.1990"];
        for (format, expected) in
            [(DateFormat::DayMonthYear, (4, 1, Some(2))), (DateFormat::MonthDayYear, (4, 2, Some(1)))]
        {
            assert_eq!(counts(judged(Kind::BirthDate, &rules(), &cells), Some(format)), expected, "{format:?}");
        }
        let number = Kind::Field(FieldKind::Number);
        assert_eq!(counts(judged(number, &rules(), &["1.234,5", "1.234", "1,234,567"]), None), (3, 1, Some(1)));
        assert_eq!(counts(judged(number, &rules(), &["1.234,5", "1.234", "1.23.4"]), None), (3, 1, Some(3)));
    }

    #[test]
    fn dates_that_do_not_fit_a_format_that_is_set_contradict_it() {
        let rules = Rules { date_format: Some(DateFormat::MonthDayYear), ..rules() };
        let cells = ["03.04.1990", "31.12.1990", "soon", "1990-02-31", "30.12.1990"];
        let judgement = judged(Kind::BirthDate, &rules, &cells);
        assert_eq!(judgement.dates, None);
        let contradicted = &judgement.contradicted;
        assert_eq!((contradicted.count, contradicted.first.as_ref().map(|first| first.row)), (2, Some(2)));
        assert_eq!(counts(judgement, rules.date_format), (5, 4, Some(2)));
    }

    #[test]
    fn an_example_is_cut_and_its_trouble_is_told() {
        let long = "x".repeat(1_000);
        let judgement = judged(Kind::Flag, &rules(), &[&long]);
        let tally = judgement.into_unreadable(None);
        assert!(tally.first.unwrap().example.len() <= crate::row::place::MAX_EXAMPLE);
        assert!(tally.reason.contains("neither yes nor no"), "{}", tally.reason);
    }
}
