//! The check pass over an object, able to stop at any chunk and to go on later.

use std::time::Duration;

use domain::imports::Failure;
use domain::keys::ObjectKey;
use domain::messages::Message;
use domain::plan::{BadSnapshot, Checked, LaterRowsObject, Planner, ReadOptions, Restoring};
use runtime::invocation::Invocation;
use stores::StoreError;
use stores::imports::{Import, Lease};

use crate::error::SplitError;
use crate::{Splitter, reserve};

/// How often a pass notes how far it is, and extends its lease.
const NOTE_EVERY: Duration = Duration::from_secs(2);

/// One run of the check over an object.
pub(crate) struct CheckRun<'a> {
    pub(crate) splitter: &'a Splitter,
    pub(crate) import: &'a Import,
    pub(crate) lease: &'a Lease,
    pub(crate) etag: &'a str,
    pub(crate) invocation: Invocation<'a>,
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

impl CheckRun<'_> {
    /// Reads the whole file, from where an earlier run stopped, without writing a row.
    pub(crate) async fn run(&self, options: ReadOptions) -> Result<CheckEnd, SplitError> {
        let mut planner = self.begin(options).await?;
        if !self.read(&mut planner).await? {
            return Ok(CheckEnd::Checkpointed);
        }
        match planner.finish(|part| self.later_rows_key(part)) {
            Ok((checked, later_rows)) => {
                self.put(later_rows).await?;
                Ok(CheckEnd::Sound(Box::new(checked)))
            }
            Err(failed) => Ok(CheckEnd::Failed(Failure::from_problems(failed.problems, failed.total))),
        }
    }

    /// The pass as an earlier run saved it, or from the start. One that another version saved is begun again.
    async fn begin(&self, options: ReadOptions) -> Result<Planner, SplitError> {
        let Some(key) = &self.import.checkpoint else { return Ok(Planner::new(options)) };
        match self.restored(key).await {
            Ok(Ok(planner)) => return Ok(planner),
            Ok(Err(error)) => tracing::warn!(%error, "a snapshot of the check cannot be used; the check begins again"),
            Err(StoreError::ObjectMissing) => tracing::warn!("a snapshot of the check is gone; the check begins again"),
            Err(error) => return Err(error.into()),
        }
        Ok(Planner::new(options))
    }

    async fn restored(&self, key: &str) -> Result<Result<Planner, BadSnapshot>, StoreError> {
        let mut body = self.splitter.stores.bucket.stream(key).await?;
        let mut restoring = Restoring::default();
        while let Some(chunk) = body.next().await? {
            if let Err(error) = restoring.push(&chunk) {
                return Ok(Err(error));
            }
        }
        Ok(restoring.finish())
    }

    /// Feeds the object to the pass; false if no time was left and a continuation was sent.
    async fn read(&self, planner: &mut Planner) -> Result<bool, SplitError> {
        let stores = &self.splitter.stores;
        let mut body = stores.bucket.read(&self.import.object_key, self.etag, planner.offset(), None).await?;
        let mut noted = stores.clock.now();
        while let Some(chunk) = body.next().await? {
            planner.push(&chunk);
            if planner.is_over() {
                break;
            }
            let later_rows = planner.begin_part(self.splitter.file_part_bytes, |part| self.later_rows_key(part));
            self.put(later_rows).await?;
            let now = stores.clock.now();
            if now >= self.invocation.stop_at(reserve(planner.link_bytes())) {
                self.checkpoint(planner).await?;
                return Ok(false);
            }
            if Duration::try_from(now.duration_since(noted)).unwrap_or_default() >= NOTE_EVERY {
                noted = now;
                self.lease.extend(planner.offset(), self.invocation.lease_until()).await?;
            }
        }
        Ok(true)
    }

    /// The owner is part of the key: two splitters may plan the same file, and cut it at other places.
    fn later_rows_key(&self, part: u32) -> String {
        let owner = self.invocation.owner.to_owned();
        ObjectKey::LaterRows { import: self.import.id, owner, part }.to_string()
    }

    async fn put(&self, later_rows: Option<LaterRowsObject>) -> Result<(), StoreError> {
        match later_rows {
            Some(LaterRowsObject { key, bytes }) => {
                self.splitter.stores.bucket.put(&key, "application/octet-stream", bytes).await
            }
            None => Ok(()),
        }
    }

    /// Keeps a snapshot and sends a continuation that goes on from it.
    async fn checkpoint(&self, planner: &Planner) -> Result<(), SplitError> {
        let stores = &self.splitter.stores;
        let (import, offset) = (self.import.id, planner.offset());
        let owner = self.invocation.owner.to_owned();
        let key = ObjectKey::Checkpoint { import, owner, offset }.to_string();
        let mut writer = stores.bucket.writer(&key, "application/octet-stream");
        let mut piece = 0;
        while let Some(bytes) = planner.save(piece) {
            writer.write(&bytes).await?;
            piece += 1;
        }
        writer.close().await?;
        self.lease.checkpoint(&key, offset).await?;
        Ok(stores.queues.send(&self.import.origin(), &Message::Split { import }).await?)
    }
}
