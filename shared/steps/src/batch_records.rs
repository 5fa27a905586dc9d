//! The records of a batch, and the report lines that are made of them.

use domain::imports::ImportId;
use domain::keys::ObjectKey;
use domain::messages::{BatchMessage, BatchRows};
use domain::plan::{BatchRecords, BatchText, Checked};
use domain::report::{Line, pack};
use stores::{StoreError, Stores};

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
    let read = |text: &BatchText| BatchRecords::read(text, checked.delimiter, checked.quote);
    match &batch.rows {
        BatchRows::Here(text) => Ok(read(text)?),
        BatchRows::Object(key) => Ok(read(&BatchText::from_body(&stores.bucket.get(key).await?)?)?),
    }
}

/// Keeps a batch's report lines until the report is joined.
///
/// # Errors
/// When the bucket cannot be written.
pub async fn put_report_part(
    stores: &Stores,
    import: ImportId,
    batch: u32,
    revision: u32,
    lines: &[Line],
) -> Result<(), StoreError> {
    let key = ObjectKey::ReportPart { import, batch, revision }.to_string();
    stores.bucket.put(&key, "application/octet-stream", pack(lines)).await
}
