//! Taking an ended import up again: exactly the rows that were not processed.

use std::collections::BTreeSet;

use domain::imports::State;
use domain::messages::Message;
use domain::plan::Lane;
use stores::imports::Import;
use stores::{StoreError, Stores};

use crate::ordered::send_ordered;

/// What became of a request to retry.
#[derive(Debug)]
pub enum Retried {
    /// The import is importing again.
    Yes(Box<Import>),
    /// No row is left to process, or the import is not that far.
    Nothing(State),
}

/// Takes an ended import up again, whether it was stopped or gave batches up.
///
/// # Errors
/// When a store fails.
pub async fn retry(stores: &Stores, import: &Import) -> Result<Retried, StoreError> {
    let given_up = if import.state.is_ended() { take_back(stores, import).await? } else { BTreeSet::new() };
    let reopened = stores.imports.reopen(import.id, import.numbers.pages()).await?;
    let import = stores.imports.get(import.id).await?.unwrap_or_else(|| import.clone());
    if !reopened.is_done() && import.state != State::Importing {
        return Ok(Retried::Nothing(import.state));
    }
    stores.queues.send(&import.origin(), &Message::Split { import: import.id }).await?;
    // The lane went on without these. The sweep would find them, but later.
    for number in given_up.into_iter().filter(|number| import.numbers.place(*number).0 == Lane::Ordered) {
        send_ordered(stores, &import, number).await?;
    }
    Ok(Retried::Yes(Box::new(import)))
}

/// Takes the batches that were given up out of the count; gives their numbers.
async fn take_back(stores: &Stores, import: &Import) -> Result<BTreeSet<u32>, StoreError> {
    let mut given_up = BTreeSet::new();
    for page in stores.ledger.pages(import.id).await? {
        let batches = page.given_up();
        if !batches.is_empty() {
            stores.ledger.take_back(import.id, &page).await?;
            given_up.extend(batches);
        }
    }
    Ok(given_up)
}
