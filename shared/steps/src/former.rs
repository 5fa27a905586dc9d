//! What batches of an import replaced, read back.

use std::collections::BTreeMap;

use domain::customer::{CustomerId, Former, unpack_former};
use domain::imports::ImportId;
use domain::keys::ObjectKey;
use stores::{StoreError, Stores};

/// What a batch replaced of each customer, all its attempts together.
///
/// # Errors
/// When the bucket cannot be read, or an object is not of this version.
pub async fn former_of(
    stores: &Stores,
    import: ImportId,
    batch: u32,
) -> Result<BTreeMap<CustomerId, Former>, StoreError> {
    let mut all = Vec::new();
    for key in stores.bucket.list(&ObjectKey::former_of(import, batch), None).await? {
        let bytes = stores.bucket.get(&key).await?;
        all.extend(unpack_former(&bytes).map_err(|error| StoreError::malformed("former values", error))?);
    }
    Ok(Former::by_customer(all))
}
