//! The tasks table: each import with its setup, its lease, its ledger, its intents and the delivery of its end.
//!
//! ```text
//! import#task        the import: everything that changes          import#settings    what was asked for
//! import#checked#o   what a splitter found                        import#first_rows  its first rows; they expire
//! import#ledger#n    a page of the ledger                         import#s#batch#n   the intent of a batch; it expires
//! launches#task      the order of launches, and who is open
//! inbox#HASH#task    a file of the inbox, and the import that it is
//! key#K#task         an idempotency key; it expires               file#SHA#task      who imported a file; it expires
//! erasures#customer#C  a customer that is being erased
//! dry#import#…       what a forecast would have written; it expires
//! definition-runs#definition#ID  the last import of a definition
//! segment-job#SEGMENT#KIND  a job on the members of a segment; it expires
//! session#HASH#task  a session of the console; it expires    link#HASH#task     a link that begins one; it expires
//! ```

mod dispatch;
mod ends;
mod erasures;
mod files;
mod intents;
mod item;
mod launches;
mod lease;
mod ledger;
mod listing;
mod outbox;
mod reached;
mod record;
mod runs;
mod segment_jobs;
mod sessions;
mod setup;
mod table;

pub use ends::{EndFiles, Stopped};
pub use erasures::{Erasures, RecordedErasure};
pub use intents::{Intent, Intents};
pub use item::Import;
pub use lease::{Lease, LeaseError, Leased};
pub use ledger::{Counted, Ledger, LedgerPage};
pub use listing::Listed;
pub use outbox::Outbox;
pub use reached::Reached;
pub use record::{Idempotency, Launched, NewFile, NewImport};
pub use segment_jobs::{Begun, SegmentJobs, StoredJob};
pub use sessions::{Session, Sessions, TokenKind};
pub use setup::Setup;

use aws_config::SdkConfig;
use domain::imports::ImportId;

use crate::error::StoreError;
use crate::resources::Resources;
use item::read_import;
use table::{IMPORT, Table};

/// Imports: their state and their setup.
#[derive(Debug, Clone)]
pub struct Imports {
    table: Table,
}

impl Imports {
    /// The table at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, resources: &Resources) -> Self {
        Self { table: Table::new(sdk, resources) }
    }

    /// The ledger of these imports. It shares their client, and with it the connections.
    pub fn ledger(&self) -> Ledger {
        Ledger::new(self.table.clone())
    }

    /// The intents of attempts at these imports' batches, through the same client.
    pub fn intents(&self) -> Intents {
        Intents::new(self.table.clone())
    }

    /// The outbox of these imports' ends, through the same client.
    pub fn outbox(&self) -> Outbox {
        Outbox::new(self.table.clone())
    }

    /// The erasures that have not ended, through the same client.
    pub fn erasures(&self) -> Erasures {
        Erasures::new(self.table.clone())
    }

    /// The jobs on the members of segments, through the same client.
    pub fn segment_jobs(&self) -> SegmentJobs {
        SegmentJobs::new(self.table.clone())
    }

    /// The import of this id.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn get(&self, id: ImportId) -> Result<Option<Import>, StoreError> {
        self.table.get(&id.to_string(), IMPORT).await?.map(|item| read_import(&item)).transpose()
    }
}
