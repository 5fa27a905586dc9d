//! Whether a batch may still be applied, though its import may have been stopped.

use domain::imports::State;
use stores::imports::Import;

/// Whether a batch may still be applied and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MayApply {
    /// It may.
    Yes,
    /// The import was stopped, and it is not decided yet which batches it waits for.
    AskLater,
    /// The import has ended, or does not wait for the batch.
    No,
}

/// Whether a batch may be applied while the import is so. An intent must be noted before the import is read for this to
/// say yes to a write (see `settle`).
pub fn may_apply(import: &Import, batch: u32, is_noted: bool) -> MayApply {
    match &import.settling {
        _ if import.state == State::Importing => MayApply::Yes,
        Some(settling) if import.is_stopping() && settling.contains(&batch) => MayApply::Yes,
        None if import.is_stopping() && is_noted => MayApply::AskLater,
        _ => MayApply::No,
    }
}
