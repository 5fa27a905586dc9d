//! What the check found about a sound file, and the parts in which it is dispatched.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3Default;

use super::numbering::BatchNumbers;
use super::wave::Wave;
use crate::columns::Layout;
use crate::file::{Dialect, FirstRow};
use crate::problems::Notice;
use crate::row::{DateFormat, DecimalMark, Unreadable};

/// Bytes of a part of a file. Parts are dispatched by splitters side by side, and each is read in about a second.
pub const FILE_PART_BYTES: u64 = 64 * 1024 * 1024;

/// What the check found about a sound file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Its rows.
    pub rows: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its encoding's name.
    pub encoding: String,
    /// How it writes its records.
    pub dialect: Dialect,
    /// Records before the first row: the header, and what may be above it.
    pub head_records: u32,
    /// The physical line of the header, if the settings say so: what is above it is no record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_line: Option<u64>,
    /// Records that are the header again, and no rows.
    #[serde(default)]
    pub repeated_headers: u64,
    /// Which cell is which column.
    pub layout: Layout,
    /// For each cell, in how many rows it has a value.
    pub filled: Vec<u64>,
    /// The date format that was found.
    pub date_format: Option<DateFormat>,
    /// The decimal marks that were found, by the place of the column; empty if none was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decimal_marks: Vec<Option<DecimalMark>>,
    /// The typed columns with values that cannot be read, up to a limit.
    #[serde(default)]
    pub unreadable: Vec<Unreadable>,
    /// Most rows of a batch.
    pub batch_rows: u32,
    /// How its batches are numbered.
    pub numbers: BatchNumbers,
    /// Its SHA-256 in base64.
    pub sha256: String,
    /// Rows outside wave 0: those that share an identifier with an earlier row, and a few too many.
    pub repeated: u64,
    /// The parts that it is dispatched in, at least one.
    pub parts: Vec<FilePart>,
    /// What is strange about the file, though it is sound, up to a limit.
    pub notices: Vec<Notice>,
    /// How many notices there are in all.
    #[serde(default)]
    pub notices_total: u64,
    /// Its first rows.
    pub first_rows: Vec<FirstRow>,
}

/// What the result of a check quotes of the file's cells. It is of customers, so it is stored apart and expires.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuotedCells {
    /// The first rows.
    pub first_rows: Vec<FirstRow>,
    /// An example for each entry of [`Checked::unreadable`].
    pub examples: Vec<String>,
}

/// A part of a file: it begins between two records, and ends where the next one begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePart {
    /// Bytes of the object before it.
    pub offset: u64,
    /// Rows of the file before it.
    pub row: u64,
    /// The physical line that it begins on, from 1.
    pub line: u64,
    /// Batches of each wave before it.
    pub batches: BatchNumbers,
    /// The key of the object that lists its rows outside wave 0, if it has such rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later_rows: Option<String>,
}

impl Checked {
    /// The decimal mark of all columns that show one, if they agree.
    pub fn decimal_mark(&self) -> Option<DecimalMark> {
        let mut marks = self.decimal_marks.iter().flatten();
        let first = *marks.next()?;
        marks.all(|mark| *mark == first).then_some(first)
    }

    /// Takes out what it quotes of cells.
    pub fn take_quoted_cells(&mut self) -> QuotedCells {
        let examples = self.unreadable.iter_mut().map(|column| std::mem::take(&mut column.first.example));
        QuotedCells { examples: examples.collect(), first_rows: std::mem::take(&mut self.first_rows) }
    }

    /// Names this plan: which row is in which batch. A batch of another plan must not be mistaken for one of this.
    pub fn plan_id(&self) -> u32 {
        let mut hash = Xxh3Default::new();
        let plan = (self.rows, self.batch_rows, Vec::from(self.numbers), &self.parts);
        // These are numbers and texts, so they always have a JSON form.
        hash.update(&serde_json::to_vec(&plan).unwrap_or_default());
        hash.digest() as u32
    }

    /// The number of the part that has a row.
    pub fn part_of(&self, row: u64) -> u32 {
        let after = self.parts.partition_point(|part| part.row < row);
        u32::try_from(after.saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// Where a part ends in the object, unless it is the last one.
    pub fn end_of_part(&self, part: u32) -> Option<u64> {
        self.parts.get(part as usize + 1).map(|next| next.offset)
    }

    /// The parts that have batches of a wave, by number.
    pub fn parts_of(&self, wave: Wave) -> impl Iterator<Item = u32> {
        let ends = self.parts.iter().skip(1).map(move |next| next.batches.of(wave));
        let ends = ends.chain(std::iter::once(self.numbers.of(wave)));
        let begins = self.parts.iter().map(move |part| part.batches.of(wave));
        (0..).zip(begins.zip(ends)).filter(|(_, (begin, end))| begin < end).map(|(part, _)| part)
    }
}
