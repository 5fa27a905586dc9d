//! A task: one import, its state, and the counters that say what became of its rows.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::outcome::{FileProblem, Outcome, RowCode};

/// The id of a task: a ULID, so ids sort by launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TaskId(Ulid);

/// A text that is no task id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an import: ids have 26 letters and digits, like 01KB7Z4Q0VX3H9M2T5R8N6C1DE")]
pub struct InvalidTaskId;

impl TaskId {
    /// The id of a task launched at this moment, told apart from its neighbours by 80 random bits.
    pub fn new(launched: Timestamp, random: u128) -> Self {
        Self(Ulid::from_parts(u64::try_from(launched.as_millisecond()).unwrap_or(0), random))
    }

    /// When the task was launched, to the millisecond.
    pub fn launched(self) -> Timestamp {
        let millis = i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }

    /// The id's 16 bytes, in the order of its text.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_bytes()
    }

    /// The id with these 16 bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Ulid::from_bytes(bytes))
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TaskId {
    type Err = InvalidTaskId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ulid::from_string(text).map(Self).map_err(|_| InvalidTaskId)
    }
}

impl From<TaskId> for String {
    fn from(id: TaskId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for TaskId {
    type Error = InvalidTaskId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Recorded; the file is not there yet.
    AwaitingUpload,
    /// The whole file is being checked; no row is written.
    Checking,
    /// Rows are being applied.
    Importing,
    /// Every row is counted; the report is being made.
    Finishing,
    /// Every row is counted and the report is there.
    Completed,
    /// Ended for a reason that the task names.
    Failed,
    /// Ended because somebody asked for it; rows applied until then stay.
    Cancelled,
}

impl State {
    /// Every state, in the order that a task goes through them.
    pub const ALL: [State; 7] = [
        State::AwaitingUpload,
        State::Checking,
        State::Importing,
        State::Finishing,
        State::Completed,
        State::Failed,
        State::Cancelled,
    ];

    /// The state's word in the API and the tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::AwaitingUpload => "awaiting_upload",
            State::Checking => "checking",
            State::Importing => "importing",
            State::Finishing => "finishing",
            State::Completed => "completed",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
        }
    }

    /// The state with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the task has ended, one way or another.
    pub const fn is_ended(self) -> bool {
        matches!(self, State::Completed | State::Failed | State::Cancelled)
    }

    /// The states from which this one may be entered; each arrow is one conditional update.
    pub const fn entered_from(self) -> &'static [State] {
        match self {
            State::AwaitingUpload => &[],
            State::Checking => &[State::AwaitingUpload],
            State::Importing => &[State::Checking],
            State::Finishing => &[State::Importing],
            State::Completed => &[State::Finishing],
            State::Failed | State::Cancelled => &[State::AwaitingUpload, State::Checking, State::Importing],
        }
    }
}

/// How many rows came to what, and how often each code was given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Rows that created a customer.
    pub created: u64,
    /// Rows that changed a known customer.
    pub updated: u64,
    /// Rows whose customer already was as they say.
    pub unchanged: u64,
    /// Rows that could not be applied.
    pub rejected: u64,
    /// Rows that were never applied.
    pub unprocessed: u64,
    /// Warnings given: parts of rows that were left out.
    pub warnings: u64,
    /// Errors and warnings by code.
    pub codes: BTreeMap<RowCode, u64>,
}

impl Counters {
    /// Rows that have an outcome.
    pub fn rows(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.rejected + self.unprocessed
    }

    /// As clients see them, beside the rows of the file.
    pub fn shown(&self, rows: u64) -> serde_json::Value {
        serde_json::json!({
            "rows": rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "unprocessed": self.unprocessed,
            "warnings": self.warnings,
        })
    }

    /// Counts one row.
    pub fn add_row(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Created => &mut self.created,
            Outcome::Updated => &mut self.updated,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Rejected => &mut self.rejected,
            Outcome::Unprocessed => &mut self.unprocessed,
        } += 1;
    }

    /// Adds what another part of the task counted.
    pub fn add(&mut self, other: &Counters) {
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.rejected += other.rejected;
        self.unprocessed += other.unprocessed;
        self.warnings += other.warnings;
        for (code, count) in &other.codes {
            *self.codes.entry(*code).or_default() += count;
        }
    }
}

/// Why a task failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The code of the first problem.
    pub code: String,
    /// What happened and what to do, in a sentence.
    pub message: String,
    /// The problems found, up to 100, in file order.
    pub problems: Vec<FileProblem>,
    /// How many there are in all.
    pub problems_total: u64,
}

impl Failure {
    /// The failure that these problems of a file amount to; `total` counts those past the list's end too.
    pub fn of_file(problems: Vec<FileProblem>, total: u64) -> Self {
        let (code, message) = problems.first().map_or(
            (crate::outcome::FileCode::Stopped.as_str().to_owned(), "The import was stopped.".to_owned()),
            |first| (first.code.as_str().to_owned(), first.message.clone()),
        );
        Self { code, message, problems, problems_total: total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_launch_and_survive_their_text() {
        let early = TaskId::new(Timestamp::from_second(1_700_000_000).unwrap(), u128::MAX);
        let late = TaskId::new(Timestamp::from_second(1_700_000_001).unwrap(), 0);
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(late.to_string().parse(), Ok(late));
        assert_eq!(late.launched(), Timestamp::from_second(1_700_000_001).unwrap());
        assert_eq!("what".parse::<TaskId>(), Err(InvalidTaskId));
    }

    #[test]
    fn an_ended_task_is_never_left() {
        for state in State::ALL {
            assert!(state.entered_from().iter().all(|from| !from.is_ended()), "{state:?}");
            assert_eq!(State::from_word(state.as_str()), Some(state));
        }
    }
}
