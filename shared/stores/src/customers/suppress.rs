//! Identifiers that are suppressed: `identities` / `suppressed#HASH`. The key of the hashes is `suppression_key` of the same
//! table, made when the first identifier is suppressed.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, ReturnConsumedCapacity, ReturnValue, WriteRequest};
use domain::customer::SuppressionKey;

use super::stored::StoredCustomers;
use crate::dynamo::{Item, get_all, read_text, text, write_all};
use crate::error::{StoreError, refused};

/// The key of the item that holds the key of the hashes. Identifier keys have a `#`.
pub(super) const KEY: &str = "suppression_key";
/// What the keys of suppressed identifiers begin with.
const SUPPRESSED: &str = "suppressed#";

impl StoredCustomers {
    /// The key with which identifiers are hashed; this one, if there is none yet.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn suppression_key_or(&self, fresh: SuppressionKey) -> Result<SuppressionKey, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.identities)
            .set_key(Some(Item::from([("pk".to_owned(), text(KEY))])))
            .update_expression("SET secret = if_not_exists(secret, :fresh)")
            .expression_attribute_values(":fresh", AttributeValue::B(Blob::new(fresh.to_bytes())))
            .return_values(ReturnValue::AllNew)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(refused("UpdateItem"))?;
        read_key(&answer.attributes.unwrap_or_default())
    }

    /// Suppresses identifiers, by their keys.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn suppress(&self, key: SuppressionKey, identifiers: &BTreeSet<String>) -> Result<(), StoreError> {
        let mut writes = Vec::with_capacity(identifiers.len());
        for identifier in identifiers {
            let put = PutRequest::builder().set_item(Some(hashed(key, identifier))).build();
            let put = put.map_err(|error| StoreError::malformed("suppression", error))?;
            writes.push(WriteRequest::builder().put_request(put).build());
        }
        write_all(&self.client, &self.identities, writes).await
    }

    /// Lets imports have an identifier again. Says whether it was suppressed.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn lift(&self, key: SuppressionKey, identifier: &str) -> Result<bool, StoreError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&self.identities)
            .set_key(Some(hashed(key, identifier)))
            .return_values(ReturnValue::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(refused("DeleteItem"))?;
        Ok(answer.attributes.is_some())
    }

    /// Those of these identifiers that are suppressed, by their keys.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(super) async fn those_suppressed(
        &self,
        key: SuppressionKey,
        identifiers: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let by_hash: BTreeMap<String, &String> =
            identifiers.iter().map(|identifier| (pk_of(key, identifier), identifier)).collect();
        let keys = by_hash.keys().map(|hash| Item::from([("pk".to_owned(), text(hash))])).collect();
        let found = get_all(&self.client, &self.identities, keys).await?;
        let hashes = found.iter().filter_map(|item| read_text(item, "pk"));
        Ok(hashes.filter_map(|hash| by_hash.get(hash)).map(|identifier| (*identifier).clone()).collect())
    }
}

fn pk_of(key: SuppressionKey, identifier: &str) -> String {
    format!("{SUPPRESSED}{}", key.hash(identifier))
}

fn hashed(key: SuppressionKey, identifier: &str) -> Item {
    Item::from([("pk".to_owned(), text(pk_of(key, identifier)))])
}

pub(super) fn read_key(item: &Item) -> Result<SuppressionKey, StoreError> {
    let secret = item.get("secret").and_then(|secret| secret.as_b().ok());
    let bytes = secret.and_then(|secret| <[u8; 32]>::try_from(secret.as_ref()).ok());
    bytes.map(SuppressionKey::from_bytes).ok_or_else(|| StoreError::malformed("suppression key", "not 32 bytes"))
}
