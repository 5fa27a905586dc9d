//! The segments table: segments and their members.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest};

use domain::customer::CustomerId;
use domain::customer::SegmentId;

use crate::client;
use crate::dynamo::{Item, query_range, read_text, text, write_all};
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

    /// A listing of the customers under a segment, in the order of their ids, after this one. A customer counts as a
    /// member only if its profile says so too.
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
        let found = query_range(&self.client, &self.table, id.as_str(), &from, Some(limit)).await?;
        Ok(found.iter().filter_map(|item| read_text(item, "sk")?.strip_prefix("member#")?.parse().ok()).collect())
    }

    /// Lists customers under segments. Listing a customer twice lists it once.
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

    /// Takes customers off the lists of segments.
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
