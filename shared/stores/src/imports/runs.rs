//! The last import of each definition, as an item of one partition: `definition-runs`, and the definition's id.
//!
//! It is put together with the import. Launches are recorded in their order, so the import that was put last was launched last.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::definitions::DefinitionName;
use domain::imports::ImportId;

use super::Imports;
use super::table::Table;
use crate::dynamo::{query_prefix, read_text, text};
use crate::error::StoreError;

/// The partition of the items.
const RUNS: &str = "definition-runs";
/// What sort keys begin with.
const PREFIX: &str = "definition#";

/// The write that notes the import of a definition.
pub(super) fn run(
    table: &Table,
    definition: &DefinitionName,
    import: ImportId,
) -> Result<TransactWriteItem, StoreError> {
    let mut item = Table::key(RUNS, &format!("{PREFIX}{}", definition.id()));
    item.insert("task".to_owned(), text(import.to_string()));
    let put = Put::builder().table_name(&table.name).set_item(Some(item)).build();
    Ok(TransactWriteItem::builder().put(put.map_err(|error| StoreError::malformed("item", error))?).build())
}

impl Imports {
    /// The last import of each definition after the one of this id, by the definitions' ids, without forecasts. An import
    /// may have expired since.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn last_runs(&self, after: Option<&str>) -> Result<BTreeMap<String, ImportId>, StoreError> {
        let after = after.map(|after| format!("{PREFIX}{after}"));
        let found = query_prefix(&self.table.client, &self.table.name, RUNS, PREFIX, after.as_deref(), None).await?;
        let run = |item| {
            let id = read_text(item, "sk")?.strip_prefix(PREFIX)?.to_owned();
            Some((id, read_text(item, "task")?.parse().ok()?))
        };
        Ok(found.iter().filter_map(run).collect())
    }

    /// The last import of a definition that is no forecast. It may have expired since.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn last_run(&self, definition: &DefinitionName) -> Result<Option<ImportId>, StoreError> {
        let item = self.table.get(RUNS, &format!("{PREFIX}{}", definition.id())).await?;
        Ok(item.and_then(|item| read_text(&item, "task")?.parse().ok()))
    }
}
