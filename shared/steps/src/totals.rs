//! What an import counted so far.

use domain::imports::{Counters, State};
use stores::imports::Import;
use stores::{StoreError, Stores};

/// What the folded pages and the open ones counted. Of an import that was stopped, all other rows are unprocessed.
///
/// # Errors
/// When the table cannot be read.
pub async fn counters(stores: &Stores, import: &Import) -> Result<Counters, StoreError> {
    let mut counters = if import.pages_folded < import.numbers.pages() {
        counters_so_far(stores, import).await?
    } else {
        import.counters.clone()
    };
    if matches!(import.state, State::Failed | State::Cancelled) {
        counters.unprocessed += import.rows.saturating_sub(counters.rows());
    }
    Ok(counters)
}

/// What the folded pages and the open ones counted.
///
/// # Errors
/// When the table cannot be read.
pub async fn counters_so_far(stores: &Stores, import: &Import) -> Result<Counters, StoreError> {
    let mut counters = import.counters.clone();
    for page in stores.ledger.pages(import.id).await? {
        if !page.folded {
            counters.add(&page.counters);
        }
    }
    Ok(counters)
}
