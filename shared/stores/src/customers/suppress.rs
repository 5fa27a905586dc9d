//! Suppressing identifiers, and lifting that.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, ReturnConsumedCapacity, ReturnValue, WriteRequest};
use domain::customer::SuppressionKey;

use super::stored::StoredCustomers;
use super::suppression::{KEY, hashed, read_key};
use crate::dynamo::{Item, text, write_all};
use crate::error::{StoreError, refused};

impl StoredCustomers {
    /// The key with which identifiers are hashed. The first time that is asked for, this one becomes it.
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
}
