//! Erasing a customer: identifiers, feed and profile, in an order in which a repeat finds whatever a failure left.

use aws_sdk_dynamodb::types::{DeleteRequest, ReturnConsumedCapacity, WriteRequest};

use super::customers::Customers;
use super::dynamo::{Item, number, text, write_all};
use super::{StoreError, profile, refused};
use crate::customer::{Customer, CustomerId};
use crate::decide::Claim;

/// Entries of a feed that are deleted at a time.
const ENTRIES: i32 = 500;

impl Customers {
    /// Erases a customer as it was read. False: it was changed meanwhile, and is to be read again.
    ///
    /// # Errors
    /// When a table cannot be read or written.
    pub async fn erase(&self, customer: &Customer) -> Result<bool, StoreError> {
        let identifiers = customer.identifiers.values().filter_map(|held| Some(held.value.as_ref()?.key())).collect();
        let claims = self.known(&identifiers, []).await?.claims;
        let own: Vec<(String, Claim)> = claims.into_iter().filter(|(_, claim)| claim.customer == customer.id).collect();
        self.release(&own).await?;
        self.erase_feed(customer.id).await?;
        // The profile goes last: it names all the others.
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
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
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
