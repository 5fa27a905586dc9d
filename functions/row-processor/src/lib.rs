//! Applies batches of rows to customers, segments and feeds, and counts each batch once.
//!
//! A batch is decided, its intent noted, its writes applied, and then counted in the ledger; `shared::decide` says why
//! that is safe. A message that fails comes again; on its last receive the batch is counted as unprocessed.

mod attempt;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};
use shared::batch::{BatchMessage, NotABatch};
use shared::figures;
use shared::progress::{Progress, ProgressError};
use shared::store::catalogue::Catalogue;
use shared::store::customers::Customers;
use shared::store::segments::Segments;
use shared::store::tasks::Definition;
use shared::store::{Resources, StoreError};
use shared::task::TaskId;
use shared::trace::Trace;
use tracing::Instrument as _;
use tracing::field::Empty;

/// Definitions of tasks kept from one invocation to the next.
const DEFINITIONS_KEPT: usize = 64;

/// The function and the stores it uses.
#[derive(Debug)]
pub struct RowProcessor {
    progress: Progress,
    customers: Customers,
    segments: Segments,
    catalogue: Catalogue,
    max_receives: u32,
    definitions: Mutex<HashMap<TaskId, Arc<Definition>>>,
}

/// A batch could not be processed this time.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The message is no batch of this version of Muster.
    #[error(transparent)]
    NotABatch(#[from] NotABatch),
    /// It could not be counted.
    #[error(transparent)]
    Progress(#[from] ProgressError),
    /// Others kept changing the same customers.
    #[error("the customers of the batch kept changing; it is tried again later")]
    Contended,
}

impl RowProcessor {
    /// The function over the stores at the endpoint of this configuration.
    pub fn new(sdk: &aws_config::SdkConfig, resources: &Resources) -> Self {
        let max_receives = std::env::var("MUSTER_MAX_RECEIVES").ok().and_then(|times| times.parse().ok()).unwrap_or(5);
        Self {
            progress: Progress::new(sdk, resources),
            customers: Customers::new(sdk, resources),
            segments: Segments::new(sdk, resources),
            catalogue: Catalogue::new(sdk, resources),
            max_receives,
            definitions: Mutex::new(HashMap::new()),
        }
    }

    /// The function, giving a batch up at this many receives: as many as its queue has before the dead-letter queue.
    #[must_use]
    pub fn giving_up_after(self, max_receives: u32) -> Self {
        Self { max_receives, ..self }
    }

    /// Processes the messages of an event; those that failed are named, so that only they come again.
    ///
    /// # Errors
    /// None: what fails is a message.
    pub async fn handle(&self, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
        // The mapping's batch size bounds how many there are.
        let failed = join_all(event.payload.records.into_iter().map(|message| self.message(message))).await;
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = failed.into_iter().flatten().collect();
        Ok(response)
    }

    async fn message(&self, message: SqsMessage) -> Option<BatchItemFailure> {
        let attribute = |name: &str| message.attributes.get(name).map(String::as_str);
        let receives: u32 = attribute("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1);
        let span = tracing::info_span!("batch", task = Empty, batch = Empty, trace = Empty, receives);
        if let Some(trace) = attribute("AWSTraceHeader").and_then(Trace::from_header) {
            span.record("trace", trace.root());
        }
        let sent = attribute("SentTimestamp").and_then(|at| at.parse().ok());
        let error = self
            .timed(message.body.as_deref().unwrap_or_default(), receives, sent)
            .instrument(span.clone())
            .await
            .err()?;
        span.in_scope(|| tracing::warn!(message = message.message_id, %error, "a batch is to be tried again"));
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = message.message_id.unwrap_or_default();
        Some(failure)
    }

    /// Processes a batch or, on its last receive, gives it up; with the time that it took, and that it waited since it was
    /// sent, in milliseconds since 1970.
    async fn timed(&self, body: &str, receives: u32, sent: Option<i64>) -> Result<(), BatchError> {
        let begun = self.progress.clock.now();
        let waited = sent.and_then(|sent| Timestamp::from_millisecond(sent).ok()).map(|sent| between(sent, begun));
        let batch = BatchMessage::from_body(body)?;
        let span = tracing::Span::current();
        span.record("task", batch.task.to_string()).record("batch", batch.batch);
        let result = match self.batch(&batch, receives).await {
            Err(error) if receives >= self.max_receives => {
                tracing::error!(%error, "giving up on a batch");
                self.progress.give_up(&batch).await.map_err(BatchError::from)
            }
            result => result,
        };
        figures::batch(between(begun, self.progress.clock.now()), waited);
        result
    }

    /// A task's settings and check result; they do not change once batches are sent.
    async fn definition(&self, task: TaskId) -> Result<Arc<Definition>, StoreError> {
        if let Some(kept) = self.definitions.lock().ok().and_then(|kept| kept.get(&task).cloned()) {
            return Ok(kept);
        }
        let read = Arc::new(self.progress.tasks.definition(task).await?);
        if let Ok(mut kept) = self.definitions.lock() {
            if kept.len() >= DEFINITIONS_KEPT {
                kept.clear();
            }
            kept.insert(task, Arc::clone(&read));
        }
        Ok(read)
    }
}

/// The time from one moment to another; none when the clocks of two machines disagree.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
