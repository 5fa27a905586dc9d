//! Sending batches: those of a wave to the queue in full calls, those of the tail to objects where they wait for their
//! turn.

use domain::keys::ObjectKey;
use domain::messages::{BatchMessage, BatchRows, Message};
use domain::plan::{Batch, BatchNumbers, BatchText, Wave};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use stores::imports::Import;
use stores::queues::{MAX_BYTES, MESSAGES_A_CALL};
use stores::{StoreError, Stores};

/// Calls under way at once.
const CALLS_AT_ONCE: usize = 8;

/// Batches on their way.
pub(crate) struct BatchSender<'a, L> {
    stores: &'a Stores,
    import: &'a Import,
    numbers: BatchNumbers,
    left_out: L,
    /// Batches that were sent before, and are passed over.
    sent_before: u32,
    /// Batches so far.
    batches: u32,
    /// The bodies of each call; only the last call may have room left.
    calls: Vec<Vec<String>>,
    /// Bytes of the last call.
    bytes: usize,
}

impl<'a, L: Fn(u32) -> bool> BatchSender<'a, L> {
    /// A sender of the batches that follow the first so many of a part, but for those that are left out.
    pub(crate) const fn new(
        stores: &'a Stores,
        import: &'a Import,
        numbers: BatchNumbers,
        left_out: L,
        sent_before: u32,
    ) -> Self {
        Self { stores, import, numbers, left_out, sent_before, batches: 0, calls: Vec::new(), bytes: 0 }
    }

    /// Batches of the part that were taken, those of earlier splitters included.
    pub(crate) const fn sent(&self) -> u32 {
        if self.batches > self.sent_before { self.batches } else { self.sent_before }
    }

    /// Takes batches, and sends as many calls as are full.
    pub(crate) async fn add(&mut self, batches: Vec<Batch>) -> Result<(), StoreError> {
        let mut objects = Vec::new();
        for batch in batches {
            let number = self.numbers.number(batch.wave, batch.index);
            self.batches += 1;
            if self.batches > self.sent_before && !(self.left_out)(number) {
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
        let (import, plan) = (self.import.id, self.import.plan);
        let message = |rows| Message::Batch(BatchMessage { import, plan, batch: number, rows });
        if batch.wave == Wave::TAIL {
            let key = ObjectKey::TailBatch { import, batch: number };
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
