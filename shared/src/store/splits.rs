//! What splitters note of their task: the lease on it, how far they are, and what was sent.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, ReturnValue};
use jiff::Timestamp;

use super::dynamo::{Item, Read, number, text};
use super::tasks::{Task, Tasks, conditional, failed_condition, task};
use super::{StoreError, refused};
use crate::file::{Checked, FirstRow};
use crate::task::{State, TaskId};

/// Days that the first rows of a file are shown, as long as the file itself is kept unless the deployment says otherwise.
const FIRST_ROWS_DAYS: i64 = 30;

/// Whether a splitter may work on a task.
#[derive(Debug)]
pub enum Leased {
    /// It may; the task as it stands.
    Yes(Box<Task>),
    /// Another one does, or the task is past that.
    No,
}

impl Tasks {
    /// Takes the splitter's lease on a task whose file is there, unless another holds it until after `now`.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn lease(&self, id: TaskId, owner: &str, now: Timestamp, until: Timestamp) -> Result<Leased, StoreError> {
        let answer = self
            .update(&id.to_string(), "task")
            .update_expression(
                "SET lease_owner = :owner, lease_until = :until, started_at = if_not_exists(started_at, :now)",
            )
            .condition_expression(
                "#state IN (:awaiting, :checking, :importing) AND (attribute_not_exists(lease_owner) \
                 OR lease_owner = :owner OR lease_until < :now_ms) AND attribute_not_exists(dispatched)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":until", number(until.as_millisecond()))
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":now_ms", number(now.as_millisecond()))
            .expression_attribute_values(":awaiting", text(State::AwaitingUpload.as_str()))
            .expression_attribute_values(":checking", text(State::Checking.as_str()))
            .expression_attribute_values(":importing", text(State::Importing.as_str()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(Leased::Yes(Box::new(task(&answer.attributes.unwrap_or_default())?))),
            Err(error) if failed_condition(&error) => Ok(Leased::No),
            Err(error) => Err(refused("UpdateItem")(error)),
        }
    }

    /// Enters `checking` and pins the object: its ETag and length. False: the task left `awaiting_upload` and pinned
    /// another object, or ended.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn pin(&self, id: TaskId, owner: &str, etag: &str, size: u64) -> Result<bool, StoreError> {
        let update = self
            .update(&id.to_string(), "task")
            .update_expression("SET #state = :checking, etag = :etag, size_bytes = :size REMOVE bytes_done")
            .condition_expression(
                "lease_owner = :owner AND (#state = :awaiting OR (#state = :checking AND etag = :etag))",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":etag", text(etag))
            .expression_attribute_values(":size", number(size))
            .expression_attribute_values(":awaiting", text(State::AwaitingUpload.as_str()))
            .expression_attribute_values(":checking", text(State::Checking.as_str()));
        conditional(update).await
    }

    /// Has the task go on with the unpacked file. False: the lease is lost, or the task has ended.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn unpacked(&self, id: TaskId, owner: &str, key: &str) -> Result<bool, StoreError> {
        let update = self
            .update(&id.to_string(), "task")
            .update_expression("SET object_key = :key")
            .condition_expression("lease_owner = :owner AND #state = :awaiting")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":key", text(key))
            .expression_attribute_values(":awaiting", text(State::AwaitingUpload.as_str()));
        conditional(update).await
    }

    /// Says how far a pass is and extends the lease. False: the lease is lost, or the task has ended.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn progress(
        &self,
        id: TaskId,
        owner: &str,
        bytes_done: u64,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = self
            .update(&id.to_string(), "task")
            .update_expression("SET bytes_done = :done, lease_until = :until")
            .condition_expression("lease_owner = :owner AND #state IN (:checking, :importing)")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":done", number(bytes_done))
            .expression_attribute_values(":until", number(until.as_millisecond()))
            .expression_attribute_values(":checking", text(State::Checking.as_str()))
            .expression_attribute_values(":importing", text(State::Importing.as_str()));
        conditional(update).await
    }

    /// Stores where the next splitter goes on and gives up the lease. False: it was lost.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn checkpoint(&self, id: TaskId, owner: &str, key: &str, bytes_done: u64) -> Result<bool, StoreError> {
        let update = self
            .update(&id.to_string(), "task")
            .update_expression("SET checkpoint = :key, bytes_done = :done REMOVE lease_owner, lease_until")
            .condition_expression("lease_owner = :owner")
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":key", text(key))
            .expression_attribute_values(":done", number(bytes_done));
        conditional(update).await
    }

    /// Enters `importing` with what the check pass found, and whether imports launched earlier were open then. False: the lease is lost, or the task has ended.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn begin_importing(
        &self,
        id: TaskId,
        owner: &str,
        checked: &Checked,
        beside_earlier: bool,
    ) -> Result<bool, StoreError> {
        let json =
            |value: serde_json::Result<String>| value.map_err(|error| StoreError::malformed("check result", error));
        let without_rows = Checked { first_rows: Vec::new(), ..checked.clone() };
        let mut item = Self::key(&id.to_string(), "checked");
        item.insert("checked".to_owned(), text(json(serde_json::to_string(&without_rows))?));
        self.put_item(item).await?;
        // Apart from the rest, as they are of customers: they are not kept for ever.
        let mut rows = Self::key(&id.to_string(), "first_rows");
        rows.extend([
            ("rows".to_owned(), text(json(serde_json::to_string(&checked.first_rows))?)),
            ("expires".to_owned(), number(id.launched().as_second() + FIRST_ROWS_DAYS * 86_400)),
        ]);
        self.put_item(rows).await?;
        let update = self
            .update(&id.to_string(), "task")
            .update_expression(
                "SET #state = :importing, #rows = :rows, parallel_batches = :parallel, ordered_batches = :ordered, pages_folded = :zero, beside_earlier = :beside, parts = :parts \
                 REMOVE bytes_done, checkpoint",
            )
            .condition_expression("lease_owner = :owner AND #state = :checking")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#rows", "rows")
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":rows", number(checked.rows))
            .expression_attribute_values(":parallel", number(checked.ledger.parallel))
            .expression_attribute_values(":ordered", number(checked.ledger.ordered))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":parts", number(checked.parts()))
            .expression_attribute_values(":beside", AttributeValue::Bool(beside_earlier))
            .expression_attribute_values(":checking", text(State::Checking.as_str()))
            .expression_attribute_values(":importing", text(State::Importing.as_str()));
        conditional(update).await
    }

    /// Says that every batch was sent, and gives up the lease.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn dispatched(&self, id: TaskId, owner: &str) -> Result<bool, StoreError> {
        let update = self
            .update(&id.to_string(), "task")
            .update_expression("SET dispatched = :yes REMOVE lease_owner, lease_until, checkpoint")
            .condition_expression("lease_owner = :owner")
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        conditional(update).await
    }

    /// Says that every batch of a part was sent; true when that is so of all parts.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn part_dispatched(&self, id: TaskId, part: u32) -> Result<bool, StoreError> {
        let answer = self
            .update(&id.to_string(), "task")
            .update_expression("ADD parts_done :part")
            .condition_expression("#state = :importing")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":part", AttributeValue::Ns(vec![part.to_string()]))
            .expression_attribute_values(":importing", text(State::Importing.as_str()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let task = match answer {
            Ok(answer) => task(&answer.attributes.unwrap_or_default())?,
            Err(error) if failed_condition(&error) => return Ok(false),
            Err(error) => return Err(refused("UpdateItem")(error)),
        };
        if task.parts_done.len() < task.parts as usize {
            return Ok(false);
        }
        let update = self
            .update(&id.to_string(), "task")
            .update_expression("SET dispatched = :yes")
            .condition_expression("#state = :importing")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":importing", text(State::Importing.as_str()))
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        conditional(update).await
    }

    /// Gives up the lease, so that a retry need not wait for its end.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn release(&self, id: TaskId, owner: &str) -> Result<bool, StoreError> {
        let update = self
            .update(&id.to_string(), "task")
            .update_expression("REMOVE lease_owner, lease_until")
            .condition_expression("lease_owner = :owner")
            .expression_attribute_values(":owner", text(owner));
        conditional(update).await
    }

    /// Has all batches sent again that are not in the ledger, by whichever splitter comes next.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn dispatch_again(&self, id: TaskId, seen: &str, now: Timestamp) -> Result<bool, StoreError> {
        let update = self
            .update(&id.to_string(), "task")
            .update_expression(
                "SET seen = :seen, seen_at = :now REMOVE dispatched, parts_done, checkpoint, lease_owner, lease_until",
            )
            .condition_expression("#state IN (:awaiting, :checking, :importing)")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":seen", text(seen))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":awaiting", text(State::AwaitingUpload.as_str()))
            .expression_attribute_values(":checking", text(State::Checking.as_str()))
            .expression_attribute_values(":importing", text(State::Importing.as_str()));
        conditional(update).await
    }

    /// The first rows of a task's file, until they expire.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn first_rows(&self, id: TaskId) -> Result<Vec<FirstRow>, StoreError> {
        let Some(item) = self.get(&id.to_string(), "first_rows").await? else { return Ok(Vec::new()) };
        let rows = item.text("rows").unwrap_or_default();
        serde_json::from_str(rows)
            .map_err(|error| StoreError::malformed("check result", format!("{:?} error", error.classify())))
    }

    async fn put_item(&self, item: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.map_err(refused("PutItem"))?;
        Ok(())
    }
}
