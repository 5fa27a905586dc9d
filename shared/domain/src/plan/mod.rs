//! Which rows travel together, and who comes after whom.
//!
//! ```text
//! planner    the check pass: a file, chunk by chunk, to its plan      dispatch    a part of a planned file to batches
//! wave       when a row runs              links       which identifiers belong together, and their last wave
//! checked    the plan, part by part       later_rows  the rows of a part that are not in wave 0
//! batch      rows that travel together    numbering   the ledger's arithmetic
//! snapshot   a check pass that goes on in another function        undo_file  the file of an undo
//! row_search the batch of one row
//! ```

mod batch;
mod batch_records;
mod checked;
mod dispatch;
mod fingerprints;
mod later_rows;
mod links;
mod numbering;
mod options;
mod planner;
mod row_search;
mod snapshot;
mod undo_file;
mod wave;

pub use batch::{Batch, BatchText, MAX_ROWS, MAX_TEXT, Run};
pub use batch_records::{BatchRecords, WrongCount};
pub use checked::{Checked, FILE_PART_BYTES, FilePart, QuotedCells};
pub use dispatch::{Dispatch, NotAsChecked};
pub use later_rows::{BadLaterRows, LaterRows};
pub use links::mistaken_rows;
pub use numbering::{BATCHES_PER_PAGE, BatchNumbers, NextStep};
pub use options::{ReadOptions, ReportOf};
pub use planner::{LaterRowsObject, Planner};
pub(crate) use planner::{Look, Shown, Values};
pub use row_search::RowSearch;
pub use snapshot::{BadSnapshot, Restoring};
pub use undo_file::{UndoFile, batch_of, customer_of};
pub use wave::{NoSuchWave, WAVES, Wave};
