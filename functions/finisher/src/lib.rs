//! Ends imports: batches that could not be processed, the report, the last state, and the delivery of the end. A sweep
//! looks for imports that are stalled.

mod deliver;
mod join;
mod report;
mod sweep;
mod webhook;
mod work;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_lambda_events::sqs::SqsBatchResponse;
use domain::codes::FileCode;
use domain::imports::{ImportId, State};
use lambda_runtime::{Error, LambdaEvent};
use runtime::deployment::{BadEnvironment, Deployment};
use runtime::queue::{Received, note_trace, one_by_one};
use steps::{StepError, complete, fail, give_up, report_on_stopped};
use stores::Stores;
use stores::event_bus::EventBus;
use tracing::Span;

use crate::webhook::Webhook;
use crate::work::{Event, Work};

/// The function and the stores it uses.
#[derive(Debug)]
pub struct Finisher {
    stores: Stores,
    bucket_name: String,
    public_url: String,
    bus: Option<EventBus>,
    webhook: Option<Webhook>,
    /// The pause before the second call of a webhook that did not answer.
    first_pause: Duration,
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
            bucket_name: deployment.resources.bucket.clone(),
            public_url: deployment.public_url.clone(),
            bus: outbox.event_bus.as_deref().map(|name| EventBus::new(sdk, name)),
            webhook,
            first_pause: deliver::FIRST_PAUSE,
        })
    }

    /// The function with shorter pauses between the calls of a webhook, for tests.
    #[must_use]
    pub fn calling_again_after(self, first_pause: Duration) -> Self {
        Self { first_pause, ..self }
    }

    /// Handles messages of the finish queue and of the dead-letter queues, or sweeps.
    ///
    /// # Errors
    /// When a sweep fails. Messages that failed are named, so that only they come again.
    pub async fn handle(&self, event: LambdaEvent<serde_json::Value>) -> Result<SqsBatchResponse, Error> {
        match work::event(event.payload)? {
            Event::Sweep { stalled } => {
                self.sweep(stalled).await?;
                Ok(SqsBatchResponse::default())
            }
            Event::Messages(messages) => {
                Ok(one_by_one(&self.stores.queues, messages, |message| self.message(message)).await)
            }
        }
    }

    async fn message(&self, message: Received) -> Result<(), StepError> {
        for work in work::work(&message.body, &self.bucket_name) {
            Span::current().record("import", work.import().to_string());
            match work {
                Work::Finish { import } => self.finish(import).await?,
                Work::DeliverEnd { import, calls } => self.deliver(import, calls).await?,
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

    /// Makes the report and completes the import; for an import that was stopped, the report on what was applied until
    /// then.
    async fn finish(&self, id: ImportId) -> Result<(), StepError> {
        let Some(import) = self.stores.imports.get(id).await? else { return Ok(()) };
        note_trace(&import.trace);
        let was_stopped = matches!(import.state, State::Failed | State::Cancelled) && import.numbers.pages() > 0;
        if was_stopped {
            if let Some(report) = self.report(id).await? {
                report_on_stopped(&self.stores, id, &report).await?;
            }
            return Ok(());
        }
        if import.state != State::Finishing {
            return Ok(());
        }
        let report = self.report(id).await?;
        Ok(complete(&self.stores, &import, report.as_deref()).await?)
    }

    async fn splitter_gave_up(&self, id: ImportId) -> Result<(), StepError> {
        let message = "The file could not be read to its end, although it was tried several times. Nothing more is imported of it; start a new import, or have the functions' logs looked at.";
        match self.stores.imports.get(id).await? {
            Some(import) => Ok(fail(&self.stores, &import, FileCode::Stopped, message).await?),
            None => Ok(()),
        }
    }
}
