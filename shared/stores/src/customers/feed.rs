//! Customers' feeds.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, ReturnConsumedCapacity, WriteRequest};
use domain::customer::{Activity, CustomerId, FeedPlace, Provenance};
use domain::imports::ImportId;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use super::stored::StoredCustomers;
use crate::dynamo::{Item, read_text, text, write_all};
use crate::error::{StoreError, refused};

/// Feeds that are asked for at the same time.
const QUERIES_AT_ONCE: usize = 16;
/// Entries that are read at a time to see whose they are.
const ENTRIES: i32 = 100;

/// An entry of a feed, read back.
#[derive(Debug, Clone)]
pub struct FeedEntry {
    /// Its place in the feed; a listing goes on after it.
    pub position: String,
    /// The action's name.
    pub action: String,
    /// When it happened.
    pub at: String,
    /// What it is attributed to.
    pub api_endpoint: String,
    /// Where it happened.
    pub touchpoint: String,
    /// The row that noted it.
    pub by: Provenance,
}

impl StoredCustomers {
    /// Adds entries to feeds. Adding an entry twice stores it once.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn add_activities(&self, activities: &[Activity]) -> Result<(), StoreError> {
        let mut writes = Vec::with_capacity(activities.len());
        for activity in activities {
            let item = Item::from([
                ("pk".to_owned(), text(activity.customer.to_string())),
                ("sk".to_owned(), text(sort_key(activity.at, activity.by))),
                ("n".to_owned(), text(&activity.action)),
                ("e".to_owned(), text(&activity.api_endpoint)),
                ("p".to_owned(), text(&activity.touchpoint)),
            ]);
            let put = PutRequest::builder()
                .set_item(Some(item))
                .build()
                .map_err(|error| StoreError::malformed("activity item", error))?;
            writes.push(WriteRequest::builder().put_request(put).build());
        }
        write_all(&self.client, &self.customers, writes).await
    }

    /// Deletes entries that an import added to feeds. Deleting one twice is no error.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn delete_activities(
        &self,
        import: ImportId,
        entries: &BTreeSet<(CustomerId, FeedPlace)>,
    ) -> Result<(), StoreError> {
        let mut writes = Vec::with_capacity(entries.len());
        for (customer, place) in entries {
            let at =
                Timestamp::from_millisecond(place.at).map_err(|error| StoreError::malformed("feed entry", error))?;
            let delete = DeleteRequest::builder()
                .key("pk", text(customer.to_string()))
                .key("sk", text(sort_key(at, Provenance { import, row: place.row })))
                .build()
                .map_err(|error| StoreError::malformed("activity item", error))?;
            writes.push(WriteRequest::builder().delete_request(delete).build());
        }
        write_all(&self.client, &self.customers, writes).await
    }

    /// Those of these customers whose feeds have entries of other imports than this one.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn with_foreign_feeds(
        &self,
        import: ImportId,
        customers: BTreeSet<CustomerId>,
    ) -> Result<BTreeSet<CustomerId>, StoreError> {
        let asked = customers.into_iter().map(|id| async move {
            let is_foreign = self.has_foreign_entry(import, id).await?;
            Ok::<_, StoreError>(is_foreign.then_some(id))
        });
        let asked: Vec<_> = asked.collect();
        let found: Vec<Option<CustomerId>> = stream::iter(asked).buffered(QUERIES_AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn has_foreign_entry(&self, import: ImportId, id: CustomerId) -> Result<bool, StoreError> {
        let mut after: Option<String> = None;
        loop {
            let entries = self.feed(id, ENTRIES, after.as_deref()).await?;
            if entries.iter().any(|entry| entry.by.import != import) {
                return Ok(true);
            }
            match entries.last() {
                Some(last) if entries.len() >= ENTRIES as usize => after = Some(last.position.clone()),
                _ => return Ok(false),
            }
        }
    }

    /// A listing of a customer's feed, newest first, of at most `limit` entries after this position.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn feed(&self, id: CustomerId, limit: i32, after: Option<&str>) -> Result<Vec<FeedEntry>, StoreError> {
        let start = after.map(|after| {
            let position = text(format!("activity#{after}"));
            Item::from([("pk".to_owned(), text(id.to_string())), ("sk".to_owned(), position)])
        });
        let answer = self
            .client
            .query()
            .table_name(&self.customers)
            .key_condition_expression("pk = :id AND begins_with(sk, :activity)")
            .expression_attribute_values(":id", text(id.to_string()))
            .expression_attribute_values(":activity", text("activity#"))
            .set_exclusive_start_key(start)
            .scan_index_forward(false)
            .limit(limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(refused("Query"))?;
        let entry = |item| feed_entry(item).ok_or_else(|| StoreError::malformed("activity item", "its key"));
        answer.items.unwrap_or_default().iter().map(entry).collect()
    }
}

fn sort_key(at: Timestamp, by: Provenance) -> String {
    format!("activity#{}#{}#{:010}", at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"), by.import, by.row)
}

fn feed_entry(item: &Item) -> Option<FeedEntry> {
    let position = read_text(item, "sk")?.strip_prefix("activity#")?;
    let mut parts = position.split('#');
    let (at, import, row) = (parts.next()?, parts.next()?, parts.next()?);
    Some(FeedEntry {
        position: position.to_owned(),
        action: read_text(item, "n")?.to_owned(),
        at: at.replace(".000Z", "Z"),
        api_endpoint: read_text(item, "e")?.to_owned(),
        touchpoint: read_text(item, "p")?.to_owned(),
        by: Provenance { import: import.parse().ok()?, row: row.parse().ok()? },
    })
}
