//! What a Muster stores, read whole from its tables, and compared with the model.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::row::{Identifier, Value};
use futures::{StreamExt as _, TryStreamExt as _};

use crate::client::Client;
use crate::model::{Customer, Model, identity};

/// Requests for customers that run side by side.
const CONCURRENT_REQUESTS: usize = 8;

impl Client {
    /// Every item of a table, as text that can be compared.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn items(&self, table: &str) -> anyhow::Result<Vec<String>> {
        let client = aws_sdk_dynamodb::Client::new(&self.config.sdk);
        let mut items = client.scan().table_name(table).into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = items.next().await {
            found.push(canonical(&AttributeValue::M(item?)));
        }
        found.sort();
        Ok(found)
    }

    /// Every item of the tables of customers, identities and segments, without the versions of customers and without the
    /// catalogue.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub async fn everybody(&self, tables: [&str; 3]) -> anyhow::Result<Vec<String>> {
        let client = aws_sdk_dynamodb::Client::new(&self.config.sdk);
        let mut found = Vec::new();
        for table in tables {
            let mut items = client.scan().table_name(table).into_paginator().items().send();
            while let Some(mut item) = items.next().await.transpose()? {
                let is_catalogue = item.get("pk").and_then(|pk| pk.as_s().ok()).is_some_and(|pk| pk == "catalogue");
                item.remove("v");
                if !is_catalogue {
                    found.push(canonical(&AttributeValue::M(item)));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Claims an identifier for a customer in the table of identities, as a worker does that dies before it writes that the customer has it.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn claim(&self, table: &str, identifier: &Identifier, customer: &str) -> anyhow::Result<()> {
        let client = aws_sdk_dynamodb::Client::new(&self.config.sdk);
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let put = client.put_item().table_name(table);
        let put = put.item("pk", text(&identifier.key())).item("c", text(customer));
        let put = put.item("t", AttributeValue::B(Blob::new([0; 16]))).item("r", AttributeValue::N("1".to_owned()));
        put.send().await?;
        Ok(())
    }

    /// Deletes a customer's profile and nothing else.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn delete_profile(&self, customer: &str) -> anyhow::Result<()> {
        let client = aws_sdk_dynamodb::Client::new(&self.config.sdk);
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let delete = client.delete_item().table_name(&self.config.customers_table);
        delete.key("pk", text(customer)).key("sk", text("profile")).send().await?;
        Ok(())
    }

    /// The ids of all customers.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn customer_ids(&self) -> anyhow::Result<BTreeSet<String>> {
        let client = aws_sdk_dynamodb::Client::new(&self.config.sdk);
        let profiles = client.scan().table_name(&self.config.customers_table).filter_expression("sk = :profile");
        let profile = AttributeValue::S("profile".to_owned());
        let mut items = profiles.expression_attribute_values(":profile", profile).into_paginator().items().send();
        let mut ids = BTreeSet::new();
        while let Some(item) = items.next().await {
            ids.extend(item?.get("pk").and_then(|id| id.as_s().ok()).cloned());
        }
        Ok(ids)
    }

    /// All customers with their feeds, by [`identity`].
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn customers(&self) -> anyhow::Result<BTreeMap<String, Customer>> {
        self.customers_except(&BTreeSet::new()).await
    }

    /// All customers but those with these ids.
    ///
    /// # Errors
    /// When the tables cannot be read, two customers have the same identifiers, or a feed has no customer.
    pub async fn customers_except(&self, excluded: &BTreeSet<String>) -> anyhow::Result<BTreeMap<String, Customer>> {
        let client = aws_sdk_dynamodb::Client::new(&self.config.sdk);
        let table = &self.config.customers_table;
        let mut items = client.scan().table_name(table).into_paginator().items().send();
        let (mut ids, mut feeds) = (Vec::new(), BTreeMap::<String, BTreeSet<_>>::new());
        while let Some(item) = items.next().await {
            let item = item?;
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            if excluded.contains(&text("pk")) {
                continue;
            }
            if text("sk") == "profile" {
                ids.push(text("pk"));
            } else {
                let row = text("sk").rsplit('#').next().and_then(|row| row.parse().ok()).unwrap_or(u64::MAX);
                feeds.entry(text("pk")).or_default().insert((0, row, text("n")));
            }
        }
        let shown = ids.into_iter().map(|id| async move {
            let shown = self.get(&format!("/customers/{id}")).await?;
            anyhow::Ok((id, shown))
        });
        let mut shown = futures::stream::iter(shown).buffered(CONCURRENT_REQUESTS);
        let mut customers = BTreeMap::new();
        while let Some((id, shown)) = shown.try_next().await? {
            let identifiers: BTreeMap<String, String> = serde_json::from_value(shown["identifiers"].clone())?;
            let attributes: BTreeMap<String, Value> = serde_json::from_value(shown["attributes"].clone())?;
            let identity = identity(&identifiers);
            let feed = feeds.remove(&id).unwrap_or_default();
            let customer = Customer { identifiers, attributes, feed, ..Customer::default() };
            if customers.insert(identity.clone(), customer).is_some() {
                bail!("two customers are {identity}");
            }
        }
        if let Some((id, _)) = feeds.pop_first() {
            bail!("the customer {id} has a feed and no profile");
        }
        Ok(customers)
    }
}

/// A value as text, with the members of maps in order.
fn canonical(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(members) => {
            let members: BTreeMap<&String, String> =
                members.iter().map(|(name, value)| (name, canonical(value))).collect();
            format!("{members:?}")
        }
        AttributeValue::L(values) => format!("{:?}", values.iter().map(canonical).collect::<Vec<_>>()),
        value => format!("{value:?}"),
    }
}

/// Compares stored customers with the model's: identifiers, attributes as the API shows them, and feeds.
///
/// # Errors
/// The first difference.
pub fn compare_customers(stored: &BTreeMap<String, Customer>, model: &Model) -> Result<(), String> {
    let model = model.customers();
    for (identity, customer) in &model {
        let Some(found) = stored.get(identity) else { return Err(format!("{identity} is missing")) };
        let shown =
            |customer: &Customer| format!("{:?} {:?}", serde_json::to_string(&customer.attributes).ok(), customer.feed);
        if shown(found) != shown(customer) {
            return Err(format!("{identity} is {}, and should be {}", shown(found), shown(customer)));
        }
    }
    match stored.keys().find(|identity| !model.contains_key(*identity)) {
        Some(extra) => Err(format!("{extra} should not be there")),
        None => Ok(()),
    }
}
