//! What a batch leaves for a report, until that is joined.

use domain::imports::ImportId;
use domain::keys::{ObjectKey, PartOf};
use domain::report::pack;
use serde::Serialize;
use stores::{StoreError, Stores};

/// Keeps what a batch leaves for a report until that is joined. Attempts with the same intent leave the same.
///
/// # Errors
/// When the bucket cannot be written.
pub async fn put_report_part<T: Serialize>(
    stores: &Stores,
    of: PartOf,
    (import, batch, revision): (ImportId, u32, u32),
    rows: &[T],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let key = ObjectKey::ReportPart { import, of, batch, revision }.to_string();
    stores.bucket.put(&key, "application/octet-stream", pack(rows)).await
}
