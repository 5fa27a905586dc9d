//! Suppressed identifiers as items: `identities` / `suppressed#HASH`. The key of the hashes is `suppression_key` of the same
//! table, made when the first identifier is suppressed.

use domain::customer::SuppressionKey;

use crate::dynamo::{Item, text};
use crate::error::StoreError;

/// The key of the item that holds the key of the hashes. Identifier keys have a `#`.
pub(super) const KEY: &str = "suppression_key";
/// What the keys of suppressed identifiers begin with.
const SUPPRESSED: &str = "suppressed#";

/// The key of the item that says that an identifier is suppressed.
pub(super) fn pk_of(key: SuppressionKey, identifier: &str) -> String {
    format!("{SUPPRESSED}{}", key.hash(identifier))
}

/// That item.
pub(super) fn hashed(key: SuppressionKey, identifier: &str) -> Item {
    Item::from([("pk".to_owned(), text(pk_of(key, identifier)))])
}

/// The key of the hashes, as its item has it.
pub(super) fn read_key(item: &Item) -> Result<SuppressionKey, StoreError> {
    let secret = item.get("secret").and_then(|secret| secret.as_b().ok());
    let bytes = secret.and_then(|secret| <[u8; 32]>::try_from(secret.as_ref()).ok());
    bytes.map(SuppressionKey::from_bytes).ok_or_else(|| StoreError::malformed("suppression key", "not 32 bytes"))
}
