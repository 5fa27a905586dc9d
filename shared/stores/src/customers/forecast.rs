//! Customers as a forecast sees them: what it would have written lies over what is stored, and only its own later rows
//! see it.
//!
//! A forecast writes into the tasks table, and what it writes expires. Each write has the condition that the forecast's
//! own item is as it was read, or does not exist, so a batch that is delivered twice comes to the same as in an import.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use domain::customer::{Customer, CustomerId, SuppressionKey};
use domain::decide::{Claim, ClaimWrite};
use domain::imports::ImportId;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::claim::{read_claim, stamp};
use super::stored::StoredCustomers;
use super::{Claims, Customers, Profiles, all_done, profile};
use crate::dynamo::{Item, get_all, number, put_if, read_text, text};
use crate::error::StoreError;
use crate::written::Written;

/// Days that a forecast's writes are kept.
const DAYS: i64 = 7;
/// Writes under way at once.
const WRITES_AT_ONCE: usize = 16;

/// The customers of one forecast.
#[derive(Debug, Clone)]
pub struct ForecastCustomers {
    stored: StoredCustomers,
    client: Client,
    table: String,
    import: ImportId,
}

/// A write that carries its condition.
type ConditionalPut = PutItemFluentBuilder;

impl ForecastCustomers {
    /// What the forecast of this id sees: these customers, and its own writes over them.
    pub fn over(stored: &StoredCustomers, import: ImportId) -> Self {
        let (client, table) = (stored.client.clone(), stored.forecasts.clone());
        Self { stored: stored.clone(), client, table, import }
    }

    fn key(&self, of: &str, sort: &str) -> Item {
        Item::from([("pk".to_owned(), text(format!("dry#{}#{of}", self.import))), ("sk".to_owned(), text(sort))])
    }

    /// Puts the claims that this forecast made, or gave up, in the place of those that are stored.
    async fn over_claims(
        &self,
        identifiers: &BTreeSet<String>,
        claims: &mut BTreeMap<String, Claim>,
    ) -> Result<(), StoreError> {
        let keys = identifiers.iter().map(|key| self.key(key, "claim")).collect();
        for item in get_all(&self.client, &self.table, keys).await? {
            let key = read_text(&item, "k").unwrap_or_default().to_owned();
            if item.contains_key("c") {
                claims.insert(key, read_claim(&item)?);
            } else {
                claims.remove(&key);
            }
        }
        Ok(())
    }

    /// Puts the customers that this forecast wrote in the place of those that are stored.
    async fn over_customers(
        &self,
        ids: &BTreeSet<CustomerId>,
        customers: &mut BTreeMap<CustomerId, Customer>,
    ) -> Result<(), StoreError> {
        let keys = ids.iter().map(|id| self.key(&id.to_string(), profile::PROFILE)).collect();
        for mut item in get_all(&self.client, &self.table, keys).await? {
            let id = item.remove("k").unwrap_or(AttributeValue::Null(true));
            item.insert("pk".to_owned(), id);
            let customer = profile::read_customer(&item)?;
            customers.insert(customer.id, customer);
        }
        Ok(())
    }

    fn put(
        &self,
        of: &str,
        sort: &str,
        attributes: impl IntoIterator<Item = (&'static str, AttributeValue)>,
    ) -> ConditionalPut {
        let mut item = self.key(of, sort);
        let expires = self.import.launched().as_second() + DAYS * 86_400;
        item.extend([("k".to_owned(), text(of)), ("expires".to_owned(), number(expires))]);
        item.extend(attributes.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }
}

impl Customers for ForecastCustomers {
    async fn claims(&self, identifiers: &BTreeSet<String>) -> Result<Claims, StoreError> {
        let mut claims = self.stored.claims(identifiers).await?;
        self.over_claims(identifiers, &mut claims.claims).await?;
        Ok(claims)
    }

    async fn suppressed(
        &self,
        key: SuppressionKey,
        identifiers: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, StoreError> {
        self.stored.suppressed(key, identifiers).await
    }

    async fn profiles(&self, ids: BTreeSet<CustomerId>) -> Result<Profiles, StoreError> {
        let mut profiles = self.stored.profiles(ids.clone()).await?;
        self.over_customers(&ids, &mut profiles.customers).await?;
        Ok(profiles)
    }

    async fn fence(&self, fences: &[(CustomerId, u64)]) -> Result<Written, StoreError> {
        let ids: BTreeSet<CustomerId> = fences.iter().map(|(id, _)| *id).collect();
        // Only customers that the forecast wrote can be fenced; the stored ones belong to imports.
        let mut own = BTreeMap::new();
        self.over_customers(&ids, &mut own).await?;
        let fenced: Vec<Customer> = fences
            .iter()
            .filter_map(|(id, version)| own.remove(id).map(|customer| Customer { version: *version, ..customer }))
            .collect();
        Ok(all_done(&self.write(&fenced).await?))
    }

    async fn claim(&self, claims: &[ClaimWrite]) -> Result<Written, StoreError> {
        let puts = claims
            .iter()
            .map(|write| {
                let (import, row) = stamp(write.claim);
                let claimed = [("c", text(write.claim.customer.to_string())), ("t", import), ("r", row)];
                let put = self.put(&write.key, "claim", claimed);
                match write.replaces {
                    None => put.condition_expression("attribute_not_exists(pk) OR attribute_not_exists(c)"),
                    Some(former) => if_still(put, former),
                }
            })
            .collect();
        Ok(all_done(&send_all(puts).await?))
    }

    async fn write(&self, customers: &[Customer]) -> Result<Vec<Written>, StoreError> {
        let puts = customers
            .iter()
            .map(|customer| {
                let attributes = profile::attributes(customer, customer.version + 1);
                self.put(&customer.id.to_string(), profile::PROFILE, attributes)
                    .condition_expression("attribute_not_exists(pk) OR v = :read")
                    .expression_attribute_values(":read", number(customer.version))
            })
            .collect();
        send_all(puts).await
    }

    /// A forecast of an undo leaves the customer where it is: what it gives up is seen by the rows that follow, and nobody
    /// else needs to know.
    async fn delete(&self, _customers: &[(CustomerId, u64)]) -> Result<Written, StoreError> {
        Ok(Written::Done)
    }

    async fn release(&self, releases: &[(String, Claim)]) -> Result<(), StoreError> {
        let puts = releases.iter().map(|(key, claim)| if_still(self.put(key, "claim", []), *claim)).collect();
        send_all(puts).await?;
        Ok(())
    }
}

/// On the condition that the forecast has not written this claim yet, or wrote it so.
fn if_still(put: ConditionalPut, claim: Claim) -> ConditionalPut {
    let (import, row) = stamp(claim);
    put.condition_expression("attribute_not_exists(pk) OR (c = :c AND t = :t AND r = :r)")
        .expression_attribute_values(":c", text(claim.customer.to_string()))
        .expression_attribute_values(":t", import)
        .expression_attribute_values(":r", row)
}

/// Sends writes side by side; the answers are in their order.
async fn send_all(puts: Vec<ConditionalPut>) -> Result<Vec<Written>, StoreError> {
    let sent: Vec<_> = puts.into_iter().map(put_if).collect();
    stream::iter(sent).buffered(WRITES_AT_ONCE).try_collect().await
}
