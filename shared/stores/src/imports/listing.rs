//! Listings of imports, and what the sweep remembers between two of them.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use domain::imports::ImportId;
use jiff::Timestamp;

use super::Imports;
use crate::dynamo::{number, read_text, text, update_if};
use crate::error::{StoreError, refused};
use crate::written::Written;

/// Imports that can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// All of them.
    All,
    /// Those that have not ended.
    Open,
    /// Those whose end is not delivered yet.
    Undelivered,
}

impl Listed {
    /// The value of the attribute that such imports are listed by.
    pub(super) const fn value(self) -> &'static str {
        match self {
            Self::All => "task",
            Self::Open => "open",
            Self::Undelivered => "unannounced",
        }
    }
}

impl Imports {
    /// A listing of imports by id, newest first; with `before`, of those that were launched before that import.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn list(
        &self,
        which: Listed,
        limit: usize,
        before: Option<ImportId>,
    ) -> Result<Vec<ImportId>, StoreError> {
        let (index, name) = if which == Listed::All { ("by_launch", "list") } else { ("open", "open") };
        let value = which.value();
        let mut query = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
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
        Ok(items.iter().filter_map(|item| read_text(item, "pk")?.parse().ok()).collect())
    }

    /// Remembers how far an import is now, for the next sweep to compare: it made progress since the last one.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn remember_progress(&self, id: ImportId, progress: &str, now: Timestamp) -> Result<Written, StoreError> {
        let update = self
            .table
            .update_import(id)
            .update_expression("SET seen = :seen, seen_at = :now REMOVE taken_up")
            .condition_expression("#open = :open")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":open", text(Listed::Open.value()))
            .expression_attribute_values(":seen", text(progress))
            .expression_attribute_values(":now", number(now.as_millisecond()));
        update_if(update).await
    }
}
