//! Splitting under the import's lease: check the file, then send its batches.

use domain::codes::FileCode;
use domain::customer::Segment;
use domain::imports::{ImportId, State};
use domain::keys::ObjectKey;
use domain::messages::Message;
use domain::plan::{Checked, Pass, Planner};
use runtime::queue::note_trace;
use steps::{fail, fail_with};
use stores::StoreError;
use stores::bucket::Head;
use stores::imports::{Import, Lease, Leased, Listed, Setup};

use crate::error::SplitError;
use crate::pass::{CheckEnd, Run};
use crate::{Invocation, Splitter};

impl Splitter {
    /// Goes on with an import's file.
    pub(crate) async fn split(&self, id: ImportId, invocation: Invocation<'_>) -> Result<(), SplitError> {
        let (now, until) = (self.stores.clock.now(), invocation.deadline);
        let Leased::Yes(lease, import) = self.stores.imports.lease(id, invocation.owner, now, until).await? else {
            tracing::info!("nothing to split: another splitter works on the import, or it is past that");
            return Ok(());
        };
        note_trace(&import.trace);
        let result = self.check_and_dispatch(&lease, *import.clone(), invocation).await;
        let result = self.settle(&import, result).await;
        if result.is_err() {
            match lease.release().await {
                Ok(()) | Err(stores::imports::LeaseError::Lost) => {}
                Err(stores::imports::LeaseError::Store(error)) => return Err(error.into()),
            }
        }
        result
    }

    /// Fails the import if its file is at fault. A lost lease is no failure: somebody else goes on.
    pub(crate) async fn settle(&self, import: &Import, result: Result<(), SplitError>) -> Result<(), SplitError> {
        let (code, message) = match result {
            Err(SplitError::Store(StoreError::ObjectChanged)) => {
                (FileCode::FileChanged, "The file was overwritten while it was imported. Start a new import.")
            }
            Err(SplitError::Store(StoreError::ObjectMissing)) => (
                FileCode::FileUnreadable,
                "The file is gone, or Muster may not read it. Start a new import, or have the bucket's permissions looked at.",
            ),
            Err(SplitError::LeaseLost) => return Ok(()),
            result => return result,
        };
        Ok(fail(&self.stores, import, code, message).await?)
    }

    async fn check_and_dispatch(
        &self,
        lease: &Lease,
        mut import: Import,
        invocation: Invocation<'_>,
    ) -> Result<(), SplitError> {
        let setup = self.stores.imports.setup(import.id).await?;
        if import.state == State::Importing {
            let checked = setup.checked.clone().ok_or(SplitError::NotChecked)?;
            return self.dispatch(lease, &import, &setup, &checked, invocation).await;
        }
        let Some(head) = self.pin(lease, &mut import, &setup).await? else { return Ok(()) };
        let planner = match import.checkpoint.take() {
            Some(snapshot) => self.restored(&snapshot).await?,
            None => Planner::new(self.options(&import, &setup, head.size), Pass::Check),
        };
        match self.run(lease, &import, &head.etag, invocation).check(planner).await? {
            CheckEnd::Checkpointed => Ok(()),
            CheckEnd::Failed(failure) => Ok(fail_with(&self.stores, &import, &failure).await?),
            CheckEnd::Sound(checked) => {
                self.begin_importing(lease, import.id, &setup, &checked).await?;
                if import.etag.is_none() {
                    // The import was read before its file was pinned.
                    import = self.stores.imports.get(import.id).await?.ok_or(SplitError::LeaseLost)?;
                }
                self.dispatch(lease, &import, &setup, &checked, invocation).await
            }
        }
    }

    /// Finds the plain file and pins it, so that no other is read. Gives nothing if the file is at fault: then the
    /// import has failed.
    async fn pin(&self, lease: &Lease, import: &mut Import, setup: &Setup) -> Result<Option<Head>, SplitError> {
        let mut head = self.head(&import.object_key).await?;
        let is_upload = ObjectKey::import_of_upload(&import.object_key).is_some();
        if let Some(declared) = setup.request.file.size.filter(|_| is_upload)
            && declared != head.size
        {
            let message = format!("The file has {} bytes; {declared} were declared. Upload it again.", head.size);
            fail(&self.stores, import, FileCode::SizeMismatch, &message).await?;
            return Ok(None);
        }
        if import.etag.as_ref().is_some_and(|etag| *etag != head.etag) {
            return Err(StoreError::ObjectChanged.into());
        }
        if is_upload && import.etag.is_none() {
            let Some(key) = self.plain(lease, import, setup, &head).await? else { return Ok(None) };
            if key != import.object_key {
                head = self.head(&key).await?;
                import.object_key = key;
            }
        }
        lease.pin(&head.etag, head.size).await?;
        Ok(Some(head))
    }

    async fn head(&self, key: &str) -> Result<Head, SplitError> {
        Ok(self.stores.bucket.head(key).await?.ok_or(StoreError::ObjectMissing)?)
    }

    async fn begin_importing(
        &self,
        lease: &Lease,
        id: ImportId,
        setup: &Setup,
        checked: &Checked,
    ) -> Result<(), SplitError> {
        if !setup.request.dry_run {
            self.create_names(setup).await?;
            self.stores.imports.remember_file(&checked.sha256, id).await?;
        }
        let earlier_imports_open = !self.stores.imports.list(Listed::Open, 1, Some(id)).await?.is_empty();
        Ok(lease.begin_importing(checked, earlier_imports_open).await?)
    }

    /// Sends every batch, or has the parts of the file sent side by side.
    async fn dispatch(
        &self,
        lease: &Lease,
        import: &Import,
        setup: &Setup,
        checked: &Checked,
        invocation: Invocation<'_>,
    ) -> Result<(), SplitError> {
        if checked.file_parts() > 0 {
            // The lease is kept until it runs out. If this message comes again until then, the parts are on their way.
            for part in (0..checked.file_parts()).filter(|part| !import.file_parts_done.contains(part)) {
                let message = Message::DispatchPart { import: import.id, part, snapshot: None };
                self.stores.queues.send(&import.origin(), &message).await?;
            }
            return Ok(());
        }
        let etag = import.etag.as_deref().ok_or(SplitError::NotChecked)?;
        let planner = match &import.checkpoint {
            Some(snapshot) => self.restored(snapshot).await?,
            None => {
                let bytes = import.size.filter(|size| *size > 0).unwrap_or(checked.bytes);
                Planner::dispatch(self.options(import, setup, bytes), checked)
            }
        };
        self.run(lease, import, etag, invocation).dispatch(planner, checked).await
    }

    fn run<'a>(&'a self, lease: &'a Lease, import: &'a Import, etag: &'a str, invocation: Invocation<'a>) -> Run<'a> {
        let stop_at = self.stop_at(invocation.deadline);
        Run { splitter: self, import, owner: invocation.owner, etag, stop_at, lease: Some(lease), file_part: None }
    }

    /// Creates the segment and the actions of the settings, once the file is known to be sound.
    async fn create_names(&self, setup: &Setup) -> Result<(), StoreError> {
        let settings = &setup.request.settings;
        let segments = settings.segment.iter().filter(|setting| setting.create);
        let segments = segments.map(|setting| Segment::new(&setting.group, &setting.name)).collect();
        let actions = settings.source_action.iter().filter(|setting| setting.create);
        let actions = actions.flat_map(|setting| std::iter::once(&setting.name).chain(&setting.update_action).cloned());
        self.catalogue.create_all(&segments, &actions.collect()).await
    }
}
