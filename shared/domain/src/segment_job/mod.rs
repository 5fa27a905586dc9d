//! Counting and exporting the members of a segment. Both are jobs with a state, because a segment has any number of members
//! and no function lives longer than fifteen minutes: a job goes on from step to step, and each step is saved.

mod csv;

pub use csv::{columns_of, header, line};

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::customer::{Customer, CustomerId, SegmentId};
use crate::keys::ObjectKey;

/// A job that is not saved for so long is given up.
const STALLED: Duration = Duration::from_secs(60 * 60);
/// A job that is not saved for so long may have lost its message: longer than a function lives.
const QUIET: Duration = Duration::from_secs(16 * 60);
/// The same of a job whose first step is not saved yet. That takes a minute.
const NOT_BEGUN: Duration = Duration::from_secs(2 * 60);

/// What is done with the members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// They are counted.
    Count,
    /// They are counted, and written as a CSV that can be imported.
    Export,
}

impl JobKind {
    /// The kind in paths and keys.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Export => "export",
        }
    }
}

/// Which job. A segment has one of each kind at a time; one that is begun later takes the place of the one before.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JobId {
    /// The segment.
    pub segment: SegmentId,
    /// What is done with its members.
    pub kind: JobKind,
    /// When it was begun, in milliseconds since 1970.
    pub begun: i64,
}

/// A job as far as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentJob {
    /// Which.
    pub id: JobId,
    /// The segment as a cell of the column `segment` names it: `GROUP/NAME`.
    pub segment: String,
    /// The name of whoever began it, if they have one.
    pub begun_by: Option<String>,
    /// Members that were counted so far.
    pub members: u64,
    /// How far it is.
    pub phase: Phase,
    /// The file of the export before this one, until this one has its own.
    #[serde(default)]
    pub earlier_file: Option<String>,
    /// Times that it was saved. A step is saved only upon the one before.
    pub steps: u32,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Members are counted, and the columns noted in which they have a value: one without any could not be imported.
    Counting {
        /// The last member that was looked at.
        after: Option<CustomerId>,
        /// The columns so far.
        columns: BTreeSet<String>,
    },
    /// Members are written, a piece of the file a step.
    Writing {
        /// The last member that was looked at.
        after: Option<CustomerId>,
        /// The columns of the file.
        columns: BTreeSet<String>,
        /// Members in the pieces so far.
        written: u64,
        /// Who wrote each piece: the requests of the functions.
        pieces: Vec<String>,
    },
    /// It has ended.
    Completed {
        /// The key of the file; none of a count, and of a segment without members.
        file: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// It was given up.
    Failed {
        /// When.
        at: Timestamp,
    },
}

/// The state of a job as its caller sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It is worked on.
    Running,
    /// It has ended.
    Completed,
    /// It ended without its result.
    Failed,
}

impl JobState {
    /// The state in answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// A listing of a segment's members.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Members {
    /// The members.
    pub customers: Vec<Customer>,
    /// After whom the next listing goes on; none at the end.
    pub cursor: Option<CustomerId>,
}

impl SegmentJob {
    /// A job that begins now.
    pub fn begin(segment: SegmentId, kind: JobKind, named: String, begun_by: Option<String>, now: Timestamp) -> Self {
        Self {
            id: JobId { segment, kind, begun: now.as_millisecond() },
            segment: named,
            begun_by,
            members: 0,
            phase: Phase::Counting { after: None, columns: BTreeSet::new() },
            earlier_file: None,
            steps: 0,
        }
    }

    /// The file that can be downloaded: its own, or that of the export before it.
    pub fn file(&self) -> Option<&str> {
        match &self.phase {
            Phase::Completed { file, .. } => file.as_deref(),
            _ => self.earlier_file.as_deref(),
        }
    }

    /// Whether its message may be lost, where `saved` is when it was last saved.
    pub fn is_quiet(&self, saved: Timestamp, now: Timestamp) -> bool {
        let patience = if self.steps == 0 { NOT_BEGUN } else { QUIET };
        self.state(saved, now) == JobState::Running && now > saved + patience
    }

    /// Its state, where `saved` is when it was last saved.
    pub fn state(&self, saved: Timestamp, now: Timestamp) -> JobState {
        match self.phase {
            Phase::Completed { .. } => JobState::Completed,
            Phase::Failed { .. } => JobState::Failed,
            Phase::Counting { .. } | Phase::Writing { .. } if now > saved + STALLED => JobState::Failed,
            Phase::Counting { .. } | Phase::Writing { .. } => JobState::Running,
        }
    }

    /// Whether there is more to do.
    pub const fn is_under_way(&self) -> bool {
        matches!(self.phase, Phase::Counting { .. } | Phase::Writing { .. })
    }

    /// Counts the members of a listing. With the last one, an export goes on to write them, if there are any.
    pub fn count(&mut self, members: &Members, now: Timestamp) {
        let Phase::Counting { after, columns } = &mut self.phase else { return };
        self.members += members.customers.len() as u64;
        if self.id.kind == JobKind::Export {
            columns.extend(members.customers.iter().flat_map(columns_of));
        }
        *after = members.cursor;
        if members.cursor.is_none() {
            self.phase = if columns.is_empty() {
                Phase::Completed { file: None, at: now }
            } else {
                Phase::Writing { after: None, columns: std::mem::take(columns), written: 0, pieces: Vec::new() }
            };
        }
    }

    /// Adds a piece of the file: so many members, up to this cursor. Gives whether it was the last one.
    pub fn add_piece(&mut self, owner: &str, count: u64, cursor: Option<CustomerId>) -> bool {
        let Phase::Writing { after, written, pieces, .. } = &mut self.phase else { return false };
        pieces.push(owner.to_owned());
        *written += count;
        *after = cursor;
        cursor.is_none()
    }

    /// The key of the piece that this request writes.
    pub fn piece(&self, owner: &str) -> ObjectKey {
        let (segment, at) = (self.id.segment.clone(), self.id.begun);
        ObjectKey::ExportPiece { segment, at, owner: owner.to_owned() }
    }

    /// The key of the whole file: an only piece is the whole.
    pub fn whole(&self) -> ObjectKey {
        if let Phase::Writing { pieces, .. } = &self.phase
            && let [only] = pieces.as_slice()
        {
            return self.piece(only);
        }
        ObjectKey::Export { segment: self.id.segment.clone(), at: self.id.begun }
    }

    /// Ends it with its file. As many members are in it as were written, which may be others than were counted.
    pub fn complete(&mut self, now: Timestamp) {
        let file = Some(self.whole().to_string());
        if let Phase::Writing { written, .. } = self.phase {
            self.members = written;
            self.phase = Phase::Completed { file, at: now };
        }
    }

    /// Ends it without its result.
    pub fn fail(&mut self, now: Timestamp) {
        self.phase = Phase::Failed { at: now };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::Segment;
    use crate::row::Value;

    fn job(kind: JobKind) -> SegmentJob {
        let segment = Segment::new("Surveys", "May").id();
        SegmentJob::begin(segment, kind, "Surveys/May".to_owned(), None, now())
    }

    fn now() -> Timestamp {
        Timestamp::from_millisecond(1_780_000_000_000).expect("a moment")
    }

    fn nameless(id: u8) -> Customer {
        csv::tests::customer(id, &[])
    }

    fn named(id: u8) -> Customer {
        csv::tests::customer(id, &[("first_name", Value::Text("Ann".to_owned()))])
    }

    fn listing(customers: Vec<Customer>, is_last: bool) -> Members {
        let cursor = customers.last().filter(|_| !is_last).map(|last| last.id);
        Members { customers, cursor }
    }

    #[test]
    fn a_count_ends_with_the_last_listing() {
        let mut job = job(JobKind::Count);
        job.count(&listing(vec![named(1), named(2)], false), now());
        assert!(job.is_under_way());
        job.count(&listing(vec![named(3)], true), now());
        assert_eq!((job.members, &job.phase), (3, &Phase::Completed { file: None, at: now() }));
    }

    #[test]
    fn an_export_is_counted_and_then_written_piece_by_piece() {
        let mut job = job(JobKind::Export);
        job.count(&listing(vec![named(1), nameless(2)], false), now());
        job.count(&listing(vec![nameless(3)], true), now());
        let Phase::Writing { columns, .. } = &job.phase else { panic!("{:?}", job.phase) };
        assert_eq!(columns, &BTreeSet::from(["first_name".to_owned()]));
        assert!(!job.add_piece("a", 2, Some(CustomerId::from_bytes([2; 16]))));
        assert_eq!(job.whole(), job.piece("a"), "an only piece is the whole");
        // Somebody left the segment meanwhile.
        assert!(job.add_piece("b", 0, None));
        let whole = job.whole();
        assert!(matches!(whole, ObjectKey::Export { .. }));
        job.complete(now());
        assert_eq!((job.members, &job.phase), (2, &Phase::Completed { file: Some(whole.to_string()), at: now() }));
    }

    #[test]
    fn a_segment_without_members_has_no_file() {
        let mut job = job(JobKind::Export);
        job.count(&Members::default(), now());
        assert_eq!(job.phase, Phase::Completed { file: None, at: now() });
    }

    #[test]
    fn a_job_that_nobody_works_on_has_failed() {
        let mut job = job(JobKind::Export);
        assert_eq!(job.state(now(), now() + STALLED), JobState::Running);
        assert_eq!(job.state(now(), now() + STALLED + Duration::from_secs(1)), JobState::Failed);
        assert!(!job.is_quiet(now(), now() + NOT_BEGUN));
        assert!(job.is_quiet(now(), now() + NOT_BEGUN + Duration::from_secs(1)));
        job.steps = 1;
        assert!(!job.is_quiet(now(), now() + QUIET) && job.is_quiet(now(), now() + QUIET + Duration::from_secs(1)));
        job.count(&Members::default(), now());
        assert_eq!(job.state(now(), now() + STALLED * 2), JobState::Completed);
        assert!(!job.is_quiet(now(), now() + STALLED));
    }
}
