//! The segments table: segments and their members.
//!
//! The members of a segment are spread over 16 partitions, because a partition takes 1,000 write units a second
//! until it splits, minutes later: a large import into one segment would wait for that. `SEGMENT#s` / `member#CUSTOMER`.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-sharding.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, ReturnConsumedCapacity, WriteRequest};
use domain::customer::{Customer, CustomerId, Provenance, SegmentId};
use domain::segment_job::Members;

use crate::client;
use crate::customers::{Customers as _, StoredCustomers};
use crate::dynamo::{Item, Statement, execute_all, put_if, query_prefix, read_text, text, write_all};
use crate::error::StoreError;
use crate::resources::Resources;

/// The segments table.
#[derive(Debug)]
pub struct Segments {
    client: Client,
    table: String,
}

impl Segments {
    /// The table at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, resources: &Resources) -> Self {
        Self { client: client::dynamodb(sdk), table: resources.segments_table.clone() }
    }

    /// The members of a segment among the customers that are listed under it, after this one: so many are looked at, and
    /// a customer counts as a member only if its profile says so too.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub async fn members(
        &self,
        customers: &StoredCustomers,
        id: &SegmentId,
        limit: usize,
        after: Option<CustomerId>,
    ) -> Result<Members, StoreError> {
        let listed = self.listed(id, limit, after).await?;
        let cursor = listed.last().filter(|_| listed.len() >= limit).copied();
        let read = customers.read(listed.iter().copied().collect()).await?;
        let mut read: BTreeMap<CustomerId, Customer> =
            read.into_iter().map(|customer| (customer.id, customer)).collect();
        let is_member = |customer: &Customer| customer.segments.values().any(|held| held.value == *id);
        let customers = listed.iter().filter_map(|id| read.remove(id)).filter(is_member).collect();
        Ok(Members { customers, cursor })
    }

    /// The customers listed under a segment, after this one: shard by shard, in the order of their ids.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn listed(
        &self,
        id: &SegmentId,
        limit: usize,
        after: Option<CustomerId>,
    ) -> Result<Vec<CustomerId>, StoreError> {
        let mut members = Vec::new();
        let mut after = after;
        for shard in after.map_or(0, shard_of)..SHARDS {
            let (partition, after) = (partition(id, shard), after.take().map(member));
            let left = limit - members.len();
            let listed =
                query_prefix(&self.client, &self.table, &partition, MEMBER, after.as_deref(), Some(left)).await?;
            let customer = |item: &Item| read_text(item, "sk")?.strip_prefix(MEMBER)?.parse::<CustomerId>().ok();
            members.extend(listed.iter().filter_map(customer));
            if members.len() >= limit {
                break;
            }
        }
        Ok(members)
    }

    /// Lists customers under segments, each with the row that put it there. One that a later row listed stays as it is.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn join(&self, members: &BTreeMap<(SegmentId, CustomerId), Provenance>) -> Result<(), StoreError> {
        let inserts = members
            .iter()
            .map(|((segment, customer), by)| Statement {
                text: format!(r#"INSERT INTO "{}" VALUE {{'pk':?, 'sk':?, 'b':?}}"#, self.table),
                parameters: vec![text(partition_of(segment, *customer)), text(member(*customer)), stamp(*by)],
            })
            .collect();
        let written = execute_all(&self.client, inserts).await?;
        // One that is listed already must get this stamp, or a leave of the earlier row that comes late deletes it.
        for ((member, by), _) in members.iter().zip(written).filter(|(_, written)| !written.is_done()) {
            self.join_again(member, *by).await?;
        }
        Ok(())
    }

    async fn join_again(
        &self,
        (segment, customer): &(SegmentId, CustomerId),
        by: Provenance,
    ) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(partition_of(segment, *customer)))
            .item("sk", text(member(*customer)))
            .item("b", stamp(by))
            .condition_expression("attribute_not_exists(b) OR b < :by")
            .expression_attribute_values(":by", stamp(by))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let _unless_a_later_row_listed_it = put_if(put).await?;
        Ok(())
    }

    /// Takes customers off the lists of segments, each unless a later row than this one listed it. A leave may come
    /// late, when its customer is back in the segment: from a worker that died, or that was slower than its duplicate.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn leave(&self, members: &BTreeMap<(SegmentId, CustomerId), Provenance>) -> Result<(), StoreError> {
        let deletes = members
            .iter()
            .map(|((segment, customer), by)| Statement {
                text: format!(r#"DELETE FROM "{}" WHERE pk=? AND sk=? AND b<=?"#, self.table),
                parameters: vec![text(partition_of(segment, *customer)), text(member(*customer)), stamp(*by)],
            })
            .collect();
        execute_all(&self.client, deletes).await?;
        Ok(())
    }

    /// Takes a customer that is being erased off the lists of these segments, whichever row listed it.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn erase(&self, customer: CustomerId, segments: &BTreeSet<SegmentId>) -> Result<(), StoreError> {
        let mut writes = Vec::with_capacity(segments.len());
        for segment in segments {
            let delete = DeleteRequest::builder()
                .key("pk", text(partition_of(segment, customer)))
                .key("sk", text(member(customer)))
                .build()
                .map_err(|error| StoreError::malformed("member", error))?;
            writes.push(WriteRequest::builder().delete_request(delete).build());
        }
        write_all(&self.client, &self.table, writes).await
    }
}

/// The partitions of a segment.
const SHARDS: u8 = 16;

/// What the sort keys of members begin with.
const MEMBER: &str = "member#";

fn member(customer: CustomerId) -> String {
    format!("{MEMBER}{customer}")
}

/// The shard of a customer in every segment: the last bytes of an id are those of a hash.
fn shard_of(customer: CustomerId) -> u8 {
    customer.to_bytes()[15] % SHARDS
}

fn partition(segment: &SegmentId, shard: u8) -> String {
    format!("{}#{shard:x}", segment.as_str())
}

fn partition_of(segment: &SegmentId, customer: CustomerId) -> String {
    partition(segment, shard_of(customer))
}

/// The row that put a customer into a segment, as bytes in the order of rows.
fn stamp(by: Provenance) -> AttributeValue {
    AttributeValue::B(Blob::new([by.import.to_bytes().as_slice(), &by.row.to_be_bytes()].concat()))
}
