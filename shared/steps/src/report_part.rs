//! The report lines of a batch, until the report is joined.

use domain::imports::ImportId;
use domain::keys::ObjectKey;
use domain::report::{Line, pack};
use stores::{StoreError, Stores};

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
