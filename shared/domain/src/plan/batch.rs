//! Rows that travel together: consecutive rows of a lane, as decoded CSV text.

use serde::{Deserialize, Serialize};

/// Most rows of a batch: few enough to be processed in seconds, many enough that counting a batch costs a row nothing.
pub const MAX_ROWS: u32 = 200;
/// Most bytes of a batch's text, unless it is a single row: SQS bills by 64 KiB, and JSON escapes some characters.
pub const MAX_TEXT: usize = 56 * 1024;

/// Which of the two ways a row takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// In any order, side by side with other batches.
    Parallel,
    /// One batch after another, in file order, after the parallel ones.
    Ordered,
}

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

/// A batch as the planner cuts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its lane.
    pub lane: Lane,
    /// Its place in the lane, from 0.
    pub index: u32,
    /// Its rows.
    pub rows: BatchText,
}

/// A batch that is being filled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct BatchBuilder {
    lane: Lane,
    index: u32,
    rows: BatchText,
    bytes: usize,
    last: (u64, u64),
    keeps_text: bool,
    max_rows: u32,
}

impl BatchBuilder {
    pub(super) fn new(lane: Lane, keeps_text: bool, max_rows: u32) -> Self {
        Self { lane, index: 0, rows: BatchText::default(), bytes: 0, last: (0, 0), keeps_text, max_rows }
    }

    /// Adds a row; gives the batch before it when that is full.
    pub(super) fn add(&mut self, row: u64, line: u64, record: &str) -> Option<Batch> {
        let count = self.rows.count;
        let is_full = count == self.max_rows || (count > 0 && self.bytes + record.len() + 1 > MAX_TEXT);
        let batch = if is_full { self.take() } else { None };
        if self.keeps_text {
            let at = self.rows.count;
            if at == 0 || (row, line) != (self.last.0 + 1, self.last.1 + 1) {
                self.rows.runs.push(Run { at, row, line });
            }
            self.rows.text.push_str(record);
            self.rows.text.push('\n');
        }
        self.last = (row, line);
        self.bytes += record.len() + 1;
        self.rows.count += 1;
        batch
    }

    /// The batch as it is, if it has rows.
    pub(super) fn take(&mut self) -> Option<Batch> {
        if self.rows.count == 0 {
            return None;
        }
        let batch = Batch { lane: self.lane, index: self.index, rows: std::mem::take(&mut self.rows) };
        self.index += 1;
        self.bytes = 0;
        Some(batch)
    }

    /// Keeps the text of rows from here on.
    pub(super) const fn keep_text(&mut self) {
        self.keeps_text = true;
    }

    /// Batches given so far.
    pub(super) const fn batches(&self) -> u32 {
        self.index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_places_across_gaps() {
        let mut builder = BatchBuilder::new(Lane::Parallel, true, MAX_ROWS);
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
        let mut builder = BatchBuilder::new(Lane::Ordered, true, MAX_ROWS);
        assert_eq!(builder.add(1, 1, "x"), None);
        assert_eq!(builder.add(2, 2, &"y".repeat(MAX_TEXT)).unwrap().rows.count, 1);
        assert_eq!(builder.add(3, 3, "z").unwrap().rows.text.len(), MAX_TEXT + 1);
        for row in 4..u64::from(MAX_ROWS) + 3 {
            assert_eq!(builder.add(row, row, "z"), None);
        }
        assert_eq!(builder.add(999, 999, "z").unwrap().rows.count, MAX_ROWS);
    }
}
