//! Where a dry run writes: what it would have done to customers and identifiers, seen by its own later rows only.
//!
//! Shadows lie in the tasks table and expire. A shadow wins over what is stored; it is written on the condition that it is
//! as it was read, or that there is none, so batches delivered twice come to the same as in an import.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::customers::{claim, stamp};
use super::dynamo::{Item, Read, get_all, number, text};
use super::{Resources, StoreError, profile, refused};
use crate::customer::{Customer, CustomerId};
use crate::decide::{Claim, ClaimWrite};
use crate::task::TaskId;

/// Days that shadows are kept.
const DAYS: i64 = 7;
/// Writes under way at once.
const WRITES_AT_ONCE: usize = 16;

/// The shadows of one dry run.
#[derive(Debug, Clone)]
pub(super) struct Shadow {
    client: Client,
    table: String,
    task: TaskId,
}

/// A write whose condition is in it.
type Put = PutItemFluentBuilder;

impl Shadow {
    pub(super) fn new(client: &Client, resources_table: &str, task: TaskId) -> Self {
        Self { client: client.clone(), table: resources_table.to_owned(), task }
    }

    /// The table that shadows lie in.
    pub(super) fn table(resources: &Resources) -> &str {
        &resources.tasks_table
    }

    fn key(&self, of: &str, sort: &str) -> Item {
        Item::from([("pk".to_owned(), text(format!("dry#{}#{of}", self.task))), ("sk".to_owned(), text(sort))])
    }

    /// Lays the claims that this run made, or gave up, over those that are stored.
    pub(super) async fn over_claims(
        &self,
        identifiers: &BTreeSet<String>,
        claims: &mut BTreeMap<String, Claim>,
    ) -> Result<(), StoreError> {
        let keys = identifiers.iter().map(|key| self.key(key, "claim")).collect();
        for item in get_all(&self.client, &self.table, keys).await? {
            let key = item.text("k").unwrap_or_default().to_owned();
            if item.contains_key("c") {
                claims.insert(key, claim(&item)?);
            } else {
                claims.remove(&key);
            }
        }
        Ok(())
    }

    /// Lays the customers that this run wrote over those that are stored.
    pub(super) async fn over_customers(
        &self,
        ids: &BTreeSet<CustomerId>,
        customers: &mut BTreeMap<CustomerId, Customer>,
    ) -> Result<(), StoreError> {
        let keys = ids.iter().map(|id| self.key(&id.to_string(), profile::PROFILE)).collect();
        for mut item in get_all(&self.client, &self.table, keys).await? {
            let id = item.remove("k").unwrap_or(AttributeValue::Null(true));
            item.insert("pk".to_owned(), id);
            let customer = profile::customer(&item)?;
            customers.insert(customer.id, customer);
        }
        Ok(())
    }

    /// Raises the versions of those customers that have a shadow; the stored ones are nobody's but the imports'.
    pub(super) async fn fence(&self, fences: &[(CustomerId, u64)]) -> Result<bool, StoreError> {
        let ids: BTreeSet<CustomerId> = fences.iter().map(|(id, _)| *id).collect();
        let mut shadows = BTreeMap::new();
        self.over_customers(&ids, &mut shadows).await?;
        let fenced: Vec<Customer> = fences
            .iter()
            .filter_map(|(id, version)| shadows.remove(id).map(|shadow| Customer { version: *version, ..shadow }))
            .collect();
        Ok(self.write(&fenced).await?.into_iter().all(|held| held))
    }

    pub(super) async fn claim(&self, claims: &[ClaimWrite]) -> Result<bool, StoreError> {
        let puts = claims
            .iter()
            .map(|write| {
                let (task, row) = stamp(write.claim.by);
                let claimed = [("c", text(write.claim.customer.to_string())), ("t", task), ("r", row)];
                let put = self.put(&write.key, "claim", claimed);
                match write.replaces {
                    None => put.condition_expression("attribute_not_exists(pk) OR attribute_not_exists(c)"),
                    Some(former) => if_still(put, former),
                }
            })
            .collect();
        Ok(all(puts).await?.into_iter().all(|held| held))
    }

    pub(super) async fn release(&self, releases: &[(String, Claim)]) -> Result<(), StoreError> {
        let puts = releases.iter().map(|(key, claim)| if_still(self.put(key, "claim", []), *claim)).collect();
        all(puts).await?;
        Ok(())
    }

    pub(super) async fn write(&self, customers: &[Customer]) -> Result<Vec<bool>, StoreError> {
        let puts = customers
            .iter()
            .map(|customer| {
                let attributes = profile::attributes(customer, customer.version + 1);
                self.put(&customer.id.to_string(), profile::PROFILE, attributes)
                    .condition_expression("attribute_not_exists(pk) OR v = :read")
                    .expression_attribute_values(":read", number(customer.version))
            })
            .collect();
        all(puts).await
    }

    fn put(&self, of: &str, sort: &str, attributes: impl IntoIterator<Item = (&'static str, AttributeValue)>) -> Put {
        let mut item = self.key(of, sort);
        let expires = self.task.launched().as_second() + DAYS * 86_400;
        item.extend([("k".to_owned(), text(of)), ("expires".to_owned(), number(expires))]);
        item.extend(attributes.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }
}

/// Only if there is no shadow yet, or it is this claim.
fn if_still(put: Put, claim: Claim) -> Put {
    let (task, row) = stamp(claim.by);
    put.condition_expression("attribute_not_exists(pk) OR (c = :c AND t = :t AND r = :r)")
        .expression_attribute_values(":c", text(claim.customer.to_string()))
        .expression_attribute_values(":t", task)
        .expression_attribute_values(":r", row)
}

/// Sends writes; tells for each whether its condition held.
async fn all(puts: Vec<Put>) -> Result<Vec<bool>, StoreError> {
    let sent = puts.into_iter().map(|put| async move {
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(false)
            }
            Err(error) => Err(refused("PutItem")(error)),
        }
    });
    let sent: Vec<_> = sent.collect();
    stream::iter(sent).buffered(WRITES_AT_ONCE).try_collect().await
}
