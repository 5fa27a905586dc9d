//! A batch that is ready to be decided, and how its writes ended.

use std::collections::BTreeMap;

use domain::customer::{CustomerId, Former};
use domain::decide::Terms;
use domain::undo::{UndoRow, UndoTerms};
use steps::ReadBatch;
use stores::imports::{Intent, LedgerPage};

/// A batch, ready to be decided.
pub(crate) struct Batch<'a> {
    pub(crate) read: ReadBatch<'a>,
    /// The rows' numbers in the file.
    pub(crate) numbers: Vec<u64>,
    pub(crate) terms: Terms,
    pub(crate) is_forecast: bool,
    /// How many times the import had been retried.
    pub(crate) run: u32,
    /// What is put back, if the import is an undo.
    pub(crate) undo: Option<Undo>,
}

/// The rows of an undo.
pub(crate) struct Undo {
    pub(crate) terms: UndoTerms,
    pub(crate) rows: Vec<UndoRow>,
}

impl Undo {
    /// What the import replaced of each customer whom the rows are about.
    pub(crate) fn former(&self) -> BTreeMap<CustomerId, Former> {
        Former::by_customer(self.rows.iter().filter_map(|row| row.former.clone()))
    }
}

/// How the writes of rows ended.
pub(crate) enum Applied {
    /// They are stored, as this intent says.
    Stored(Intent),
    /// Another attempt was quicker, and the batch is counted on this page.
    CountedBefore(LedgerPage),
    /// The import was stopped before anything was written, and does not wait for the batch.
    LeftOut,
}
