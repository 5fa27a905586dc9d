//! The two passes over the object, each able to stop at any chunk and to go on later.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::imports::{Failure, State};
use domain::keys::ObjectKey;
use domain::messages::Message;
use domain::plan::{BatchNumbers, Checked, Lane, Planner};
use jiff::Timestamp;
use steps::advance;
use stores::StoreError;
use stores::imports::{Import, Lease};

use crate::Splitter;
use crate::error::SplitError;
use crate::send::BatchSender;

/// How often a pass notes how far it is, and looks whether it may go on.
const NOTE_EVERY: Duration = Duration::from_secs(2);
/// How far past the moment at which a pass stops its lease is extended. The lease ends before the function does: a pass
/// that takes longer than this to save its snapshot may lose the lease to a second splitter.
const LEASE_PAST_STOP: Duration = Duration::from_secs(5);

/// One run over an object.
pub(crate) struct Run<'a> {
    pub(crate) splitter: &'a Splitter,
    pub(crate) import: &'a Import,
    pub(crate) owner: &'a str,
    pub(crate) etag: &'a str,
    /// When it must stop, to have time left to save its snapshot.
    pub(crate) stop_at: Timestamp,
    /// The lease that it works under; a run over a file part has none.
    pub(crate) lease: Option<&'a Lease>,
    /// The file part that it dispatches; without one, it dispatches the whole file.
    pub(crate) file_part: Option<u32>,
}

/// How the check pass ended.
pub(crate) enum CheckEnd {
    /// No time was left: a continuation was sent.
    Checkpointed,
    /// The file is sound.
    Sound(Box<Checked>),
    /// The file is not sound.
    Failed(Failure),
}

impl Run<'_> {
    /// Reads the whole file without writing a row.
    pub(crate) async fn check(&self, mut planner: Planner) -> Result<CheckEnd, SplitError> {
        if !self.read(&mut planner, None).await? {
            return Ok(CheckEnd::Checkpointed);
        }
        Ok(match planner.finish(&mut |_| {}) {
            Ok(checked) => CheckEnd::Sound(Box::new(checked)),
            Err(failed) => CheckEnd::Failed(Failure::from_problems(failed.problems, failed.total)),
        })
    }

    /// Sends every batch that is not counted yet.
    pub(crate) async fn dispatch(&self, mut planner: Planner, checked: &Checked) -> Result<(), SplitError> {
        let stores = &self.splitter.stores;
        let pages = stores.ledger.pages(self.import.id).await?;
        let counted: BTreeSet<u32> = pages.into_iter().flat_map(|page| page.done).collect();
        let mut sender = BatchSender::new(stores, self.import, checked, counted);
        if !self.read(&mut planner, Some(&mut sender)).await? {
            return Ok(());
        }
        let mut last = Vec::new();
        if self.end_of_part(checked).is_some() {
            planner.cut("", &mut |batch| last.push(batch));
        } else {
            planner.finish(&mut |batch| last.push(batch)).map_err(|_| SplitError::Store(StoreError::ObjectChanged))?;
        }
        // The last parallel batch starts the ordered lane, whose texts must be kept by then.
        last.sort_by_key(|batch| batch.lane != Lane::Ordered);
        sender.add(last).await?;
        sender.flush().await?;
        if self.note_dispatched().await? {
            self.follow_up(checked.numbers).await?;
        }
        Ok(())
    }

    /// Notes that every batch was sent; true if that is so of the whole file.
    async fn note_dispatched(&self) -> Result<bool, SplitError> {
        if let Some(lease) = self.lease {
            lease.dispatched().await?;
            return Ok(true);
        }
        let part = self.file_part.unwrap_or_default();
        Ok(self.splitter.stores.imports.file_part_dispatched(self.import.id, part).await?.is_done())
    }

    /// All batches may be counted by now, and the steps that follow may have waited for the dispatch or been lost: take
    /// them again.
    async fn follow_up(&self, numbers: BatchNumbers) -> Result<(), SplitError> {
        let stores = &self.splitter.stores;
        for number in [numbers.parallel.saturating_sub(1), numbers.numbers().last().unwrap_or(0)] {
            let page = stores.ledger.page(self.import.id, BatchNumbers::page(number)).await?;
            if page.done.contains(&number) {
                advance(stores, self.import.id, number, &page).await?;
            }
        }
        Ok(())
    }

    /// Where the file part ends that this run dispatches; none if it goes on to the end of the file.
    fn end_of_part(&self, checked: &Checked) -> Option<u64> {
        checked.later_parts.get(usize::try_from(self.file_part?).ok()?).map(|next| next.offset)
    }

    /// Feeds the object to a planner; false if no time was left and a continuation was sent.
    async fn read(&self, planner: &mut Planner, mut sender: Option<&mut BatchSender<'_>>) -> Result<bool, SplitError> {
        let stores = &self.splitter.stores;
        let mut offset = planner.offset();
        let end = sender.as_ref().and_then(|sender| self.end_of_part(sender.checked()));
        if end.is_some_and(|end| offset >= end) {
            return Ok(true);
        }
        let mut body = stores.bucket.read(&self.import.object_key, self.etag, offset, end).await?;
        let mut noted = stores.clock.now();
        let mut batches = Vec::new();
        while let Some(chunk) = body.next().await? {
            offset += chunk.len() as u64;
            planner.push(&chunk, &mut |batch| batches.push(batch));
            if let Some(sender) = &mut sender {
                sender.add(std::mem::take(&mut batches)).await?;
            }
            if planner.is_over() {
                break;
            }
            if sender.is_none() && planner.cut_is_due(self.splitter.file_part_bytes) {
                self.begin_part(planner, offset).await?;
            }
            let now = stores.clock.now();
            if now >= self.stop_at {
                if let Some(sender) = &mut sender {
                    sender.flush().await?;
                }
                self.checkpoint(planner, offset).await?;
                return Ok(false);
            }
            if Duration::try_from(now.duration_since(noted)).unwrap_or_default() >= NOTE_EVERY {
                noted = now;
                self.note_progress(offset).await?;
            }
        }
        Ok(true)
    }

    /// Begins a part of the file here, if the file can be cut here.
    async fn begin_part(&self, planner: &mut Planner, offset: u64) -> Result<(), SplitError> {
        let key = ObjectKey::PartSnapshot { import: self.import.id, owner: self.owner.to_owned(), offset }.to_string();
        if planner.cut(&key, &mut |_| {}) {
            self.save(planner, &key).await?;
        }
        Ok(())
    }

    /// Notes how far the pass is; an error if somebody else goes on, or the import has ended.
    async fn note_progress(&self, offset: u64) -> Result<(), SplitError> {
        if let Some(lease) = self.lease {
            return Ok(lease.extend(offset, self.stop_at + LEASE_PAST_STOP).await?);
        }
        match self.splitter.stores.imports.get(self.import.id).await? {
            Some(import) if import.state == State::Importing && !import.dispatched => Ok(()),
            _ => Err(SplitError::LeaseLost),
        }
    }

    /// Keeps a snapshot and sends a continuation that goes on from it.
    async fn checkpoint(&self, planner: &Planner, offset: u64) -> Result<(), SplitError> {
        let stores = &self.splitter.stores;
        let import = self.import.id;
        let key = ObjectKey::Checkpoint { import, owner: self.owner.to_owned(), offset }.to_string();
        self.save(planner, &key).await?;
        let message = match (self.lease, self.file_part) {
            (Some(lease), _) => {
                lease.checkpoint(&key, offset).await?;
                Message::Split { import }
            }
            (None, part) => Message::DispatchPart { import, part: part.unwrap_or_default(), snapshot: Some(key) },
        };
        Ok(stores.queues.send(&self.import.origin(), &message).await?)
    }

    async fn save(&self, planner: &Planner, key: &str) -> Result<(), SplitError> {
        let mut writer = self.splitter.stores.bucket.writer(key, "application/octet-stream");
        let mut piece = 0;
        while let Some(bytes) = planner.save(piece) {
            writer.write(&bytes).await?;
            piece += 1;
        }
        Ok(writer.close().await?)
    }
}
