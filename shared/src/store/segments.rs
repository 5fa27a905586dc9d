//! The segments table: segments and their members, and the catalogue of names that settings and cells may use.

use std::collections::{BTreeSet, HashSet};
use std::sync::Mutex;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, ReturnConsumedCapacity, WriteRequest};

use super::dynamo::{Item, Read, get_all, text, write_all};
use super::{Resources, StoreError, refused};
use crate::customer::CustomerId;
use crate::segment::{Segment, SegmentId, folded};

/// The segments table.
#[derive(Debug)]
pub struct Segments {
    client: Client,
    table: String,
    /// Names that this process has seen to be there, so that they are not written again for every batch.
    there: Mutex<HashSet<String>>,
}

/// Where a catalogue entry stands.
const CATALOGUE: &str = "catalogue";

impl Segments {
    /// The table at the endpoint of this configuration.
    pub fn new(sdk: &aws_config::SdkConfig, resources: &Resources) -> Self {
        Self { client: Client::new(sdk), table: resources.segments_table.clone(), there: Mutex::new(HashSet::new()) }
    }

    /// Creates those of the segments and actions that are not there yet.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn create(&self, segments: &BTreeSet<Segment>, actions: &BTreeSet<String>) -> Result<(), StoreError> {
        let mut missing: Vec<(String, Item)> = Vec::new();
        for segment in segments {
            missing.push(entry(
                format!("segment#{}", segment.id()),
                [("group", segment.group.as_str()), ("name", segment.name.as_str())],
            ));
        }
        for action in actions {
            missing.push(entry(format!("action#{}", folded(action)), [("name", action.as_str()), ("group", "")]));
        }
        if let Ok(there) = self.there.lock() {
            missing.retain(|(sort, _)| !there.contains(sort));
        }
        for (sort, item) in missing {
            let put = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(pk)")
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await;
            if let Err(error) = put
                && !error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception())
            {
                return Err(refused("PutItem")(error));
            }
            if let Ok(mut there) = self.there.lock() {
                there.insert(sort);
            }
        }
        Ok(())
    }

    /// Which of these segments exist.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn existing(&self, segments: &BTreeSet<SegmentId>) -> Result<HashSet<SegmentId>, StoreError> {
        let found = self.entries(segments.iter().map(|id| format!("segment#{id}")).collect()).await?;
        let ids = found.iter().filter_map(|item| item.text("sk")?.strip_prefix("segment#"));
        Ok(ids.map(SegmentId::from_stored).collect())
    }

    /// Which of these actions exist, by their folded names.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn existing_actions(&self, names: &BTreeSet<String>) -> Result<HashSet<String>, StoreError> {
        let found = self.entries(names.iter().map(|name| format!("action#{}", folded(name))).collect()).await?;
        Ok(found.iter().filter_map(|item| Some(item.text("sk")?.strip_prefix("action#")?.to_owned())).collect())
    }

    async fn entries(&self, sorts: Vec<String>) -> Result<Vec<Item>, StoreError> {
        let keys = sorts
            .into_iter()
            .map(|sort| Item::from([("pk".to_owned(), text(CATALOGUE)), ("sk".to_owned(), text(sort))]))
            .collect();
        get_all(&self.client, &self.table, keys).await
    }

    /// The segments of these ids, with their names.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn named(&self, ids: &BTreeSet<SegmentId>) -> Result<Vec<Segment>, StoreError> {
        let found = self.entries(ids.iter().map(|id| format!("segment#{id}")).collect()).await?;
        Ok(found.iter().filter_map(segment).collect())
    }

    /// All segments.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn all(&self) -> Result<Vec<Segment>, StoreError> {
        Ok(self.query(CATALOGUE, "segment#", None).await?.iter().filter_map(segment).collect())
    }

    /// A page of the customers listed under a segment, in the order of their ids. A customer counts as a member only
    /// if its profile says so too.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn members(
        &self,
        id: &SegmentId,
        limit: i32,
        after: Option<CustomerId>,
    ) -> Result<Vec<CustomerId>, StoreError> {
        let from = after.map_or_else(|| "member#".to_owned(), |after| format!("member#{after}~"));
        let found = self.query(id.as_str(), &from, Some(limit)).await?;
        Ok(found.iter().filter_map(|item| item.text("sk")?.strip_prefix("member#")?.parse().ok()).collect())
    }

    async fn query(&self, pk: &str, from: &str, limit: Option<i32>) -> Result<Vec<Item>, StoreError> {
        let end = format!("{}~", from.split_inclusive('#').next().unwrap_or(from));
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :end")
                .expression_attribute_values(":pk", text(pk))
                .expression_attribute_values(":from", text(from))
                .expression_attribute_values(":end", text(&end))
                .set_limit(limit)
                .set_exclusive_start_key(start)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(refused("Query"))?;
            found.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() || limit.is_some() {
                return Ok(found);
            }
        }
    }

    /// Lists customers under segments; listing one twice is listing it once.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn join(&self, members: &BTreeSet<(SegmentId, CustomerId)>) -> Result<(), StoreError> {
        let mut writes = Vec::with_capacity(members.len());
        for member in members {
            let put = PutRequest::builder()
                .set_item(Some(member_key(member)))
                .build()
                .map_err(|error| StoreError::malformed("member", error))?;
            writes.push(WriteRequest::builder().put_request(put).build());
        }
        write_all(&self.client, &self.table, writes).await
    }

    /// Lists customers under segments no longer.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn leave(&self, members: &BTreeSet<(SegmentId, CustomerId)>) -> Result<(), StoreError> {
        let mut writes = Vec::with_capacity(members.len());
        for member in members {
            let delete = DeleteRequest::builder()
                .set_key(Some(member_key(member)))
                .build()
                .map_err(|error| StoreError::malformed("member", error))?;
            writes.push(WriteRequest::builder().delete_request(delete).build());
        }
        write_all(&self.client, &self.table, writes).await
    }
}

fn member_key((segment, customer): &(SegmentId, CustomerId)) -> Item {
    Item::from([("pk".to_owned(), text(segment.as_str())), ("sk".to_owned(), text(format!("member#{customer}")))])
}

fn entry(sort: String, names: [(&str, &str); 2]) -> (String, Item) {
    let mut item = Item::from([("pk".to_owned(), text(CATALOGUE)), ("sk".to_owned(), text(&sort))]);
    item.extend(
        names.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), text(value))),
    );
    (sort, item)
}

fn segment(item: &Item) -> Option<Segment> {
    Some(Segment::new(item.text("group")?, item.text("name")?))
}
