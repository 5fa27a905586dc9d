//! Dispatching: noting what was sent, and having it sent again.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::imports::{ImportId, State};
use jiff::Timestamp;

use super::Imports;
use super::item::read_import;
use super::table::{conditional, failed_condition};
use crate::dynamo::{number, text};
use crate::error::{StoreError, refused};
use crate::written::Written;

impl Imports {
    /// Notes that every batch of a file part was sent. `Done` once that holds for all of them.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn file_part_dispatched(&self, id: ImportId, part: u32) -> Result<Written, StoreError> {
        let answer = self
            .table
            .update_import(id)
            .update_expression("ADD parts_done :part")
            .condition_expression("#state = :importing")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":part", AttributeValue::Ns(vec![part.to_string()]))
            .expression_attribute_values(":importing", text(State::Importing.as_str()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let import = match answer {
            Ok(answer) => read_import(&answer.attributes.unwrap_or_default())?,
            Err(error) if failed_condition(&error) => return Ok(Written::Superseded),
            Err(error) => return Err(refused("UpdateItem")(error)),
        };
        if import.file_parts_done.len() < import.file_parts as usize {
            return Ok(Written::Superseded);
        }
        let update = self
            .table
            .update_import(id)
            .update_expression("SET dispatched = :yes")
            .condition_expression("#state = :importing")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":importing", text(State::Importing.as_str()))
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        conditional(update).await
    }

    /// Lets the next splitter send again every batch that is not counted, and remembers how far the import is.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn dispatch_again(&self, id: ImportId, progress: &str, now: Timestamp) -> Result<Written, StoreError> {
        let update = self
            .table
            .update_import(id)
            .update_expression(
                "SET seen = :seen, seen_at = :now REMOVE dispatched, parts_done, checkpoint, lease_owner, lease_until",
            )
            .condition_expression("#state IN (:awaiting, :checking, :importing)")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":seen", text(progress))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":awaiting", text(State::AwaitingUpload.as_str()))
            .expression_attribute_values(":checking", text(State::Checking.as_str()))
            .expression_attribute_values(":importing", text(State::Importing.as_str()));
        conditional(update).await
    }
}
