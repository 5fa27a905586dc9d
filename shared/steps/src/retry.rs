//! Taking an ended import up again: exactly the rows that were not processed.

use domain::imports::State;
use domain::messages::Message;
use stores::imports::Import;
use stores::{StoreError, Stores};

use crate::totals::counters_so_far;

/// What became of a request to retry.
#[derive(Debug)]
pub enum Retried {
    /// The import is importing again.
    Yes(Box<Import>),
    /// No row is left to process, or the import is not that far.
    Nothing(State),
}

/// Takes an ended import up again, whether it was stopped or gave rows up.
///
/// # Errors
/// When a store fails.
pub async fn retry(stores: &Stores, import: &Import) -> Result<Retried, StoreError> {
    if import.ended_at.is_some() {
        for page in stores.ledger.pages(import.id).await? {
            if !page.given_up.is_empty() {
                stores.ledger.take_back(import, &page).await?;
            }
        }
    }
    // Before, so that an import that begins meanwhile knows of this one; and after, because the end of its last run may
    // be noted in between. If it is not reopened, the sweep undoes that.
    stores.imports.note_open(import.id).await?;
    let counted = match stores.imports.get(import.id).await? {
        Some(import) => counters_so_far(stores, &import).await?.rows(),
        None => 0,
    };
    let reopened = stores.imports.reopen(import, stores.clock.now(), counted).await?;
    stores.imports.note_open(import.id).await?;
    let import = stores.imports.get(import.id).await?.unwrap_or_else(|| import.clone());
    if !reopened.is_done() && import.state != State::Importing {
        return Ok(Retried::Nothing(import.state));
    }
    stores.queues.send(&import.origin(), &Message::Split { import: import.id }).await?;
    Ok(Retried::Yes(Box::new(import)))
}
