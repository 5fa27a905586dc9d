//! Rows that travel together: consecutive rows of a wave, as decoded CSV text.

use serde::{Deserialize, Serialize};

use super::wave::Wave;

/// Most rows of a batch: few enough to be processed in seconds, many enough that counting a batch costs a row nothing.
pub const MAX_ROWS: u32 = 200;
/// Most bytes of a batch's text, unless it is a single row: SQS bills by 64 KiB, and JSON escapes some characters.
pub const MAX_TEXT: usize = 56 * 1024;

/// Neighbouring rows: from the `at`th row of the batch on, rows and lines rise by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The place in the batch of the first of them, from 0.
    pub at: u32,
    /// Its row in the file.
    pub row: u64,
    /// Its physical line.
    pub line: u64,
}

/// The records of a batch, and where they stand in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchText {
    /// How many rows there are.
    pub count: u32,
    /// Where they stand in the file.
    pub runs: Vec<Run>,
    /// Their records, each ended by a line feed.
    pub text: String,
}

impl BatchText {
    /// The row and physical line of each record.
    pub fn places(&self) -> impl Iterator<Item = (u64, u64)> {
        let mut runs = self.runs.iter().peekable();
        let mut current = Run { at: 0, row: 0, line: 0 };
        (0..self.count).map(move |at| {
            if let Some(run) = runs.next_if(|run| run.at == at) {
                current = *run;
            }
            let past = u64::from(at - current.at);
            (current.row + past, current.line + past)
        })
    }
}

/// A batch as the dispatch pass cuts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its wave.
    pub wave: Wave,
    /// Its place in the wave, from 0.
    pub index: u32,
    /// Its rows.
    pub rows: BatchText,
}

/// Where batches end: a pure function of the lengths of a wave's records in one part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BatchSize {
    rows: u32,
    bytes: usize,
    max_rows: u32,
}

impl BatchSize {
    /// An empty batch that takes so many rows at most.
    pub(super) const fn empty(max_rows: u32) -> Self {
        Self { rows: 0, bytes: 0, max_rows }
    }

    /// Adds a record of this length; true if it begins the next batch, because the one so far is full.
    pub(super) const fn add(&mut self, record: usize) -> bool {
        let is_full = self.rows == self.max_rows || (self.rows > 0 && self.bytes + record + 1 > MAX_TEXT);
        if is_full {
            *self = Self::empty(self.max_rows);
        }
        self.rows += 1;
        self.bytes += record + 1;
        is_full
    }

    /// Whether it has no row yet.
    pub(super) const fn is_empty(self) -> bool {
        self.rows == 0
    }
}

/// The batches of one wave in one part of the file, as they are filled.
#[derive(Debug, Clone)]
pub(super) struct BatchBuilder {
    wave: Wave,
    index: u32,
    rows: BatchText,
    size: BatchSize,
    last: (u64, u64),
}

impl BatchBuilder {
    /// The first batch that it gives has this place in its wave.
    pub(super) fn new(wave: Wave, index: u32, max_rows: u32) -> Self {
        Self { wave, index, rows: BatchText::default(), size: BatchSize::empty(max_rows), last: (0, 0) }
    }

    /// Adds a row; gives the batch before it when that is full.
    pub(super) fn add(&mut self, row: u64, line: u64, record: &str) -> Option<Batch> {
        let batch = if self.size.add(record.len()) { self.take() } else { None };
        let at = self.rows.count;
        if at == 0 || (row, line) != (self.last.0 + 1, self.last.1 + 1) {
            self.rows.runs.push(Run { at, row, line });
        }
        self.rows.text.push_str(record);
        self.rows.text.push('\n');
        self.last = (row, line);
        self.rows.count += 1;
        batch
    }

    /// The batch as it is, if it has rows.
    pub(super) fn take(&mut self) -> Option<Batch> {
        if self.rows.count == 0 {
            return None;
        }
        let batch = Batch { wave: self.wave, index: self.index, rows: std::mem::take(&mut self.rows) };
        self.index += 1;
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_places_across_gaps() {
        let mut builder = BatchBuilder::new(Wave::FIRST, 0, MAX_ROWS);
        let places = [(1, 2), (2, 3), (4, 5), (5, 9), (6, 10)];
        for (row, line) in places {
            assert_eq!(builder.add(row, line, "a"), None);
        }
        let rows = builder.take().unwrap().rows;
        let runs = [(0, 1, 2), (2, 4, 5), (3, 5, 9)].map(|(at, row, line)| Run { at, row, line });
        assert_eq!(rows.runs, runs);
        assert_eq!(rows.places().collect::<Vec<_>>(), places);
    }

    #[test]
    fn a_batch_ends_at_its_limits_and_a_huge_row_is_one_of_its_own() {
        let mut builder = BatchBuilder::new(Wave::TAIL, 0, MAX_ROWS);
        assert_eq!(builder.add(1, 1, "x"), None);
        assert_eq!(builder.add(2, 2, &"y".repeat(MAX_TEXT)).unwrap().rows.count, 1);
        assert_eq!(builder.add(3, 3, "z").unwrap().rows.text.len(), MAX_TEXT + 1);
        for row in 4..u64::from(MAX_ROWS) + 3 {
            assert_eq!(builder.add(row, row, "z"), None);
        }
        assert_eq!(builder.add(999, 999, "z").unwrap().rows.count, MAX_ROWS);
    }
}
