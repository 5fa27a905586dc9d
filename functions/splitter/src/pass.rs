//! The two passes over the object, each able to stop at any chunk and go on later.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use shared::batch::{Batch, BatchMessage, Lane};
use shared::file::{Checked, Planner};
use shared::progress::ordered_key;
use shared::store::StoreError;
use shared::store::objects::interrupted;
use shared::store::queues::{MAX_BYTES, MESSAGES_A_CALL};
use shared::store::tasks::Task;
use shared::task::{Failure, State};

use crate::{SplitError, Splitter};

/// How often a pass says how far it is and looks whether it still may.
const REPORT_EVERY: Duration = Duration::from_secs(2);
/// Calls under way at once.
const CALLS_AT_ONCE: usize = 8;
/// What a lease outlives the deadline by, so that a function cut off at its deadline is not worked beside.
const GRACE: Duration = Duration::from_secs(5);

/// One run over an object under a lease.
pub(crate) struct Run<'a> {
    pub(crate) splitter: &'a Splitter,
    pub(crate) task: &'a Task,
    pub(crate) owner: &'a str,
    pub(crate) etag: &'a str,
    pub(crate) deadline: Timestamp,
    /// The part of the file that it dispatches, if not the whole: then it has no lease.
    pub(crate) part: Option<u32>,
}

/// How the check pass ended.
pub(crate) enum Ended {
    /// There was no time left: a continuation was sent.
    Checkpointed,
    /// The file is sound.
    Checked(Box<Checked>),
    /// The file is not.
    Failed(Failure),
}

impl Run<'_> {
    /// Reads the whole file without writing a row.
    pub(crate) async fn check(&self, mut planner: Planner) -> Result<Ended, SplitError> {
        if !self.read(&mut planner, None).await? {
            return Ok(Ended::Checkpointed);
        }
        Ok(match planner.finish(&mut |_| {}) {
            Ok(checked) => Ended::Checked(Box::new(checked)),
            Err(failed) => Ended::Failed(Failure::of_file(failed.problems, failed.total)),
        })
    }

    /// Sends every batch that is not counted yet.
    pub(crate) async fn dispatch(&self, mut planner: Planner, checked: &Checked) -> Result<(), SplitError> {
        let tasks = &self.splitter.progress.tasks;
        let done: BTreeSet<u32> = tasks.pages(self.task.id).await?.into_iter().flat_map(|page| page.done).collect();
        let mut outbox = Outbox { run: self, checked, done, messages: Vec::new(), bytes: 0 };
        if !self.read(&mut planner, Some(&mut outbox)).await? {
            return Ok(());
        }
        let mut last = Vec::new();
        if self.end(checked).is_some() {
            planner.cut("", &mut |batch| last.push(batch));
        } else {
            planner.finish(&mut |batch| last.push(batch)).map_err(|_| SplitError::Store(StoreError::ObjectChanged))?;
        }
        // The last parallel batch starts the ordered lane: by then the texts of that lane must be kept.
        last.sort_by_key(|batch| batch.lane != Lane::Ordered);
        outbox.add(last).await?;
        outbox.flush().await?;
        let ledger = checked.ledger;
        match self.part {
            None if tasks.dispatched(self.task.id, self.owner).await? => {}
            None => return Err(SplitError::LeaseLost),
            Some(part) if tasks.part_dispatched(self.task.id, part).await? => {}
            Some(_) => return Ok(()),
        }
        // Everything may be counted by now, and what came after it lost: do it again.
        for number in [ledger.parallel.saturating_sub(1), ledger.numbers().last().unwrap_or(0)] {
            let page = tasks.page(self.task.id, shared::ledger::Ledger::page(number)).await?;
            if page.done.contains(&number) {
                self.splitter.progress.advance(self.task.id, number, &page).await?;
            }
        }
        Ok(())
    }

    /// Where the part ends that this run dispatches, if the file does not.
    fn end(&self, checked: &Checked) -> Option<u64> {
        checked.cuts.get(usize::try_from(self.part?).ok()?).map(|cut| cut.offset)
    }

    /// Feeds the object to a planner; false when the time was up and a continuation was sent.
    async fn read(&self, planner: &mut Planner, mut outbox: Option<&mut Outbox<'_>>) -> Result<bool, SplitError> {
        let progress = &self.splitter.progress;
        let mut offset = planner.offset();
        let end = outbox.as_ref().and_then(|outbox| self.end(outbox.checked));
        if end.is_some_and(|end| offset >= end) {
            return Ok(true);
        }
        let mut body = progress.objects.read(&self.task.object_key, self.etag, offset, end).await?;
        let mut reported = progress.clock.now();
        let mut batches = Vec::new();
        while let Some(chunk) = body.try_next().await.map_err(interrupted)? {
            offset += chunk.len() as u64;
            planner.push(&chunk, &mut |batch| batches.push(batch));
            if let Some(outbox) = &mut outbox {
                outbox.add(std::mem::take(&mut batches)).await?;
            }
            if planner.is_over() {
                break;
            }
            if outbox.is_none() && planner.cut_is_due(self.splitter.part_bytes) {
                let key = format!("work/{}/part/{}-{offset:016}", self.task.id, self.owner);
                if planner.cut(&key, &mut |_| {}) {
                    self.save(planner, &key).await?;
                }
            }
            let now = progress.clock.now();
            if now >= self.deadline {
                if let Some(outbox) = &mut outbox {
                    outbox.flush().await?;
                }
                self.checkpoint(planner, offset).await?;
                return Ok(false);
            }
            if Duration::try_from(now.duration_since(reported)).unwrap_or_default() >= REPORT_EVERY {
                reported = now;
                if !self.may_go_on(offset).await? {
                    return Err(SplitError::LeaseLost);
                }
            }
        }
        Ok(true)
    }

    /// Whether the task still wants this; says how far it is.
    async fn may_go_on(&self, offset: u64) -> Result<bool, SplitError> {
        let tasks = &self.splitter.progress.tasks;
        if self.part.is_none() {
            return Ok(tasks.progress(self.task.id, self.owner, offset, self.deadline + GRACE).await?);
        }
        let task = tasks.task(self.task.id).await?;
        Ok(task.is_some_and(|task| task.state == State::Importing && !task.dispatched))
    }

    async fn checkpoint(&self, planner: &Planner, offset: u64) -> Result<(), SplitError> {
        let progress = &self.splitter.progress;
        let key = format!("work/{}/checkpoint/{}-{offset:016}", self.task.id, self.owner);
        self.save(planner, &key).await?;
        if let Some(part) = self.part {
            return Ok(progress.queues.dispatch(&self.task.origin(), [(part, Some(key))]).await?);
        }
        if !progress.tasks.checkpoint(self.task.id, self.owner, &key, offset).await? {
            return Err(SplitError::LeaseLost);
        }
        Ok(progress.queues.go_on(&self.task.origin()).await?)
    }

    async fn save(&self, planner: &Planner, key: &str) -> Result<(), SplitError> {
        let mut writer = self.splitter.progress.objects.writer(key, "application/octet-stream");
        let mut piece = 0;
        while let Some(bytes) = planner.save(piece) {
            writer.write(&bytes).await?;
            piece += 1;
        }
        Ok(writer.close().await?)
    }
}

/// Batches on their way: parallel ones to the queue in full calls, ordered ones to where they wait for their turn.
struct Outbox<'a> {
    run: &'a Run<'a>,
    checked: &'a Checked,
    done: BTreeSet<u32>,
    messages: Vec<Vec<String>>,
    bytes: usize,
}

impl Outbox<'_> {
    async fn add(&mut self, batches: Vec<Batch>) -> Result<(), StoreError> {
        let id = self.run.task.id;
        let objects = &self.run.splitter.progress.objects;
        let mut kept = Vec::new();
        for batch in batches {
            let number = self.checked.ledger.number(batch.lane, batch.index);
            if self.done.contains(&number) {
                continue;
            }
            let (lane, index) = (batch.lane, batch.index);
            let body = BatchMessage::new(id, number, batch).to_body();
            if lane == Lane::Ordered {
                kept.push((ordered_key(id, index), body));
            } else if body.len() > MAX_BYTES {
                let key = format!("work/{id}/batch/{number:08}");
                self.queue(BatchMessage::stored(id, number, lane, key.clone()).to_body());
                kept.push((key, body));
            } else {
                self.queue(body);
            }
        }
        stream::iter(kept)
            .map(Ok)
            .try_for_each_concurrent(CALLS_AT_ONCE, |(key, body)| async move {
                objects.put(&key, "application/json", body).await
            })
            .await?;
        if self.messages.len() > CALLS_AT_ONCE {
            let open = self.messages.pop();
            self.send().await?;
            self.messages.extend(open);
        }
        Ok(())
    }

    fn queue(&mut self, body: String) {
        let fits = self.bytes + body.len() <= MAX_BYTES;
        match self.messages.last_mut() {
            Some(call) if fits && call.len() < MESSAGES_A_CALL => {
                self.bytes += body.len();
                call.push(body);
            }
            _ => {
                self.bytes = body.len();
                self.messages.push(vec![body]);
            }
        }
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        self.bytes = 0;
        self.send().await
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        let (queues, origin) = (&self.run.splitter.progress.queues, &self.run.task.origin());
        stream::iter(std::mem::take(&mut self.messages))
            .map(Ok)
            .try_for_each_concurrent(CALLS_AT_ONCE, |bodies| queues.send_batches(origin, bodies))
            .await
    }
}
