//! Ends imports: batches that could not be processed, the report, the last state, and the delivery of the end. A sweep
//! looks for imports that are stalled. It also counts and exports the members of segments.

mod deliver;
mod join;
mod report;
mod results;
mod samples;
mod segment_job;
mod sweep;
mod undo_file;
mod webhook;
mod work;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_lambda_events::sqs::SqsBatchResponse;
use domain::codes::FileCode;
use domain::imports::{ImportId, State};
use lambda_runtime::{Error, LambdaEvent};
use runtime::deployment::{BadEnvironment, Deployment};
use runtime::invocation::Invocation;
use runtime::queue::{Received, note_trace, one_by_one};
use steps::{Settled, StepError, complete, end_stopped, fail, give_up, settle};
use stores::Stores;
use stores::customers::StoredCustomers;
use stores::event_bus::EventBus;
use stores::imports::{EndFiles, Import, LeaseError, Leased};
use stores::segments::Segments;
use tracing::Span;

use crate::join::counted_batches;
use crate::webhook::Webhook;
use crate::work::{Event, Work};

/// Whether an import has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// It has, or another finisher ends it.
    Yes,
    /// Batches of it are half-way.
    NotYet,
}

/// The function and the stores it uses.
#[derive(Debug)]
pub struct Finisher {
    stores: Stores,
    customers: StoredCustomers,
    segments: Segments,
    bucket_name: String,
    public_url: String,
    bus: Option<EventBus>,
    webhook: Option<Webhook>,
    /// The pause before the second call of a webhook that did not answer.
    first_pause: Duration,
    /// How long one step of a job on a segment's members takes.
    job_step: Duration,
}

impl Finisher {
    /// The function over the stores at the endpoint of this configuration.
    ///
    /// # Errors
    /// When the deployment names a webhook and no client for it can be made.
    pub fn new(sdk: &SdkConfig, deployment: &Deployment) -> Result<Self, BadEnvironment> {
        let outbox = &deployment.outbox;
        let webhook = outbox.webhook.clone().map(|target| Webhook::new(sdk, target)).transpose()?;
        Ok(Self {
            stores: Stores::new(sdk, &deployment.resources),
            customers: StoredCustomers::new(sdk, &deployment.resources),
            segments: Segments::new(sdk, &deployment.resources),
            bucket_name: deployment.resources.bucket.clone(),
            public_url: deployment.public_url.clone(),
            bus: outbox.event_bus.as_deref().map(|name| EventBus::new(sdk, name)),
            webhook,
            first_pause: deliver::FIRST_PAUSE,
            job_step: segment_job::STEP,
        })
    }

    /// The function with shorter pauses between the calls of a webhook, for tests.
    #[must_use]
    pub fn calling_again_after(self, first_pause: Duration) -> Self {
        Self { first_pause, ..self }
    }

    /// The function with shorter steps of jobs on segments, for tests.
    #[must_use]
    pub fn stepping_for(self, job_step: Duration) -> Self {
        Self { job_step, ..self }
    }

    /// Handles messages of the finish queue and of the dead-letter queues, or sweeps.
    ///
    /// # Errors
    /// When a sweep fails. Messages that failed are named, so that only they come again.
    pub async fn handle(&self, event: LambdaEvent<serde_json::Value>) -> Result<SqsBatchResponse, Error> {
        let invocation = Invocation::new(&event.context, self.stores.clock.now(), Duration::from_secs(60));
        match work::event(event.payload)? {
            Event::Sweep { stalled } => {
                self.sweep(stalled).await?;
                Ok(SqsBatchResponse::default())
            }
            Event::Messages(messages) => {
                Ok(one_by_one(&self.stores.queues, messages, |message| self.message(message, invocation)).await)
            }
        }
    }

    async fn message(&self, message: Received, invocation: Invocation<'_>) -> Result<(), StepError> {
        for work in work::work(&message.body, &self.bucket_name) {
            if let Some(import) = work.import() {
                Span::current().record("import", import.to_string());
            }
            match work {
                Work::Finish { import } => self.finish(import, invocation).await?,
                Work::DeliverEnd { import, calls } => self.deliver(import, calls).await?,
                Work::MakeUndoFile { import } => self.make_undo_file(import).await?,
                Work::SegmentJob(id) => self.go_on_with(&id, invocation).await?,
                Work::GiveUp(batch) => {
                    Span::current().record("batch", batch.batch);
                    tracing::error!("a batch reached the dead-letter queue");
                    give_up(&self.stores, &batch).await?;
                }
                Work::SplitterGaveUp { import } => self.splitter_gave_up(import).await?,
            }
        }
        Ok(())
    }

    /// Makes the report and ends the import: one whose rows are all counted, or one that was stopped once no batch of it
    /// is half-way. It works under a lease, so that copies of a message do not make the report side by side.
    async fn finish(&self, id: ImportId, invocation: Invocation<'_>) -> Result<(), StepError> {
        let states = [State::Finishing, State::Failed, State::Cancelled];
        loop {
            let (now, until) = (self.stores.clock.now(), invocation.lease_until());
            let leased = self.stores.imports.lease(id, &states, invocation.owner, now, until).await?;
            let Leased::Yes(lease, import) = leased else { return Ok(()) };
            note_trace(&import.trace);
            let ended = self.end(&import).await;
            // An import that ended has no lease any more.
            match lease.release().await {
                Ok(()) | Err(LeaseError::Lost) => {}
                Err(LeaseError::Store(error)) => return ended.and(Err(error.into())),
            }
            // A batch that was counted meanwhile called a finisher that left because of the lease.
            if ended? == Ended::Yes || !self.is_settled(id).await? {
                return Ok(());
            }
        }
    }

    async fn end(&self, import: &Import) -> Result<Ended, StepError> {
        if import.state == State::Finishing {
            let files = self.end_files(import).await?;
            complete(&self.stores, import, &files).await?;
            return Ok(Ended::Yes);
        }
        match settle(&self.stores, import).await? {
            Settled::Yes(import) => {
                let files = self.end_files(&import).await?;
                end_stopped(&self.stores, &import, &files).await?;
                Ok(Ended::Yes)
            }
            Settled::WaitsFor(batches) => {
                tracing::info!(batches = batches.len(), "the import ends once its half-way batches are counted");
                Ok(Ended::NotYet)
            }
            Settled::No => Ok(Ended::Yes),
        }
    }

    /// Makes the files of an import whose counters are final.
    async fn end_files(&self, import: &Import) -> Result<EndFiles, StepError> {
        let setup = self.stores.imports.setup(import).await?;
        let counted = counted_batches(&self.stores, import.id).await?;
        let results = self.results(import, &setup, &counted).await?;
        self.samples(import, &setup, &counted).await?;
        let report = self.report(import, &setup, &counted).await?;
        Ok(EndFiles { report, results })
    }

    /// Whether an import that was stopped waits for no batch any more, and has not ended.
    async fn is_settled(&self, id: ImportId) -> Result<bool, StepError> {
        match self.stores.imports.get(id).await? {
            Some(import) if import.is_stopping() => Ok(matches!(settle(&self.stores, &import).await?, Settled::Yes(_))),
            _ => Ok(false),
        }
    }

    async fn splitter_gave_up(&self, id: ImportId) -> Result<(), StepError> {
        let message = "The file could not be read to its end, although it was tried several times. Nothing more is imported of it; start a new import, or have the functions' logs looked at.";
        match self.stores.imports.get(id).await? {
            Some(import) => Ok(fail(&self.stores, &import, FileCode::Stopped, message).await?),
            None => Ok(()),
        }
    }
}
