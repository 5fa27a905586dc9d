//! The ordered lane: one batch after another.

use domain::keys::ObjectKey;
use domain::messages::{BatchMessage, BatchRows, Message};
use domain::plan::Lane;
use stores::imports::Import;
use stores::{StoreError, Stores};

/// Sends the ordered batch of this number. Its text was kept in an object when the file was dispatched.
///
/// # Errors
/// When the queue cannot be written.
pub async fn send_ordered(stores: &Stores, import: &Import, number: u32) -> Result<(), StoreError> {
    let (_, index) = import.numbers.place(number);
    let key = ObjectKey::OrderedBatch { import: import.id, index }.to_string();
    let rows = BatchRows::Object(key);
    let batch = BatchMessage { import: import.id, batch: number, lane: Lane::Ordered, rows };
    stores.queues.send(&import.origin(), &Message::Batch(batch)).await
}
