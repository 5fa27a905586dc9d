//! Applies batches of rows to customers, segments and feeds, and counts each batch once. It also ends erasures, because
//! it is the one that may write customers beside imports.
//!
//! A batch is decided, its intent noted, its writes applied, and then it is counted in the ledger; `domain::decide`
//! says why that is safe. A message that fails comes again. On its last receive, or if trying again cannot help, the rows
//! that fail are found and given up, and the others are applied.

mod attempt;
mod batch;
mod counted;
mod left;
mod lookup;
mod narrow;
mod samples;
mod undo;
mod write;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::imports::ImportId;
use domain::messages::{Message, NotAMessage};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};
use runtime::deployment::Deployment;
use runtime::invocation::Invocation;
use runtime::queue::{Received as QueueMessage, side_by_side};
use steps::{Erasing, StepError};
use stores::catalogue::Catalogue;
use stores::customers::StoredCustomers;
use stores::imports::{Import, Setup};
use stores::segments::Segments;
use stores::{StoreError, Stores};
use tracing::Span;

/// Setups of imports that are kept from one invocation to the next.
const SETUPS_KEPT: usize = 64;

/// The function and the stores it uses.
#[derive(Debug)]
pub struct RowProcessor {
    stores: Stores,
    customers: StoredCustomers,
    segments: Segments,
    catalogue: Catalogue,
    max_receives: u32,
    setups: Mutex<HashMap<ImportId, Arc<Setup>>>,
}

/// A batch could not be processed this time.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The body is no message of this version of Muster.
    #[error(transparent)]
    NotAMessage(#[from] NotAMessage),
    /// The message is for another function.
    #[error("the message is for another function")]
    NotForRows,
    /// A step could not be taken.
    #[error(transparent)]
    Step(#[from] StepError),
    /// Others kept changing the same customers.
    #[error("the customers of the batch kept changing; it is tried again later")]
    Contended,
    /// There was no time to find all rows that fail.
    #[error("the time was too short to find the rows that fail; they are looked for again later")]
    OutOfTime,
}

impl BatchError {
    /// Whether the same attempt may succeed later.
    const fn can_retry(&self) -> bool {
        match self {
            Self::Store(error) => error.can_retry(),
            Self::Step(error) => error.can_retry(),
            Self::Contended | Self::OutOfTime => true,
            Self::NotAMessage(_) | Self::NotForRows => false,
        }
    }

    /// Whether the import was stopped just now, which says nothing of the batch.
    const fn is_stopping(&self) -> bool {
        matches!(self, Self::Step(StepError::Stopping))
    }
}

/// How a message came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received {
    /// How many times it was received, this time included.
    pub(crate) receives: u32,
    /// When Lambda ends the invocation.
    pub(crate) deadline: Timestamp,
}

impl RowProcessor {
    /// The function over the stores at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, deployment: &Deployment) -> Self {
        let resources = &deployment.resources;
        let max_receives = std::env::var("MUSTER_MAX_RECEIVES").ok().and_then(|times| times.parse().ok()).unwrap_or(10);
        Self {
            stores: Stores::new(sdk, resources),
            customers: StoredCustomers::new(sdk, resources),
            segments: Segments::new(sdk, resources),
            catalogue: Catalogue::new(sdk, resources),
            max_receives,
            setups: Mutex::new(HashMap::new()),
        }
    }

    /// The function, giving a batch up at this many receives: as many as its queue has before the dead-letter queue.
    #[must_use]
    pub fn giving_up_after(self, max_receives: u32) -> Self {
        Self { max_receives, ..self }
    }

    /// Processes the batches of an event. Messages that failed are named, so that only they come again.
    ///
    /// # Errors
    /// Never: only a message can fail.
    pub async fn handle(&self, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
        let now = self.stores.clock.now();
        let deadline = Invocation::new(&event.context, now, Duration::from_secs(30)).deadline();
        Ok(side_by_side(&self.stores.queues, event.payload.records, |message| self.message(message, deadline)).await)
    }

    /// Processes the batch of a message.
    async fn message(&self, message: QueueMessage, deadline: Timestamp) -> Result<(), BatchError> {
        let begun = self.stores.clock.now();
        let waited = message.sent.map(|sent| between(sent, begun));
        let batch = match Message::from_body(&message.body)? {
            Message::Batch(batch) => batch,
            Message::UndoAgain(batch) => return self.undo_again(&batch).await,
            Message::EndErasure { customer, .. } => return Ok(self.erasing().end(customer).await?),
            _ => return Err(BatchError::NotForRows),
        };
        Span::current().record("import", batch.import.to_string()).record("batch", batch.batch);
        let result = match self.batch(&batch, Received { receives: message.receives, deadline }).await {
            Err(BatchError::Step(StepError::OtherPlan)) => {
                tracing::error!("the batch belongs to another plan of the file, and is left out");
                Ok(())
            }
            result => result,
        };
        figures::batch(between(begun, self.stores.clock.now()), waited);
        result
    }

    const fn erasing(&self) -> Erasing<'_> {
        Erasing { stores: &self.stores, customers: &self.customers, segments: &self.segments }
    }

    /// The setup of an import: it does not change once batches are sent.
    async fn setup(&self, import: &Import) -> Result<Arc<Setup>, StoreError> {
        if let Some(kept) = self.setups.lock().ok().and_then(|kept| kept.get(&import.id).cloned()) {
            return Ok(kept);
        }
        let read = Arc::new(self.stores.imports.setup(import).await?);
        if let Ok(mut kept) = self.setups.lock() {
            if kept.len() >= SETUPS_KEPT {
                kept.clear();
            }
            kept.insert(import.id, Arc::clone(&read));
        }
        Ok(read)
    }
}

/// The time from one moment to another; zero if the clocks of two machines disagree.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
