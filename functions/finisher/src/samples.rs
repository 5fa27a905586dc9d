//! Samples of what a forecast would change, from what its batches left.

use domain::decide::{Sample, Samples};
use domain::imports::State;
use domain::keys::ObjectKey;
use steps::StepError;
use stores::StoreError;
use stores::imports::{Import, Setup};

use crate::Finisher;
use crate::join::CountedBatches;

impl Finisher {
    /// Joins the samples of a forecast that is completed. They are found by the forecast's id and run.
    pub(crate) async fn samples(
        &self,
        import: &Import,
        setup: &Setup,
        counted: &CountedBatches,
    ) -> Result<(), StepError> {
        if !setup.request.dry_run || import.state != State::Finishing {
            return Ok(());
        }
        let bucket = &self.stores.bucket;
        let prefix = ObjectKey::all_batch_samples(import.id);
        let mut samples = Samples::default();
        let mut after: Option<String> = None;
        while !samples.is_full() {
            let keys = bucket.list(&prefix, after.as_deref()).await?;
            let Some(last) = keys.last().cloned() else { break };
            for key in keys {
                let Some(ObjectKey::BatchSamples { batch, .. }) = ObjectKey::parse(&key) else { continue };
                if counted.contains_key(&batch) && !samples.is_full() {
                    samples.add(read(&bucket.get(&key).await?)?);
                }
            }
            after = Some(last);
        }
        let samples = samples.into_vec();
        if samples.is_empty() {
            return Ok(());
        }
        let json = serde_json::to_vec(&samples).map_err(malformed)?;
        let key = ObjectKey::Samples { import: import.id, run: import.run }.to_string();
        Ok(bucket.put(&key, "application/json", json).await?)
    }
}

fn read(bytes: &[u8]) -> Result<Vec<Sample>, StoreError> {
    serde_json::from_slice(bytes).map_err(malformed)
}

/// The error's text could quote a value, so only its kind is passed on.
fn malformed(error: serde_json::Error) -> StoreError {
    StoreError::malformed("samples", format!("{:?} error", error.classify()))
}
