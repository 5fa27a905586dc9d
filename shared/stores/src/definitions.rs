//! Definitions, in the segments table beside the catalogue.
//!
//! ```text
//! definitions#definition#ID        the definition: its name, settings, header and revision
//! header#FINGERPRINT#definition#ID a definition whose header this is, so that a header finds it by key
//! ```
//! Both change in one transaction, so a header never leads to a definition of another one for long.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, ReturnConsumedCapacity, TransactWriteItem};
use domain::columns::HeaderFingerprint;
use domain::definitions::{Definition, DefinitionName};
use jiff::Timestamp;

use crate::client;
use crate::dynamo::{Item, get_all, number, query_prefix, read_number, read_text, text};
use crate::error::{StoreError, refused};
use crate::resources::Resources;

/// The partition of all definitions.
const DEFINITIONS: &str = "definitions";
/// What sort keys begin with.
const PREFIX: &str = "definition#";
/// Times that a definition is replaced or deleted while others change it.
const ATTEMPTS: u32 = 5;

/// A definition as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDefinition {
    /// The definition.
    pub definition: Definition,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// How often it was changed; from 1.
    revision: u64,
}

/// What writing a definition came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defined {
    /// It is new.
    JustNow,
    /// One of this name existed: it was replaced, or it was to be created and stays as it is.
    Before,
    /// Others changed it at the same time, again and again.
    Contended,
}

/// What deleting a definition came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undefined {
    /// It is gone.
    Done,
    /// There was none.
    Missing,
    /// Others changed it at the same time, again and again.
    Contended,
}

/// Whether a transaction was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changed {
    Done,
    /// The definition is not as it was read.
    Differs,
    /// Another transaction was under way.
    Conflict,
}

/// The definitions.
#[derive(Debug, Clone)]
pub struct Definitions {
    client: Client,
    table: String,
}

impl Definitions {
    /// The table at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, resources: &Resources) -> Self {
        Self { client: client::dynamodb(sdk), table: resources.segments_table.clone() }
    }

    /// The definition of this name.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn get(&self, name: &DefinitionName) -> Result<Option<StoredDefinition>, StoreError> {
        let found = get_all(&self.client, &self.table, vec![key(DEFINITIONS, &name.id())]).await?;
        found.first().map(read_definition).transpose()
    }

    /// At most `limit` definitions after the one of this id, in the order of their ids.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn list_after(&self, after: Option<&str>, limit: usize) -> Result<Vec<StoredDefinition>, StoreError> {
        let after = after.map(|after| format!("{PREFIX}{after}"));
        let found = query_prefix(&self.client, &self.table, DEFINITIONS, PREFIX, after.as_deref(), Some(limit)).await?;
        found.iter().map(read_definition).collect()
    }

    /// The definition whose header this is; of several the first by name.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn for_header(&self, header: HeaderFingerprint) -> Result<Option<DefinitionName>, StoreError> {
        let found = query_prefix(&self.client, &self.table, &header_key(header), PREFIX, None, Some(1)).await?;
        Ok(found.first().and_then(|item| DefinitionName::parse(read_text(item, "name")?).ok()))
    }

    /// Creates a definition, unless one of its name exists: then that stays as it is.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn create(&self, definition: &Definition, now: Timestamp) -> Result<Defined, StoreError> {
        for _ in 0..ATTEMPTS {
            match self.change(None, Some(definition), now).await? {
                Changed::Done => return Ok(Defined::JustNow),
                Changed::Differs => return Ok(Defined::Before),
                Changed::Conflict => {}
            }
        }
        Ok(Defined::Contended)
    }

    /// Writes a definition in place of the one of its name, if there is one.
    ///
    /// # Errors
    /// When the table cannot be read or written.
    pub async fn replace(&self, definition: &Definition, now: Timestamp) -> Result<Defined, StoreError> {
        for _ in 0..ATTEMPTS {
            let before = self.get(&definition.name).await?;
            if self.change(before.as_ref(), Some(definition), now).await? == Changed::Done {
                return Ok(if before.is_some() { Defined::Before } else { Defined::JustNow });
            }
        }
        Ok(Defined::Contended)
    }

    /// Deletes the definition of this name.
    ///
    /// # Errors
    /// When the table cannot be read or written.
    pub async fn delete(&self, name: &DefinitionName, now: Timestamp) -> Result<Undefined, StoreError> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.get(name).await? else { return Ok(Undefined::Missing) };
            if self.change(Some(&before), None, now).await? == Changed::Done {
                return Ok(Undefined::Done);
            }
        }
        Ok(Undefined::Contended)
    }

    /// Puts one definition in place of another one of its name, together with what its header leads to.
    async fn change(
        &self,
        before: Option<&StoredDefinition>,
        after: Option<&Definition>,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let revision = before.map_or(0, |before| before.revision);
        let malformed = |error| StoreError::malformed("definition", error);
        let mut writes = Vec::new();
        let id = after.or(before.map(|before| &before.definition)).map(|definition| definition.name.id());
        let id = id.unwrap_or_default();
        let write = TransactWriteItem::builder();
        writes.push(
            match after {
                Some(definition) => {
                    let put =
                        Put::builder().table_name(&self.table).set_item(Some(item(definition, revision + 1, now)));
                    let put = match before {
                        Some(_) => put
                            .condition_expression("revision = :read")
                            .expression_attribute_values(":read", number(revision)),
                        None => put.condition_expression("attribute_not_exists(pk)"),
                    };
                    write.put(put.build().map_err(malformed)?)
                }
                None => {
                    let delete = Delete::builder()
                        .table_name(&self.table)
                        .set_key(Some(key(DEFINITIONS, &id)))
                        .condition_expression("revision = :read")
                        .expression_attribute_values(":read", number(revision));
                    write.delete(delete.build().map_err(malformed)?)
                }
            }
            .build(),
        );
        let old = before.and_then(|before| before.definition.fingerprint());
        let new = after.and_then(Definition::fingerprint);
        if let Some(old) = old.filter(|old| Some(*old) != new) {
            let delete = Delete::builder().table_name(&self.table).set_key(Some(key(&header_key(old), &id)));
            writes.push(TransactWriteItem::builder().delete(delete.build().map_err(malformed)?).build());
        }
        if let (Some(new), Some(definition)) = (new, after) {
            let mut item = key(&header_key(new), &id);
            item.insert("name".to_owned(), text(definition.name.as_str()));
            let put = Put::builder().table_name(&self.table).set_item(Some(item));
            writes.push(TransactWriteItem::builder().put(put.build().map_err(malformed)?).build());
        }
        let answer = self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        let error = match answer {
            Ok(_) => return Ok(Changed::Done),
            Err(error) => error,
        };
        let reasons: Vec<&str> = match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect()
            }
            _ => Vec::new(),
        };
        if reasons.contains(&"ConditionalCheckFailed") {
            Ok(Changed::Differs)
        } else if reasons.contains(&"TransactionConflict") {
            Ok(Changed::Conflict)
        } else {
            Err(refused("TransactWriteItems")(error))
        }
    }
}

fn header_key(header: HeaderFingerprint) -> String {
    format!("header#{header}")
}

fn key(partition: &str, id: &str) -> Item {
    Item::from([("pk".to_owned(), text(partition)), ("sk".to_owned(), text(format!("{PREFIX}{id}")))])
}

fn item(definition: &Definition, revision: u64, now: Timestamp) -> Item {
    let mut item = key(DEFINITIONS, &definition.name.id());
    item.extend([
        ("name".to_owned(), text(definition.name.as_str())),
        ("settings".to_owned(), text(definition.stored_settings())),
        ("changed_at".to_owned(), text(now.to_string())),
        ("revision".to_owned(), number(revision)),
    ]);
    if let Some(header) = definition.header.as_ref().and_then(|header| serde_json::to_string(header).ok()) {
        item.insert("header".to_owned(), text(header));
    }
    item
}

fn read_definition(item: &Item) -> Result<StoredDefinition, StoreError> {
    let malformed = |name: &'static str| StoreError::malformed("definition", name);
    let name = read_text(item, "name").and_then(|name| DefinitionName::parse(name).ok());
    let header = read_text(item, "header").map(serde_json::from_str).transpose();
    let header = header.map_err(|error| StoreError::malformed("definition", error))?;
    let settings = read_text(item, "settings").ok_or_else(|| malformed("settings"))?;
    let definition = Definition::from_stored(name.ok_or_else(|| malformed("name"))?, settings, header);
    Ok(StoredDefinition {
        definition: definition.map_err(|error| StoreError::malformed("definition", error))?,
        changed_at: read_text(item, "changed_at")
            .and_then(|at| at.parse().ok())
            .ok_or_else(|| malformed("changed_at"))?,
        revision: read_number(item, "revision").ok_or_else(|| malformed("revision"))?,
    })
}
