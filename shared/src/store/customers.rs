//! The customers and identities tables: what a batch reads of them, and the conditional writes of a stage.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, ReturnConsumedCapacity, WriteRequest};

use super::dynamo::{self, Item, Read, Statement, execute_all, get_all, number, text, write_all};
use super::shadow::Shadow;
use super::{Resources, StoreError, profile, refused};
use crate::customer::{Customer, CustomerId, Provenance};
use crate::decide::{Activity, Claim, ClaimWrite, Known};
use crate::row::Identifier;
use crate::task::TaskId;

/// The customers and identities tables.
#[derive(Debug, Clone)]
pub struct Customers {
    pub(super) client: Client,
    pub(super) customers: String,
    identities: String,
    shadows: String,
    shadow: Option<Shadow>,
}

/// An entry of a feed as it is read back.
#[derive(Debug, Clone)]
pub struct FeedEntry {
    /// Where it stands in the feed; the next page starts after it.
    pub position: String,
    /// The action's name.
    pub action: String,
    /// When it happened.
    pub at: String,
    /// What it is attributed to.
    pub api_endpoint: String,
    /// Where it happened.
    pub touchpoint: String,
    /// The row that noted it.
    pub by: Provenance,
}

impl Customers {
    /// The tables at the endpoint of this configuration.
    pub fn new(sdk: &aws_config::SdkConfig, resources: &Resources) -> Self {
        Self {
            client: dynamo::client(sdk),
            customers: resources.customers_table.clone(),
            identities: resources.identities_table.clone(),
            shadows: Shadow::table(resources).to_owned(),
            shadow: None,
        }
    }

    /// The tables as a dry run sees them: its own writes go beside what is stored.
    #[must_use]
    pub fn in_dry_run(&self, task: TaskId) -> Self {
        Self { shadow: Some(Shadow::new(&self.client, &self.shadows, task)), ..self.clone() }
    }

    /// Who holds these identifiers, and those customers: read strongly consistent, so a row sees what earlier rows did.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub async fn known(
        &self,
        identifiers: &BTreeSet<String>,
        customers: impl IntoIterator<Item = CustomerId>,
    ) -> Result<Known, StoreError> {
        let keys = identifiers.iter().map(|key| Item::from([("pk".to_owned(), text(key))])).collect();
        let mut known = Known::default();
        for item in get_all(&self.client, &self.identities, keys).await? {
            let key = item.text("pk").unwrap_or_default().to_owned();
            known.claims.insert(key, claim(&item)?);
        }
        if let Some(shadow) = &self.shadow {
            shadow.over_claims(identifiers, &mut known.claims).await?;
        }
        let mut wanted: BTreeSet<CustomerId> = known.claims.values().map(|claim| claim.customer).collect();
        wanted.extend(customers);
        for customer in self.read(wanted).await? {
            known.customers.insert(customer.id, customer);
        }
        Ok(known)
    }

    /// Those of these customers that are written.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn read(&self, ids: impl IntoIterator<Item = CustomerId>) -> Result<Vec<Customer>, StoreError> {
        let ids: BTreeSet<CustomerId> = ids.into_iter().collect();
        let keys = ids
            .iter()
            .map(|id| Item::from([("pk".to_owned(), text(id.to_string())), ("sk".to_owned(), text(profile::PROFILE))]))
            .collect();
        let mut customers = BTreeMap::new();
        for item in get_all(&self.client, &self.customers, keys).await? {
            let customer = profile::customer(&item)?;
            customers.insert(customer.id, customer);
        }
        if let Some(shadow) = &self.shadow {
            shadow.over_customers(&ids, &mut customers).await?;
        }
        Ok(customers.into_values().collect())
    }

    /// The customer that holds an identifier.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub async fn find(&self, identifier: &Identifier) -> Result<Option<Customer>, StoreError> {
        let known = self.known(&BTreeSet::from([identifier.key()]), []).await?;
        Ok(known.customers.into_values().find(|customer| customer.lists(identifier)))
    }

    /// Raises customers' versions; tells for each whether it still had the version that it was read with.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn fence(&self, fences: &[(CustomerId, u64)]) -> Result<bool, StoreError> {
        if let Some(shadow) = &self.shadow {
            return shadow.fence(fences).await;
        }
        let statements = fences
            .iter()
            .map(|(id, version)| Statement {
                text: format!(r#"UPDATE "{}" SET v=? WHERE pk=? AND sk='profile' AND v=?"#, self.customers),
                parameters: vec![number(version + 1), text(id.to_string()), number(version)],
            })
            .collect();
        Ok(execute_all(&self.client, statements).await?.into_iter().all(|held| held))
    }

    /// Claims identifiers; false when one of them is not as it was read.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn claim(&self, claims: &[ClaimWrite]) -> Result<bool, StoreError> {
        if let Some(shadow) = &self.shadow {
            return shadow.claim(claims).await;
        }
        let statements = claims
            .iter()
            .map(|write| {
                let (task, row) = stamp(write.claim.by);
                let customer = text(write.claim.customer.to_string());
                match write.replaces {
                    None => Statement {
                        text: format!(r#"INSERT INTO "{}" VALUE {{'pk':?, 'c':?, 't':?, 'r':?}}"#, self.identities),
                        parameters: vec![text(&write.key), customer, task, row],
                    },
                    Some(former) => {
                        let (former_task, former_row) = stamp(former.by);
                        Statement {
                            text: format!(
                                r#"UPDATE "{}" SET c=? SET t=? SET r=? WHERE pk=? AND c=? AND t=? AND r=?"#,
                                self.identities
                            ),
                            parameters: vec![
                                customer,
                                task,
                                row,
                                text(&write.key),
                                text(former.customer.to_string()),
                                former_task,
                                former_row,
                            ],
                        }
                    }
                }
            })
            .collect();
        Ok(execute_all(&self.client, statements).await?.into_iter().all(|held| held))
    }

    /// Gives up claims that are still these; one that is not any more is somebody else's business.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn release(&self, releases: &[(String, Claim)]) -> Result<(), StoreError> {
        if let Some(shadow) = &self.shadow {
            return shadow.release(releases).await;
        }
        let statements = releases
            .iter()
            .map(|(key, claim)| {
                let (task, row) = stamp(claim.by);
                Statement {
                    text: format!(r#"DELETE FROM "{}" WHERE pk=? AND c=? AND t=? AND r=?"#, self.identities),
                    parameters: vec![text(key), text(claim.customer.to_string()), task, row],
                }
            })
            .collect();
        execute_all(&self.client, statements).await?;
        Ok(())
    }

    /// Writes customers, each only if it is stored with the version that it carries; tells for each whether it was.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn write(&self, customers: &[Customer]) -> Result<Vec<bool>, StoreError> {
        if let Some(shadow) = &self.shadow {
            return shadow.write(customers).await;
        }
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

    /// Adds entries to feeds; adding one twice is adding it once.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn add_activities(&self, activities: &[Activity]) -> Result<(), StoreError> {
        let mut writes = Vec::with_capacity(activities.len());
        for activity in activities {
            let item = Item::from([
                ("pk".to_owned(), text(activity.customer.to_string())),
                (
                    "sk".to_owned(),
                    text(format!(
                        "activity#{}#{}#{:010}",
                        activity.at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"),
                        activity.by.task,
                        activity.by.row
                    )),
                ),
                ("n".to_owned(), text(&activity.action)),
                ("e".to_owned(), text(&activity.api_endpoint)),
                ("p".to_owned(), text(&activity.touchpoint)),
            ]);
            let put = PutRequest::builder()
                .set_item(Some(item))
                .build()
                .map_err(|error| StoreError::malformed("activity item", error))?;
            writes.push(WriteRequest::builder().put_request(put).build());
        }
        write_all(&self.client, &self.customers, writes).await
    }

    /// A page of a customer's feed, newest first.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn feed(&self, id: CustomerId, limit: i32, after: Option<&str>) -> Result<Vec<FeedEntry>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.customers)
            .key_condition_expression("pk = :id AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":id", text(id.to_string()))
            .expression_attribute_values(":first", text("activity#"))
            .expression_attribute_values(
                ":last",
                text(after.map_or_else(|| "activity#~".to_owned(), |after| format!("activity#{after}"))),
            )
            .scan_index_forward(false)
            .limit(if after.is_some() { limit.saturating_add(1) } else { limit })
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(refused("Query"))?;
        let mut entries = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let entry = feed_entry(&item).ok_or_else(|| StoreError::malformed("activity item", "its key"))?;
            if after != Some(entry.position.as_str()) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }
}

fn feed_entry(item: &Item) -> Option<FeedEntry> {
    let position = item.text("sk")?.strip_prefix("activity#")?;
    let mut parts = position.split('#');
    let (at, task, row) = (parts.next()?, parts.next()?, parts.next()?);
    Some(FeedEntry {
        position: position.to_owned(),
        action: item.text("n")?.to_owned(),
        at: at.replace(".000Z", "Z"),
        api_endpoint: item.text("e")?.to_owned(),
        touchpoint: item.text("p")?.to_owned(),
        by: Provenance { task: task.parse().ok()?, row: row.parse().ok()? },
    })
}

pub(super) fn stamp(by: Provenance) -> (AttributeValue, AttributeValue) {
    (AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(by.task.to_bytes())), number(by.row))
}

pub(super) fn claim(item: &Item) -> Result<Claim, StoreError> {
    let read = || {
        let bytes = item.get("t")?.as_b().ok()?.as_ref().try_into().ok()?;
        let by = Provenance { task: TaskId::from_bytes(bytes), row: item.number("r")? };
        Some(Claim { customer: item.text("c")?.parse().ok()?, by })
    };
    read().ok_or_else(|| StoreError::malformed("identity", "its claim"))
}
