//! `muster generate`: made-up customers in any number, the same bytes for the same seed on every machine.

mod names;
mod people;
mod random;

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, FromArgMatches as _};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use people::{People, Person, international, national};
use random::{Purpose, Random, Share};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  muster generate --rows 100000 --seed 1 --duplicates 5 --invalid 2 -o large.csv
  muster generate --rows 2000 --encoding windows-1252 --delimiter \";\" --line-end crlf --all-columns -o excel.csv")]
pub(crate) struct Generate {
    /// How many rows
    #[arg(long)]
    rows: u64,
    /// What the rows are made from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write them [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Percent of rows about somebody of an earlier row, spelled differently
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    duplicates: Share,
    /// Percent of rows with an identifier or a date that cannot be
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    invalid: Share,
    /// Percent of rows with the phone of somebody of an earlier row
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    conflicts: Share,
    /// Percent of attributes left empty
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    empty: Share,
    /// Line breaks inside cells
    #[arg(long)]
    newlines: bool,
    /// Quotes inside cells that need none, such as O"Neil
    #[arg(long)]
    stray_quotes: bool,
    /// A byte order mark in front, if the encoding has one
    #[arg(long)]
    bom: bool,
    /// The delimiter
    #[arg(long, default_value = ",")]
    delimiter: char,
    /// How lines end
    #[arg(long, default_value = "lf", value_parser = ["lf", "crlf", "cr"])]
    line_end: String,
    /// The encoding; people's names are of those that can be written in it
    #[arg(long, default_value = "utf-8", value_name = "LABEL", value_parser = encoding)]
    encoding: &'static Encoding,
    /// Quotes around every cell
    #[arg(long)]
    quote_all: bool,
    /// Percent of attributes that are erased by %CLEAR%
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    clear: Share,
    /// A column that puts the customers into this many segments
    #[arg(long, default_value_t = 0, value_name = "N")]
    segments: u64,
    /// A column that notes this many actions, and one with when they happened
    #[arg(long, default_value_t = 0, value_name = "N")]
    actions: u64,
    /// The other attributes of customers too
    #[arg(long)]
    all_columns: bool,
    /// Dates as 31.12.1990
    #[arg(long)]
    day_first: bool,
    /// Blank lines at the end
    #[arg(long, default_value_t = 0, value_name = "N")]
    blank_lines: u64,
    /// Open a quote on the last line and never close it
    #[arg(long)]
    unclosed_quote: bool,
    /// Put bytes that are no UTF-8 into this row
    #[arg(long, value_name = "ROW")]
    bad_bytes: Option<u64>,
    /// Give this row a cell too many
    #[arg(long, value_name = "ROW")]
    wrong_cell_count: Option<u64>,
    /// Put a NUL character into this row
    #[arg(long, value_name = "ROW")]
    nul: Option<u64>,
    /// Put a cell over the limit of 64 KiB into this row
    #[arg(long, value_name = "ROW")]
    large_cell: Option<u64>,
    /// A column that Muster does not know
    #[arg(long)]
    unknown_column: bool,
    /// The column city twice
    #[arg(long)]
    duplicate_column: bool,
    /// A column without a value
    #[arg(long)]
    empty_column: bool,
    /// Leave out the columns that say whom a row is about
    #[arg(long)]
    no_identifier: bool,
}

impl Generate {
    /// The file that these flags ask for.
    pub(crate) fn of(flags: impl IntoIterator<Item = String>) -> anyhow::Result<Self> {
        let line = Self::augment_args(clap::Command::new("generate").no_binary_name(true));
        Ok(Self::from_arg_matches(&line.try_get_matches_from(flags)?)?)
    }

    /// Its columns.
    pub(crate) fn columns(&self) -> usize {
        self.header().len()
    }

    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.output {
            Some(path) => {
                let unwritable = || format!("{} cannot be written", path.display());
                let file = std::fs::File::create(path).with_context(unwritable)?;
                self.write(BufWriter::with_capacity(1 << 20, file)).with_context(unwritable)?;
            }
            None => {
                self.write(BufWriter::new(std::io::stdout().lock())).context("standard output cannot be written")?
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    pub(crate) fn write(&self, mut out: impl Write) -> std::io::Result<()> {
        let fits = |text: &str| !self.encoding.encode(text).2;
        if self.bom && fits(BYTE_ORDER_MARK) {
            self.text(&mut out, BYTE_ORDER_MARK)?;
        }
        self.record(&mut out, &self.header())?;
        let people = People::new(self.seed, fits);
        for row in 1..=self.rows {
            let mut cells = self.cells(&people, row);
            if self.wrong_cell_count == Some(row) {
                cells.push("one too many".to_owned());
            }
            if self.nul == Some(row) {
                cells[CITY].push('\0');
            }
            if self.large_cell == Some(row) {
                cells[CITY] = "x".repeat(64 * 1024 + 1);
            }
            if self.bad_bytes == Some(row) {
                out.write_all(b"\xff\xfe")?;
            }
            self.record(&mut out, &cells)?;
        }
        for _ in 0..self.blank_lines {
            self.text(&mut out, self.line_end())?;
        }
        if self.unclosed_quote {
            self.text(&mut out, "\"never closed")?;
        }
        out.flush()
    }

    fn header(&self) -> Vec<String> {
        let mut header =
            vec!["external_id", "email", "phone", "first_name", "last_name", "birth_date", "country", "city"];
        if self.all_columns {
            header.extend(OTHER_COLUMNS);
        }
        header.extend((self.segments > 0).then_some("segment"));
        header.extend(["source_action", "action_at"].into_iter().filter(|_| self.actions > 0));
        header.extend(self.unknown_column.then_some("favourite colour"));
        header.extend(self.duplicate_column.then_some("City"));
        header.extend(self.empty_column.then_some("company"));
        header.into_iter().map(str::to_owned).collect()
    }

    /// The cells of a row; which person it is about and what is odd about it are drawn from the seed and its number.
    fn cells(&self, people: &People, row: u64) -> Vec<String> {
        let mut kind = Random::new(self.seed, Purpose::Kind, row);
        let mut origin = Random::new(self.seed, Purpose::Origin, row);
        let earlier = (row > 1).then(|| origin.below(row - 1));
        let repeats = kind.happens(self.duplicates);
        let invalid = kind.happens(self.invalid);
        let conflicts = kind.happens(self.conflicts);
        let Person { mut external_id, mut email, mut phone, first_name, last_name, mut birth_date, country, city } =
            people.person(earlier.filter(|_| repeats).unwrap_or(row - 1));
        let (mut first_name, mut city) = (first_name.to_owned(), city.to_owned());
        if repeats {
            email = format!(" {} ", email.to_uppercase());
        }
        if let Some(other) = earlier.filter(|_| conflicts) {
            phone = people.person(other).phone;
        }
        let mut written = international(phone);
        if invalid {
            match Random::new(self.seed, Purpose::Spelling, row).below(4) {
                0 => email = email.replace('@', " at "),
                1 => written = "4.21907E+11".to_owned(),
                2 => birth_date = "1990-02-31".to_owned(),
                _ => {
                    written = national(phone);
                    external_id.clear();
                    email = "nobody".to_owned();
                }
            }
        }
        if self.newlines {
            city.push_str("\nOld Town");
        }
        if self.stray_quotes {
            first_name.push_str(" O\"Neil");
        }
        let mut blank = Random::new(self.seed, Purpose::Cells, row);
        let mut attribute = |text: String| match (blank.happens(self.empty), blank.happens(self.clear)) {
            (true, _) => String::new(),
            (_, true) => "%CLEAR%".to_owned(),
            _ => text,
        };
        if self.day_first
            && let [year, month, day] = birth_date.split('-').collect::<Vec<_>>()[..]
        {
            birth_date = format!("{day}.{month}.{year}");
        }
        let attributes = [first_name, last_name.to_owned(), birth_date, country.to_owned(), city].map(&mut attribute);
        let mut cells: Vec<String> = [external_id, email, written].into_iter().chain(attributes).collect();
        let mut more = Random::new(self.seed, Purpose::Extras, row);
        if self.all_columns {
            let others = people::others(&mut more, row).map(&mut attribute);
            cells.extend(others);
        }
        if self.segments > 0 {
            cells.push(format!("Segment {}", 1 + more.below(self.segments)));
        }
        if self.actions > 0 {
            cells.push(format!("Action {}", 1 + more.below(self.actions)));
            let (month, day, hour) = (1 + more.below(12), 1 + more.below(28), more.below(24));
            cells.push(format!("2025-{month:02}-{day:02}T{hour:02}:00:00Z"));
        }
        cells.extend(self.unknown_column.then(|| "green".to_owned()));
        cells.extend(self.duplicate_column.then(|| "Rome".to_owned()));
        cells.extend(self.empty_column.then(String::new));
        cells
    }

    fn line_end(&self) -> &'static str {
        match self.line_end.as_str() {
            "crlf" => "\r\n",
            "cr" => "\r",
            _ => "\n",
        }
    }

    /// Writes text in the file's encoding. `encoding_rs` has no encoder for UTF-16, as the web has none.
    fn text(&self, out: &mut impl Write, text: &str) -> std::io::Result<()> {
        let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        match self.encoding {
            encoding if encoding == UTF_16LE => out.write_all(&wide(u16::to_le_bytes)),
            encoding if encoding == UTF_16BE => out.write_all(&wide(u16::to_be_bytes)),
            encoding => out.write_all(&encoding.encode(text).0),
        }
    }

    fn record(&self, out: &mut impl Write, cells: &[String]) -> std::io::Result<()> {
        let cells = if self.no_identifier { &cells[3..] } else { cells };
        let mut record = String::new();
        for (position, cell) in cells.iter().enumerate() {
            if position > 0 {
                record.push(self.delimiter);
            }
            let needs_quotes = cell.starts_with('"') || cell.contains([self.delimiter, '\n', '\r']);
            if needs_quotes || self.quote_all {
                record.push('"');
                record.push_str(&cell.replace('"', "\"\""));
                record.push('"');
            } else {
                record.push_str(cell);
            }
        }
        record.push_str(self.line_end());
        self.text(out, &record)
    }
}

const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Where the city stands in a row.
const CITY: usize = 7;
/// The columns of `--all-columns`.
const OTHER_COLUMNS: [&str; 12] = [
    "middle_name",
    "sex",
    "language",
    "time_zone",
    "region",
    "postal_code",
    "address",
    "company",
    "email_confirmed",
    "discount_card",
    "subscribed",
    "subscribed.email",
];

fn encoding(label: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| format!("`{label}` is no encoding; try windows-1252"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(flags: &str) -> Vec<u8> {
        let mut out = Vec::new();
        Generate::of(flags.split_whitespace().map(ToOwned::to_owned)).unwrap().write(&mut out).unwrap();
        out
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        assert_eq!(written("--rows 50 --seed 3 --duplicates 10"), written("--rows 50 --seed 3 --duplicates 10"));
        assert_ne!(written("--rows 50 --seed 3"), written("--rows 50 --seed 4"));
    }

    #[test]
    fn rows_are_as_many_as_were_asked_for_and_all_different() {
        let text = written("--rows 500 --newlines --stray-quotes");
        let mut reader = csv::Reader::from_reader(text.as_slice());
        let emails: std::collections::HashSet<String> =
            reader.records().map(|record| record.unwrap()[1].to_owned()).collect();
        assert_eq!(emails.len(), 500);
    }

    #[test]
    fn an_encoding_has_only_names_that_it_can_write() {
        for label in ["windows-1251", "windows-1252", "shift_jis", "gb18030", "utf-16le", "utf-16be"] {
            let bytes = written(&format!("--rows 300 --bom --encoding {label} --line-end cr --all-columns"));
            let (text, encoding, bad) = encoding(label).unwrap().decode(&bytes);
            assert!(!bad, "{label}");
            assert_eq!(text.matches('\r').count(), 301, "{label} as {}", encoding.name());
            assert!(!text.contains("&#"), "{label} has names that it cannot write");
        }
    }

    #[test]
    fn extra_columns_come_when_asked_for_and_change_no_other() {
        let plain = String::from_utf8(written("--rows 20")).unwrap();
        let more = String::from_utf8(written("--rows 20 --all-columns --segments 3 --actions 2")).unwrap();
        for (plain, more) in plain.lines().zip(more.lines()) {
            let added = more.strip_prefix(plain).unwrap();
            assert_eq!(added.split(',').count(), 1 + OTHER_COLUMNS.len() + 3, "{more}");
        }
        let quoted = String::from_utf8(written("--rows 20 --quote-all --clear 50 --blank-lines 2")).unwrap();
        assert!(quoted.contains("\"%CLEAR%\"") && quoted.ends_with("\"\n\n\n"));
    }

    #[test]
    fn flags_break_what_they_say() {
        assert!(written("--rows 3 --bad-bytes 2").windows(2).any(|pair| pair == b"\xff\xfe"));
        assert!(written("--rows 3 --nul 2").contains(&0));
        assert!(written("--rows 3 --large-cell 2").len() > 64 * 1024);
        let header = |flag: &str| String::from_utf8(written(flag)).unwrap().lines().next().unwrap().to_owned();
        assert!(header("--rows 1 --unknown-column").ends_with(",favourite colour"));
        assert!(header("--rows 1 --duplicate-column").ends_with(",city,City"));
        assert!(String::from_utf8(written("--rows 1 --empty-column")).unwrap().ends_with(",\n"));
        assert!(written("--rows 3 --unclosed-quote").ends_with(b"\"never closed"));
        assert!(!String::from_utf8(written("--rows 3 --no-identifier")).unwrap().contains('@'));
        assert!(String::from_utf8(written("--rows 200 --invalid 50")).unwrap().contains("1990-02-31"));
    }
}
