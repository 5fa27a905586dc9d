//! `muster-bench encodings`: how often the encoding of a small file is found, and whether wrong ones are noticed.

use std::collections::BTreeMap;
use std::fmt;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use domain::codes::NoticeCode;
use domain::imports::ImportRequest;
use domain::plan::{Checked, Dispatch, LaterRows, Planner, Wave};
use serde_json::{Value as Json, json};

use crate::customers::{encoded, languages};
use bench::read_options::{options, request};
use bench::rows::mixed;

/// Encodings that every language is met in.
const UNIVERSAL: [&str; 2] = ["utf-8", "utf-16le"];

/// Arguments of `muster-bench encodings`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  muster-bench encodings
  muster-bench encodings --files 100 --seed 7

Each file has 20 customers and is read twice with encoding auto: with the region of its language and without.
exact: every character is right. doubted: so many of them have the notice encoding_uncertain. noticed: a character is
wrong, and there is such a notice. wrong: a character is wrong, and nothing says so. The last line is JSON.")]
pub(crate) struct EncodingsBench {
    /// Files of each language in each of its encodings
    #[arg(long, default_value_t = 20, value_parser = RangedU64ValueParser::<u64>::new().range(1..=10_000))]
    files: u64,
    /// Seed of the files: the same seed makes the same files
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Show each file that is not read exactly, by its first line that is wrong
    #[arg(long)]
    show: bool,
}

/// What became of files.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    files: u64,
    exact: u64,
    doubted: u64,
    refused: u64,
    noticed: u64,
    wrong: u64,
}

/// What became of all files.
#[derive(Debug)]
pub(crate) struct Measured {
    by_encoding: BTreeMap<&'static str, Counts>,
    total: Counts,
    shown: Vec<String>,
}

impl EncodingsBench {
    /// Makes and checks the files.
    pub(crate) fn run(&self) -> Result<Measured, String> {
        let mut measured = Measured { by_encoding: BTreeMap::new(), total: Counts::default(), shown: Vec::new() };
        for (number, language) in (0..).zip(languages()?) {
            for label in UNIVERSAL.iter().chain(&language.encodings) {
                for file in 0..self.files {
                    let text = language.file(mixed(self.seed ^ mixed(file) ^ mixed(1_000_000 + number)));
                    let bytes = encoded(&text, label)?;
                    for region in [None, Some(language.region)] {
                        let counts = read(&text, &bytes, region, |found| {
                            if self.show {
                                measured.shown.push(format!("{label} {}: {found}", region.unwrap_or("--")));
                            }
                        })?;
                        measured.total.add(counts);
                        measured.by_encoding.entry(label).or_default().add(counts);
                    }
                }
            }
        }
        Ok(measured)
    }
}

/// Reads a file of this text.
fn read(text: &str, bytes: &[u8], region: Option<&str>, mut show: impl FnMut(String)) -> Result<Counts, String> {
    let request =
        ImportRequest { encoding: "auto".to_owned(), default_region: region.map(ToOwned::to_owned), ..request() };
    let mut planner = Planner::new(options(&request, bytes.len() as u64));
    planner.push(bytes);
    let mut counts = Counts { files: 1, ..Counts::default() };
    let Ok((checked, _)) =
        planner.finish(|_| String::new()).inspect_err(|failed| show(format!("{:?}", failed.problems)))
    else {
        counts.refused = 1;
        return Ok(counts);
    };
    let records = records(&checked, bytes)?;
    let is_noticed = checked
        .notices
        .iter()
        .any(|notice| matches!(notice.code, NoticeCode::EncodingUncertain | NoticeCode::Mojibake));
    let wrong = text.lines().skip(1).zip(&records).find(|(written, read)| written != read);
    match wrong {
        None => {
            counts.exact = 1;
            counts.doubted = u64::from(is_noticed);
        }
        Some((written, read)) => {
            counts.noticed = u64::from(is_noticed);
            counts.wrong = u64::from(!is_noticed);
            show(format!("{} noticed {is_noticed}: {read} for {written}", checked.encoding));
        }
    }
    Ok(counts)
}

/// The rows of a checked file.
fn records(checked: &Checked, bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut text = String::new();
    let mut dispatch = Dispatch::new(checked, 0, Wave::FIRST, LaterRows::default()).ok_or("the file has no part")?;
    let mut take = |batch: domain::plan::Batch| text.push_str(&batch.rows.text);
    dispatch.push(bytes, &mut take).map_err(|error| error.to_string())?;
    dispatch.finish(&mut take).map_err(|error| error.to_string())?;
    Ok(text.lines().map(ToOwned::to_owned).collect())
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.exact += other.exact;
        self.doubted += other.doubted;
        self.refused += other.refused;
        self.noticed += other.noticed;
        self.wrong += other.wrong;
    }
}

impl Measured {
    /// It as JSON.
    pub(crate) fn json(&self) -> Json {
        let Counts { files, exact, doubted, refused, noticed, wrong } = self.total;
        json!({ "files": files, "exact": exact, "doubted": doubted, "refused": refused, "noticed": noticed, "wrong": wrong })
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        writeln!(
            f,
            "{:<16}{:>7}{:>9}{:>9}{:>9}{:>9}{:>7}",
            "encoding", "files", "exact", "doubted", "refused", "noticed", "wrong"
        )?;
        let all = self.by_encoding.iter().map(|(name, counts)| (*name, counts)).chain([("all", &self.total)]);
        for (at, (name, counts)) in all.enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            let Counts { files, exact, doubted, refused, noticed, wrong } = counts;
            write!(f, "{name:<16}{files:>7}{exact:>9}{doubted:>9}{refused:>9}{noticed:>9}{wrong:>7}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_found_and_wrong_ones_are_noticed() {
        let measured = EncodingsBench { files: 1, seed: 7, show: true }.run().unwrap();
        let Counts { files, exact, wrong, doubted, .. } = measured.total;
        assert_eq!(wrong, 0, "{measured}");
        assert!(exact * 100 >= files * 98, "{measured}");
        assert!(doubted * 20 <= files, "{measured}");
    }
}
