//! Dispatching one part of a file. It needs no lease: if two splitters send the same batches, each is counted once.

use domain::imports::{ImportId, State};
use domain::plan::Planner;
use runtime::queue::note_trace;
use stores::imports::Import;

use crate::error::SplitError;
use crate::pass::Run;
use crate::{Invocation, Splitter};

impl Splitter {
    /// Sends the batches of a part of an import's file, unless all of them were sent.
    pub(crate) async fn dispatch_part(
        &self,
        id: ImportId,
        part: u32,
        snapshot: Option<String>,
        invocation: Invocation<'_>,
    ) -> Result<(), SplitError> {
        let Some(import) = self.stores.imports.get(id).await? else { return Ok(()) };
        if import.state != State::Importing || import.dispatched || import.file_parts_done.contains(&part) {
            return Ok(());
        }
        note_trace(&import.trace);
        let result = self.walk_part(&import, part, snapshot, invocation).await;
        self.settle(&import, result).await
    }

    async fn walk_part(
        &self,
        import: &Import,
        part: u32,
        snapshot: Option<String>,
        invocation: Invocation<'_>,
    ) -> Result<(), SplitError> {
        let setup = self.stores.imports.setup(import.id).await?;
        let checked = setup.checked.as_ref().ok_or(SplitError::NotChecked)?;
        let etag = import.etag.as_deref().ok_or(SplitError::NotChecked)?;
        let later = usize::try_from(part).unwrap_or(usize::MAX).checked_sub(1);
        let planner = match (snapshot, later.map(|later| checked.later_parts.get(later))) {
            (Some(key), _) => self.restored(&key).await?,
            (None, Some(Some(begin))) => self.restored(&begin.snapshot).await?.into_dispatch(),
            // The file has no such part.
            (None, Some(None)) => return Ok(()),
            (None, None) => Planner::dispatch(self.options(import, &setup, checked.bytes), checked),
        };
        let stop_at = self.stop_at(invocation.deadline);
        let run =
            Run { splitter: self, import, owner: invocation.owner, etag, stop_at, lease: None, file_part: Some(part) };
        run.dispatch(planner, checked).await
    }
}
