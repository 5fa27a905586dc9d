//! Checks an uploaded file as a whole, then sends its rows in batches.
//!
//! The check works under a lease on the import, and writes down the plan: which row is in which batch. Dispatching only
//! follows the plan, so a batch that is sent twice is the same batch. Near its deadline a splitter sends itself a
//! continuation and ends.

mod check;
mod dispatch;
mod error;
mod inbox;
mod plain;
mod report;
mod send;
mod split;
mod unpack;
#[cfg(test)]
mod unpack_memory;
mod work;

pub use work::{Work, work};

use std::time::Duration;

use aws_config::SdkConfig;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::imports::read_options;
use domain::keys::ObjectKey;
use domain::plan::{FILE_PART_BYTES, MAX_ROWS, ReadOptions};
use lambda_runtime::{Error, LambdaEvent};
use runtime::deployment::Deployment;
use runtime::invocation::Invocation;
use runtime::queue::{Received, one_by_one};
use stores::Stores;
use stores::catalogue::Catalogue;
use stores::definitions::Definitions;
use stores::imports::{Import, Setup};
use tracing::Span;

use crate::dispatch::PartOfWave;
use crate::error::SplitError;

/// Time kept free before the deadline, to store a snapshot and to send the continuation.
const RESERVE: Duration = Duration::from_secs(20);
/// Bytes a second at which a snapshot's tables are stored at least, with several upload parts at a time.
const SAVED_A_SECOND: u64 = 20 * 1024 * 1024;

/// The function and the stores it uses.
#[derive(Debug)]
pub struct Splitter {
    stores: Stores,
    catalogue: Catalogue,
    definitions: Definitions,
    bucket_name: String,
    batch_rows: u32,
    file_part_bytes: u64,
    random: fn() -> u128,
}

impl Splitter {
    /// The function over the stores at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, deployment: &Deployment) -> Self {
        let resources = &deployment.resources;
        Self {
            stores: Stores::new(sdk, resources),
            catalogue: Catalogue::new(sdk, resources),
            definitions: Definitions::new(sdk, resources),
            random: rand::random,
            bucket_name: resources.bucket.clone(),
            batch_rows: MAX_ROWS,
            file_part_bytes: FILE_PART_BYTES,
        }
    }

    /// The function with smaller batches than usual, so that a small file has many of them in a test.
    #[must_use]
    pub fn with_batches_of(self, rows: u32) -> Self {
        Self { batch_rows: rows.clamp(1, MAX_ROWS), ..self }
    }

    /// The function with another source of the random bits of import ids, for tests that repeat exactly.
    #[must_use]
    pub fn drawing_from(self, random: fn() -> u128) -> Self {
        Self { random, ..self }
    }

    /// The function with smaller file parts than usual, so that a small file is dispatched in several.
    #[must_use]
    pub fn with_file_parts_of(self, bytes: u64) -> Self {
        Self { file_part_bytes: bytes.max(1), ..self }
    }

    /// Handles object events and continuations. Messages that failed are named, so that only they come again.
    ///
    /// # Errors
    /// Never: only a message can fail.
    pub async fn handle(&self, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
        let invocation = Invocation::new(&event.context, self.stores.clock.now(), Duration::from_secs(60));
        Ok(one_by_one(&self.stores.queues, event.payload.records, |message| self.message(message, invocation)).await)
    }

    async fn message(&self, message: Received, invocation: Invocation<'_>) -> Result<(), SplitError> {
        let Received { body, trace, .. } = message;
        for work in work(&body, &self.bucket_name) {
            let span = Span::current();
            if let Some(import) = work.import() {
                span.record("import", import.to_string());
            }
            if let Some(part) = work.file_part() {
                span.record("file_part", part);
            }
            // Boxed, because the futures of SDK calls are deep types, and the compiler follows them only so far.
            let trace = &trace;
            let done = Box::pin(async move {
                match work {
                    Work::Split { import } => self.split(import, invocation).await,
                    Work::Launch { key } => self.launch(&key, trace.as_ref(), invocation).await,
                    Work::DispatchPart { import, plan, wave, part, sent } => {
                        self.dispatch_part(import, plan, PartOfWave { wave, part, sent }, invocation).await
                    }
                }
            });
            done.await?;
        }
        Ok(())
    }

    /// How the object of this length in bytes is read.
    fn options(&self, import: &Import, setup: &Setup, bytes: u64) -> ReadOptions {
        let options = read_options(&setup.request, &setup.catalogue, import.id.launched(), bytes);
        // The declared checksum is that of the compressed file, and it was compared when the file was unpacked.
        let sha256 = options.sha256.filter(|_| ObjectKey::is_sent_file(&import.object_key));
        ReadOptions { sha256, batch_rows: self.batch_rows, ..options }
    }
}

/// Time kept free before the deadline where tables of so many bytes have to be stored too.
fn reserve(table_bytes: u64) -> Duration {
    RESERVE + Duration::from_secs(table_bytes / SAVED_A_SECOND)
}
