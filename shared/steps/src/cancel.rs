//! Cancelling an import.

use domain::imports::State;
use domain::messages::Message;
use stores::imports::{Import, Stopped};
use stores::{StoreError, Stores};

use crate::deliver::deliver_end;

/// What became of a request to cancel.
#[derive(Debug)]
pub enum Cancelled {
    /// The import is cancelled, now or since an earlier request. It ends once the batches that are half-way are counted.
    Yes(Box<Import>),
    /// It has ended, or its rows are all counted.
    TooLate(State),
}

/// Cancels an import, unless it is too late; rows that were applied stay.
///
/// # Errors
/// When a store fails.
pub async fn cancel(stores: &Stores, import: &Import) -> Result<Cancelled, StoreError> {
    let stopped = stores.imports.cancel(import.id, stores.clock.now()).await?;
    let import = stores.imports.get(import.id).await?.unwrap_or_else(|| import.clone());
    if stopped == Stopped::TooLate && import.state != State::Cancelled {
        return Ok(Cancelled::TooLate(import.state));
    }
    // Sent again when the request is repeated, so nothing is lost if the function died between the two.
    if import.is_stopping() {
        stores.queues.send(&import.origin(), &Message::Finish { import: import.id }).await?;
    } else {
        deliver_end(stores, &import).await?;
    }
    Ok(Cancelled::Yes(Box::new(import)))
}
