//! Counting a batch, and what follows from it.

use domain::imports::{Counters, ImportId, State};
use domain::messages::Message;
use domain::plan::{BatchNumbers, NextStep};
use stores::imports::{Counted, Import, LedgerPage};
use stores::{StoreError, Stores};

use crate::fail::{fail_with, too_many_rejected};
use crate::finish::begin_finishing;
use crate::ordered::send_ordered;

/// Counts a batch, unless it is counted already, and does what follows.
///
/// # Errors
/// When a store fails.
pub async fn count(
    stores: &Stores,
    import: ImportId,
    batch: u32,
    counters: &Counters,
    revision: u32,
) -> Result<(), StoreError> {
    let (page, counted) = stores.ledger.count(import, batch, counters, revision).await?;
    if counted == Counted::JustNow {
        figures::rows(counters);
    }
    advance(stores, import, batch, &page).await
}

/// Does what follows once a batch is counted on this page. Deliveries that come later go through it too, so a worker
/// that dies between two steps leaves nothing hanging.
///
/// # Errors
/// When a store fails.
pub async fn advance(stores: &Stores, id: ImportId, batch: u32, page: &LedgerPage) -> Result<(), StoreError> {
    let Some(import) = stores.imports.get(id).await? else { return Ok(()) };
    if matches!(import.state, State::Failed | State::Cancelled) {
        // The batch was under way when the import was stopped, so its rows belong into the report.
        return stores.queues.send(&import.origin(), &Message::Finish { import: id }).await;
    }
    if import.state.is_ended() {
        return Ok(());
    }
    if let Some(failure) = too_many_rejected(&import, page) {
        fail_with(stores, &import, &failure).await?;
        return stores.queues.send(&import.origin(), &Message::Finish { import: id }).await;
    }
    let pages_folded = fold_if_due(stores, &import, page).await?;
    match import.numbers.after(batch, pages_folded) {
        NextStep::Wait => Ok(()),
        // The texts of the ordered lane exist only once every file part was dispatched.
        NextStep::Ordered(_) if import.file_parts > 0 && !import.dispatched => Ok(()),
        NextStep::Ordered(number) => send_next_ordered(stores, &import, number, page).await,
        NextStep::Finish => begin_finishing(stores, &import).await,
    }
}

/// Whether every batch of a page is counted and its counters are not added to the import yet.
pub fn is_due_to_fold(import: &Import, page: &LedgerPage) -> bool {
    !page.folded && page.done.len() >= import.numbers.page_size(page.number) as usize
}

/// Folds the page if that is due; gives how many pages of the import are folded then.
async fn fold_if_due(stores: &Stores, import: &Import, page: &LedgerPage) -> Result<u32, StoreError> {
    if !is_due_to_fold(import, page) {
        return Ok(import.pages_folded);
    }
    stores.ledger.fold(import.id, page).await?;
    Ok(stores.imports.get(import.id).await?.map_or(import.pages_folded, |import| import.pages_folded))
}

async fn send_next_ordered(stores: &Stores, import: &Import, number: u32, page: &LedgerPage) -> Result<(), StoreError> {
    let is_on_page = BatchNumbers::page(number) == page.number;
    let other = if is_on_page { None } else { Some(stores.ledger.page(import.id, BatchNumbers::page(number)).await?) };
    if other.as_ref().unwrap_or(page).done.contains(&number) {
        // The lane went on without this delivery.
        return Ok(());
    }
    send_ordered(stores, import, number).await
}
