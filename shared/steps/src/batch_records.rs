//! The records of a batch, wherever its message put them.

use domain::messages::{BatchMessage, BatchRows};
use domain::plan::{BatchRecords, BatchText, Checked};
use stores::Stores;

use crate::StepError;

/// The records of a batch, from its message or from the object that holds them.
///
/// # Errors
/// When the object cannot be read, or does not hold the rows of the batch.
pub async fn batch_records(
    stores: &Stores,
    batch: &BatchMessage,
    checked: &Checked,
) -> Result<BatchRecords, StepError> {
    let read = |text: &BatchText| BatchRecords::read(text, checked);
    match &batch.rows {
        BatchRows::Here(text) => Ok(read(text)?),
        BatchRows::Object(key) => Ok(read(&BatchText::from_body(&stores.bucket.get(key).await?)?)?),
    }
}
