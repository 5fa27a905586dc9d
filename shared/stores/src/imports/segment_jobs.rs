//! Jobs on the members of segments, one of each kind for a segment: `segment-job#SEGMENT` / `count` or `export`; they expire.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use domain::customer::SegmentId;
use domain::segment_job::{JobId, JobKind, JobState, SegmentJob};
use jiff::Timestamp;

use super::table::Table;
use crate::dynamo::{Item, number, put_if, read_number, read_text, text};
use crate::error::StoreError;
use crate::written::Written;

/// Days that a job is kept.
const KEPT_DAYS: i64 = 30;
/// Times that a job is begun while others begin one.
const ATTEMPTS: u32 = 3;

/// The jobs on the members of segments.
#[derive(Debug, Clone)]
pub struct SegmentJobs {
    table: Table,
}

/// A job as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredJob {
    /// The job.
    pub job: SegmentJob,
    /// When it was last saved.
    pub saved: Timestamp,
}

/// What beginning a job came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It has begun.
    New(StoredJob),
    /// Another one of its kind is under way.
    Before(StoredJob),
}

impl StoredJob {
    /// Its state.
    pub fn state(&self, now: Timestamp) -> JobState {
        self.job.state(self.saved, now)
    }

    /// Whether its message may be lost.
    pub fn is_quiet(&self, now: Timestamp) -> bool {
        self.job.is_quiet(self.saved, now)
    }
}

impl SegmentJobs {
    pub(super) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// The last job of a kind on a segment's members.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn get(&self, segment: &SegmentId, kind: JobKind) -> Result<Option<StoredJob>, StoreError> {
        let item = self.table.get(&partition(segment), kind.word()).await?;
        item.map(|item| read(&item)).transpose()
    }

    /// Begins a job, unless one of its kind is under way on the same segment.
    ///
    /// # Errors
    /// When the table cannot be read or written, or when others keep beginning jobs.
    pub async fn begin(&self, job: &SegmentJob, now: Timestamp) -> Result<Begun, StoreError> {
        for _ in 0..ATTEMPTS {
            let stored = self.get(&job.id.segment, job.id.kind).await?;
            if let Some(stored) = &stored
                && stored.state(now) == JobState::Running
            {
                return Ok(Begun::Before(stored.clone()));
            }
            // One that is begun in the same millisecond would have the same id.
            let mut job = job.clone();
            job.earlier_file = stored.as_ref().and_then(|stored| stored.job.file().map(ToOwned::to_owned));
            job.id.begun = stored.as_ref().map_or(job.id.begun, |stored| job.id.begun.max(stored.job.id.begun + 1));
            if self.put(&job, stored.as_ref().map(|stored| &stored.job), now).await?.is_done() {
                return Ok(Begun::New(StoredJob { job, saved: now }));
            }
        }
        Err(StoreError::malformed("segment job", "others keep beginning one"))
    }

    /// Saves the next step of a job. `Superseded` if another function saved it, or if a later job took its place.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn save(&self, job: &mut SegmentJob, now: Timestamp) -> Result<Written, StoreError> {
        let before = job.clone();
        job.steps += 1;
        if self.put(job, Some(&before), now).await?.is_done() {
            return Ok(Written::Done);
        }
        // An answer that is lost has the write sent again, which then finds itself.
        let stored = self.get(&job.id.segment, job.id.kind).await?;
        Ok(if stored.is_some_and(|stored| stored.job == *job) { Written::Done } else { Written::Superseded })
    }

    /// Puts a job in the place of the one that was read.
    async fn put(&self, job: &SegmentJob, read: Option<&SegmentJob>, now: Timestamp) -> Result<Written, StoreError> {
        let JobId { segment, kind, begun } = &job.id;
        let json = serde_json::to_string(job).map_err(|error| StoreError::malformed("segment job", error))?;
        let mut item = Table::key(&partition(segment), kind.word());
        item.extend([
            ("begun".to_owned(), number(*begun)),
            ("steps".to_owned(), number(job.steps)),
            ("job".to_owned(), text(json)),
            ("saved".to_owned(), number(now.as_millisecond())),
            ("expires".to_owned(), number(now.as_second() + KEPT_DAYS * 86_400)),
        ]);
        let put = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
        let put = match read {
            Some(read) => put
                .condition_expression("begun = :begun AND steps = :steps")
                .expression_attribute_values(":begun", number(read.id.begun))
                .expression_attribute_values(":steps", number(read.steps)),
            None => put.condition_expression("attribute_not_exists(pk)"),
        };
        put_if(put.return_consumed_capacity(ReturnConsumedCapacity::Total)).await
    }
}

fn partition(segment: &SegmentId) -> String {
    format!("segment-job#{segment}")
}

fn read(item: &Item) -> Result<StoredJob, StoreError> {
    let json = read_text(item, "job").ok_or_else(|| StoreError::malformed("segment job", "it has no text"))?;
    let job = serde_json::from_str(json).map_err(|error| StoreError::malformed("segment job", error))?;
    let saved = read_number(item, "saved").and_then(|saved| i64::try_from(saved).ok());
    let saved = saved.and_then(|saved| Timestamp::from_millisecond(saved).ok());
    Ok(StoredJob { job, saved: saved.ok_or_else(|| StoreError::malformed("segment job", "it has no time"))? })
}
