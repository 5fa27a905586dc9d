//! The delivery of an end to the event bus and the webhook.

use domain::messages::Message;
use stores::imports::Import;
use stores::{StoreError, Stores};

/// Asks the finisher to deliver an import's end. If the message is lost, the sweep finds the end in the outbox.
///
/// # Errors
/// When the queue cannot be written.
pub async fn deliver_end(stores: &Stores, import: &Import) -> Result<(), StoreError> {
    stores.queues.send(&import.origin(), &Message::DeliverEnd { import: import.id, calls: 0 }).await
}
