//! The ledger: each batch is counted once, for ever, and full pages are folded into their import.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure,
};
use domain::imports::{Counters, ImportId, State};
use domain::plan::BatchNumbers;

use super::item::{Import, read_import};
use super::table::{Table, counter_attributes, read_counters};
use crate::dynamo::{Item, number, read_number, read_numbers, read_text, text, update_if};
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
    /// The revision of the intent that was counted, for batches whose intent was amended.
    pub revisions: HashMap<u32, u32>,
    /// What was counted for those batches of which rows were given up, so that they can be taken back.
    pub given_up: BTreeMap<u32, Counters>,
}

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
        let mut sets = Vec::new();
        if revision > 1 {
            sets.push("#revision = :revision");
            update = update
                .expression_attribute_names("#revision", revision_name(batch))
                .expression_attribute_values(":revision", number(revision));
        }
        if counters.unprocessed > 0 {
            let json = serde_json::to_string(counters).map_err(|error| StoreError::malformed("counters", error))?;
            sets.push("#given_up = :given_up");
            update = update
                .expression_attribute_names("#given_up", given_up_name(batch))
                .expression_attribute_values(":given_up", text(json));
        }
        if !sets.is_empty() {
            expression = format!("{expression} SET {}", sets.join(", "));
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

    /// Folds a full page of an import that is as it was read: adds its counters to the import, once. Gives the import
    /// after that.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn fold(&self, import: &Import, page: &LedgerPage) -> Result<Import, StoreError> {
        let mut adds = vec!["folded :page".to_owned()];
        let mut update = self.table.update_import(import.id);
        for (index, (name, count)) in counter_attributes(&page.counters).into_iter().enumerate() {
            adds.push(format!("#n{index} :n{index}"));
            update = update
                .expression_attribute_names(format!("#n{index}"), name)
                .expression_attribute_values(format!(":n{index}"), number(count));
        }
        let answer = update
            .update_expression(format!("ADD {}", adds.join(", ")))
            .condition_expression(
                "#state = :importing AND #run = :run AND (attribute_not_exists(folded) OR NOT contains(folded, :number))",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#run", "run")
            .expression_attribute_values(":importing", text(State::Importing.as_str()))
            .expression_attribute_values(":run", number(import.run))
            .expression_attribute_values(":page", AttributeValue::Ns(vec![page.number.to_string()]))
            .expression_attribute_values(":number", number(page.number))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(answer) => read_import(&answer.attributes.unwrap_or_default()),
            Err(error) => {
                let folded_before = error.as_service_error().and_then(|error| match error {
                    UpdateItemError::ConditionalCheckFailedException(failed) => Some(failed.item.clone()),
                    _ => None,
                });
                match folded_before {
                    Some(item) => read_import(&item.unwrap_or_default()),
                    None => Err(refused("UpdateItem")(error)),
                }
            }
        }
    }

    /// Takes the batches of a page of which rows were given up out of the count of an ended import, so that they can be
    /// counted again. First the page is taken out of the import, if it was folded; whoever adds both up in between
    /// counts the same. What changed since it was read is left as it is.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn take_back(&self, import: &Import, page: &LedgerPage) -> Result<(), StoreError> {
        if import.folded.contains(&page.number) {
            self.unfold(import.id, page).await?;
        }
        let mut taken = Counters::default();
        page.given_up.values().for_each(|counters| taken.add(counters));
        let mut removes = Vec::new();
        let mut adds = Vec::new();
        let mut update = self.table.update(&import.id.to_string(), &sort_key(page.number));
        let names = page.given_up.keys().flat_map(|batch| [given_up_name(*batch), revision_name(*batch)]);
        for (index, name) in names.enumerate() {
            removes.push(format!("#r{index}"));
            update = update.expression_attribute_names(format!("#r{index}"), name);
        }
        for (index, (name, count)) in counter_attributes(&taken).into_iter().enumerate() {
            adds.push(format!("#n{index} :n{index}"));
            update = update
                .expression_attribute_names(format!("#n{index}"), name)
                .expression_attribute_values(format!(":n{index}"), number(format!("-{count}")));
        }
        // `#r0` is there as long as nobody took these batches back.
        let update = update
            .update_expression(format!("ADD {} DELETE done :batches REMOVE {}", adds.join(", "), removes.join(", ")))
            .condition_expression("attribute_exists(#r0)")
            .expression_attribute_values(
                ":batches",
                AttributeValue::Ns(page.given_up.keys().map(ToString::to_string).collect()),
            );
        let _taken_by_another = update_if(update).await?;
        Ok(())
    }

    async fn unfold(&self, id: ImportId, page: &LedgerPage) -> Result<(), StoreError> {
        let mut update = self.table.update_import(id);
        let mut adds = Vec::new();
        for (index, (name, count)) in counter_attributes(&page.counters).into_iter().enumerate() {
            adds.push(format!("#n{index} :n{index}"));
            update = update
                .expression_attribute_names(format!("#n{index}"), name)
                .expression_attribute_values(format!(":n{index}"), number(format!("-{count}")));
        }
        let update = update
            .update_expression(format!("ADD {} DELETE folded :page", adds.join(", ")))
            .condition_expression("contains(folded, :number)")
            .expression_attribute_values(":page", AttributeValue::Ns(vec![page.number.to_string()]))
            .expression_attribute_values(":number", number(page.number));
        let _unfolded_by_another = update_if(update).await?;
        Ok(())
    }
}

fn revision_name(batch: u32) -> String {
    format!("r_{batch}")
}

fn given_up_name(batch: u32) -> String {
    format!("u_{batch}")
}

fn read_page(item: &Item) -> Result<LedgerPage, StoreError> {
    let sort = read_text(item, "sk").and_then(|sort| sort.strip_prefix("ledger#")?.parse().ok());
    let batch_of = |name: &str, prefix: &str| -> Option<u32> { name.strip_prefix(prefix)?.parse().ok() };
    let revisions =
        item.keys().filter_map(|name| Some((batch_of(name, "r_")?, u32::try_from(read_number(item, name)?).ok()?)));
    let given_up = item
        .keys()
        .filter_map(|name| Some((batch_of(name, "u_")?, serde_json::from_str(read_text(item, name)?).ok()?)));
    Ok(LedgerPage {
        number: sort.ok_or_else(|| StoreError::malformed("ledger page", "sk"))?,
        done: read_numbers(item, "done"),
        counters: read_counters(item),
        revisions: revisions.collect(),
        given_up: given_up.collect(),
    })
}
