//! Checks an uploaded file as a whole, then sends its rows in batches.
//!
//! It works under a lease on the task. Near its deadline it keeps a snapshot of where it stands, sends itself a
//! continuation and ends; batch boundaries are a pure function of the object and the settings, so a batch that is
//! sent twice is the same batch.

mod event;
mod pass;
mod unpack;

pub use event::{Part, Work, work};

use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};
use shared::batch::MAX_ROWS;
use shared::file::{BadSnapshot, Options, Pass, Planner, Restoring};
use shared::outcome::{FileCode, FileProblem};
use shared::progress::Progress;
use shared::store::catalogue::Catalogue;
use shared::store::objects::{Head, interrupted};
use shared::store::splits::Leased;
use shared::store::tasks::{Definition, Listed, Task};
use shared::store::{Resources, StoreError};
use shared::task::{Failure, State, TaskId};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::pass::{Ended, Run};
use crate::unpack::{Content, NotUnpacked, unpack};

/// Time kept free before the deadline, to store a snapshot and send the continuation.
const RESERVE: Duration = Duration::from_secs(20);

/// Bytes of a part of a file: larger files are dispatched in parts, by splitters beside each other. A part is read in a few
/// seconds, and its snapshot (32 MiB at most) is small beside it.
pub const PART_BYTES: u64 = 256 * 1024 * 1024;

/// Bytes by which a kind of file is known.
const FIRST_BYTES: usize = 8;

/// The function and the stores it uses.
#[derive(Debug)]
pub struct Splitter {
    progress: Progress,
    catalogue: Catalogue,
    bucket: String,
    batch_rows: u32,
    part_bytes: u64,
}

/// The splitter could not go on this time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SplitError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the lease on the task was lost to another splitter, or the task has ended")]
    LeaseLost,
    #[error("the work so far cannot be read back: {0}")]
    Snapshot(#[from] BadSnapshot),
    #[error("the check result of a task that is past its check is missing")]
    NotChecked,
}

impl Splitter {
    /// The function over the stores at the endpoint of this configuration.
    pub fn new(sdk: &aws_config::SdkConfig, resources: &Resources) -> Self {
        Self {
            progress: Progress::new(sdk, resources),
            catalogue: Catalogue::new(sdk, resources),
            bucket: resources.bucket.clone(),
            batch_rows: MAX_ROWS,
            part_bytes: PART_BYTES,
        }
    }

    /// The function with smaller batches than usual, so that a small file has many of them in a test.
    #[must_use]
    pub fn with_batches_of(self, rows: u32) -> Self {
        Self { batch_rows: rows.clamp(1, MAX_ROWS), ..self }
    }

    /// The function with smaller parts than usual, so that a small file is dispatched in several.
    #[must_use]
    pub fn with_parts_of(self, bytes: u64) -> Self {
        Self { part_bytes: bytes.max(1), ..self }
    }

    /// Works off object-created events and continuations; messages that failed are named, so that they come again.
    ///
    /// # Errors
    /// None: what fails is a message.
    pub async fn handle(&self, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
        let mut response = SqsBatchResponse::default();
        let deadline = i64::try_from(event.context.deadline).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        let deadline = deadline.unwrap_or_else(|| self.progress.clock.now() + Duration::from_secs(60));
        for message in event.payload.records {
            if let Err(error) = self.message(&message, &event.context.request_id, deadline).await {
                tracing::warn!(message = message.message_id, %error, "a split is to be tried again");
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = message.message_id.unwrap_or_default();
                response.batch_item_failures.push(failure);
            }
        }
        Ok(response)
    }

    async fn message(&self, message: &SqsMessage, owner: &str, deadline: Timestamp) -> Result<(), SplitError> {
        for Work { task, part } in work(message.body.as_deref().unwrap_or_default(), &self.bucket) {
            let number = part.as_ref().map(|part| part.number);
            let span = tracing::info_span!("split", %task, part = number, trace = Empty);
            let done = async {
                match part {
                    None => self.split(task, owner, deadline).await,
                    Some(part) => self.split_part(task, &part, owner, deadline).await,
                }
            };
            done.instrument(span).await?;
        }
        Ok(())
    }

    /// Does what there is to do about a task's file, under the task's lease.
    async fn split(&self, id: TaskId, owner: &str, deadline: Timestamp) -> Result<(), SplitError> {
        let tasks = &self.progress.tasks;
        let Leased::Yes(task) = tasks.lease(id, owner, self.progress.clock.now(), deadline).await? else {
            tracing::info!("nothing to split: another splitter does, or the task is past that");
            return Ok(());
        };
        Span::current().record("trace", task.trace.root());
        match self.ended(&task, self.work(&task, owner, deadline).await).await {
            Err(error) => {
                tasks.release(id, owner).await?;
                Err(error)
            }
            Ok(()) => Ok(()),
        }
    }

    /// Dispatches a part of a task's file. Nobody else need be kept from doing so too: batches are counted once.
    async fn split_part(&self, id: TaskId, part: &Part, owner: &str, deadline: Timestamp) -> Result<(), SplitError> {
        let Some(task) = self.progress.tasks.task(id).await? else { return Ok(()) };
        if task.state != State::Importing || task.dispatched || task.parts_done.contains(&part.number) {
            return Ok(());
        }
        Span::current().record("trace", task.trace.root());
        self.ended(&task, self.part(&task, part, owner, deadline).await).await
    }

    async fn part(&self, task: &Task, part: &Part, owner: &str, deadline: Timestamp) -> Result<(), SplitError> {
        let definition = self.progress.tasks.definition(task.id).await?;
        let checked = definition.checked.clone().ok_or(SplitError::NotChecked)?;
        let etag = task.etag.as_deref().ok_or(SplitError::NotChecked)?;
        let number = usize::try_from(part.number).unwrap_or(usize::MAX);
        let planner = match (&part.from, number.checked_sub(1).map(|before| checked.cuts.get(before))) {
            (Some(key), _) => self.restored(key).await?,
            (None, Some(Some(cut))) => self.restored(&cut.snapshot).await?.into_dispatch(),
            (None, Some(None)) => return Ok(()),
            (None, None) => Planner::dispatch(self.options(task, &definition, checked.bytes), &checked),
        };
        let run = Run { splitter: self, task, owner, etag, deadline: self.must_end(deadline), part: Some(part.number) };
        run.dispatch(planner, &checked).await
    }

    /// What a run ended in, as far as the task has to know of it.
    async fn ended(&self, task: &Task, result: Result<(), SplitError>) -> Result<(), SplitError> {
        match result {
            Err(SplitError::Store(StoreError::ObjectChanged)) => {
                self.fail(task, FileCode::FileChanged, "The file was overwritten while it was imported. Start a new import.").await
            }
            Err(SplitError::Store(StoreError::ObjectMissing)) => {
                self.fail(task, FileCode::FileUnreadable, "The file is gone, or Muster may not read it. Start a new import, or have the bucket's permissions looked at.").await
            }
            Err(SplitError::LeaseLost) => Ok(()),
            result => result,
        }
    }

    async fn work(&self, task: &Task, owner: &str, deadline: Timestamp) -> Result<(), SplitError> {
        let mut definition = self.progress.tasks.definition(task.id).await?;
        let mut task = task.clone();
        let mut resume = task.checkpoint.clone();
        if task.state != State::Importing {
            let mut head = self.progress.objects.head(&task.object_key).await?.ok_or(StoreError::ObjectMissing)?;
            let is_upload = event::task_of(&task.object_key).is_some();
            if let Some(declared) = definition.request.file.size.filter(|_| is_upload)
                && declared != head.size
            {
                let message = format!("The file has {} bytes; {declared} were declared. Upload it again.", head.size);
                return self.fail(&task, FileCode::SizeMismatch, &message).await;
            }
            if task.etag.as_ref().is_some_and(|etag| *etag != head.etag) {
                return Err(StoreError::ObjectChanged.into());
            }
            if is_upload && task.etag.is_none() {
                let Some(key) = self.plain(&task, &definition, &head, owner).await? else { return Ok(()) };
                if key != task.object_key {
                    head = self.progress.objects.head(&key).await?.ok_or(StoreError::ObjectMissing)?;
                    task.object_key = key;
                }
            }
            if !self.progress.tasks.pin(task.id, owner, &head.etag, head.size).await? {
                return Err(SplitError::LeaseLost);
            }
            let options = self.options(&task, &definition, head.size);
            let planner = self.planner(resume.take(), || Planner::new(options, Pass::Check)).await?;
            let run = Run {
                splitter: self,
                task: &task,
                owner,
                etag: &head.etag,
                deadline: self.must_end(deadline),
                part: None,
            };
            match run.check(planner).await? {
                Ended::Checkpointed => return Ok(()),
                Ended::Failed(failure) => {
                    return Ok(self.progress.fail(&task, &failure).await?);
                }
                Ended::Checked(checked) => {
                    self.create_names(&definition).await?;
                    if !definition.request.dry_run {
                        self.progress.tasks.remember_file(&checked.sha256, task.id).await?;
                    }
                    let beside_earlier = !self.progress.tasks.list(Listed::Open, 1, Some(task.id)).await?.is_empty();
                    if !self.progress.tasks.begin_importing(task.id, owner, &checked, beside_earlier).await? {
                        return Err(SplitError::LeaseLost);
                    }
                    definition.checked = Some(*checked);
                }
            }
        }
        let etag = match &task.etag {
            Some(etag) => etag.clone(),
            None => self.progress.tasks.task(task.id).await?.and_then(|task| task.etag).ok_or(SplitError::LeaseLost)?,
        };
        let size = task.size.unwrap_or_default();
        let checked = definition.checked.clone().ok_or(SplitError::NotChecked)?;
        if checked.parts() > 0 {
            // The lease is kept until it runs out: if this comes a second time, the parts are on their way already.
            let parts = (0..checked.parts()).filter(|part| !task.parts_done.contains(part));
            return Ok(self.progress.queues.dispatch(&task.origin(), parts.map(|part| (part, None))).await?);
        }
        let options = self.options(&task, &definition, if size > 0 { size } else { checked.bytes });
        let planner = self.planner(resume, || Planner::dispatch(options, &checked)).await?;
        let run =
            Run { splitter: self, task: &task, owner, etag: &etag, deadline: self.must_end(deadline), part: None };
        run.dispatch(planner, &checked).await
    }

    /// The key of the plain file: the uploaded one, or what it was unpacked to. None: it is no CSV, and the task failed.
    async fn plain(
        &self,
        task: &Task,
        definition: &Definition,
        head: &Head,
        owner: &str,
    ) -> Result<Option<String>, SplitError> {
        let objects = &self.progress.objects;
        let content = Content::of(&objects.first_bytes(&task.object_key, &head.etag, FIRST_BYTES).await?);
        let (code, message) = match content {
            Content::Plain => return Ok(Some(task.object_key.clone())),
            Content::Other(what) => {
                (FileCode::NotCsv, format!("The file is {what}, not a CSV. Open it and save it as CSV."))
            }
            Content::Gzip => {
                let key = format!("work/{}/plain-{owner}", task.id);
                let from = (task.object_key.as_str(), head.etag.as_str());
                match unpack(objects, from, &key, definition.request.file.sha256.as_deref()).await {
                    Ok(()) if self.progress.tasks.unpacked(task.id, owner, &key).await? => return Ok(Some(key)),
                    Ok(()) => return Err(SplitError::LeaseLost),
                    Err(NotUnpacked::Store(error)) => return Err(error.into()),
                    Err(NotUnpacked::File(code, message)) => (code, message),
                }
            }
        };
        self.fail(task, code, &message).await?;
        Ok(None)
    }

    async fn planner(&self, checkpoint: Option<String>, new: impl FnOnce() -> Planner) -> Result<Planner, SplitError> {
        match checkpoint {
            Some(key) => self.restored(&key).await,
            None => Ok(new()),
        }
    }

    async fn restored(&self, key: &str) -> Result<Planner, SplitError> {
        let mut body = self.progress.objects.stream(key).await?;
        let mut restoring = Restoring::default();
        while let Some(chunk) = body.try_next().await.map_err(interrupted)? {
            restoring.push(&chunk)?;
        }
        Ok(restoring.finish()?)
    }

    /// When a pass must be over: a while before the deadline, and with half of its time left where that is short.
    fn must_end(&self, deadline: Timestamp) -> Timestamp {
        let left = Duration::try_from(deadline.duration_since(self.progress.clock.now())).unwrap_or_default();
        deadline - RESERVE.min(left / 2)
    }

    /// The segment and actions of the settings, created once the file is known to be sound.
    async fn create_names(&self, definition: &Definition) -> Result<(), StoreError> {
        let settings = &definition.request.settings;
        if definition.request.dry_run {
            return Ok(());
        }
        let segments = settings
            .segment
            .iter()
            .filter(|setting| setting.create)
            .map(|setting| shared::segment::Segment::new(&setting.group, &setting.name))
            .collect();
        let actions = settings
            .source_action
            .iter()
            .filter(|setting| setting.create)
            .flat_map(|setting| std::iter::once(&setting.name).chain(&setting.update_action).cloned())
            .collect();
        self.catalogue.create_all(&segments, &actions).await
    }

    async fn fail(&self, task: &Task, code: FileCode, message: &str) -> Result<(), SplitError> {
        let problem = FileProblem { code, row: None, line: None, column: None, message: message.to_owned() };
        Ok(self.progress.fail(task, &Failure::of_file(vec![problem], 1)).await?)
    }

    fn options(&self, task: &Task, definition: &Definition, size: u64) -> Options {
        let options = Options::new(&definition.request, &definition.bound, task.id.launched(), size);
        // What was declared is the checksum of the compressed file, and that was looked at.
        let sha256 = options.sha256.filter(|_| event::task_of(&task.object_key).is_some());
        Options { sha256, batch_rows: self.batch_rows, ..options }
    }
}
