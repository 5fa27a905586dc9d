//! Ends tasks: batches that could not be processed, the report, the last state; and a sweep for what stands still.

mod announce;
mod event;
mod report;
mod sweep;
mod webhook;

use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse};
use lambda_runtime::{Error, LambdaEvent};
use shared::outcome::{FileCode, FileProblem};
use shared::progress::{Progress, ProgressError};
use shared::store::Resources;
use shared::store::events::EventBus;
use shared::store::tasks::Task;
use shared::task::{Failure, State, TaskId};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::event::{Order, Work};
use crate::webhook::Webhook;

/// The function and the stores it uses.
#[derive(Debug)]
pub struct Finisher {
    progress: Progress,
    public_url: String,
    bus: Option<EventBus>,
    webhook: Option<Webhook>,
    /// Before a webhook that did not answer is called again, the first time.
    first_pause: Duration,
}

impl Finisher {
    /// The function over the stores at the endpoint of this configuration.
    pub fn new(sdk: &aws_config::SdkConfig, resources: &Resources) -> Self {
        let announcements = &resources.announcements;
        Self {
            progress: Progress::new(sdk, resources),
            public_url: resources.public_url.clone(),
            bus: announcements.event_bus.as_deref().map(|name| EventBus::new(sdk, name)),
            webhook: Webhook::of(sdk, announcements),
            first_pause: announce::PAUSE,
        }
    }

    /// The function with shorter pauses between the calls of a webhook, for tests.
    #[must_use]
    pub fn calling_again_after(self, first_pause: Duration) -> Self {
        Self { first_pause, ..self }
    }

    /// Does what a message of the finish queue or of a dead-letter queue asks for, or sweeps.
    ///
    /// # Errors
    /// When a sweep fails; what fails of messages is named, so that only they come again.
    pub async fn handle(&self, event: LambdaEvent<serde_json::Value>) -> Result<SqsBatchResponse, Error> {
        let mut response = SqsBatchResponse::default();
        match event::read(event.payload)? {
            Work::Sweep(stalled) => self.sweep(stalled).await?,
            Work::Messages(messages) => {
                for (message, order) in messages {
                    let span = tracing::info_span!("order", task = Empty, batch = Empty, trace = Empty);
                    if let Err(error) = self.order(order).instrument(span.clone()).await {
                        span.in_scope(|| tracing::warn!(%message, %error, "a message is to be tried again"));
                        let mut failure = BatchItemFailure::default();
                        failure.item_identifier = message;
                        response.batch_item_failures.push(failure);
                    }
                }
            }
        }
        Ok(response)
    }

    async fn order(&self, order: Order) -> Result<(), ProgressError> {
        let span = Span::current();
        if let Some(task) = order.task() {
            span.record("task", task.to_string());
        }
        match order {
            Order::Finish(id) => self.finish(id).await,
            Order::Announce(id, calls) => self.announce(id, calls).await,
            Order::GiveUp(batch) => {
                span.record("batch", batch.batch);
                tracing::error!("a batch reached the dead-letter queue");
                self.progress.give_up(&batch).await
            }
            Order::SplitterGaveUp(id) => {
                let message = "The file could not be read to its end, although it was tried several times. Nothing more is imported of it; start a new import, or have the functions' logs looked at.";
                match self.progress.tasks.task(id).await? {
                    Some(task) => self.fail(&task, FileCode::Stopped, message).await,
                    None => Ok(()),
                }
            }
            Order::Nothing => Ok(()),
        }
    }

    /// Makes the report and completes the task; of a task that was stopped, the report on what was applied until then.
    async fn finish(&self, id: TaskId) -> Result<(), ProgressError> {
        let Some(task) = self.progress.tasks.task(id).await? else { return Ok(()) };
        Span::current().record("trace", task.trace.root());
        if matches!(task.state, State::Failed | State::Cancelled) && task.ledger.pages() > 0 {
            if let Some(report) = self.report(id).await? {
                self.progress.tasks.attach_report(id, &report).await?;
            }
            return Ok(());
        }
        if task.state != State::Finishing {
            return Ok(());
        }
        let report = self.report(id).await?;
        if self.progress.tasks.complete(id, report.as_deref(), self.progress.clock.now()).await? {
            self.progress.queues.announce(&task.origin()).await?;
        }
        Ok(())
    }

    async fn fail(&self, task: &Task, code: FileCode, message: &str) -> Result<(), ProgressError> {
        let problem = FileProblem { code, row: None, line: None, column: None, message: message.to_owned() };
        Ok(self.progress.fail(task, &Failure::of_file(vec![problem], 1)).await?)
    }
}
