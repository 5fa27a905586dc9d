//! What follows once a batch is counted.

use std::collections::BTreeSet;

use domain::imports::{ImportId, State};
use domain::messages::Message;
use domain::plan::{BatchNumbers, NextStep, Wave};
use stores::imports::{Import, LedgerPage};
use stores::{StoreError, Stores};

use crate::fail::{stop_with, too_many_rejected, too_many_rejected_in_all};
use crate::finish::begin_finishing;
use crate::tail::send_tail_batch;

/// Whether what follows may have been begun before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The delivery that counted the batch.
    First,
    /// A later one. The one before may have died between two steps, so each is taken again.
    Again,
}

/// Does what follows once a batch is counted on this page: an import that was stopped may end, a full page is folded,
/// and once all pages of a wave are, the next wave begins. Deliveries that come later go through it too, so a worker
/// that dies between two steps leaves nothing hanging.
///
/// # Errors
/// When a store fails.
pub async fn advance(
    stores: &Stores,
    id: ImportId,
    batch: u32,
    page: &LedgerPage,
    delivery: Delivery,
) -> Result<(), StoreError> {
    let Some(mut import) = stores.imports.get(id).await? else { return Ok(()) };
    if import.is_stopping() {
        // It may have waited for this batch.
        return stores.queues.send(&import.origin(), &Message::Finish { import: id }).await;
    }
    if import.state.is_ended() {
        return Ok(());
    }
    if let Some(failure) = too_many_rejected(&import, page) {
        return stop_with(stores, &import, &failure).await;
    }
    if is_due_to_fold(&import, page) {
        import = stores.ledger.fold(&import, page).await?;
    }
    match import.numbers.after(batch, import.wave, &import.folded) {
        NextStep::Wait => Ok(()),
        NextStep::RunTail(number) => run_tail_batch(stores, &import, number, page).await,
        NextStep::BeginWave(wave) => begin_wave(stores, &import, wave, delivery).await,
        NextStep::Finish => end_rows(stores, &import).await,
    }
}

/// What [`resume`] found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resumed {
    /// The import goes on.
    Yes,
    /// Batches of the wave are not counted, and nothing says that they are not on their way.
    Waits,
}

/// Takes whatever step is due: folds full pages, then begins the next wave, sends the due batch of the tail, or begins
/// to finish. Used where no single batch was counted: after a dispatch, and by the sweep.
///
/// # Errors
/// When a store fails.
pub async fn resume(stores: &Stores, id: ImportId) -> Result<Resumed, StoreError> {
    let Some(mut import) = stores.imports.get(id).await? else { return Ok(Resumed::Waits) };
    if import.state != State::Importing {
        return Ok(Resumed::Waits);
    }
    let mut counted = BTreeSet::new();
    for page in stores.ledger.pages(id).await? {
        if is_due_to_fold(&import, &page) {
            import = stores.ledger.fold(&import, &page).await?;
        }
        counted.extend(page.done);
    }
    let wave = import.wave;
    let last = import.numbers.numbers_of(wave).end.saturating_sub(1);
    match import.numbers.after(last, wave, &import.folded) {
        NextStep::BeginWave(next) => begin_wave(stores, &import, next, Delivery::Again).await?,
        NextStep::Finish => end_rows(stores, &import).await?,
        NextStep::RunTail(_) | NextStep::Wait if wave == Wave::TAIL && import.dispatched => {
            let due = import.numbers.numbers_of(wave).find(|number| !counted.contains(number));
            let Some(due) = due else { return Ok(Resumed::Waits) };
            send_tail_batch(stores, &import, due).await?;
        }
        NextStep::RunTail(_) | NextStep::Wait => return Ok(Resumed::Waits),
    }
    Ok(Resumed::Yes)
}

/// Whether every batch of a page is counted and its counters are not added to the import yet.
fn is_due_to_fold(import: &Import, page: &LedgerPage) -> bool {
    !import.folded.contains(&page.number) && page.done.len() >= import.numbers.page_size(page.number) as usize
}

/// Begins to finish an import whose pages are all folded, or fails it if it allows fewer rejected rows. Its counters are
/// final, so every delivery that comes here decides the same.
async fn end_rows(stores: &Stores, import: &Import) -> Result<(), StoreError> {
    match too_many_rejected_in_all(import) {
        Some(failure) => stop_with(stores, import, &failure).await,
        None => begin_finishing(stores, import).await,
    }
}

/// Begins a wave, and has its batches sent. If another worker began it, that one has them sent; only a delivery that
/// comes again does so for it, or else every copy of a message would send the wave again.
async fn begin_wave(stores: &Stores, import: &Import, wave: Wave, delivery: Delivery) -> Result<(), StoreError> {
    let begun = stores.imports.begin_wave(import.id, import.wave, wave).await?.is_done();
    if begun || delivery == Delivery::Again {
        stores.queues.send(&import.origin(), &Message::Split { import: import.id }).await?;
    }
    Ok(())
}

/// Sends a batch of the tail, if the texts of the tail are kept by now and the batch is not counted.
async fn run_tail_batch(stores: &Stores, import: &Import, number: u32, page: &LedgerPage) -> Result<(), StoreError> {
    if !import.dispatched {
        return Ok(());
    }
    let is_on_page = BatchNumbers::page(number) == page.number;
    let other = if is_on_page { None } else { Some(stores.ledger.page(import.id, BatchNumbers::page(number)).await?) };
    if other.as_ref().unwrap_or(page).done.contains(&number) {
        // The tail went on without this delivery.
        return Ok(());
    }
    send_tail_batch(stores, import, number).await
}
