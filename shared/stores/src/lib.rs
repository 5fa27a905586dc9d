//! The only user of the AWS SDK: tables, bucket, queues, event bus and parameters, one place for each.
//!
//! Every write that depends on what was read is conditional, and answers [`Written::Superseded`] when somebody else was
//! quicker. Every error says whether trying again can help ([`StoreError::can_retry`]).

pub mod bucket;
pub mod catalogue;
mod client;
pub mod clock;
pub mod customers;
pub mod definitions;
mod dynamo;
mod error;
pub mod event_bus;
pub mod imports;
#[cfg(test)]
mod item_size;
pub mod parameters;
pub mod queues;
mod resources;
#[cfg(test)]
mod scripted;
pub mod segments;
mod written;

pub use client::sdk;
pub use error::{Refusal, StoreError};
pub use resources::Resources;
pub use written::Written;

use aws_config::SdkConfig;

use bucket::Bucket;
use clock::Clock;
use imports::{Erasures, Imports, Intents, Ledger, Outbox, SegmentJobs};
use queues::Queues;

/// The stores through which an import goes on.
#[derive(Debug, Clone)]
pub struct Stores {
    /// Imports: their state and their setup.
    pub imports: Imports,
    /// Which batches are counted.
    pub ledger: Ledger,
    /// What attempts at batches decided.
    pub intents: Intents,
    /// Ends that are still to be delivered.
    pub outbox: Outbox,
    /// Customers that are being erased.
    pub erasures: Erasures,
    /// Jobs on the members of segments.
    pub segment_jobs: SegmentJobs,
    /// Files, work in progress and reports.
    pub bucket: Bucket,
    /// The queues.
    pub queues: Queues,
    /// The time.
    pub clock: Clock,
}

impl Stores {
    /// The stores at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, resources: &Resources) -> Self {
        let imports = Imports::new(sdk, resources);
        Self {
            ledger: imports.ledger(),
            intents: imports.intents(),
            outbox: imports.outbox(),
            erasures: imports.erasures(),
            segment_jobs: imports.segment_jobs(),
            imports,
            bucket: Bucket::new(sdk, resources),
            queues: Queues::new(sdk, resources),
            clock: Clock::from_sdk(sdk),
        }
    }
}
