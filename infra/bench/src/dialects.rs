//! `muster-bench dialects`: whether files of any delimiter and quoting are read exactly, or refused, and never otherwise.

use std::collections::BTreeMap;
use std::fmt;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use domain::imports::{ImportRequest, OnEmptyColumn};
use domain::plan::{BatchRecords, BatchText, Checked, Dispatch, LaterRows, Planner, Wave};
use serde_json::{Value as Json, json};

use bench::read_options::{options, request};
use bench::rows::mixed;

/// Arguments of `muster-bench dialects`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  muster-bench dialects
  muster-bench dialects --files 10000 --seed 7 --show

Each file has customers in a delimiter, a way of quoting and line ends of its own, and most files have something that
programs and people do to files. exact: every cell of every row is right. refused: the check names a problem. wrong: the
file is taken, and a cell is wrong or a row is missing. The last line is JSON.")]
pub(crate) struct DialectsBench {
    /// How many files
    #[arg(long, default_value_t = 2_000, value_parser = RangedU64ValueParser::<u64>::new().range(1..=10_000_000))]
    files: u64,
    /// Seed of the files: the same seed makes the same files
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Show each file that is read wrongly, or refused although it is sound, by what is odd about it
    #[arg(long)]
    show: bool,
}

/// What is odd about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Oddity {
    Plain,
    BlanksAroundQuotes,
    DelimitersAtTheEnd,
    EmptyRecords,
    FinalCtrlZ,
    MarkBeforeEachRecord,
    HeaderAgain,
    DelimiterNamed,
    BackslashAtTheEndOfACell,
    QuoteInAPlainCell,
    LineBreaksInCells,
    QuotesOfApostrophes,
    Title,
    Footer,
    TwoOpeningQuotes,
    QuotesAlone,
    OneOpeningQuote,
    QuotesNotDoubled,
    QuotesBehindBackslashes,
    DelimiterWithoutQuotes,
    CellMissing,
}

impl Oddity {
    const ALL: [Self; 21] = [
        Self::Plain,
        Self::BlanksAroundQuotes,
        Self::DelimitersAtTheEnd,
        Self::EmptyRecords,
        Self::FinalCtrlZ,
        Self::MarkBeforeEachRecord,
        Self::HeaderAgain,
        Self::DelimiterNamed,
        Self::BackslashAtTheEndOfACell,
        Self::QuoteInAPlainCell,
        Self::LineBreaksInCells,
        Self::QuotesOfApostrophes,
        Self::Title,
        Self::Footer,
        Self::TwoOpeningQuotes,
        Self::QuotesAlone,
        Self::OneOpeningQuote,
        Self::QuotesNotDoubled,
        Self::QuotesBehindBackslashes,
        Self::DelimiterWithoutQuotes,
        Self::CellMissing,
    ];

    /// Whether nothing is lost in it, so that it has to be read exactly.
    const fn is_sound(self) -> bool {
        (self as usize) < (Self::Title as usize)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "nothing",
            Self::BlanksAroundQuotes => "blanks around quotes",
            Self::DelimitersAtTheEnd => "delimiters at the end of lines",
            Self::EmptyRecords => "records of nothing",
            Self::FinalCtrlZ => "a final Ctrl-Z",
            Self::MarkBeforeEachRecord => "byte order marks before records",
            Self::HeaderAgain => "the header again",
            Self::DelimiterNamed => "sep= on the first line",
            Self::BackslashAtTheEndOfACell => "backslashes before closing quotes",
            Self::QuoteInAPlainCell => "quotes inside plain cells",
            Self::LineBreaksInCells => "line breaks in cells",
            Self::QuotesOfApostrophes => "apostrophes as quotes",
            Self::Title => "a title above the header",
            Self::Footer => "a footer",
            Self::TwoOpeningQuotes => "an even number of opening quotes",
            Self::QuotesAlone => "cells of one quote",
            Self::OneOpeningQuote => "one opening quote",
            Self::QuotesNotDoubled => "quotes that are not doubled",
            Self::QuotesBehindBackslashes => "quotes behind backslashes",
            Self::DelimiterWithoutQuotes => "a delimiter in a plain cell",
            Self::CellMissing => "a cell that is missing",
        }
    }
}

/// A source of numbers that look random.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = mixed(self.0);
        ((u128::from(self.0) * bound as u128) >> 64) as usize
    }

    fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }
}

const HEADERS: [&str; 6] = ["external_id", "email", "last_name", "city", "company", "address"];
const NAMES: [&str; 8] = ["Lee", "Fox", "O'Neil", "Müller", "Иванова", "山田", "d'Arc", "Poe"];
const CITIES: [&str; 6] = ["Rome", "Köln", "Kiel", "São Paulo", "Санкт-Петербург", "Oslo"];
const COMPANIES: [&str; 7] = ["", "Acme", "Lee & Co", "Fox, Elm; Ltd", "The \"Best\" Shop", "A|B", "'Quoted'"];
const ADDRESSES: [&str; 6] =
    ["", "Main Street 1", "Hill 3, left; rear", "Hof 3: 2nd floor", "5\tTab Road", "Gasse ~ 7 ^ |"];

/// A file, and what is in it.
struct Made {
    oddity: Oddity,
    bytes: Vec<u8>,
    rows: Vec<Vec<String>>,
}

/// How a file is written.
struct Writer {
    delimiter: char,
    quote: char,
    always: bool,
    line_end: &'static str,
    oddity: Oddity,
    text: String,
}

impl Writer {
    fn record(&mut self, cells: &[String], oddity: Oddity, dice: &mut Dice) {
        if self.oddity == Oddity::MarkBeforeEachRecord && dice.one_in(3) {
            self.text.push('\u{feff}');
        }
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.text.push(self.delimiter);
            }
            let quote = self.quote;
            let needs = cell.contains([self.delimiter, '\n', '\r']) || cell.starts_with(quote);
            let quoted = || format!("{quote}{}{quote}", cell.replace(quote, &format!("{quote}{quote}")));
            let written = match oddity {
                Oddity::BlanksAroundQuotes if needs || dice.one_in(3) => {
                    let blank = if self.delimiter == ' ' { "" } else { [" ", "  "][dice.below(2)] };
                    format!("{blank}{}{blank}", quoted())
                }
                Oddity::QuotesNotDoubled => format!("\"{cell}\""),
                Oddity::QuotesBehindBackslashes => format!("\"{}\"", cell.replace('"', "\\\"")),
                Oddity::DelimiterWithoutQuotes => cell.clone(),
                _ if needs || self.always => quoted(),
                _ => cell.clone(),
            };
            self.text.push_str(&written);
        }
        if self.oddity == Oddity::DelimitersAtTheEnd {
            self.text.extend([self.delimiter, self.delimiter]);
        }
        self.text.push_str(self.line_end);
        if self.oddity == Oddity::EmptyRecords && dice.one_in(5) {
            let width = dice.below(7);
            self.text.extend((0..width).flat_map(|_| [self.delimiter, ' ']));
            self.text.push_str(self.line_end);
        }
    }
}

impl Made {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(mixed(seed));
        let oddity = *dice.of(&Oddity::ALL);
        let quote = if oddity == Oddity::QuotesOfApostrophes { '\'' } else { '"' };
        let is_without_quotes =
            matches!(oddity, Oddity::TwoOpeningQuotes | Oddity::QuotesAlone | Oddity::OneOpeningQuote);
        let always = quote == '\'' || (dice.one_in(3) && !is_without_quotes);
        let mut writer = Writer {
            delimiter: *dice.of(&[',', ',', ';', ';', '\t', '|', '~', '^', '\u{1f}']),
            quote,
            always,
            line_end: ["\n", "\r\n", "\n", "\r"][dice.below(4)],
            oddity,
            text: String::new(),
        };
        let count = 1 + dice.below(60);
        let rows = rows(count, oddity, writer.delimiter, &mut dice);
        let header: Vec<String> = HEADERS.map(ToOwned::to_owned).into();
        match oddity {
            Oddity::DelimiterNamed => writer.text = format!("sep={}{}", writer.delimiter, writer.line_end),
            Oddity::Title => writer.text = format!("Customers of May{0}{0}", writer.line_end),
            _ => {}
        }
        writer.record(&header, Oddity::Plain, &mut dice);
        let struck = dice.below(count);
        for (at, row) in rows.iter().enumerate() {
            let is_struck = at == struck;
            let mut cells = row.clone();
            if is_struck && oddity == Oddity::CellMissing {
                cells.pop();
            }
            let strikes_one = matches!(oddity, Oddity::DelimiterWithoutQuotes);
            let now = if strikes_one && !is_struck { Oddity::Plain } else { oddity };
            if is_struck && oddity == Oddity::HeaderAgain {
                writer.record(&header, Oddity::Plain, &mut dice);
            }
            writer.record(&cells, now, &mut dice);
        }
        // Strays are written over what was written well, as nobody's writer writes them.
        let mut bytes = std::mem::take(&mut writer.text);
        strike(&mut bytes, oddity, writer.delimiter, writer.line_end, &mut dice);
        match oddity {
            Oddity::FinalCtrlZ => bytes.push('\u{1a}'),
            Oddity::Footer => bytes.push_str(&format!("Made for Example Ltd{}", writer.line_end)),
            _ => {}
        }
        let rows =
            if is_without_quotes { rows_without_quotes(&bytes, writer.delimiter, writer.line_end) } else { rows };
        Self { oddity, bytes: bytes.into_bytes(), rows }
    }
}

fn rows(count: usize, oddity: Oddity, delimiter: char, dice: &mut Dice) -> Vec<Vec<String>> {
    // Where quotes mean nothing, a cell cannot have the delimiter in it.
    let is_plain = matches!(oddity, Oddity::TwoOpeningQuotes | Oddity::QuotesAlone | Oddity::OneOpeningQuote);
    let row = |at: usize| {
        let mut cells = vec![
            format!("K-{at}"),
            format!("c{at}@example.org"),
            (*dice.of(&NAMES)).to_owned(),
            (*dice.of(&CITIES)).to_owned(),
            (*dice.of(&COMPANIES)).to_owned(),
            (*dice.of(&ADDRESSES)).to_owned(),
        ];
        match oddity {
            Oddity::BackslashAtTheEndOfACell => cells[5] = format!("C:\\Temp{delimiter}x\\"),
            Oddity::QuoteInAPlainCell => cells[2] = format!("O\"{at}"),
            Oddity::LineBreaksInCells => cells[5] = format!("Block {at}\nFloor 2{delimiter} left\r\nRome"),
            Oddity::QuotesNotDoubled | Oddity::QuotesBehindBackslashes => cells[4] = format!("The \"Best\" Shop {at}"),
            Oddity::DelimiterWithoutQuotes => cells[5] = format!("Hill 3{delimiter} left"),
            _ => {}
        }
        if is_plain {
            cells.iter_mut().for_each(|cell| *cell = cell.replace([delimiter, '"'], "."));
        }
        cells
    };
    (1..=count).map(row).collect()
}

/// Puts quotes into cells of a text in which no cell is between quotes.
fn strike(text: &mut String, oddity: Oddity, delimiter: char, line_end: &str, dice: &mut Dice) {
    let (column, times) = match oddity {
        Oddity::TwoOpeningQuotes | Oddity::QuotesAlone => (2 + dice.below(4), 2 * (1 + dice.below(4))),
        Oddity::OneOpeningQuote => (2 + dice.below(4), 1),
        _ => return,
    };
    let mut lines: Vec<Vec<String>> =
        text.split_terminator(line_end).map(|line| line.split(delimiter).map(ToOwned::to_owned).collect()).collect();
    let rows = lines.len() - 1;
    for _ in 0..times.min(rows) {
        let cell = &mut lines[1 + dice.below(rows)][column];
        if !cell.starts_with('"') {
            *cell = if oddity == Oddity::QuotesAlone { "\"".to_owned() } else { format!("\"{cell}") };
        }
    }
    let delimiter = delimiter.to_string();
    *text = lines.iter().map(|cells| cells.join(&delimiter) + line_end).collect();
}

fn rows_without_quotes(text: &str, delimiter: char, line_end: &str) -> Vec<Vec<String>> {
    let lines = text.split_terminator(line_end).skip(1);
    lines.map(|line| line.split(delimiter).map(ToOwned::to_owned).collect()).collect()
}

/// What became of files.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    files: u64,
    exact: u64,
    refused: u64,
    wrong: u64,
}

/// What became of all files.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    by_oddity: BTreeMap<Oddity, Counts>,
    shown: Vec<String>,
}

impl DialectsBench {
    /// Makes and checks the files.
    pub(crate) fn run(&self) -> Result<Measured, String> {
        let mut measured = Measured::default();
        for file in 0..self.files {
            let made = Made::new(mixed(self.seed) ^ mixed(file));
            let counts = measured.by_oddity.entry(made.oddity).or_default();
            counts.files += 1;
            let shown = match read(&made.bytes)? {
                Ok(rows) if same(&rows, &made.rows) => {
                    counts.exact += 1;
                    continue;
                }
                Ok(rows) => {
                    counts.wrong += 1;
                    format!("{} rows in place of {}", rows.len(), made.rows.len())
                }
                Err(problem) => {
                    counts.refused += 1;
                    if !made.oddity.is_sound() {
                        continue;
                    }
                    problem
                }
            };
            if self.show {
                measured.shown.push(format!("file {file}, {}: {shown}", made.oddity.name()));
            }
        }
        Ok(measured)
    }
}

/// Whether the cells are the same. Blanks at their ends mean nothing.
fn same(read: &[Vec<String>], written: &[Vec<String>]) -> bool {
    let trimmed = |rows: &[Vec<String>]| -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect()).collect()
    };
    trimmed(read) == trimmed(written)
}

/// The rows of a file, or the first problem of it.
fn read(bytes: &[u8]) -> Result<Result<Vec<Vec<String>>, String>, String> {
    let request = ImportRequest { on_empty_column: OnEmptyColumn::Ignore, ..request() };
    let mut planner = Planner::new(options(&request, bytes.len() as u64));
    planner.push(bytes);
    match planner.finish(|_| String::new()) {
        Ok((checked, _)) => rows_of(&checked, bytes).map(Ok),
        Err(failed) => Ok(Err(failed.problems.first().map(|problem| problem.message.clone()).unwrap_or_default())),
    }
}

fn rows_of(checked: &Checked, bytes: &[u8]) -> Result<Vec<Vec<String>>, String> {
    let mut batches: Vec<BatchText> = Vec::new();
    let mut dispatch = Dispatch::new(checked, 0, Wave::FIRST, LaterRows::default()).ok_or("the file has no part")?;
    let mut take = |batch: domain::plan::Batch| batches.push(batch.rows);
    dispatch.push(bytes, &mut take).map_err(|error| error.to_string())?;
    dispatch.finish(&mut take).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    for batch in &batches {
        let records = BatchRecords::read(batch, checked).map_err(|error| error.to_string())?;
        rows.extend((0..records.len()).map(|at| records.record(at).2.into_iter().map(ToOwned::to_owned).collect()));
    }
    Ok(rows)
}

impl Measured {
    fn total(&self) -> Counts {
        self.by_oddity.values().fold(Counts::default(), |total, counts| Counts {
            files: total.files + counts.files,
            exact: total.exact + counts.exact,
            refused: total.refused + counts.refused,
            wrong: total.wrong + counts.wrong,
        })
    }

    /// Sound files that were not read exactly.
    fn sound_refused(&self) -> u64 {
        self.by_oddity.iter().filter(|(oddity, _)| oddity.is_sound()).map(|(_, counts)| counts.refused).sum()
    }

    /// It as JSON.
    pub(crate) fn json(&self) -> Json {
        let Counts { files, exact, refused, wrong } = self.total();
        json!({ "files": files, "exact": exact, "refused": refused, "sound_refused": self.sound_refused(), "wrong": wrong })
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        writeln!(f, "{:<36}{:>7}{:>9}{:>9}{:>7}", "what is odd", "files", "exact", "refused", "wrong")?;
        let total = self.total();
        let all = self.by_oddity.iter().map(|(oddity, counts)| (oddity.name(), counts)).chain([("all", &total)]);
        for (at, (name, counts)) in all.enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            let Counts { files, exact, refused, wrong } = counts;
            write!(f, "{name:<36}{files:>7}{exact:>9}{refused:>9}{wrong:>7}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_exactly_or_refused_and_a_sound_one_is_read() {
        let measured = DialectsBench { files: 400, seed: 7, show: true }.run().unwrap();
        assert_eq!((measured.total().wrong, measured.sound_refused()), (0, 0), "{measured}");
        assert_eq!(measured.by_oddity.len(), Oddity::ALL.len(), "every oddity was drawn");
    }
}
