//! What travels in a message: consecutive rows of a lane, as decoded CSV text.

use serde::{Deserialize, Serialize};

use crate::task::TaskId;

/// Rows that a batch has at most: few enough to be processed in seconds, many enough that a ledger entry costs nothing.
pub const MAX_ROWS: u32 = 200;
/// Bytes of text that a batch has at most, unless it is a single row: SQS bills by 64 KiB, and JSON escapes some.
pub const MAX_TEXT: usize = 56 * 1024;

/// Which of the two ways a row takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// In any order, beside other batches.
    Parallel,
    /// One batch after another, in file order, after the parallel ones.
    Ordered,
}

/// A run of rows: from the `at`th row of the batch on, numbers and lines rise by one.
pub type Run = (u32, u64, u64);

/// A batch as the planner cuts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its lane.
    pub lane: Lane,
    /// Its place in the lane, from 0.
    pub index: u32,
    /// Its rows.
    pub count: u32,
    /// Where they stand in the file.
    pub runs: Vec<Run>,
    /// Their records, each ended by a line feed.
    pub text: String,
}

/// A batch on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchMessage {
    /// The task.
    pub task: TaskId,
    /// The batch's number in the task.
    pub batch: u32,
    /// Its lane.
    pub lane: Lane,
    /// Its rows; 0 when its text is kept elsewhere.
    pub count: u32,
    /// Where they stand in the file.
    pub runs: Vec<Run>,
    /// Their records.
    pub text: String,
    /// The key of the object that has all this, for a batch that waits for its turn or is too large for a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<String>,
}

impl BatchMessage {
    /// The message of a batch.
    pub fn new(task: TaskId, number: u32, batch: Batch) -> Self {
        let Batch { lane, count, runs, text, .. } = batch;
        Self { task, batch: number, lane, count, runs, text, stored: None }
    }

    /// The message of a batch that is kept in an object.
    pub const fn stored(task: TaskId, number: u32, lane: Lane, key: String) -> Self {
        Self { task, batch: number, lane, count: 0, runs: Vec::new(), text: String::new(), stored: Some(key) }
    }

    /// The row and physical line of each record.
    pub fn places(&self) -> impl Iterator<Item = (u64, u64)> {
        let mut runs = self.runs.iter().peekable();
        let mut current = (0, 0, 0);
        (0..self.count).map(move |at| {
            if let Some(run) = runs.next_if(|run| run.0 == at) {
                current = *run;
            }
            let past = u64::from(at - current.0);
            (current.1 + past, current.2 + past)
        })
    }

    /// The message's body: JSON, with what SQS refuses in a body (characters that XML 1.0 has not) escaped.
    pub fn to_body(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        if json.contains(['\u{fffe}', '\u{ffff}']) {
            return json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
        }
        json
    }

    /// Reads a body.
    ///
    /// # Errors
    /// When it is no batch. Where it ceases to be one is told, and not what stands there: it may be of a customer.
    pub fn from_body(body: &str) -> Result<Self, NotABatch> {
        serde_json::from_str(body).map_err(|error| {
            let (kind, line, column) = (error.classify(), error.line(), error.column());
            NotABatch(format!("a {kind:?} error at line {line}, column {column}").to_lowercase())
        })
    }
}

/// A message that is no batch of this version of Muster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message is not a batch: {0}")]
pub struct NotABatch(pub String);

/// A batch being filled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Filling {
    lane: Lane,
    index: u32,
    count: u32,
    runs: Vec<Run>,
    text: String,
    bytes: usize,
    last: (u64, u64),
    keeps_text: bool,
    most: u32,
}

impl Filling {
    pub(crate) const fn new(lane: Lane, keeps_text: bool, most: u32) -> Self {
        Self {
            lane,
            index: 0,
            count: 0,
            runs: Vec::new(),
            text: String::new(),
            bytes: 0,
            last: (0, 0),
            keeps_text,
            most,
        }
    }

    /// Adds a row; gives the batch before it when that is full.
    pub(crate) fn add(&mut self, row: u64, line: u64, record: &str) -> Option<Batch> {
        let full = self.count == self.most || (self.count > 0 && self.bytes + record.len() + 1 > MAX_TEXT);
        let batch = if full { self.take() } else { None };
        if self.keeps_text {
            if self.count == 0 || (row, line) != (self.last.0 + 1, self.last.1 + 1) {
                self.runs.push((self.count, row, line));
            }
            self.text.push_str(record);
            self.text.push('\n');
        }
        self.last = (row, line);
        self.bytes += record.len() + 1;
        self.count += 1;
        batch
    }

    /// The batch as it is, if it has rows.
    pub(crate) fn take(&mut self) -> Option<Batch> {
        if self.count == 0 {
            return None;
        }
        let batch = Batch {
            lane: self.lane,
            index: self.index,
            count: std::mem::take(&mut self.count),
            runs: std::mem::take(&mut self.runs),
            text: std::mem::take(&mut self.text),
        };
        self.index += 1;
        self.bytes = 0;
        Some(batch)
    }

    /// Keeps the text of rows from here on.
    pub(crate) fn keep_text(&mut self) {
        self.keeps_text = true;
    }

    /// Batches given so far.
    pub(crate) const fn batches(&self) -> u32 {
        self.index
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_keep_their_places_across_gaps() {
        let mut filling = Filling::new(Lane::Parallel, true, MAX_ROWS);
        let places = [(1, 2), (2, 3), (4, 5), (5, 9), (6, 10)];
        for (row, line) in places {
            assert_eq!(filling.add(row, line, "a"), None);
        }
        let batch = filling.take().unwrap();
        assert_eq!(batch.runs, [(0, 1, 2), (2, 4, 5), (3, 5, 9)]);
        let message = BatchMessage::new(TaskId::from_bytes([1; 16]), 7, batch);
        assert_eq!(message.places().collect::<Vec<_>>(), places);
    }

    #[test]
    fn a_batch_ends_at_its_limits_and_a_huge_row_is_one_of_its_own() {
        let mut filling = Filling::new(Lane::Ordered, true, MAX_ROWS);
        assert_eq!(filling.add(1, 1, "x"), None);
        assert_eq!(filling.add(2, 2, &"y".repeat(MAX_TEXT)).unwrap().count, 1);
        assert_eq!(filling.add(3, 3, "z").unwrap().text.len(), MAX_TEXT + 1);
        for row in 4..u64::from(MAX_ROWS) + 3 {
            assert_eq!(filling.add(row, row, "z"), None);
        }
        assert_eq!(filling.add(999, 999, "z").unwrap().count, MAX_ROWS);
    }

    proptest! {
        #[test]
        fn any_text_travels_in_characters_that_a_queue_takes(text in "(?s).{0,200}") {
            let text = format!("{text}\u{fffe}\u{1}");
            let batch = Batch { lane: Lane::Parallel, index: 0, count: 1, runs: vec![(0, 1, 2)], text };
            let message = BatchMessage::new(TaskId::from_bytes([1; 16]), 0, batch);
            let body = message.to_body();
            let allowed = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
            prop_assert!(body.chars().all(allowed));
            prop_assert_eq!(BatchMessage::from_body(&body).unwrap(), message);
        }
    }
}
