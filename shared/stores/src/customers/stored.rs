//! Customers as imports write them.

use std::collections::{BTreeMap, BTreeSet};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::customer::{Customer, CustomerId, SuppressionKey};
use domain::decide::{Claim, ClaimWrite};
use domain::row::Identifier;

use super::claim::{read_claim, stamp};
use super::profile::Profile;
use super::{Claims, Customers, Profiles, all_done, profile, suppression};
use crate::client;
use crate::dynamo::{Item, Statement, execute_all, get_all, number, read_text, text};
use crate::error::StoreError;
use crate::resources::Resources;
use crate::written::Written;

/// The customers and identities tables.
#[derive(Debug, Clone)]
pub struct StoredCustomers {
    pub(super) client: Client,
    pub(super) customers: String,
    pub(super) identities: String,
    /// The table that forecasts write into.
    pub(super) forecasts: String,
}

impl StoredCustomers {
    /// The tables at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, resources: &Resources) -> Self {
        Self {
            client: client::dynamodb(sdk),
            customers: resources.customers_table.clone(),
            identities: resources.identities_table.clone(),
            forecasts: resources.tasks_table.clone(),
        }
    }

    /// The customer that holds an identifier.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub async fn find(&self, identifier: &Identifier) -> Result<Option<Customer>, StoreError> {
        let stored = self.stored(&BTreeSet::from([identifier.key()]), BTreeSet::new()).await?;
        Ok(stored.customers.into_values().find(|customer| customer.lists(identifier)))
    }
}

impl Customers for StoredCustomers {
    async fn claims(&self, identifiers: &BTreeSet<String>) -> Result<Claims, StoreError> {
        if identifiers.is_empty() {
            return Ok(Claims::default());
        }
        // The key of suppressions comes with them, so that it costs no call.
        let keys = identifiers.iter().map(String::as_str).chain([suppression::KEY]);
        let keys = keys.map(|key| Item::from([("pk".to_owned(), text(key))])).collect();
        let mut claims = Claims::default();
        for item in get_all(&self.client, &self.identities, keys).await? {
            match read_text(&item, "pk").unwrap_or_default() {
                suppression::KEY => claims.suppression = Some(suppression::read_key(&item)?),
                key => drop(claims.claims.insert(key.to_owned(), read_claim(&item)?)),
            }
        }
        Ok(claims)
    }

    async fn suppressed(
        &self,
        key: SuppressionKey,
        identifiers: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let by_hash: BTreeMap<String, &String> =
            identifiers.iter().map(|identifier| (suppression::pk_of(key, identifier), identifier)).collect();
        let keys = by_hash.keys().map(|hash| Item::from([("pk".to_owned(), text(hash))])).collect();
        let found = get_all(&self.client, &self.identities, keys).await?;
        let hashes = found.iter().filter_map(|item| read_text(item, "pk"));
        Ok(hashes.filter_map(|hash| by_hash.get(hash)).map(|identifier| (*identifier).clone()).collect())
    }

    async fn profiles(&self, ids: BTreeSet<CustomerId>) -> Result<Profiles, StoreError> {
        let keys = ids
            .iter()
            .map(|id| Item::from([("pk".to_owned(), text(id.to_string())), ("sk".to_owned(), text(profile::PROFILE))]))
            .collect();
        let mut profiles = Profiles::default();
        for item in get_all(&self.client, &self.customers, keys).await? {
            match profile::read_profile(&item)? {
                Profile::Stored(customer) => profiles.customers.insert(customer.id, *customer).map(drop),
                Profile::Erased(id, up_to) => profiles.erased.insert(id, up_to).map(drop),
            };
        }
        Ok(profiles)
    }

    async fn fence(&self, fences: &[(CustomerId, u64)]) -> Result<Written, StoreError> {
        let statements = fences
            .iter()
            .map(|(id, version)| Statement {
                text: format!(r#"UPDATE "{}" SET v=? WHERE pk=? AND sk='profile' AND v=?"#, self.customers),
                parameters: vec![number(version + 1), text(id.to_string()), number(version)],
            })
            .collect();
        Ok(all_done(&execute_all(&self.client, statements).await?))
    }

    async fn claim(&self, claims: &[ClaimWrite]) -> Result<Written, StoreError> {
        let statements = claims
            .iter()
            .map(|write| {
                let (import, row) = stamp(write.claim);
                let customer = text(write.claim.customer.to_string());
                match write.replaces {
                    None => Statement {
                        text: format!(r#"INSERT INTO "{}" VALUE {{'pk':?, 'c':?, 't':?, 'r':?}}"#, self.identities),
                        parameters: vec![text(&write.key), customer, import, row],
                    },
                    Some(former) => {
                        let (former_import, former_row) = stamp(former);
                        Statement {
                            text: format!(
                                r#"UPDATE "{}" SET c=? SET t=? SET r=? WHERE pk=? AND c=? AND t=? AND r=?"#,
                                self.identities
                            ),
                            parameters: vec![
                                customer,
                                import,
                                row,
                                text(&write.key),
                                text(former.customer.to_string()),
                                former_import,
                                former_row,
                            ],
                        }
                    }
                }
            })
            .collect();
        Ok(all_done(&execute_all(&self.client, statements).await?))
    }

    async fn write(&self, customers: &[Customer]) -> Result<Vec<Written>, StoreError> {
        let statements = customers
            .iter()
            .map(|customer| {
                let attributes = profile::attributes(customer, customer.version + 1);
                let id = text(customer.id.to_string());
                if customer.version == 0 {
                    let names: Vec<String> = attributes.iter().map(|(name, _)| format!("'{name}':?")).collect();
                    let mut parameters = vec![id];
                    parameters.extend(attributes.into_iter().map(|(_, value)| value));
                    Statement {
                        text: format!(
                            r#"INSERT INTO "{}" VALUE {{'pk':?, 'sk':'profile', {}}}"#,
                            self.customers,
                            names.join(", ")
                        ),
                        parameters,
                    }
                } else {
                    let names: Vec<String> = attributes.iter().map(|(name, _)| format!("SET {name}=?")).collect();
                    let mut parameters: Vec<AttributeValue> = attributes.into_iter().map(|(_, value)| value).collect();
                    parameters.extend([id, number(customer.version)]);
                    Statement {
                        text: format!(
                            r#"UPDATE "{}" {} WHERE pk=? AND sk='profile' AND v=?"#,
                            self.customers,
                            names.join(" ")
                        ),
                        parameters,
                    }
                }
            })
            .collect();
        execute_all(&self.client, statements).await
    }

    async fn delete(&self, customers: &[(CustomerId, u64)]) -> Result<Written, StoreError> {
        let statements = customers
            .iter()
            .map(|(id, version)| Statement {
                text: format!(r#"DELETE FROM "{}" WHERE pk=? AND sk='profile' AND v=?"#, self.customers),
                parameters: vec![text(id.to_string()), number(version)],
            })
            .collect();
        Ok(all_done(&execute_all(&self.client, statements).await?))
    }

    async fn release(&self, releases: &[(String, Claim)]) -> Result<(), StoreError> {
        let statements = releases
            .iter()
            .map(|(key, claim)| {
                let (import, row) = stamp(*claim);
                Statement {
                    text: format!(r#"DELETE FROM "{}" WHERE pk=? AND c=? AND t=? AND r=?"#, self.identities),
                    parameters: vec![text(key), text(claim.customer.to_string()), import, row],
                }
            })
            .collect();
        execute_all(&self.client, statements).await?;
        Ok(())
    }
}
