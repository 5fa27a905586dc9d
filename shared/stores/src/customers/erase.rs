//! Erasing a customer: identifiers, feed and profile, in an order in which a repeat finds whatever a failure left.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{DeleteRequest, ReturnConsumedCapacity, WriteRequest};
use domain::customer::{Customer, CustomerId};
use domain::decide::Claim;

use super::stored::StoredCustomers;
use super::{Customers as _, profile};
use crate::dynamo::{Item, number, text, write_all};
use crate::error::{StoreError, refused};
use crate::written::Written;

/// Entries of a feed that are read and deleted at a time.
const ENTRIES: i32 = 500;

impl StoredCustomers {
    /// Erases a customer as it was read. `Superseded` if it was changed meanwhile: read it again.
    ///
    /// # Errors
    /// When a table cannot be read or written.
    pub async fn erase(&self, customer: &Customer) -> Result<Written, StoreError> {
        let identifiers = customer.identifiers.values().filter_map(|held| Some(held.value.as_ref()?.key())).collect();
        let claims = self.stored(&identifiers, BTreeSet::new()).await?.claims;
        let own: Vec<(String, Claim)> = claims.into_iter().filter(|(_, claim)| claim.customer == customer.id).collect();
        self.release(&own).await?;
        self.erase_feed(customer.id).await?;
        // The profile goes last, because a repeat finds the rest through it.
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.customers)
            .set_key(Some(key(customer.id, profile::PROFILE)))
            .condition_expression("v = :version")
            .expression_attribute_values(":version", number(customer.version))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match deleted {
            Ok(_) => Ok(Written::Done),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(Written::Superseded)
            }
            Err(error) => Err(refused("DeleteItem")(error)),
        }
    }

    async fn erase_feed(&self, id: CustomerId) -> Result<(), StoreError> {
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
}

fn key(id: CustomerId, sort: &str) -> Item {
    Item::from([("pk".to_owned(), text(id.to_string())), ("sk".to_owned(), text(sort))])
}
