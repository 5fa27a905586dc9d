//! The launches: one item that keeps the order of imports, and says which are open.
//!
//! A value is that of the import launched last, so an import must know of every earlier one that is open. The indexes
//! lag, and an id is drawn before its import is recorded. So each import is recorded together with this item: ids are
//! recorded in their order, and this item is read consistently.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, Update};
use domain::imports::ImportId;

use super::Imports;
use super::listing::Listed;
use super::table::{IMPORT, Table};
use crate::dynamo::{Item, read_text, text};
use crate::error::{StoreError, refused};

/// Later imports that are looked at one by one.
const LATER_IMPORTS: usize = 20;

/// The partition of the item.
const LAUNCHES: &str = "launches";

/// The update that records the launch of an import, on the condition that no later one is recorded.
pub(super) fn launch(table: &Table, id: ImportId) -> Result<Update, StoreError> {
    Update::builder()
        .table_name(&table.name)
        .set_key(Some(Table::key(LAUNCHES, IMPORT)))
        .update_expression("SET last_id = :id ADD open_ids :ids")
        .condition_expression("attribute_not_exists(last_id) OR last_id < :id")
        .expression_attribute_values(":id", text(id.to_string()))
        .expression_attribute_values(":ids", AttributeValue::Ss(vec![id.to_string()]))
        .build()
        .map_err(|error| StoreError::malformed("update", error))
}

impl Imports {
    /// The import that was launched last.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn last_launched(&self) -> Result<Option<ImportId>, StoreError> {
        let item = self.table.get(LAUNCHES, IMPORT).await?;
        Ok(item.and_then(|item| read_text(&item, "last_id")?.parse().ok()))
    }

    /// Whether an import was launched after this one, besides `except`, that may have changed customers: one that is
    /// neither a forecast nor an undo. The index that tells may lag.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn has_other_after(&self, id: ImportId, except: ImportId) -> Result<bool, StoreError> {
        let listed = self.list(Listed::All, LATER_IMPORTS, None).await?;
        let later: Vec<ImportId> = listed.into_iter().take_while(|listed| *listed > id).collect();
        if later.len() >= LATER_IMPORTS {
            return Ok(true);
        }
        for other in later.into_iter().filter(|other| *other != except) {
            let Some(import) = self.get(other).await? else { continue };
            let request = self.setup(&import).await?.request;
            if !request.dry_run && request.undoes.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The imports that are open; one that ended just now may still be among them.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn open_ids(&self) -> Result<BTreeSet<ImportId>, StoreError> {
        Ok(self.table.get(LAUNCHES, IMPORT).await?.map(|item| read_ids(&item)).unwrap_or_default())
    }

    /// Notes that an import is open again.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn note_open(&self, id: ImportId) -> Result<(), StoreError> {
        self.change_open("ADD open_ids :ids", id).await
    }

    /// Notes that an import has ended. One that was retried meanwhile is noted as open again.
    ///
    /// # Errors
    /// When the table cannot be read or written.
    pub async fn note_ended(&self, id: ImportId) -> Result<(), StoreError> {
        self.change_open("DELETE open_ids :ids", id).await?;
        match self.get(id).await? {
            Some(import) if import.ended_at.is_none() => self.note_open(id).await,
            _ => Ok(()),
        }
    }

    async fn change_open(&self, change: &str, id: ImportId) -> Result<(), StoreError> {
        let update = self.table.update(LAUNCHES, IMPORT).update_expression(change);
        let update = update.expression_attribute_values(":ids", AttributeValue::Ss(vec![id.to_string()]));
        update.send().await.map_err(refused("UpdateItem"))?;
        Ok(())
    }
}

fn read_ids(item: &Item) -> BTreeSet<ImportId> {
    match item.get("open_ids") {
        Some(AttributeValue::Ss(ids)) => ids.iter().filter_map(|id| id.parse().ok()).collect(),
        _ => BTreeSet::new(),
    }
}
