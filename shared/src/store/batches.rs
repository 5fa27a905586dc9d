//! The ledger: each batch counted once, for ever, and full pages folded into their task.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::dynamo::{Item, Read, number, text};
use super::tasks::{Tasks, counters};
use super::{StoreError, refused};
use crate::ledger::Ledger;
use crate::task::{Counters, TaskId};

/// A page of the ledger.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Its number.
    pub number: u32,
    /// The batches that it counts so far.
    pub done: BTreeSet<u32>,
    /// What they came to.
    pub counters: Counters,
    /// Whether the task has them.
    pub folded: bool,
    /// The revision of the intent that counts, for batches whose intent was amended.
    pub revisions: HashMap<u32, u32>,
}

/// The revision of batches that were given up, above every one that an attempt can note: the report on them holds.
pub const GIVEN_UP: u32 = 9_000;

fn sort_key(page: u32) -> String {
    format!("ledger#{page:06}")
}

impl Tasks {
    /// Counts a batch, unless it is counted; the page as it is then, and whether it was counted just now.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn commit(
        &self,
        id: TaskId,
        batch: u32,
        counted: &Counters,
        revision: u32,
    ) -> Result<(Page, bool), StoreError> {
        let mut adds = vec!["done :batch".to_owned()];
        let mut update = self.update(&id.to_string(), &sort_key(Ledger::page(batch)));
        for (index, (name, count)) in named(counted).into_iter().enumerate() {
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
            Ok(answer) => Ok((page(&answer.attributes.unwrap_or_default())?, true)),
            Err(error) => {
                let counted_before = error.as_service_error().and_then(|error| match error {
                    aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(
                        failed,
                    ) => Some(failed.item.clone()),
                    _ => None,
                });
                match counted_before {
                    Some(Some(item)) => Ok((page(&item)?, false)),
                    Some(None) => Ok((self.page(id, Ledger::page(batch)).await?, false)),
                    None => Err(refused("UpdateItem")(error)),
                }
            }
        }
    }

    /// A page of the ledger; empty when nothing is counted on it yet.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn page(&self, id: TaskId, number: u32) -> Result<Page, StoreError> {
        match self.get(&id.to_string(), &sort_key(number)).await? {
            Some(item) => page(&item),
            None => Ok(Page { number, ..Page::default() }),
        }
    }

    /// All pages that count anything, in order.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn pages(&self, id: TaskId) -> Result<Vec<Page>, StoreError> {
        let mut pages = Vec::new();
        let mut start = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
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
                pages.push(page(&item)?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(pages);
            }
        }
    }

    /// Adds a full page to its task, once.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn fold(&self, id: TaskId, page: &Page) -> Result<(), StoreError> {
        let malformed = |error| StoreError::malformed("update", error);
        let mark = Update::builder()
            .table_name(&self.table)
            .set_key(Some(Tasks::key(&id.to_string(), &sort_key(page.number))))
            .update_expression("SET folded = :yes")
            .condition_expression("attribute_not_exists(folded)")
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .build()
            .map_err(malformed)?;
        let mut adds = vec!["pages_folded :one".to_owned()];
        let mut add = Update::builder()
            .table_name(&self.table)
            .set_key(Some(Tasks::key(&id.to_string(), "task")))
            .expression_attribute_values(":one", number(1));
        for (index, (name, count)) in named(&page.counters).into_iter().enumerate() {
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

impl Page {
    /// The batches of the page whose rows were given up.
    pub fn given_up(&self) -> BTreeSet<u32> {
        self.revisions.iter().filter(|(_, revision)| **revision >= GIVEN_UP).map(|(batch, _)| *batch).collect()
    }
}

impl Tasks {
    /// Takes the batches that were given up out of a page's count, so that they can be counted again; a page that was added
    /// to its task is taken out of that too. Nothing happens to a page that changed since it was read.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn take_back(&self, id: TaskId, page: &Page) -> Result<(), StoreError> {
        let malformed = |error| StoreError::malformed("update", error);
        let batches: BTreeSet<u32> = page.given_up();
        let unprocessed = page.counters.unprocessed;
        let mut removes: Vec<String> = batches.iter().map(|batch| format!("r_{batch}")).collect();
        removes.extend(["folded".to_owned(), "e_unprocessed".to_owned()]);
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(Tasks::key(&id.to_string(), &sort_key(page.number))))
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
                .table_name(&self.table)
                .set_key(Some(Tasks::key(&id.to_string(), "task")))
                .expression_attribute_values(":one", number(-1));
            for (index, (name, count)) in named(&page.counters).into_iter().enumerate() {
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

    /// Writes all of these, unless the condition of the first does not hold any more.
    async fn once(&self, items: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        let write = self.client.transact_write_items().set_transact_items(Some(items));
        let answer = write.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await;
        let Err(error) = answer else { return Ok(()) };
        let done = error.as_service_error().is_some_and(|error| {
            let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { return false };
            cancelled.cancellation_reasons().first().and_then(|reason| reason.code()) == Some("ConditionalCheckFailed")
        });
        if done { Ok(()) } else { Err(refused("TransactWriteItems")(error)) }
    }
}

/// Counters as attributes; those at zero are left out.
fn named(counted: &Counters) -> Vec<(String, u64)> {
    let fixed = [
        ("created", counted.created),
        ("updated", counted.updated),
        ("unchanged", counted.unchanged),
        ("rejected", counted.rejected),
        ("unprocessed", counted.unprocessed),
        ("warnings", counted.warnings),
    ];
    let codes = counted.codes.iter().map(|(code, count)| (format!("e_{code}"), *count));
    fixed
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count))
        .chain(codes)
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn page(item: &Item) -> Result<Page, StoreError> {
    let sort = item.text("sk").and_then(|sort| sort.strip_prefix("ledger#")?.parse().ok());
    let done = match item.get("done") {
        Some(AttributeValue::Ns(numbers)) => numbers.iter().filter_map(|number| number.parse().ok()).collect(),
        _ => BTreeSet::new(),
    };
    let revisions = item
        .keys()
        .filter_map(|name| {
            let batch = name.strip_prefix("r_")?.parse().ok()?;
            Some((batch, u32::try_from(item.number(name)?).ok()?))
        })
        .collect();
    Ok(Page {
        number: sort.ok_or_else(|| StoreError::malformed("ledger page", "sk"))?,
        done,
        counters: counters(item),
        folded: item.contains_key("folded"),
        revisions,
    })
}
