//! Recording a new import, once for each idempotency key.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, ReturnConsumedCapacity, TransactWriteItem};
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest, State, Trace};
use jiff::Timestamp;

use super::Imports;
use super::listing::Listed;
use super::table::{IMPORT, Table};
use crate::dynamo::{Item, number, read_text, text};
use crate::error::{StoreError, refused};

/// Days that an `Idempotency-Key` is remembered.
const KEY_DAYS: i64 = 7;

/// An import as it is recorded.
#[derive(Debug)]
pub struct NewImport<'a> {
    /// Its id.
    pub id: ImportId,
    /// Its settings.
    pub request: &'a ImportRequest,
    /// What the catalogue says of them now.
    pub catalogue: &'a CatalogueAtLaunch,
    /// The key of the object that will be uploaded.
    pub object_key: &'a str,
    /// When the upload URL expires.
    pub upload_until: Timestamp,
    /// The trace that the request belongs to, if it belongs to one.
    pub trace: Option<&'a Trace>,
    /// The client's key for this request and a fingerprint of the request.
    pub idempotency: Option<(&'a str, &'a str)>,
}

/// What recording an import came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is new.
    New,
    /// The same request was recorded before, as this import.
    Before(ImportId),
    /// The key was used for another request.
    KeyReused,
}

impl Imports {
    /// Records an import, its settings and its idempotency key together.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn record(&self, import: &NewImport<'_>) -> Result<Recorded, StoreError> {
        let id = import.id.to_string();
        let request =
            serde_json::to_string(import.request).map_err(|error| StoreError::malformed("import request", error))?;
        let mut item = Table::key(&id, IMPORT);
        item.extend([
            ("list".to_owned(), text("task")),
            ("open".to_owned(), text(Listed::Open.value())),
            ("state".to_owned(), text(State::AwaitingUpload.as_str())),
            ("object_key".to_owned(), text(import.object_key)),
            ("upload_until".to_owned(), text(import.upload_until.to_string())),
        ]);
        if let Some(trace) = import.trace {
            item.insert("trace".to_owned(), text(trace.to_string()));
        }
        if let Some(ratio) = import.request.max_rejected_ratio {
            item.insert("max_rejected".to_owned(), number(ratio.millionths()));
        }
        let mut settings = Table::key(&id, "settings");
        let catalogue =
            serde_json::to_string(import.catalogue).map_err(|error| StoreError::malformed("catalogue", error))?;
        settings.extend([("request".to_owned(), text(request)), ("bound".to_owned(), text(catalogue))]);
        let mut puts = vec![self.put_new(item)?, self.put_new(settings)?];
        if let Some((key, fingerprint)) = import.idempotency {
            let mut remembered = Table::key(&format!("key#{key}"), IMPORT);
            let expires = import.id.launched().as_second() + KEY_DAYS * 86_400;
            remembered.extend([
                ("task".to_owned(), text(&id)),
                ("fingerprint".to_owned(), text(fingerprint)),
                ("expires".to_owned(), number(expires)),
            ]);
            puts.push(self.put_new(remembered)?);
        }
        let answer = self
            .table
            .client
            .transact_write_items()
            .set_transact_items(Some(puts))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Recorded::New),
            Err(error) => {
                // A transaction is cancelled for a conflict too. Then nobody may have recorded the key.
                let exists = error.as_service_error().is_some_and(|error| {
                    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { return false };
                    let mut reasons = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
                    reasons.any(|code| code == "ConditionalCheckFailed")
                });
                match import.idempotency {
                    Some((key, fingerprint)) if exists => self.recorded_before(key, fingerprint).await,
                    _ => Err(refused("TransactWriteItems")(error)),
                }
            }
        }
    }

    fn put_new(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(|error| StoreError::malformed("item", error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    async fn recorded_before(&self, key: &str, fingerprint: &str) -> Result<Recorded, StoreError> {
        let item = self.table.get(&format!("key#{key}"), IMPORT).await?;
        let item = item.ok_or_else(|| StoreError::malformed("idempotency key", "it expired meanwhile"))?;
        if read_text(&item, "fingerprint") != Some(fingerprint) {
            return Ok(Recorded::KeyReused);
        }
        let id = read_text(&item, "task").and_then(|id| id.parse().ok());
        id.map(Recorded::Before).ok_or_else(|| StoreError::malformed("idempotency key", "task"))
    }
}
