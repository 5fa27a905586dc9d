//! The end of an import whose rows are all counted, or that was stopped.

use domain::messages::Message;
use stores::imports::{EndFiles, Import};
use stores::{StoreError, Stores};

use crate::deliver::deliver_end;

/// Enters `finishing` if every page is folded, and calls the finisher.
///
/// # Errors
/// When a store fails.
pub async fn begin_finishing(stores: &Stores, import: &Import) -> Result<(), StoreError> {
    if stores.imports.begin_finishing(import.id, import.numbers.pages()).await?.is_done() {
        stores.queues.send(&import.origin(), &Message::Finish { import: import.id }).await?;
    }
    Ok(())
}

/// Completes an import, with the files that were made of it.
///
/// # Errors
/// When a store fails.
pub async fn complete(stores: &Stores, import: &Import, files: &EndFiles) -> Result<(), StoreError> {
    if stores.imports.complete(import, files, stores.clock.now()).await?.is_done() {
        deliver_end(stores, import).await?;
    }
    Ok(())
}

/// Ends an import that was stopped, with the files that were made of it.
///
/// # Errors
/// When a store fails.
pub async fn end_stopped(stores: &Stores, import: &Import, files: &EndFiles) -> Result<(), StoreError> {
    if stores.imports.end_stopped(import, files, stores.clock.now()).await?.is_done() {
        deliver_end(stores, import).await?;
    }
    Ok(())
}
