//! Which rows travel together, and what comes after what.
//!
//! ```text
//! planner    a file, chunk by chunk, to batches: the check pass and the dispatch pass are the same walk
//! filter     which identifiers may have been seen before      snapshot  a walk that goes on in another function
//! batch      rows that travel together                        numbering the ledger's arithmetic
//! ```

mod batch;
mod batch_records;
mod checked;
mod filter;
mod numbering;
mod options;
mod planner;
mod snapshot;

pub use batch::{Batch, BatchText, Lane, MAX_ROWS, MAX_TEXT, Run};
pub use batch_records::{BatchRecords, WrongCount};
pub use checked::{Checked, FilePart};
pub use filter::mistaken_rows;
pub use numbering::{BATCHES_PER_PAGE, BatchNumbers, NextStep};
pub use options::ReadOptions;
pub use planner::{Pass, Planner};
pub use snapshot::{BadSnapshot, Restoring};
