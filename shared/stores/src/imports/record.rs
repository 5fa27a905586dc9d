//! Recording a new import, once for each idempotency key and once for each forecast.

use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Put, ReturnConsumedCapacity, TransactWriteItem, Update};
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest, State, Trace};
use domain::keys::{ObjectKey, plain_file_name};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::Imports;
use super::item::Import;
use super::launches::launch;
use super::listing::Listed;
use super::runs::run;
use super::table::{IMPORT, Table};
use crate::clock::Clock;
use crate::dynamo::{Item, number, read_text, text};
use crate::error::{StoreError, refused};

/// How long an import of the inbox may take to begin, before the sweep looks whether its file is still there.
const INBOX_VALID: Duration = Duration::from_secs(3_600);
/// Days that an `Idempotency-Key` is remembered.
const KEY_DAYS: i64 = 7;

/// An import as it is recorded.
#[derive(Debug)]
pub struct NewImport<'a> {
    /// Its settings.
    pub request: &'a ImportRequest,
    /// What the catalogue says of them now.
    pub catalogue: &'a CatalogueAtLaunch,
    /// Its file.
    pub file: NewFile<'a>,
    /// The name of whoever launches it, if they have one.
    pub created_by: Option<&'a str>,
    /// The trace that the request belongs to, if it belongs to one.
    pub trace: Option<&'a Trace>,
    /// What makes it the only one of its kind.
    pub idempotency: Option<&'a Idempotency>,
}

/// What makes an import the only one of its kind: a later launch with the same key finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    partition: String,
    /// Another launch with the same key must have the same one.
    fingerprint: String,
    days: Option<i64>,
}

impl Idempotency {
    /// The client's key for a request, and a fingerprint of the request.
    pub fn of_client(key: &str, fingerprint: &str) -> Self {
        Self { partition: format!("key#{key}"), fingerprint: fingerprint.to_owned(), days: Some(KEY_DAYS) }
    }

    /// A file that is in the bucket, as it is now. Its event may come again for as long as a message lives, and somebody
    /// may have it sent again later, so it is remembered for ever.
    pub fn of_object(key: &str, etag: &str) -> Self {
        let digest = Sha256::digest(format!("{etag}\0{key}"));
        let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { partition: format!("inbox#{hash}"), fingerprint: hash, days: None }
    }
}

/// The file of an import that is recorded.
#[derive(Debug, Clone, Copy)]
pub enum NewFile<'a> {
    /// It is going to be uploaded, by a URL that is valid for so long.
    Awaited(Duration),
    /// It is in the bucket already, as somebody put it there.
    InBucket {
        /// Its key.
        key: &'a str,
        /// Its ETag: no other file is read in its place.
        etag: &'a str,
    },
    /// It is the one of a forecast that is completed, which pinned and checked it.
    OfForecast(&'a Import),
}

/// What launching an import came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Launched {
    /// It is new.
    New(ImportId),
    /// The same request, or another one for the same forecast, launched this import before.
    Before(ImportId),
    /// The key was used for another request.
    KeyReused,
    /// The forecast is not completed any more: its unprocessed rows are processed again.
    NotCompleted,
    /// It was to take an import back, and that was taken back before or is under way again.
    NotUndoable,
    /// Others were launched at the same time, again and again.
    Contended,
}

/// What recording an import came to.
#[derive(Debug, PartialEq, Eq)]
enum Recorded {
    Done(Launched),
    /// An import with a later id is recorded: draw a later one.
    Overtaken,
    /// Another launch got in the way: try again.
    Contended,
}

/// Times that a launch is tried while others are launched.
const ATTEMPTS: u32 = 10;

impl Imports {
    /// Launches an import: records it under an id that is later than all others.
    ///
    /// # Errors
    /// When the table cannot be read or written.
    pub async fn launch(
        &self,
        import: &NewImport<'_>,
        clock: &Clock,
        random: fn() -> u128,
    ) -> Result<Launched, StoreError> {
        let mut now = clock.now();
        for _ in 0..ATTEMPTS {
            match self.record(ImportId::new(now, random()), clock.now(), import).await? {
                Recorded::Done(launched) => return Ok(launched),
                Recorded::Overtaken => {
                    // Another function's clock may be ahead of this one's.
                    let last = self.last_launched().await?;
                    now = clock.now().max(last.map_or(now, |last| last.launched() + Duration::from_millis(1)));
                }
                Recorded::Contended => {}
            }
        }
        Ok(Launched::Contended)
    }

    /// Records an import, its settings, what makes it the only one, and its place in the order of launches together.
    async fn record(&self, new: ImportId, now: Timestamp, import: &NewImport<'_>) -> Result<Recorded, StoreError> {
        let id = new.to_string();
        let request =
            serde_json::to_string(import.request).map_err(|error| StoreError::malformed("import request", error))?;
        let mut item = Table::key(&id, IMPORT);
        item.extend([("list".to_owned(), text("task")), ("open".to_owned(), text(Listed::Open.value()))]);
        item.extend(file_attributes(new, now, import)?);
        if let Some(name) = import.created_by {
            item.insert("created_by".to_owned(), text(name));
        }
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
            TransactWriteItem::builder().update(launch(&self.table, new)?).build(),
            self.put_new(item)?,
            self.put_new(settings)?,
        ];
        if let Some(Idempotency { partition, fingerprint, days }) = import.idempotency {
            let mut remembered = Table::key(partition, IMPORT);
            remembered.extend([("task".to_owned(), text(&id)), ("fingerprint".to_owned(), text(fingerprint))]);
            let expires = days.map(|days| new.launched().as_second() + days * 86_400);
            remembered.extend(expires.map(|expires| ("expires".to_owned(), number(expires))));
            puts.push(self.put_new(remembered)?);
        }
        if let Some(definition) = import.request.definition.as_ref().filter(|_| !import.request.dry_run) {
            puts.push(run(&self.table, definition, new)?);
        }
        let undone = puts.len();
        if let Some(undoes) = import.request.undoes.filter(|_| !import.request.dry_run) {
            puts.push(self.undone(undoes, new)?);
        }
        // Past the last one, unless there is one.
        let undone = if puts.len() > undone { undone } else { usize::MAX };
        if let NewFile::OfForecast(forecast) = import.file {
            puts.push(TransactWriteItem::builder().update(self.launched_as(forecast.id, new)?).build());
        }
        // The forecast comes last.
        let puts_before_forecast = puts.len() - 1;
        let answer = self
            .table
            .client
            .transact_write_items()
            .set_transact_items(Some(puts))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Recorded::Done(Launched::New(new))),
            Err(error) => {
                let reasons: Vec<String> = match error.as_service_error() {
                    Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                        let code = |reason: &CancellationReason| reason.code().unwrap_or_default().to_owned();
                        cancelled.cancellation_reasons().iter().map(code).collect()
                    }
                    _ => Vec::new(),
                };
                let failed = |index: usize| reasons.get(index).is_some_and(|reason| reason == "ConditionalCheckFailed");
                match (import.idempotency, import.file) {
                    (_, NewFile::OfForecast(forecast)) if failed(puts_before_forecast) => {
                        self.launched_before(forecast.id, new).await
                    }
                    _ if failed(undone) => Ok(Recorded::Done(Launched::NotUndoable)),
                    (Some(idempotency), _) if failed(3) || failed(1) => self.recorded_before(idempotency).await,
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

    async fn recorded_before(&self, idempotency: &Idempotency) -> Result<Recorded, StoreError> {
        let item = self.table.get(&idempotency.partition, IMPORT).await?;
        let item = item.ok_or_else(|| StoreError::malformed("idempotency key", "it expired meanwhile"))?;
        if read_text(&item, "fingerprint") != Some(idempotency.fingerprint.as_str()) {
            return Ok(Recorded::Done(Launched::KeyReused));
        }
        let id = read_text(&item, "task").and_then(|id| id.parse().ok());
        id.map(|id| Recorded::Done(Launched::Before(id)))
            .ok_or_else(|| StoreError::malformed("idempotency key", "task"))
    }

    /// Notes on a forecast which import it was launched as, if it is completed and was not launched.
    fn launched_as(&self, forecast: ImportId, import: ImportId) -> Result<Update, StoreError> {
        Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(Table::key(&forecast.to_string(), IMPORT)))
            .update_expression("SET launched_as = :id")
            .condition_expression(
                "attribute_not_exists(launched_as) AND #state = :completed AND attribute_exists(ended_at)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":id", text(import.to_string()))
            .expression_attribute_values(":completed", text(State::Completed.as_str()))
            .build()
            .map_err(|error| StoreError::malformed("update", error))
    }

    /// Why a forecast cannot be launched as this import: it was before, or it is not completed.
    async fn launched_before(&self, forecast: ImportId, new: ImportId) -> Result<Recorded, StoreError> {
        let launched = self.get(forecast).await?.and_then(|forecast| forecast.launched_as);
        Ok(Recorded::Done(match launched {
            // The answer to the first try was lost.
            Some(id) if id == new => Launched::New(id),
            Some(id) => Launched::Before(id),
            None => Launched::NotCompleted,
        }))
    }
}

/// What an import knows of its file from its launch on.
fn file_attributes(id: ImportId, now: Timestamp, import: &NewImport<'_>) -> Result<Item, StoreError> {
    let attributes = match import.file {
        NewFile::Awaited(valid) => {
            let file_name = plain_file_name(&import.request.file.name);
            vec![
                ("state", text(State::AwaitingUpload.as_str())),
                ("object_key", text(ObjectKey::Upload { import: id, file_name }.to_string())),
                ("upload_until", text((now + valid).to_string())),
            ]
        }
        NewFile::InBucket { key, etag } => vec![
            ("state", text(State::AwaitingUpload.as_str())),
            ("object_key", text(key)),
            ("inbox", text(key)),
            ("sent_etag", text(etag)),
            ("upload_until", text((now + INBOX_VALID).to_string())),
        ],
        NewFile::OfForecast(forecast) => {
            let unpinned = || StoreError::malformed("forecast", "its file is not pinned");
            vec![
                ("state", text(State::Checking.as_str())),
                ("object_key", text(&forecast.object_key)),
                ("etag", text(forecast.etag.as_ref().ok_or_else(unpinned)?)),
                ("size_bytes", number(forecast.size.ok_or_else(unpinned)?)),
                ("upload_until", text(now.to_string())),
                ("based_on", text(forecast.id.to_string())),
            ]
        }
    };
    Ok(attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
