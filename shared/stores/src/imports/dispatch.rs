//! Dispatching: noting what was sent, beginning the next wave, and having it sent again.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::imports::{ImportId, State};
use domain::plan::Wave;
use jiff::Timestamp;

use super::Imports;
use super::item::{Import, read_import};
use super::table::failed_condition;
use crate::dynamo::{number, text, update_if};
use crate::error::{StoreError, refused};
use crate::written::Written;

impl Imports {
    /// Notes that every batch that a file part has in a wave was sent. `Done` once that holds for all `parts` of the
    /// wave.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn file_part_dispatched(
        &self,
        id: ImportId,
        wave: Wave,
        part: u32,
        parts: usize,
    ) -> Result<Written, StoreError> {
        let answer = self
            .in_wave(id, wave)
            .update_expression("ADD parts_done :part")
            .expression_attribute_values(":part", AttributeValue::Ns(vec![part.to_string()]))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let import = match answer {
            Ok(answer) => read_import(&answer.attributes.unwrap_or_default())?,
            Err(error) if failed_condition(&error) => return Ok(Written::Superseded),
            Err(error) => return Err(refused("UpdateItem")(error)),
        };
        if import.file_parts_done.len() < parts {
            return Ok(Written::Superseded);
        }
        let update = self.in_wave(id, wave).update_expression("SET dispatched = :yes");
        update_if(update.expression_attribute_values(":yes", AttributeValue::Bool(true))).await
    }

    /// Begins a wave after another one. `Superseded` if another worker did, or the import has ended.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn begin_wave(&self, id: ImportId, after: Wave, wave: Wave) -> Result<Written, StoreError> {
        let update = self.in_wave(id, after).update_expression("SET wave = :next REMOVE dispatched, parts_done");
        update_if(update.expression_attribute_values(":next", number(u8::from(wave)))).await
    }

    /// An update on the condition that the wave is under way.
    fn in_wave(&self, id: ImportId, wave: Wave) -> UpdateItemFluentBuilder {
        self.table
            .update_import(id)
            .condition_expression("#state = :importing AND wave = :wave")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":importing", text(State::Importing.as_str()))
            .expression_attribute_values(":wave", number(u8::from(wave)))
    }

    /// Lets the next splitter go on with the check, or send again every batch of the wave that is not counted; and notes
    /// that the import was taken up while it was so far. Gives the import after that, unless it has ended.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn split_again(
        &self,
        id: ImportId,
        progress: &str,
        now: Timestamp,
    ) -> Result<Option<Import>, StoreError> {
        self.taken_up(id, progress, now, " REMOVE dispatched, parts_done, lease_owner, lease_until").await
    }

    /// Notes that an import was taken up while it was so far. Gives the import after that, unless it has ended.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn resumed(&self, id: ImportId, progress: &str, now: Timestamp) -> Result<Option<Import>, StoreError> {
        self.taken_up(id, progress, now, "").await
    }

    async fn taken_up(
        &self,
        id: ImportId,
        progress: &str,
        now: Timestamp,
        removes: &str,
    ) -> Result<Option<Import>, StoreError> {
        let answer = self
            .table
            .update_import(id)
            .update_expression(format!("SET seen = :seen, seen_at = :now ADD taken_up :one{removes}"))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(ended_at)")
            .expression_attribute_values(":seen", text(progress))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(Some(read_import(&answer.attributes.unwrap_or_default())?)),
            Err(error) if failed_condition(&error) => Ok(None),
            Err(error) => Err(refused("UpdateItem")(error)),
        }
    }
}
