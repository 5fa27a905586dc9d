//! How a task comes to its end: batches counted, full pages folded, the next lane begun, the finisher called.

use crate::batch::{BatchMessage, Lane, NotABatch};
use crate::clock::Clock;
use crate::figures;
use crate::file::Checked;
use crate::ledger::{Ledger, Next};
use crate::outcome::{FileCode, FileProblem};
use crate::records::Records;
use crate::report;
use crate::store::batches::{GIVEN_UP, Page};
use crate::store::objects::Objects;
use crate::store::queues::{Origin, Queues};
use crate::store::tasks::{Task, Tasks};
use crate::store::{Resources, StoreError};
use crate::task::{Counters, Failure, State, TaskId};

/// Rows that are counted at least before an import is stopped for its rejected ones: a few bad rows first are no sign.
const ENOUGH_ROWS: u64 = 100;

/// The stores through which a task goes on.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The tasks table.
    pub tasks: Tasks,
    /// The bucket.
    pub objects: Objects,
    /// The queues.
    pub queues: Queues,
    /// The time.
    pub clock: Clock,
}

/// A batch could not be counted.
#[derive(Debug, thiserror::Error)]
pub enum ProgressError {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The message is no batch.
    #[error(transparent)]
    NotABatch(#[from] NotABatch),
}

/// The key of the object that an ordered batch's text is kept in until its turn.
pub fn ordered_key(task: TaskId, index: u32) -> String {
    format!("work/{task}/ordered/{index:08}")
}

impl Task {
    /// What its messages are of.
    pub fn origin(&self) -> Origin {
        Origin { task: self.id, trace: self.trace.clone() }
    }
}

impl Progress {
    /// The stores at the endpoint of this configuration.
    pub fn new(sdk: &aws_config::SdkConfig, resources: &Resources) -> Self {
        Self {
            tasks: Tasks::new(sdk, resources),
            objects: Objects::new(sdk, resources),
            queues: Queues::new(sdk, resources),
            clock: Clock::of(sdk),
        }
    }

    /// The records of a batch, from its message or from where its text is kept.
    ///
    /// # Errors
    /// When the text cannot be read, or is not of this batch.
    pub async fn records(&self, batch: &BatchMessage, checked: &Checked) -> Result<Records, ProgressError> {
        let Some(key) = &batch.stored else { return Ok(Records::read(batch, &batch.text, checked).await?) };
        let bytes = self.objects.get(key).await?;
        let text = std::str::from_utf8(&bytes).map_err(|error| NotABatch(error.to_string()))?;
        let stored = BatchMessage::from_body(text)?;
        Ok(Records::read(&stored, &stored.text, checked).await?)
    }

    /// Keeps a batch's report lines until the report is joined.
    ///
    /// # Errors
    /// When the bucket cannot be written.
    pub async fn put_report(
        &self,
        task: TaskId,
        batch: u32,
        revision: u32,
        lines: &[report::Line],
    ) -> Result<(), StoreError> {
        let key = format!("reports/{task}/parts/{batch:08}-{revision:04}");
        self.objects.put(&key, "application/octet-stream", report::pack(lines)).await
    }

    /// Counts a batch, unless it is counted, and does what follows.
    ///
    /// # Errors
    /// When a store fails.
    pub async fn count(&self, task: TaskId, batch: u32, counters: &Counters, revision: u32) -> Result<(), StoreError> {
        let (page, just_now) = self.tasks.commit(task, batch, counters, revision).await?;
        if just_now {
            figures::rows(counters);
        }
        self.advance(task, batch, &page).await
    }

    /// What follows once a batch is counted. Deliveries that come later go through it too, so a worker that dies
    /// between these steps leaves nothing hanging.
    ///
    /// # Errors
    /// When a store fails.
    pub async fn advance(&self, id: TaskId, batch: u32, page: &Page) -> Result<(), StoreError> {
        let Some(task) = self.tasks.task(id).await? else { return Ok(()) };
        if matches!(task.state, State::Failed | State::Cancelled) {
            // The batch was under way when the task was stopped: its rows belong into the report.
            return self.queues.finish(&task.origin()).await;
        }
        if task.state.is_ended() {
            return Ok(());
        }
        if let Some(stopped) = too_many_rejected(&task, page) {
            self.fail(&task, &stopped).await?;
            return self.queues.finish(&task.origin()).await;
        }
        let mut folded = task.pages_folded;
        if !page.folded && page.done.len() >= task.ledger.page_size(page.number) as usize {
            self.tasks.fold(id, page).await?;
            folded = self.tasks.task(id).await?.map_or(folded, |task| task.pages_folded);
        }
        match task.ledger.after(batch, folded) {
            Next::Wait => Ok(()),
            // The texts of the ordered lane are there once every part was dispatched.
            Next::Ordered(_) if task.parts > 0 && !task.dispatched => Ok(()),
            Next::Ordered(number) => {
                let known = Ledger::page(number) == page.number;
                let next = if known { None } else { Some(self.tasks.page(id, Ledger::page(number)).await?) };
                if next.as_ref().unwrap_or(page).done.contains(&number) {
                    // The lane has gone on without this delivery.
                    return Ok(());
                }
                self.send_ordered(&task, number).await
            }
            Next::Finish => {
                if self.tasks.begin_finishing(id, task.ledger.pages()).await? {
                    self.queues.finish(&task.origin()).await?;
                }
                Ok(())
            }
        }
    }

    /// What the full pages and the open ones counted. Of a task that was stopped, the rest is unprocessed.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn counters(&self, task: &Task) -> Result<Counters, StoreError> {
        let mut counters = task.counters.clone();
        if task.pages_folded < task.ledger.pages() {
            for page in self.tasks.pages(task.id).await? {
                if !page.folded {
                    counters.add(&page.counters);
                }
            }
        }
        if matches!(task.state, State::Failed | State::Cancelled) {
            counters.unprocessed += task.rows.saturating_sub(counters.rows());
        }
        Ok(counters)
    }

    /// Ends a task as failed, and has that told.
    ///
    /// # Errors
    /// When a store fails.
    pub async fn fail(&self, task: &Task, failure: &Failure) -> Result<(), StoreError> {
        if self.tasks.fail(task.id, failure, self.clock.now()).await? {
            self.queues.announce(&task.origin()).await?;
        }
        Ok(())
    }

    /// Sends the ordered batch of this number; its text was kept when the file was dispatched.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn send_ordered(&self, task: &Task, number: u32) -> Result<(), StoreError> {
        let (_, index) = task.ledger.place(number);
        let batch = BatchMessage::stored(task.id, number, Lane::Ordered, ordered_key(task.id, index));
        self.queues.send_batch(&task.origin(), &batch).await
    }

    /// Counts a batch that could not be processed; its rows come back in the report.
    ///
    /// # Errors
    /// When a store fails, or the message is no batch.
    pub async fn give_up(&self, batch: &BatchMessage) -> Result<(), ProgressError> {
        let page = self.tasks.page(batch.task, Ledger::page(batch.batch)).await?;
        if page.done.contains(&batch.batch) {
            return Ok(self.advance(batch.task, batch.batch, &page).await?);
        }
        let definition = self.tasks.definition(batch.task).await?;
        let Some(checked) = &definition.checked else {
            return Err(NotABatch("its task is not checked".to_owned()).into());
        };
        let (lines, counters) = self.records(batch, checked).await?.unprocessed(checked);
        self.put_report(batch.task, batch.batch, GIVEN_UP, &lines).await?;
        Ok(self.count(batch.task, batch.batch, &counters, GIVEN_UP).await?)
    }
}

/// Why an import is to be stopped, if more of its rows were rejected than it allows and rows are left.
fn too_many_rejected(task: &Task, page: &Page) -> Option<Failure> {
    let limit = task.max_rejected?;
    let mut counted = task.counters.clone();
    if !page.folded {
        counted.add(&page.counters);
    }
    let rows = counted.rows();
    if rows < ENOUGH_ROWS || rows >= task.rows || counted.rejected * 1_000_000 <= limit * rows {
        return None;
    }
    let message = format!(
        "{} of the first {rows} rows counted were rejected, more than max_rejected_ratio allows. The rest was not imported. Look at the report; retry the import to go on regardless, or correct the file.",
        counted.rejected
    );
    let problem = FileProblem { code: FileCode::TooManyRejected, row: None, line: None, column: None, message };
    Some(Failure::of_file(vec![problem], 1))
}
