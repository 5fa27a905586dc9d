//! Going on with an import's file: check it under the import's lease, then send its batches.

use domain::codes::FileCode;
use domain::customer::Segment;
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest, State};
use domain::keys::ObjectKey;
use domain::plan::{Checked, ReadOptions};
use jiff::Timestamp;
use runtime::invocation::Invocation;
use runtime::queue::note_trace;
use steps::{fail, stop_with};
use stores::StoreError;
use stores::bucket::Head;
use stores::catalogue::ImportRun;
use stores::imports::{Import, Lease, LeaseError, Leased, Setup};

use crate::check::{CheckEnd, CheckRun};
use crate::error::SplitError;
use crate::{RESERVE, Splitter};

impl Splitter {
    /// Goes on with an import's file: checks it, or sends the batches of the wave that is under way.
    pub(crate) async fn split(&self, id: ImportId, invocation: Invocation<'_>) -> Result<(), SplitError> {
        let now = self.stores.clock.now();
        let states = [State::AwaitingUpload, State::Checking];
        let until = invocation.lease_until();
        if let Leased::Yes(lease, import) = self.stores.imports.lease(id, &states, invocation.owner, now, until).await?
        {
            note_trace(&import.trace);
            let result = self.check(&lease, *import.clone(), invocation).await;
            let result = self.settle(&import, result).await;
            if result.is_err() {
                match lease.release().await {
                    Ok(()) | Err(LeaseError::Lost) => {}
                    Err(LeaseError::Store(error)) => return Err(error.into()),
                }
            }
            result?;
        }
        let Some(import) = self.stores.imports.get(id).await? else { return Ok(()) };
        note_trace(&import.trace);
        let result = self.dispatch_wave(&import, invocation).await;
        self.settle(&import, result).await
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

    async fn check(&self, lease: &Lease, mut import: Import, invocation: Invocation<'_>) -> Result<(), SplitError> {
        let setup = self.stores.imports.setup(&import).await?;
        if let Some(refused) = self.refused_by_definition(&import, &setup).await? {
            return Ok(fail(&self.stores, &import, refused.code, &refused.message).await?);
        }
        let stop_at = invocation.stop_at(RESERVE);
        let Some(head) = self.pin(lease, &mut import, &setup, stop_at).await? else { return Ok(()) };
        if let Some(forecast) = import.based_on {
            let checked = self.checked_by_forecast(forecast).await?;
            return self.begin_importing(lease, (import.id, import.run), &setup, &checked, None).await;
        }
        let (report_of, report) = self.report_of(&import, &setup, &head).await?.unzip();
        let report = report.flatten();
        let setup = report.as_ref().unwrap_or(&setup);
        let options = ReadOptions { report: report_of, ..self.options(&import, setup, head.size) };
        match (CheckRun { splitter: self, import: &import, lease, etag: &head.etag, invocation }).run(options).await? {
            CheckEnd::Checkpointed => Ok(()),
            CheckEnd::Failed(failure) => Ok(stop_with(&self.stores, &import, &failure).await?),
            CheckEnd::Sound(checked) => {
                let settings = report.as_ref().map(|report| (&report.request, &report.catalogue));
                self.begin_importing(lease, (import.id, import.run), setup, &checked, settings).await
            }
        }
    }

    /// What the check of a forecast found. The file is the same one, so it need not be read again.
    async fn checked_by_forecast(&self, forecast: ImportId) -> Result<Checked, SplitError> {
        let forecast = self.stores.imports.get(forecast).await?.ok_or(SplitError::NotChecked)?;
        self.stores.imports.setup(&forecast).await?.checked.ok_or(SplitError::NotChecked)
    }

    /// Finds the plain file and pins it, so that no other is read. Unpacking it stops at that moment. Gives nothing if the file is at fault: then the
    /// import has failed.
    async fn pin(
        &self,
        lease: &Lease,
        import: &mut Import,
        setup: &Setup,
        stop_at: Timestamp,
    ) -> Result<Option<Head>, SplitError> {
        let mut head = self.head(&import.object_key).await?;
        let is_sent = ObjectKey::is_sent_file(&import.object_key);
        if let Some(declared) = setup.request.file.size.filter(|_| is_sent)
            && declared != head.size
        {
            let message = format!("The file has {} bytes; {declared} were declared. Upload it again.", head.size);
            fail(&self.stores, import, FileCode::SizeMismatch, &message).await?;
            return Ok(None);
        }
        // A file of the inbox is the one that it was at the launch, and no other one that was put in its place.
        let pinned = import.etag.as_ref().or(import.sent_etag.as_ref().filter(|_| is_sent));
        if pinned.is_some_and(|etag| *etag != head.etag) {
            return Err(StoreError::ObjectChanged.into());
        }
        if is_sent && import.etag.is_none() {
            let Some(key) = self.plain(lease, import, setup, (&head, stop_at)).await? else { return Ok(None) };
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
        run: ImportRun,
        setup: &Setup,
        checked: &Checked,
        settings: Option<(&ImportRequest, &CatalogueAtLaunch)>,
    ) -> Result<(), SplitError> {
        let (id, _) = run;
        if !setup.request.dry_run {
            self.create_names(run, setup, checked).await?;
            self.stores.imports.remember_file(&checked.sha256, id).await?;
        }
        let earlier_imports_open = self.stores.imports.open_ids().await?.first().is_some_and(|first| *first < id);
        Ok(lease.begin_importing(checked, settings, earlier_imports_open, self.stores.clock.now()).await?)
    }

    /// Creates the segment and the actions of the settings, once the file is known to be sound, and notes which custom
    /// fields it has.
    async fn create_names(&self, run: ImportRun, setup: &Setup, checked: &Checked) -> Result<(), StoreError> {
        let settings = &setup.request.settings;
        let segments = settings.segment.iter().filter(|setting| setting.create);
        let segments = segments.map(|setting| Segment::new(&setting.group, &setting.name)).collect();
        let actions = settings.source_action.iter().filter(|setting| setting.create);
        let actions = actions.flat_map(|setting| std::iter::once(&setting.name).chain(&setting.update_action).cloned());
        self.catalogue.create_all(run, &segments, &actions.collect()).await?;
        self.catalogue.use_fields(&checked.layout.custom_fields()).await
    }
}
