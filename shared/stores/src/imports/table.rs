//! The tasks table, as the stores in it use it.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use domain::codes::RowCode;
use domain::imports::{Counters, ForetoldCounters, ImportId};

use crate::client;
use crate::dynamo::{Item, read_number, text};
use crate::error::{StoreError, refused};
use crate::resources::Resources;

/// The sort key of an import itself; its partition is the import's id.
pub(super) const IMPORT: &str = "task";

/// The tasks table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) client: Client,
    pub(super) name: String,
}

impl Table {
    pub(super) fn new(sdk: &SdkConfig, resources: &Resources) -> Self {
        Self { client: client::dynamodb(sdk), name: resources.tasks_table.clone() }
    }

    pub(super) fn key(id: &str, sort: &str) -> Item {
        Item::from([("pk".to_owned(), text(id)), ("sk".to_owned(), text(sort))])
    }

    /// An update of an import's own item.
    pub(super) fn update_import(&self, id: ImportId) -> UpdateItemFluentBuilder {
        self.update(&id.to_string(), IMPORT)
    }

    pub(super) fn update(&self, id: &str, sort: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Self::key(id, sort)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    /// An item, read strongly consistent.
    pub(super) async fn get(&self, id: &str, sort: &str) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(Self::key(id, sort)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(refused("GetItem"))?;
        Ok(answer.item)
    }

    pub(super) async fn put(&self, item: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.map_err(refused("PutItem"))?;
        Ok(())
    }
}

pub(super) fn failed_condition(error: &SdkError<UpdateItemError>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

/// Counters as attributes; those at zero are left out.
pub(super) fn counter_attributes(counters: &Counters) -> Vec<(String, u64)> {
    let fixed = [
        ("created", counters.created),
        ("updated", counters.updated),
        ("unchanged", counters.unchanged),
        ("rejected", counters.rejected),
        ("unprocessed", counters.unprocessed),
        ("warnings", counters.warnings),
    ];
    let codes = counters.codes.iter().map(|(code, count)| (format!("e_{code}"), *count));
    let foretold = &counters.foretold;
    let of_forecast =
        [("f_identifiers", foretold.identifiers), ("f_joins", foretold.joins), ("f_leaves", foretold.leaves)];
    let columns = foretold.customers.iter().map(|(cell, count)| (format!("f_{cell}"), *count));
    let fixed = fixed.into_iter().chain(of_forecast).map(|(name, count)| (name.to_owned(), count));
    let all = fixed.chain(codes).chain(columns);
    all.filter(|(_, count)| *count > 0).collect()
}

/// The counters of an import's item or of a ledger page's.
pub(super) fn read_counters(item: &Item) -> Counters {
    let count = |name: &str| read_number(item, name).unwrap_or(0);
    let code = |name: &String| Some((RowCode::from_code(name.strip_prefix("e_")?)?, count(name)));
    let column = |name: &String| Some((name.strip_prefix("f_")?.parse().ok()?, count(name)));
    Counters {
        foretold: ForetoldCounters {
            customers: item.keys().filter_map(column).filter(|(_, count)| *count > 0).collect(),
            identifiers: count("f_identifiers"),
            joins: count("f_joins"),
            leaves: count("f_leaves"),
        },
        created: count("created"),
        updated: count("updated"),
        unchanged: count("unchanged"),
        rejected: count("rejected"),
        unprocessed: count("unprocessed"),
        warnings: count("warnings"),
        codes: item.keys().filter_map(code).filter(|(_, count)| *count > 0).collect(),
    }
}
