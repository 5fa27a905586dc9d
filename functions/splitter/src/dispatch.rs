//! Dispatching a wave, part by part. It needs no lease: if two splitters send the same batches, each is counted once.

use std::collections::BTreeSet;

use domain::imports::{ImportId, State};
use domain::messages::Message;
use domain::plan::{Batch, Checked, Dispatch, LaterRows, Wave};
use runtime::invocation::Invocation;
use runtime::queue::note_trace;
use steps::{Resumed, resume};
use stores::StoreError;
use stores::imports::Import;

use crate::error::SplitError;
use crate::send::BatchSender;
use crate::{RESERVE, Splitter};

/// A part of a file, in a wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PartOfWave {
    pub(crate) wave: Wave,
    pub(crate) part: u32,
    /// Batches of it that an earlier splitter sent before its deadline came.
    pub(crate) sent: u32,
}

impl Splitter {
    /// Sends the wave that is under way: a message for each part that has batches of it, but for the first part, which
    /// this splitter sends itself.
    pub(crate) async fn dispatch_wave(&self, import: &Import, invocation: Invocation<'_>) -> Result<(), SplitError> {
        if import.dispatched || !is_sent(import) {
            return Ok(());
        }
        let setup = self.stores.imports.setup(import).await?;
        let checked = setup.checked.as_ref().ok_or(SplitError::NotChecked)?;
        let wave = import.wave;
        let mut parts = checked.parts_of(wave).filter(|part| !import.file_parts_done.contains(part));
        let first = parts.next();
        for part in parts {
            let message = Message::DispatchPart { import: import.id, plan: import.plan, wave, part, sent: 0 };
            self.stores.queues.send(&import.origin(), &message).await?;
        }
        match first {
            Some(part) => self.walk(import, checked, PartOfWave { wave, part, sent: 0 }, invocation).await,
            None => Ok(()),
        }
    }

    /// Sends the batches that a part of an import's file has in a wave, unless all of them were sent.
    pub(crate) async fn dispatch_part(
        &self,
        id: ImportId,
        plan: u32,
        part: PartOfWave,
        invocation: Invocation<'_>,
    ) -> Result<(), SplitError> {
        let Some(import) = self.stores.imports.get(id).await? else { return Ok(()) };
        let is_done = import.dispatched || import.file_parts_done.contains(&part.part);
        if !is_sent(&import) || import.wave != part.wave || is_done {
            return Ok(());
        }
        if import.plan != plan {
            tracing::error!("the message belongs to another plan of the file, and is left out");
            return Ok(());
        }
        note_trace(&import.trace);
        let result = async {
            let setup = self.stores.imports.setup(&import).await?;
            let checked = setup.checked.as_ref().ok_or(SplitError::NotChecked)?;
            self.walk(&import, checked, part, invocation).await
        };
        let result = result.await;
        self.settle(&import, result).await
    }

    /// Reads a part and sends its batches of the wave, but for those that are counted.
    async fn walk(
        &self,
        import: &Import,
        checked: &Checked,
        part: PartOfWave,
        invocation: Invocation<'_>,
    ) -> Result<(), SplitError> {
        let Some(begin) = checked.parts.get(part.part as usize) else { return Ok(()) };
        let later_rows = match &begin.later_rows {
            Some(key) => LaterRows::read(&self.stores.bucket.get(key).await?, begin.row)?,
            None => LaterRows::default(),
        };
        let Some(mut pass) = Dispatch::new(checked, part.part, part.wave, later_rows) else { return Ok(()) };
        let mut sender =
            BatchSender::new(&self.stores, import, checked.numbers, self.left_out(import).await?, part.sent);
        let etag = import.etag.as_deref().ok_or(SplitError::NotChecked)?;
        let end = checked.end_of_part(part.part);
        let mut body = self.stores.bucket.read(&import.object_key, etag, begin.offset, end).await?;
        let stop_at = invocation.stop_at(RESERVE);
        let mut batches: Vec<Batch> = Vec::new();
        while let Some(chunk) = body.next().await? {
            pass.push(&chunk, &mut |batch| batches.push(batch))?;
            sender.add(std::mem::take(&mut batches)).await?;
            if self.stores.clock.now() >= stop_at && sender.sent() > part.sent {
                sender.flush().await?;
                return self.go_on_later(import, PartOfWave { sent: sender.sent(), ..part }).await;
            }
        }
        pass.finish(&mut |batch| batches.push(batch))?;
        sender.add(batches).await?;
        sender.flush().await?;
        self.note_dispatched(import, checked, part).await
    }

    /// Which batches are not sent: those that are counted and, of an import that was stopped, all that it does not wait
    /// for.
    async fn left_out(&self, import: &Import) -> Result<impl Fn(u32) -> bool + use<>, StoreError> {
        let pages = self.stores.ledger.pages(import.id).await?;
        let counted: BTreeSet<u32> = pages.into_iter().flat_map(|page| page.done).collect();
        let settling = import.settling.clone().filter(|_| import.is_stopping());
        Ok(move |batch: u32| {
            counted.contains(&batch) || settling.as_ref().is_some_and(|settling| !settling.contains(&batch))
        })
    }

    /// Sends a continuation: the next splitter reads the part again, and sends what comes after these batches.
    async fn go_on_later(&self, import: &Import, part: PartOfWave) -> Result<(), SplitError> {
        let PartOfWave { wave, part, sent } = part;
        let message = Message::DispatchPart { import: import.id, plan: import.plan, wave, part, sent };
        Ok(self.stores.queues.send(&import.origin(), &message).await?)
    }

    /// Notes that a part was sent. After the last one, the steps that follow may be due already or were lost, so they
    /// are taken again; and the first batch of the tail is sent, whose texts are all kept now.
    async fn note_dispatched(&self, import: &Import, checked: &Checked, part: PartOfWave) -> Result<(), SplitError> {
        let parts = checked.parts_of(part.wave).count();
        let imports = &self.stores.imports;
        if imports.file_part_dispatched(import.id, part.wave, part.part, parts).await?.is_done() {
            match resume(&self.stores, import.id).await? {
                Resumed::Yes | Resumed::Waits => {}
            }
        }
        Ok(())
    }
}

/// Whether batches of the import are sent: it goes on, or was stopped and waits for some of them.
fn is_sent(import: &Import) -> bool {
    import.state == State::Importing || import.is_stopping() && import.settling.is_some()
}
