//! What the check found about a sound file, and the parts in which it is dispatched.

use serde::{Deserialize, Serialize};

use super::numbering::BatchNumbers;
use crate::columns::Layout;
use crate::file::FirstRow;
use crate::problems::Notice;
use crate::row::DateFormat;

/// What the check found about a sound file.
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
    /// How its batches are numbered.
    #[serde(rename = "ledger")]
    pub numbers: BatchNumbers,
    /// Its SHA-256 in base64.
    pub sha256: String,
    /// Rows that share an identifier with an earlier row. The filter may count a few too many.
    pub repeated: u64,
    /// The parts after the first one, if it is dispatched in parts.
    #[serde(rename = "cuts")]
    pub later_parts: Vec<FilePart>,
    /// What is strange about the file, though it is sound, up to a limit.
    pub notices: Vec<Notice>,
    /// How many notices there are in all.
    #[serde(default)]
    pub notices_total: u64,
    /// Its first rows.
    pub first_rows: Vec<FirstRow>,
}

impl Checked {
    /// Parts that the file is dispatched in; 0 when one splitter dispatches it as a whole.
    pub fn file_parts(&self) -> u32 {
        match self.later_parts.len() {
            0 => 0,
            later => u32::try_from(later).unwrap_or(u32::MAX - 1) + 1,
        }
    }
}

/// A part of a file: it begins between two batches, and ends where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePart {
    /// Bytes of the object before it.
    pub offset: u64,
    /// The key of the snapshot that a walk over it begins with.
    pub snapshot: String,
}
