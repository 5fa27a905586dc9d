//! Applies batches of rows to customers, segments and feeds, and counts each batch once.
//!
//! A batch is decided, its intent noted, its writes applied, and then counted in the ledger; `shared::decide` says why
//! that is safe. A message that fails comes again; on its last receive the batch is counted as unprocessed.

mod attempt;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use lambda_runtime::{Error, LambdaEvent};
use shared::batch::BatchMessage;
use shared::progress::{Progress, ProgressError};
use shared::records::NotABatch;
use shared::store::catalogue::Catalogue;
use shared::store::customers::Customers;
use shared::store::segments::Segments;
use shared::store::tasks::Definition;
use shared::store::{Resources, StoreError};
use shared::task::TaskId;

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
        let body = message.body.as_deref().unwrap_or_default();
        let receives: u32 =
            message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1);
        let result = match BatchMessage::from_body(body) {
            Ok(batch) => match self.batch(&batch, receives).await {
                Err(error) if receives >= self.max_receives => {
                    tracing::error!(task = %batch.task, batch = batch.batch, %error, "giving up on a batch");
                    self.progress.give_up(&batch).await.map_err(BatchError::from)
                }
                result => result,
            },
            Err(error) => Err(NotABatch(error.to_string()).into()),
        };
        let error = result.err()?;
        tracing::warn!(message = message.message_id, receives, %error, "a batch is to be tried again");
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = message.message_id.unwrap_or_default();
        Some(failure)
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
