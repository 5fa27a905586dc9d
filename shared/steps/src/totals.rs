//! What an import counted so far.

use domain::imports::{Counters, State};
use stores::imports::Import;
use stores::{StoreError, Stores};

/// What the folded pages and the open ones counted. Of an import that was stopped, all other rows are unprocessed.
///
/// # Errors
/// When the table cannot be read.
pub async fn counters(stores: &Stores, import: &Import) -> Result<Counters, StoreError> {
    let mut counters =
        if import.is_all_folded() { import.counters.clone() } else { counters_so_far(stores, import).await? };
    if matches!(import.state, State::Failed | State::Cancelled) {
        counters.unprocessed += import.rows.saturating_sub(counters.rows());
    }
    Ok(counters)
}

/// What the folded pages and the open ones counted. A page that is folded after the import was read is still counted
/// once, because it is the import as it was read that says which pages it holds.
///
/// # Errors
/// When the table cannot be read.
pub async fn counters_so_far(stores: &Stores, import: &Import) -> Result<Counters, StoreError> {
    let mut counters = import.counters.clone();
    for page in stores.ledger.pages(import.id).await? {
        if !import.folded.contains(&page.number) {
            counters.add(&page.counters);
        }
    }
    Ok(counters)
}
