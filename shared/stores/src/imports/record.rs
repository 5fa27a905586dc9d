//! Recording a new import, once for each idempotency key.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Put, ReturnConsumedCapacity, TransactWriteItem, Update};
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest, State, Trace};
use jiff::Timestamp;

use super::Imports;
use super::launches::launch;
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
    /// An import with a later id is recorded: draw a later one.
    Overtaken,
    /// Another launch got in the way: try again.
    Contended,
    /// It was to take an import back, and that was taken back before or is under way again.
    NotUndoable,
}

impl Imports {
    /// Records an import, its settings, its idempotency key and its place in the order of launches together.
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
        let mut puts = vec![
            TransactWriteItem::builder().update(launch(&self.table, import.id)?).build(),
            self.put_new(item)?,
            self.put_new(settings)?,
        ];
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
        let undone = puts.len();
        if let Some(undoes) = import.request.undoes.filter(|_| !import.request.dry_run) {
            puts.push(self.undone(undoes, import.id)?);
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
                let reasons: Vec<String> = match error.as_service_error() {
                    Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                        let code = |reason: &CancellationReason| reason.code().unwrap_or_default().to_owned();
                        cancelled.cancellation_reasons().iter().map(code).collect()
                    }
                    _ => Vec::new(),
                };
                let failed = |index: usize| reasons.get(index).is_some_and(|reason| reason == "ConditionalCheckFailed");
                match import.idempotency {
                    Some((key, fingerprint)) if failed(3) || failed(1) => self.recorded_before(key, fingerprint).await,
                    _ if failed(undone) => Ok(Recorded::NotUndoable),
                    _ if failed(0) => Ok(Recorded::Overtaken),
                    _ if reasons.iter().any(|reason| reason == "TransactionConflict") => Ok(Recorded::Contended),
                    _ => Err(refused("TransactWriteItems")(error)),
                }
            }
        }
    }

    /// Notes on an import that another one takes it back: once, and only while it has ended.
    fn undone(&self, undoes: ImportId, by: ImportId) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(Table::key(&undoes.to_string(), IMPORT)))
            .update_expression("SET undone_by = :by")
            .condition_expression("attribute_exists(ended_at) AND attribute_not_exists(undone_by)")
            .expression_attribute_values(":by", text(by.to_string()))
            .build()
            .map_err(|error| StoreError::malformed("update", error))?;
        Ok(TransactWriteItem::builder().update(update).build())
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
