//! Bytes to checked records to batches.

mod cells;
mod check;
mod checksum;
mod damage;
mod dialect;
mod encoding;
mod filter;
mod planner;
mod records;

pub use checksum::Checksum;
pub use filter::mistaken_rows;
pub use planner::{BadSnapshot, Pass, Planner, Restoring};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::batch::MAX_ROWS;
use crate::catalogue::{Bound, Fields};
use crate::columns::{Layout, Mapping};
use crate::ledger::Ledger;
use crate::outcome::{FileProblem, Notice};
use crate::row::{DateFormat, Rules};
use crate::settings::{ImportRequest, OnEmptyColumn};

/// Problems that an answer lists; more are only counted.
pub const MAX_PROBLEMS: usize = 100;
/// Bytes of a cell's text at most.
pub const MAX_CELL: usize = 64 * 1024;
/// Bytes of a record's text at most.
pub const MAX_ROW: usize = 1024 * 1024;
/// Columns at most.
pub const MAX_COLUMNS: usize = 1_000;

/// How a file is to be read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Options {
    /// A WHATWG encoding label, or `auto`; a byte order mark wins over it.
    pub encoding: String,
    /// The SHA-256 that the client declared, in base64.
    pub sha256: Option<String>,
    /// The delimiter; none: found.
    pub delimiter: Option<u8>,
    /// The quote character; none: the double quote.
    pub quote: Option<u8>,
    /// Foreign headers.
    pub mapping: Mapping,
    /// The custom fields there are.
    pub fields: Fields,
    /// Whether columns without a value are left out instead of failing the file.
    pub ignore_empty_columns: bool,
    /// How cells are read.
    pub rules: Rules,
    /// The object's length in bytes, by which the filter is sized.
    pub bytes: u64,
    /// Rows of a batch at most: as many in both passes.
    pub batch_rows: u32,
}

impl Options {
    /// What an import's settings say of its file.
    pub fn new(request: &ImportRequest, bound: &Bound, launched: Timestamp, bytes: u64) -> Self {
        Self {
            encoding: request.encoding.clone(),
            sha256: request.file.sha256.clone(),
            delimiter: request.delimiter_byte(),
            quote: request.quote_byte(),
            mapping: request.columns.clone(),
            fields: bound.fields.clone(),
            ignore_empty_columns: request.on_empty_column == OnEmptyColumn::Ignore,
            rules: Rules::new(request, launched),
            bytes,
            batch_rows: MAX_ROWS,
        }
    }
}

/// What the check pass found of a sound file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Its rows.
    pub rows: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its encoding's name.
    pub encoding: String,
    /// Its delimiter.
    pub delimiter: u8,
    /// Its quote character.
    pub quote: u8,
    /// Which cell is which column.
    pub layout: Layout,
    /// For each cell, in how many rows it has a value.
    pub filled: Vec<u64>,
    /// The date format that was found.
    pub date_format: Option<DateFormat>,
    /// Its batches.
    pub ledger: Ledger,
    /// Its SHA-256 in base64.
    pub sha256: String,
    /// Rows that share an identifier with an earlier row, as far as the filter tells: a few more at most.
    pub repeated: u64,
    /// Where it was cut, so that its parts can be dispatched beside each other.
    pub cuts: Vec<Cut>,
    /// What is strange about it.
    pub notices: Vec<Notice>,
    /// Its first rows.
    pub first_rows: Vec<FirstRow>,
}

impl Checked {
    /// Parts that the file is dispatched in; 0 when it is not cut.
    pub fn parts(&self) -> u32 {
        if self.cuts.is_empty() { 0 } else { u32::try_from(self.cuts.len()).unwrap_or(u32::MAX - 1) + 1 }
    }
}

/// A place between two batches, from which a walk can begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Bytes of the object before it.
    pub offset: u64,
    /// The name of the snapshot to begin with.
    pub snapshot: String,
}

/// One of the first rows of a file, as it stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstRow {
    /// Its number.
    pub row: u64,
    /// Its physical line.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

/// What the check pass found of a file that is not sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCheck {
    /// The problems in file order, up to [`MAX_PROBLEMS`].
    pub problems: Vec<FileProblem>,
    /// How many there are in all.
    pub total: u64,
}

/// How the rows of a checked file are read.
pub fn row_rules(request: &ImportRequest, launched: Timestamp, checked: &Checked) -> Rules {
    let rules = Rules::new(request, launched);
    Rules { date_format: rules.date_format.or(checked.date_format), ..rules }
}
