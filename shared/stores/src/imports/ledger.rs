//! The ledger: each batch is counted once, for ever, and full pages are folded into their import.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::imports::{Counters, ImportId};
use domain::plan::BatchNumbers;

use super::table::{IMPORT, Table, counter_attributes, read_counters};
use crate::dynamo::{Item, number, read_number, read_text, text};
use crate::error::{StoreError, refused};

/// The ledger: each batch is counted once, for ever, and full pages are folded into their import.
#[derive(Debug, Clone)]
pub struct Ledger {
    table: Table,
}

/// A page of the ledger.
#[derive(Debug, Clone, Default)]
pub struct LedgerPage {
    /// Its number.
    pub number: u32,
    /// The batches that it counts so far.
    pub done: BTreeSet<u32>,
    /// What the rows of those batches came to.
    pub counters: Counters,
    /// Whether the counters are added to the import.
    pub folded: bool,
    /// The revision of the intent that was counted, for batches whose intent was amended.
    pub revisions: HashMap<u32, u32>,
}

/// The revision under which a batch that was given up is counted. It is above every revision that an attempt can note,
/// so the report shows the rows as unprocessed.
pub const GIVEN_UP: u32 = 9_000;

/// Whether a delivery counted its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// This delivery did.
    JustNow,
    /// An earlier one had.
    Before,
}

fn sort_key(page: u32) -> String {
    format!("ledger#{page:06}")
}

impl Ledger {
    pub(super) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// Counts a batch, unless it is counted already; gives the page after that.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn count(
        &self,
        id: ImportId,
        batch: u32,
        counters: &Counters,
        revision: u32,
    ) -> Result<(LedgerPage, Counted), StoreError> {
        let mut adds = vec!["done :batch".to_owned()];
        let mut update = self.table.update(&id.to_string(), &sort_key(BatchNumbers::page(batch)));
        for (index, (name, count)) in counter_attributes(counters).into_iter().enumerate() {
            adds.push(format!("#n{index} :n{index}"));
            update = update
                .expression_attribute_names(format!("#n{index}"), name)
                .expression_attribute_values(format!(":n{index}"), number(count));
        }
        let mut expression = format!("ADD {}", adds.join(", "));
        if revision > 1 {
            expression.push_str(" SET #revision = :revision");
            update = update
                .expression_attribute_names("#revision", format!("r_{batch}"))
                .expression_attribute_values(":revision", number(revision));
        }
        let answer = update
            .update_expression(expression)
            .condition_expression("attribute_not_exists(done) OR NOT contains(done, :number)")
            .expression_attribute_values(":batch", AttributeValue::Ns(vec![batch.to_string()]))
            .expression_attribute_values(":number", number(batch))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok((read_page(&answer.attributes.unwrap_or_default())?, Counted::JustNow)),
            Err(error) => {
                let counted_before = error.as_service_error().and_then(|error| match error {
                    UpdateItemError::ConditionalCheckFailedException(failed) => Some(failed.item.clone()),
                    _ => None,
                });
                match counted_before {
                    Some(Some(item)) => Ok((read_page(&item)?, Counted::Before)),
                    Some(None) => Ok((self.page(id, BatchNumbers::page(batch)).await?, Counted::Before)),
                    None => Err(refused("UpdateItem")(error)),
                }
            }
        }
    }

    /// A page of the ledger; empty when nothing is counted on it yet.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn page(&self, id: ImportId, number: u32) -> Result<LedgerPage, StoreError> {
        match self.table.get(&id.to_string(), &sort_key(number)).await? {
            Some(item) => read_page(&item),
            None => Ok(LedgerPage { number, ..LedgerPage::default() }),
        }
    }

    /// All pages that count anything, in order.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn pages(&self, id: ImportId) -> Result<Vec<LedgerPage>, StoreError> {
        let mut pages = Vec::new();
        let mut start = None;
        loop {
            let answer = self
                .table
                .client
                .query()
                .table_name(&self.table.name)
                .key_condition_expression("pk = :id AND begins_with(sk, :ledger)")
                .expression_attribute_values(":id", text(id.to_string()))
                .expression_attribute_values(":ledger", text("ledger#"))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(refused("Query"))?;
            for item in answer.items.unwrap_or_default() {
                pages.push(read_page(&item)?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(pages);
            }
        }
    }

    /// Folds a full page: adds its counters to its import, once.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn fold(&self, id: ImportId, page: &LedgerPage) -> Result<(), StoreError> {
        let malformed = |error| StoreError::malformed("update", error);
        let mark = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(Table::key(&id.to_string(), &sort_key(page.number))))
            .update_expression("SET folded = :yes")
            .condition_expression("attribute_not_exists(folded)")
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .build()
            .map_err(malformed)?;
        let mut adds = vec!["pages_folded :one".to_owned()];
        let mut add = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(Table::key(&id.to_string(), IMPORT)))
            .expression_attribute_values(":one", number(1));
        for (index, (name, count)) in counter_attributes(&page.counters).into_iter().enumerate() {
            adds.push(format!("#n{index} :n{index}"));
            add = add
                .expression_attribute_names(format!("#n{index}"), name)
                .expression_attribute_values(format!(":n{index}"), number(count));
        }
        let add = add.update_expression(format!("ADD {}", adds.join(", "))).build().map_err(malformed)?;
        let both = [mark, add].map(|update| TransactWriteItem::builder().update(update).build());
        self.once(both.into()).await
    }
}

impl LedgerPage {
    /// The batches of the page that were given up.
    pub fn given_up(&self) -> BTreeSet<u32> {
        self.revisions.iter().filter(|(_, revision)| **revision >= GIVEN_UP).map(|(batch, _)| *batch).collect()
    }
}

impl Ledger {
    /// Takes the batches that were given up out of a page's count, so that they can be counted again. The counters of a
    /// folded page are taken out of the import, too. A page that changed since it was read is left as it is.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn take_back(&self, id: ImportId, page: &LedgerPage) -> Result<(), StoreError> {
        let malformed = |error| StoreError::malformed("update", error);
        let batches: BTreeSet<u32> = page.given_up();
        let unprocessed = page.counters.unprocessed;
        let mut removes: Vec<String> = batches.iter().map(|batch| format!("r_{batch}")).collect();
        removes.extend(["folded".to_owned(), "e_unprocessed".to_owned()]);
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(Table::key(&id.to_string(), &sort_key(page.number))))
            .update_expression(format!("DELETE done :batches SET #unprocessed = :zero REMOVE {}", removes.join(", ")))
            .condition_expression(format!(
                "#unprocessed = :known AND attribute_{}exists(folded)",
                if page.folded { "" } else { "not_" }
            ))
            .expression_attribute_values(
                ":batches",
                AttributeValue::Ns(batches.iter().map(ToString::to_string).collect()),
            )
            .expression_attribute_names("#unprocessed", "unprocessed")
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":known", number(unprocessed))
            .build()
            .map_err(malformed)?;
        let mut items = vec![TransactWriteItem::builder().update(update).build()];
        if page.folded {
            let mut adds = vec!["pages_folded :one".to_owned()];
            let mut add = Update::builder()
                .table_name(&self.table.name)
                .set_key(Some(Table::key(&id.to_string(), IMPORT)))
                .expression_attribute_values(":one", number(-1));
            for (index, (name, count)) in counter_attributes(&page.counters).into_iter().enumerate() {
                adds.push(format!("#n{index} :n{index}"));
                add = add
                    .expression_attribute_names(format!("#n{index}"), name)
                    .expression_attribute_values(format!(":n{index}"), number(format!("-{count}")));
            }
            let add = add.update_expression(format!("ADD {}", adds.join(", "))).build().map_err(malformed)?;
            items.push(TransactWriteItem::builder().update(add).build());
        }
        self.once(items).await
    }

    /// Writes all of these, or none if the condition of the first no longer holds.
    async fn once(&self, items: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        let write = self.table.client.transact_write_items().set_transact_items(Some(items));
        let answer = write.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await;
        let Err(error) = answer else { return Ok(()) };
        let done = error.as_service_error().is_some_and(|error| {
            let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { return false };
            cancelled.cancellation_reasons().first().and_then(|reason| reason.code()) == Some("ConditionalCheckFailed")
        });
        if done { Ok(()) } else { Err(refused("TransactWriteItems")(error)) }
    }
}

fn read_page(item: &Item) -> Result<LedgerPage, StoreError> {
    let sort = read_text(item, "sk").and_then(|sort| sort.strip_prefix("ledger#")?.parse().ok());
    let done = match item.get("done") {
        Some(AttributeValue::Ns(numbers)) => numbers.iter().filter_map(|number| number.parse().ok()).collect(),
        _ => BTreeSet::new(),
    };
    let revisions = item
        .keys()
        .filter_map(|name| {
            let batch = name.strip_prefix("r_")?.parse().ok()?;
            Some((batch, u32::try_from(read_number(item, name)?).ok()?))
        })
        .collect();
    Ok(LedgerPage {
        number: sort.ok_or_else(|| StoreError::malformed("ledger page", "sk"))?,
        done,
        counters: read_counters(item),
        folded: item.contains_key("folded"),
        revisions,
    })
}
