//! Failing an import.

use domain::codes::FileCode;
use domain::imports::{Counters, Failure};
use domain::messages::Message;
use domain::problems::FileProblem;
use stores::imports::{Import, LedgerPage, Stopped};
use stores::{StoreError, Stores};

use crate::deliver::deliver_end;

/// Minimum number of counted rows before the rejection limit applies; a few bad rows at the top prove nothing.
const ENOUGH_ROWS: u64 = 100;

/// Fails an import for one reason that has no place in its file.
///
/// # Errors
/// When a store fails.
pub async fn fail(stores: &Stores, import: &Import, code: FileCode, message: &str) -> Result<(), StoreError> {
    stop_with(stores, import, &without_place(code, message.to_owned())).await
}

/// Fails an import, unless it has ended or its rows are all counted. Once batches were sent, it ends when those that are
/// half-way are counted.
///
/// # Errors
/// When a store fails.
pub async fn stop_with(stores: &Stores, import: &Import, failure: &Failure) -> Result<(), StoreError> {
    match stores.imports.fail(import.id, failure, stores.clock.now()).await? {
        Stopped::Ended => deliver_end(stores, import).await,
        Stopped::Stopping => stores.queues.send(&import.origin(), &Message::Finish { import: import.id }).await,
        Stopped::TooLate => Ok(()),
    }
}

/// The failure of an import that had more rows rejected than it allows, while there are rows left.
pub(crate) fn too_many_rejected(import: &Import, page: &LedgerPage) -> Option<Failure> {
    let mut counted = import.counters.clone();
    if !import.folded.contains(&page.number) {
        counted.add(&page.counters);
    }
    let rows = counted.rows();
    if rows >= import.rows || !is_over_limit(import, &counted) {
        return None;
    }
    let message = format!(
        "{} of the first {rows} rows counted were rejected, more than `max_rejected_ratio` allows. The rest was not imported. Look at the report; retry the import to go on regardless, or correct the file.",
        counted.rejected
    );
    Some(without_place(FileCode::TooManyRejected, message))
}

/// The failure of an import whose rows are all counted and of which it allows fewer to be rejected. A small import has
/// no other moment: its rows are counted at once.
pub(crate) fn too_many_rejected_in_all(import: &Import) -> Option<Failure> {
    let counted = &import.counters;
    if !is_over_limit(import, counted) {
        return None;
    }
    let kept = match counted.created + counted.updated + counted.unchanged {
        0 => "No row was applied.".to_owned(),
        1 => "The 1 row that was applied stays.".to_owned(),
        applied => format!("The {applied} rows that were applied stay."),
    };
    let message = format!(
        "{} of {} rows were rejected, more than `max_rejected_ratio` allows. {kept} Correct the rows in the report and import it.",
        counted.rejected,
        counted.rows()
    );
    Some(without_place(FileCode::TooManyRejected, message))
}

fn is_over_limit(import: &Import, counted: &Counters) -> bool {
    let rows = counted.rows();
    import.max_rejected.is_some_and(|limit| rows >= ENOUGH_ROWS && counted.rejected * 1_000_000 > limit * rows)
}

fn without_place(code: FileCode, message: String) -> Failure {
    Failure::from_problems(vec![FileProblem { code, row: None, line: None, column: None, message }], 1)
}
