//! The tail of an import: one batch after another.

use domain::keys::ObjectKey;
use domain::messages::{BatchMessage, BatchRows, Message};
use stores::imports::Import;
use stores::{StoreError, Stores};

/// Sends the batch of the tail with this number. Its text was kept in an object when the tail was dispatched.
///
/// # Errors
/// When the queue cannot be written.
pub async fn send_tail_batch(stores: &Stores, import: &Import, number: u32) -> Result<(), StoreError> {
    let key = ObjectKey::TailBatch { import: import.id, batch: number }.to_string();
    let batch = BatchMessage { import: import.id, plan: import.plan, batch: number, rows: BatchRows::Object(key) };
    stores.queues.send(&import.origin(), &Message::Batch(batch)).await
}
