//! The file of an undo, made from what the batches of an import replaced.

use std::collections::BTreeMap;

use domain::codes::FileCode;
use domain::customer::{CustomerId, Former};
use domain::imports::{ImportId, State};
use domain::keys::ObjectKey;
use domain::messages::Message;
use domain::plan::UndoFile;
use futures::{StreamExt as _, stream};
use runtime::queue::note_trace;
use steps::{StepError, fail, former_of};

use crate::Finisher;

/// Batches whose former values are read at the same time.
const BATCHES_AHEAD: usize = 16;

impl Finisher {
    /// Makes the file of an undo, the last batches first, and has it checked like any file. Copies of the message make
    /// the same bytes: nothing more is kept of an import that has ended.
    pub(crate) async fn make_undo_file(&self, id: ImportId) -> Result<(), StepError> {
        let stores = &self.stores;
        let Some(import) = stores.imports.get(id).await? else { return Ok(()) };
        let Some(undoes) = stores.imports.setup(&import).await?.request.undoes else { return Ok(()) };
        if import.state != State::AwaitingUpload {
            return Ok(());
        }
        note_trace(&import.trace);
        let batches = self.batches_with_former(undoes).await?;
        if batches.is_empty() {
            let message = "What the import replaced is no longer kept, so it cannot be taken back.";
            return Ok(fail(stores, &import, FileCode::FileUnreadable, message).await?);
        }
        let mut writer = stores.bucket.writer(&import.object_key, "text/csv; charset=utf-8");
        writer.write(UndoFile::HEADER.as_bytes()).await?;
        let former = batches.into_iter().rev().map(|batch| async move {
            let former: BTreeMap<CustomerId, Former> = former_of(stores, undoes, batch).await?;
            Ok::<_, StepError>(UndoFile::rows(batch, former.into_values().collect()))
        });
        let former: Vec<_> = former.collect();
        let mut former = stream::iter(former).buffered(BATCHES_AHEAD);
        while let Some(rows) = former.next().await {
            writer.write(rows?.as_bytes()).await?;
        }
        writer.close().await?;
        // The bucket tells the splitter too, where it does.
        Ok(stores.queues.send(&import.origin(), &Message::Split { import: id }).await?)
    }

    /// The numbers of an import's batches that replaced something, in their order.
    async fn batches_with_former(&self, import: ImportId) -> Result<Vec<u32>, StepError> {
        let prefix = ObjectKey::all_former(import);
        let mut batches: Vec<u32> = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let keys = self.stores.bucket.list(&prefix, after.as_deref()).await?;
            let Some(last) = keys.last().cloned() else { return Ok(batches) };
            for key in &keys {
                if let Some(ObjectKey::Former { batch, .. }) = ObjectKey::parse(key)
                    && batches.last() != Some(&batch)
                {
                    batches.push(batch);
                }
            }
            after = Some(last);
        }
    }
}
