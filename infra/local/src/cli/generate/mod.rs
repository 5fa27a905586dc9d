//! `muster generate`: made-up customers in any number, the same bytes for the same seed on every machine.

mod names;
mod people;
mod random;

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use people::{People, Person, international, national};
use random::{Purpose, Random, Share};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  muster generate --rows 100000 --seed 1 --duplicates 5 --invalid 2 -o large.csv")]
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
    /// A byte order mark in front
    #[arg(long)]
    bom: bool,
    /// The delimiter
    #[arg(long, default_value = ",")]
    delimiter: char,
    /// Lines end with CR LF
    #[arg(long)]
    crlf: bool,
    /// Open a quote on the last line and never close it
    #[arg(long)]
    unclosed_quote: bool,
    /// Put bytes that are no UTF-8 into this row
    #[arg(long, value_name = "ROW")]
    bad_bytes: Option<u64>,
    /// Give this row a cell too many
    #[arg(long, value_name = "ROW")]
    wrong_cell_count: Option<u64>,
    /// Leave out the columns that say whom a row is about
    #[arg(long)]
    no_identifier: bool,
}

impl Generate {
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

    fn write(&self, mut out: impl Write) -> std::io::Result<()> {
        if self.bom {
            out.write_all("\u{feff}".as_bytes())?;
        }
        let header = ["external_id", "email", "phone", "first_name", "last_name", "birth_date", "country", "city"];
        self.record(&mut out, &header.map(str::to_owned))?;
        let people = People::new(self.seed, |_| true);
        for row in 1..=self.rows {
            let mut cells = self.cells(&people, row);
            if self.wrong_cell_count == Some(row) {
                cells.push("one too many".to_owned());
            }
            if self.bad_bytes == Some(row) {
                out.write_all(b"\xff\xfe")?;
            }
            self.record(&mut out, &cells)?;
        }
        if self.unclosed_quote {
            out.write_all(b"\"never closed")?;
        }
        out.flush()
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
        let mut attribute = |text: String| if blank.happens(self.empty) { String::new() } else { text };
        let attributes = [first_name, last_name.to_owned(), birth_date, country.to_owned(), city].map(&mut attribute);
        [external_id, email, written].into_iter().chain(attributes).collect()
    }

    fn record(&self, out: &mut impl Write, cells: &[String]) -> std::io::Result<()> {
        let cells = if self.no_identifier { &cells[3..] } else { cells };
        for (position, cell) in cells.iter().enumerate() {
            if position > 0 {
                write!(out, "{}", self.delimiter)?;
            }
            let needs_quotes = cell.starts_with('"') || cell.contains([self.delimiter, '\n', '\r']);
            if needs_quotes {
                write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
            } else {
                write!(out, "{cell}")?;
            }
        }
        out.write_all(if self.crlf { b"\r\n" } else { b"\n" })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        generate: Generate,
    }

    fn written(flags: &str) -> Vec<u8> {
        let line = Line::parse_from(std::iter::once("generate").chain(flags.split_whitespace()));
        let mut out = Vec::new();
        line.generate.write(&mut out).unwrap();
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
    fn flags_break_what_they_say() {
        assert!(written("--rows 3 --bad-bytes 2").windows(2).any(|pair| pair == b"\xff\xfe"));
        assert!(written("--rows 3 --unclosed-quote").ends_with(b"\"never closed"));
        assert!(!String::from_utf8(written("--rows 3 --no-identifier")).unwrap().contains('@'));
        assert!(String::from_utf8(written("--rows 200 --invalid 50")).unwrap().contains("1990-02-31"));
    }
}
