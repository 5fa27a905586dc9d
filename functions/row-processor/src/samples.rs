//! What batches of a forecast leave of the values that they would change.

use domain::decide::Samples;
use domain::keys::ObjectKey;
use stores::StoreError;

use crate::RowProcessor;
use crate::batch::Batch;

impl RowProcessor {
    /// Keeps samples of what a batch is about to write, before it does: afterwards an attempt that comes again finds no
    /// change. What several attempts keep is joined.
    pub(crate) async fn keep_samples(&self, batch: &Batch<'_>, samples: &Samples) -> Result<(), StoreError> {
        let (import, number) = (batch.read.import, batch.read.number);
        let samples = samples.clone().of_batch(number);
        if samples.is_empty() {
            return Ok(());
        }
        let json = serde_json::to_vec(&samples).map_err(|error| StoreError::malformed("samples", error))?;
        let key = ObjectKey::batch_samples(import, number, &json).to_string();
        self.stores.bucket.put(&key, "application/json", json).await
    }
}
