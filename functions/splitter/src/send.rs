//! Sending batches: parallel ones to the queue in full calls, ordered ones to objects where they wait for their turn.

use std::collections::BTreeSet;

use domain::keys::ObjectKey;
use domain::messages::{BatchMessage, BatchRows, Message};
use domain::plan::{Batch, BatchText, Checked, Lane};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use stores::imports::Import;
use stores::queues::{MAX_BYTES, MESSAGES_A_CALL};
use stores::{StoreError, Stores};

/// Calls under way at once.
const CALLS_AT_ONCE: usize = 8;

/// Batches on their way.
pub(crate) struct BatchSender<'a> {
    stores: &'a Stores,
    import: &'a Import,
    checked: &'a Checked,
    counted: BTreeSet<u32>,
    /// The bodies of each call; only the last call may have room left.
    calls: Vec<Vec<String>>,
    /// Bytes of the last call.
    bytes: usize,
}

impl<'a> BatchSender<'a> {
    /// A sender of the batches of a checked file, but for those that are counted.
    pub(crate) const fn new(
        stores: &'a Stores,
        import: &'a Import,
        checked: &'a Checked,
        counted: BTreeSet<u32>,
    ) -> Self {
        Self { stores, import, checked, counted, calls: Vec::new(), bytes: 0 }
    }

    pub(crate) const fn checked(&self) -> &'a Checked {
        self.checked
    }

    /// Takes batches, and sends as many calls as are full.
    pub(crate) async fn add(&mut self, batches: Vec<Batch>) -> Result<(), StoreError> {
        let mut objects = Vec::new();
        for batch in batches {
            let number = self.checked.numbers.number(batch.lane, batch.index);
            if !self.counted.contains(&number) {
                objects.extend(self.place(number, batch));
            }
        }
        let bucket = &self.stores.bucket;
        stream::iter(objects)
            .map(Ok)
            .try_for_each_concurrent(CALLS_AT_ONCE, |(key, rows): (String, BatchText)| async move {
                bucket.put(&key, "application/json", rows.to_body()).await
            })
            .await?;
        if self.calls.len() > CALLS_AT_ONCE {
            let open = self.calls.pop();
            self.send().await?;
            self.calls.extend(open);
        }
        Ok(())
    }

    /// Puts a batch where it belongs; gives the object that must be written for it, if any.
    fn place(&mut self, number: u32, batch: Batch) -> Option<(String, BatchText)> {
        let (import, lane) = (self.import.id, batch.lane);
        let message = |rows| Message::Batch(BatchMessage { import, batch: number, lane, rows });
        if lane == Lane::Ordered {
            let key = ObjectKey::OrderedBatch { import, index: batch.index };
            return Some((key.to_string(), batch.rows));
        }
        let whole = message(BatchRows::Here(batch.rows));
        let body = whole.to_body();
        if body.len() <= MAX_BYTES {
            self.queue(body);
            return None;
        }
        let key = ObjectKey::LargeBatch { import, batch: number }.to_string();
        self.queue(message(BatchRows::Object(key.clone())).to_body());
        let Message::Batch(BatchMessage { rows: BatchRows::Here(rows), .. }) = whole else { return None };
        Some((key, rows))
    }

    fn queue(&mut self, body: String) {
        let fits = self.bytes + body.len() <= MAX_BYTES;
        match self.calls.last_mut() {
            Some(call) if fits && call.len() < MESSAGES_A_CALL => {
                self.bytes += body.len();
                call.push(body);
            }
            _ => {
                self.bytes = body.len();
                self.calls.push(vec![body]);
            }
        }
    }

    /// Sends whatever is left.
    pub(crate) async fn flush(&mut self) -> Result<(), StoreError> {
        self.bytes = 0;
        self.send().await
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        let (queues, origin) = (&self.stores.queues, &self.import.origin());
        stream::iter(std::mem::take(&mut self.calls))
            .map(Ok)
            .try_for_each_concurrent(CALLS_AT_ONCE, |bodies| queues.send_batches(origin, bodies))
            .await
    }
}
