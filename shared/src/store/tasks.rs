//! The tasks table: tasks, their settings and what the check pass found. `splits` and `ends` have the changes of their state.

use std::collections::BTreeSet;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnConsumedCapacity, ReturnValue, TransactWriteItem};
use jiff::Timestamp;

use super::dynamo::{self, Item, Read, number, text};
use super::{Resources, StoreError, refused};
use crate::catalogue::Bound;
use crate::file::Checked;
use crate::ledger::Ledger;
use crate::outcome::RowCode;
use crate::settings::ImportRequest;
use crate::task::{Counters, Failure, State, TaskId};
use crate::trace::Trace;

/// Days that an `Idempotency-Key` is remembered.
const KEY_DAYS: i64 = 7;
/// Days that a file is remembered by its SHA-256.
const FILE_DAYS: i64 = 365;

/// The tasks table.
#[derive(Debug, Clone)]
pub struct Tasks {
    pub(super) client: Client,
    pub(super) table: String,
}

/// A task's item: everything that changes.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Where it stands.
    pub state: State,
    /// The trace that it belongs to.
    pub trace: Trace,
    /// The key of its object.
    pub object_key: String,
    /// The id of the upload in parts, if it is one.
    pub upload_id: Option<String>,
    /// The ETag of the object that is checked; a task never mixes two.
    pub etag: Option<String>,
    /// The object's length in bytes.
    pub size: Option<u64>,
    /// Rows of the file; known once it is checked.
    pub rows: u64,
    /// Its batches; known once it is checked.
    pub ledger: Ledger,
    /// Pages of the ledger that are full and added to `counters`.
    pub pages_folded: u32,
    /// What the full pages counted.
    pub counters: Counters,
    /// Parts that its file is dispatched in; 0 when one splitter dispatches it.
    pub parts: u32,
    /// The parts of which every batch was sent.
    pub parts_done: BTreeSet<u32>,
    /// Whether every batch was sent once.
    pub dispatched: bool,
    /// Bytes that the current pass has read.
    pub bytes_done: u64,
    /// Where a splitter may go on.
    pub checkpoint: Option<String>,
    /// When the splitter's lease ends, milliseconds since 1970.
    pub lease_until: u64,
    /// Rejected rows of a million counted ones at which the import is stopped.
    pub max_rejected: Option<u64>,
    /// Whether imports that were launched earlier were open when this one began to import.
    pub beside_earlier: bool,
    /// When the upload URL expires.
    pub upload_until: Timestamp,
    /// When the file was there.
    pub started_at: Option<Timestamp>,
    /// When the task ended.
    pub ended_at: Option<Timestamp>,
    /// When its end is to be told, in milliseconds since 1970, unless that was done.
    pub announce_at: Option<i64>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The key of the report.
    pub report: Option<String>,
    /// What the last sweep saw, and when, in milliseconds since 1970: a task that looks the same for long stands still.
    pub seen: Option<(String, u64)>,
}

/// A task's settings, which never change, and what the check pass found.
#[derive(Debug, Clone)]
pub struct Definition {
    /// As the client sent them.
    pub request: ImportRequest,
    /// What of the catalogue the import is bound to.
    pub bound: Bound,
    /// What the check pass found; none before it ended.
    pub checked: Option<Checked>,
}

/// A task as it is recorded.
#[derive(Debug)]
pub struct NewTask<'a> {
    /// Its id.
    pub id: TaskId,
    /// Its settings.
    pub request: &'a ImportRequest,
    /// What of the catalogue it is bound to.
    pub bound: &'a Bound,
    /// The key of the object that will be uploaded.
    pub object_key: &'a str,
    /// When the upload URL expires.
    pub upload_until: Timestamp,
    /// The trace that the request belongs to, if it belongs to one.
    pub trace: Option<&'a Trace>,
    /// The client's key for this request and a fingerprint of the request.
    pub idempotency: Option<(&'a str, &'a str)>,
}

/// Tasks that can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// All of them.
    All,
    /// Those that have not ended.
    Open,
    /// Those that have ended, and whose end was not told yet.
    Unannounced,
}

impl Listed {
    /// What such tasks have in the attribute that they are listed by.
    pub(super) const fn value(self) -> &'static str {
        match self {
            Self::All => "task",
            Self::Open => "open",
            Self::Unannounced => "unannounced",
        }
    }
}

/// What recording a task came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is new.
    New,
    /// The same request was recorded before, as this task.
    Before(TaskId),
    /// The key was used for another request.
    KeyReused,
}

impl Tasks {
    /// The table at the endpoint of this configuration.
    pub fn new(sdk: &aws_config::SdkConfig, resources: &Resources) -> Self {
        Self { client: dynamo::client(sdk), table: resources.tasks_table.clone() }
    }

    pub(super) fn key(id: &str, sort: &str) -> Item {
        HashMap::from([("pk".to_owned(), text(id)), ("sk".to_owned(), text(sort))])
    }

    pub(super) fn update(&self, id: &str, sort: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Self::key(id, sort)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    /// Records a task, its settings and its idempotency key together.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn record(&self, task: &NewTask<'_>) -> Result<Recorded, StoreError> {
        let id = task.id.to_string();
        let request =
            serde_json::to_string(task.request).map_err(|error| StoreError::malformed("import request", error))?;
        let mut item = Self::key(&id, "task");
        item.extend([
            ("list".to_owned(), text("task")),
            ("open".to_owned(), text(Listed::Open.value())),
            ("state".to_owned(), text(State::AwaitingUpload.as_str())),
            ("object_key".to_owned(), text(task.object_key)),
            ("upload_until".to_owned(), text(task.upload_until.to_string())),
        ]);
        if let Some(trace) = task.trace {
            item.insert("trace".to_owned(), text(trace.to_string()));
        }
        if let Some(ratio) = task.request.max_rejected_ratio {
            item.insert("max_rejected".to_owned(), number(ratio.millionths()));
        }
        let mut settings = Self::key(&id, "settings");
        let bound = serde_json::to_string(task.bound).map_err(|error| StoreError::malformed("catalogue", error))?;
        settings.extend([("request".to_owned(), text(request)), ("bound".to_owned(), text(bound))]);
        let mut puts = vec![self.put(item)?, self.put(settings)?];
        if let Some((key, fingerprint)) = task.idempotency {
            let mut remembered = Self::key(&format!("key#{key}"), "task");
            let expires = task.id.launched().as_second() + KEY_DAYS * 86_400;
            remembered.extend([
                ("task".to_owned(), text(&id)),
                ("fingerprint".to_owned(), text(fingerprint)),
                ("expires".to_owned(), number(expires)),
            ]);
            puts.push(self.put(remembered)?);
        }
        let answer = self
            .client
            .transact_write_items()
            .set_transact_items(Some(puts))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Recorded::New),
            Err(error) => {
                let cancelled = error.as_service_error().is_some_and(|error| error.is_transaction_canceled_exception());
                match task.idempotency {
                    Some((key, fingerprint)) if cancelled => self.recorded_before(key, fingerprint).await,
                    _ => Err(refused("TransactWriteItems")(error)),
                }
            }
        }
    }

    fn put(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(|error| StoreError::malformed("item", error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    async fn recorded_before(&self, key: &str, fingerprint: &str) -> Result<Recorded, StoreError> {
        let item = self.get(&format!("key#{key}"), "task").await?;
        let item = item.ok_or_else(|| StoreError::malformed("idempotency key", "it is gone again"))?;
        if item.text("fingerprint") != Some(fingerprint) {
            return Ok(Recorded::KeyReused);
        }
        let id = item.text("task").and_then(|id| id.parse().ok());
        id.map(Recorded::Before).ok_or_else(|| StoreError::malformed("idempotency key", "task"))
    }

    pub(super) async fn get(&self, id: &str, sort: &str) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(Self::key(id, sort)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(refused("GetItem"))?;
        Ok(answer.item)
    }

    /// The task of this id.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn task(&self, id: TaskId) -> Result<Option<Task>, StoreError> {
        self.get(&id.to_string(), "task").await?.map(|item| task(&item)).transpose()
    }

    /// The task's settings and what the check pass found.
    ///
    /// # Errors
    /// When the table cannot be read, or there is no such task.
    pub async fn definition(&self, id: TaskId) -> Result<Definition, StoreError> {
        let item = self.get(&id.to_string(), "settings").await?;
        let item = item.ok_or_else(|| StoreError::malformed("task", "its settings are missing"))?;
        let request = item.text("request").unwrap_or_default();
        let request = serde_json::from_str(request).map_err(|error| StoreError::malformed("import request", error))?;
        let bound = item.text("bound").map(serde_json::from_str).transpose();
        let bound = bound.map_err(|error| StoreError::malformed("catalogue", error))?.unwrap_or_default();
        let checked = self.get(&id.to_string(), "checked").await?;
        let checked = checked
            .and_then(|item| item.text("checked").map(ToOwned::to_owned))
            .map(|json| serde_json::from_str(&json).map_err(|error| StoreError::malformed("check result", error)))
            .transpose()?;
        Ok(Definition { request, bound, checked })
    }

    /// Notes the id of the task's upload in parts, unless it has one; the one that it has.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn begin_upload(&self, id: TaskId, upload: &str) -> Result<String, StoreError> {
        let answer = self
            .update(&id.to_string(), "task")
            .update_expression("SET upload_id = if_not_exists(upload_id, :upload)")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":upload", text(upload))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(refused("UpdateItem"))?;
        let item = answer.attributes.unwrap_or_default();
        item.text("upload_id").map(ToOwned::to_owned).ok_or_else(|| StoreError::malformed("task", "upload_id"))
    }

    /// Remembers that a file of this SHA-256 is imported by this task; the task that imported such a file before.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn remember_file(&self, sha256: &str, id: TaskId) -> Result<Option<TaskId>, StoreError> {
        let expires = id.launched().as_second() + FILE_DAYS * 86_400;
        let answer = self
            .update(&format!("file#{sha256}"), "task")
            .update_expression("SET task = :id, expires = :expires")
            .expression_attribute_values(":id", text(id.to_string()))
            .expression_attribute_values(":expires", number(expires))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(refused("UpdateItem"))?;
        let before = answer.attributes.and_then(|item| item.text("task")?.parse().ok());
        Ok(before.filter(|before| *before != id))
    }

    /// The task that imported a file of this SHA-256 last.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn importer_of(&self, sha256: &str) -> Result<Option<TaskId>, StoreError> {
        let item = self.get(&format!("file#{sha256}"), "task").await?;
        Ok(item.and_then(|item| item.text("task")?.parse().ok()))
    }

    /// Remembers what a sweep saw of a task.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn seen(&self, id: TaskId, seen: &str, now: Timestamp) -> Result<bool, StoreError> {
        let update = self
            .update(&id.to_string(), "task")
            .update_expression("SET seen = :seen, seen_at = :now")
            .condition_expression("#open = :open")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":open", text(Listed::Open.value()))
            .expression_attribute_values(":seen", text(seen))
            .expression_attribute_values(":now", number(now.as_millisecond()));
        conditional(update).await
    }

    /// Ids of tasks, newest first, that were launched before this one.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn list(&self, which: Listed, limit: usize, before: Option<TaskId>) -> Result<Vec<TaskId>, StoreError> {
        let (index, name) = if which == Listed::All { ("by_launch", "list") } else { ("open", "open") };
        let value = which.value();
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .key_condition_expression(if before.is_some() {
                "#name = :value AND pk < :before"
            } else {
                "#name = :value"
            })
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":value", text(value))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        if let Some(before) = before {
            query = query.expression_attribute_values(":before", text(before.to_string()));
        }
        let answer = query.send().await.map_err(refused("Query"))?;
        let items = answer.items.unwrap_or_default();
        Ok(items.iter().filter_map(|item| item.text("pk")?.parse().ok()).collect())
    }
}

/// Sends an update; false when its condition did not hold.
pub(super) async fn conditional(update: UpdateItemFluentBuilder) -> Result<bool, StoreError> {
    match update.send().await {
        Ok(_) => Ok(true),
        Err(error) if failed_condition(&error) => Ok(false),
        Err(error) => Err(refused("UpdateItem")(error)),
    }
}

pub(super) fn failed_condition(
    error: &aws_sdk_dynamodb::error::SdkError<aws_sdk_dynamodb::operation::update_item::UpdateItemError>,
) -> bool {
    error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception())
}

/// Reads a page's or a task's counters.
pub(super) fn counters(item: &Item) -> Counters {
    let count = |name: &str| item.number(name).unwrap_or(0);
    let codes =
        item.keys().filter_map(|name| Some((RowCode::from_code(name.strip_prefix("e_")?)?, count(name)))).collect();
    Counters {
        created: count("created"),
        updated: count("updated"),
        unchanged: count("unchanged"),
        rejected: count("rejected"),
        unprocessed: count("unprocessed"),
        warnings: count("warnings"),
        codes,
    }
}

pub(super) fn task(item: &Item) -> Result<Task, StoreError> {
    let malformed = |name: &'static str| StoreError::malformed("task", name);
    let time = |name: &str| item.text(name).and_then(|time| time.parse::<Timestamp>().ok());
    let count = |name: &str| item.number(name).and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
    let id: TaskId = item.text("pk").and_then(|id| id.parse().ok()).ok_or_else(|| malformed("pk"))?;
    Ok(Task {
        id,
        trace: item.text("trace").and_then(Trace::from_header).unwrap_or_else(|| Trace::of(id)),
        state: item.text("state").and_then(State::from_word).ok_or_else(|| malformed("state"))?,
        object_key: item.text("object_key").ok_or_else(|| malformed("object_key"))?.to_owned(),
        upload_id: item.text("upload_id").map(ToOwned::to_owned),
        etag: item.text("etag").map(ToOwned::to_owned),
        size: item.number("size_bytes"),
        rows: item.number("rows").unwrap_or(0),
        ledger: Ledger { parallel: count("parallel_batches"), ordered: count("ordered_batches") },
        pages_folded: count("pages_folded"),
        counters: counters(item),
        parts: item.number("parts").and_then(|parts| u32::try_from(parts).ok()).unwrap_or(0),
        parts_done: match item.get("parts_done") {
            Some(AttributeValue::Ns(parts)) => parts.iter().filter_map(|part| part.parse().ok()).collect(),
            _ => BTreeSet::new(),
        },
        dispatched: item.contains_key("dispatched"),
        bytes_done: item.number("bytes_done").unwrap_or(0),
        checkpoint: item.text("checkpoint").map(ToOwned::to_owned),
        max_rejected: item.number("max_rejected"),
        beside_earlier: item.get("beside_earlier").is_some_and(|beside| beside.as_bool() == Ok(&true)),
        lease_until: item.number("lease_until").unwrap_or(0),
        upload_until: time("upload_until").ok_or_else(|| malformed("upload_until"))?,
        started_at: time("started_at"),
        ended_at: time("ended_at"),
        announce_at: item.number("announce_at").and_then(|at| i64::try_from(at).ok()),
        failure: item
            .text("failure")
            .map(|json| serde_json::from_str(json).map_err(|error| StoreError::malformed("failure", error)))
            .transpose()?,
        report: item.text("report").map(ToOwned::to_owned),
        seen: item.text("seen").map(ToOwned::to_owned).zip(item.number("seen_at")),
    })
}
