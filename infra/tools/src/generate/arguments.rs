//! The flags of `muster generate`.

use std::path::PathBuf;

use clap::{Args, FromArgMatches as _};
use encoding_rs::Encoding;

use super::random::Share;

/// Arguments of `muster generate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  muster generate --rows 100000 --seed 1 --duplicates 5 --invalid 2 -o large.csv
  muster generate --rows 2000 --encoding windows-1252 --delimiter \";\" --line-end crlf --all-columns -o excel.csv")]
pub struct Generate {
    /// Number of rows
    #[arg(long)]
    pub(super) rows: u64,
    /// Seed of the rows: the same seed makes the same rows
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Where to write the file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Percent of rows that repeat the person of an earlier row, spelled differently
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    pub(super) duplicates: Share,
    /// Percent of rows with an impossible identifier or date
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    pub(super) invalid: Share,
    /// Percent of rows with the phone number of an earlier row's person
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    pub(super) conflicts: Share,
    /// Percent of attributes left empty
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    pub(super) empty: Share,
    /// Put line breaks inside cells
    #[arg(long)]
    pub(super) newlines: bool,
    /// Put quotes inside cells without quoting the cell, such as O"Neil
    #[arg(long)]
    pub(super) stray_quotes: bool,
    /// Begin with a byte order mark, if the encoding has one
    #[arg(long)]
    pub(super) bom: bool,
    /// The delimiter
    #[arg(long, default_value = ",")]
    pub(super) delimiter: char,
    /// How lines end
    #[arg(long, default_value = "lf", value_parser = ["lf", "crlf", "cr"])]
    pub(super) line_end: String,
    /// The encoding; people get only names that can be written in it
    #[arg(long, default_value = "utf-8", value_name = "LABEL", value_parser = encoding)]
    pub(super) encoding: &'static Encoding,
    /// Put quotes around every cell
    #[arg(long)]
    pub(super) quote_all: bool,
    /// Percent of attributes that %CLEAR% erases
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    pub(super) clear: Share,
    /// Add a column that puts the customers into this many segments
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(super) segments: u64,
    /// Add a column that notes this many actions, and one that says when they happened
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(super) actions: u64,
    /// Add the other attributes of customers
    #[arg(long)]
    pub(super) all_columns: bool,
    /// Write dates as 31.12.1990
    #[arg(long)]
    pub(super) day_first: bool,
    /// Add blank lines at the end
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(super) blank_lines: u64,
    /// Open a quote on the last line and never close it
    #[arg(long)]
    pub(super) unclosed_quote: bool,
    /// Put bytes that are not UTF-8 into this row
    #[arg(long, value_name = "ROW")]
    pub(super) bad_bytes: Option<u64>,
    /// Give this row one cell too many
    #[arg(long, value_name = "ROW")]
    pub(super) wrong_cell_count: Option<u64>,
    /// Put a NUL character into this row
    #[arg(long, value_name = "ROW")]
    pub(super) nul: Option<u64>,
    /// Put a cell over the limit of 64 KiB into this row
    #[arg(long, value_name = "ROW")]
    pub(super) large_cell: Option<u64>,
    /// Add a column that Muster does not know
    #[arg(long)]
    pub(super) unknown_column: bool,
    /// Have the column city twice
    #[arg(long)]
    pub(super) duplicate_column: bool,
    /// Add a column without a value
    #[arg(long)]
    pub(super) empty_column: bool,
    /// Leave out the columns that identify customers
    #[arg(long)]
    pub(super) no_identifier: bool,
}

impl Generate {
    /// The arguments that these flags give, such as `--rows=100`.
    pub(crate) fn from_flags(flags: impl IntoIterator<Item = String>) -> anyhow::Result<Self> {
        let command = Self::augment_args(clap::Command::new("generate").no_binary_name(true));
        Ok(Self::from_arg_matches(&command.try_get_matches_from(flags)?)?)
    }
}

fn encoding(label: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| format!("`{label}` is not an encoding; try windows-1252"))
}
