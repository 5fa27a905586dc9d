//! Erasing a customer: the mark in place of its profile, its feed, and the claims on its identifiers.
//! [`domain::customer::Erasure`] says why in this order.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, ReturnConsumedCapacity, WriteRequest};
use domain::customer::CustomerId;
use domain::decide::Claim;
use domain::imports::ImportId;

use super::stored::StoredCustomers;
use super::{Customers as _, profile};
use crate::dynamo::{Item, number, put_if, text, write_all};
use crate::error::{StoreError, refused};
use crate::written::Written;

/// Entries of a feed that are read and deleted at a time.
const ENTRIES: i32 = 500;

impl StoredCustomers {
    /// Puts the mark of an erased customer in place of its profile of this version (0: there is none). `Superseded` if
    /// something else is there by now: read it again.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn mark_erased(&self, id: CustomerId, version: u64, up_to: ImportId) -> Result<Written, StoreError> {
        let put = self.put_mark(id, up_to);
        put_if(match version {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            version => {
                put.condition_expression("v = :version").expression_attribute_values(":version", number(version))
            }
        })
        .await
    }

    /// Removes the mark, once nothing of the customer can be written any more.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn remove_mark(&self, id: CustomerId) -> Result<(), StoreError> {
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.customers)
            .set_key(Some(key(id, profile::PROFILE)))
            .condition_expression("attribute_exists(#e)")
            .expression_attribute_names("#e", profile::ERASED)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match deleted {
            Ok(_) => Ok(()),
            // It is gone already.
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(refused("DeleteItem")(error)),
        }
    }

    /// Gives up the claims on these identifiers that are made for a customer.
    ///
    /// # Errors
    /// When the table cannot be read or written.
    pub async fn give_up_claims(&self, id: CustomerId, identifiers: &BTreeSet<String>) -> Result<(), StoreError> {
        let claims = self.claims(identifiers).await?;
        let own: Vec<(String, Claim)> = claims.claims.into_iter().filter(|(_, claim)| claim.customer == id).collect();
        self.release(&own).await
    }

    /// Deletes a customer's feed.
    ///
    /// # Errors
    /// When the table cannot be read or written.
    pub async fn erase_feed(&self, id: CustomerId) -> Result<(), StoreError> {
        loop {
            let entries = self.feed(id, ENTRIES, None).await?;
            if entries.is_empty() {
                return Ok(());
            }
            let mut writes = Vec::with_capacity(entries.len());
            for entry in entries {
                let delete = DeleteRequest::builder()
                    .set_key(Some(key(id, &format!("activity#{}", entry.position))))
                    .build()
                    .map_err(|error| StoreError::malformed("activity item", error))?;
                writes.push(WriteRequest::builder().delete_request(delete).build());
            }
            write_all(&self.client, &self.customers, writes).await?;
        }
    }

    fn put_mark(&self, id: CustomerId, up_to: ImportId) -> PutItemFluentBuilder {
        let mut mark = key(id, profile::PROFILE);
        mark.insert(profile::ERASED.to_owned(), bytes(up_to));
        self.client
            .put_item()
            .table_name(&self.customers)
            .set_item(Some(mark))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }
}

fn bytes(import: ImportId) -> AttributeValue {
    AttributeValue::B(Blob::new(import.to_bytes()))
}

fn key(id: CustomerId, sort: &str) -> Item {
    Item::from([("pk".to_owned(), text(id.to_string())), ("sk".to_owned(), text(sort))])
}
