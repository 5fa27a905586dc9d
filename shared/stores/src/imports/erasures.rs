//! The erasures that have not ended: `erasures` / `customer#CUSTOMER`.
//!
//! An erasure is recorded before anything of the customer is deleted, so one that a dying function leaves half done is
//! found by the sweep. Its record has the customer's identifiers, and goes with them.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, ReturnValue};
use domain::customer::{CustomerId, Erasure, SegmentId, Traces};
use jiff::Timestamp;

use super::table::{Table, failed_condition};
use crate::dynamo::{Item, number, query_prefix, read_number, read_text, text, update_if};
use crate::error::{StoreError, refused};
use crate::written::Written;

/// The partition of all erasures.
const ERASURES: &str = "erasures";
/// What their sort keys begin with.
const CUSTOMER: &str = "customer#";

/// The erasures that have not ended.
#[derive(Debug, Clone)]
pub struct Erasures {
    table: Table,
}

/// An erasure as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedErasure {
    /// The erasure.
    pub erasure: Erasure,
    /// Whether a worker has begun to end it: nothing of the customer can be written any more.
    pub is_ending: bool,
}

impl Erasures {
    pub(super) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// Records an erasure, or adds to what is recorded of it. Its time and its last import never go back.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn record(&self, erasure: &Erasure) -> Result<(), StoreError> {
        let update = self.update(erasure.customer);
        let update = update
            .update_expression(format!("SET up_to = :up_to, asked_at = :at{}", added(&erasure.traces)))
            .condition_expression("attribute_not_exists(up_to) OR up_to <= :up_to")
            .expression_attribute_values(":up_to", text(erasure.up_to.to_string()))
            .expression_attribute_values(":at", number(erasure.at.as_millisecond()));
        if update_if(with_traces(update, &erasure.traces)).await?.is_done() {
            return Ok(());
        }
        self.add_traces(erasure.customer, &erasure.traces).await
    }

    /// Adds to the traces of a customer that is being erased; nothing if the erasure has ended.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn add_traces(&self, customer: CustomerId, traces: &Traces) -> Result<(), StoreError> {
        if traces.is_empty() {
            return Ok(());
        }
        let update = self.update(customer).update_expression(added(traces).trim_start().to_owned());
        let update = update.condition_expression("attribute_exists(up_to)");
        let _unless_it_ended = update_if(with_traces(update, traces)).await?;
        Ok(())
    }

    /// The erasure of a customer, if it has not ended.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn get(&self, customer: CustomerId) -> Result<Option<RecordedErasure>, StoreError> {
        self.table.get(ERASURES, &sort_key(customer)).await?.map(|item| read_erasure(&item)).transpose()
    }

    /// A listing of erasures, in the order of their customers' ids, after this one.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn list(&self, limit: usize, after: Option<CustomerId>) -> Result<Vec<Erasure>, StoreError> {
        let after = after.map(sort_key);
        let items =
            query_prefix(&self.table.client, &self.table.name, ERASURES, CUSTOMER, after.as_deref(), Some(limit))
                .await?;
        items.iter().map(|item| Ok(read_erasure(item)?.erasure)).collect()
    }

    /// Begins to end an erasure, unless another worker did and has time until later than `now`, or it was asked for
    /// again since it was read. Gives the erasure with all its traces.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn begin_ending(
        &self,
        erasure: &Erasure,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Erasure>, StoreError> {
        let update = self
            .update(erasure.customer)
            .update_expression("SET ending_until = :until")
            .condition_expression("asked_at = :at AND (attribute_not_exists(ending_until) OR ending_until < :now)")
            .expression_attribute_values(":at", number(erasure.at.as_millisecond()))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":until", number(until.as_millisecond()))
            .return_values(ReturnValue::AllNew);
        match update.send().await {
            Ok(answer) => answer.attributes.map(|item| Ok(read_erasure(&item)?.erasure)).transpose(),
            Err(error) if failed_condition(&error) => Ok(None),
            Err(error) => Err(refused("UpdateItem")(error)),
        }
    }

    /// Forgets an erasure that has ended, unless it was asked for again.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn forget(&self, erasure: &Erasure) -> Result<Written, StoreError> {
        let deleted = self
            .table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(Table::key(ERASURES, &sort_key(erasure.customer))))
            .condition_expression("asked_at = :at")
            .expression_attribute_values(":at", number(erasure.at.as_millisecond()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match deleted {
            Ok(_) => Ok(Written::Done),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(Written::Superseded)
            }
            Err(error) => Err(refused("DeleteItem")(error)),
        }
    }

    fn update(&self, customer: CustomerId) -> UpdateItemFluentBuilder {
        self.table.update(ERASURES, &sort_key(customer))
    }
}

fn sort_key(customer: CustomerId) -> String {
    format!("{CUSTOMER}{customer}")
}

/// The clause that adds traces. A set of DynamoDB cannot be empty, so kinds without traces are left out.
fn added(traces: &Traces) -> String {
    let kinds = [
        (!traces.identifiers.is_empty(), "identifier_keys :identifiers"),
        (!traces.segments.is_empty(), "segment_ids :segments"),
    ];
    let kinds: Vec<&str> = kinds.into_iter().filter_map(|(has, kind)| has.then_some(kind)).collect();
    if kinds.is_empty() { String::new() } else { format!(" ADD {}", kinds.join(", ")) }
}

fn with_traces(update: UpdateItemFluentBuilder, traces: &Traces) -> UpdateItemFluentBuilder {
    let segments: Vec<String> = traces.segments.iter().map(|id| id.as_str().to_owned()).collect();
    let sets = [(":identifiers", traces.identifiers.iter().cloned().collect::<Vec<_>>()), (":segments", segments)];
    sets.into_iter()
        .filter(|(_, values)| !values.is_empty())
        .fold(update, |update, (name, values)| update.expression_attribute_values(name, AttributeValue::Ss(values)))
}

fn read_erasure(item: &Item) -> Result<RecordedErasure, StoreError> {
    let read = || {
        let at = i64::try_from(read_number(item, "asked_at")?).ok()?;
        let traces = Traces {
            identifiers: read_set(item, "identifier_keys"),
            segments: read_set(item, "segment_ids").iter().map(|id| SegmentId::from_stored(id)).collect(),
        };
        let erasure = Erasure {
            customer: read_text(item, "sk")?.strip_prefix(CUSTOMER)?.parse().ok()?,
            up_to: read_text(item, "up_to")?.parse().ok()?,
            at: Timestamp::from_millisecond(at).ok()?,
            traces,
        };
        Some(RecordedErasure { erasure, is_ending: item.contains_key("ending_until") })
    };
    read().ok_or_else(|| StoreError::malformed("erasure", "its record"))
}

fn read_set(item: &Item, name: &str) -> BTreeSet<String> {
    match item.get(name) {
        Some(AttributeValue::Ss(values)) => values.iter().cloned().collect(),
        _ => BTreeSet::new(),
    }
}
