//! The catalogue, in the segments table.

use std::collections::{BTreeSet, HashSet};
use std::sync::Mutex;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;

use domain::catalogue::{Entry, EntryKind};
use domain::columns::{FieldKind, Fields};
use domain::customer::{Segment, SegmentId, folded};

use crate::client;
use crate::dynamo::{Item, get_all, query_prefix, read_text, text};
use crate::error::{StoreError, refused};
use crate::resources::Resources;

/// The partition of the catalogue.
const CATALOGUE: &str = "catalogue";

/// Whether an entry is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It was created just now.
    JustNow,
    /// It existed before.
    Before,
}

/// The catalogue.
#[derive(Debug)]
pub struct Catalogue {
    client: Client,
    table: String,
    /// Entries that this process knows to exist, so that it does not write them again for every batch.
    existing: Mutex<HashSet<String>>,
}

impl Catalogue {
    /// The table at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, resources: &Resources) -> Self {
        Self {
            client: client::dynamodb(sdk),
            table: resources.segments_table.clone(),
            existing: Mutex::new(HashSet::new()),
        }
    }

    /// Creates an entry, unless it exists: then it stays as it is.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn create(&self, entry: &Entry) -> Result<Created, StoreError> {
        let sort = sort(entry.kind(), &entry.id());
        if self.existing.lock().is_ok_and(|existing| existing.contains(&sort)) {
            return Ok(Created::Before);
        }
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(entry)))
            .condition_expression("attribute_not_exists(pk)")
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        let created = match put {
            Ok(_) => Created::JustNow,
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Created::Before
            }
            Err(error) => return Err(refused("PutItem")(error)),
        };
        if let Ok(mut existing) = self.existing.lock() {
            existing.insert(sort);
        }
        Ok(created)
    }

    /// Creates the segments, their groups and the actions that do not exist yet.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn create_all(&self, segments: &BTreeSet<Segment>, actions: &BTreeSet<String>) -> Result<(), StoreError> {
        let groups: BTreeSet<&str> = segments.iter().map(|segment| segment.group.as_str()).collect();
        let groups = groups.into_iter().map(|group| Entry::SegmentGroup(group.to_owned()));
        let segments = segments.iter().cloned().map(Entry::Segment);
        let actions = actions.iter().cloned().map(Entry::SourceAction);
        let entries: Vec<Entry> = groups.chain(segments).chain(actions).collect();
        for entry in &entries {
            self.create(entry).await?;
        }
        Ok(())
    }

    /// The entries of a kind, in the order of their names.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn list(&self, kind: EntryKind) -> Result<Vec<Entry>, StoreError> {
        let found = query_prefix(&self.client, &self.table, CATALOGUE, &sort(kind, ""), None, None).await?;
        let mut entries: Vec<Entry> = found.iter().filter_map(entry).collect();
        entries.sort_by_cached_key(|entry| folded(entry.name()));
        Ok(entries)
    }

    /// At most `limit` entries of a kind after the one of this id, in the order of their ids.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn list_after(
        &self,
        kind: EntryKind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let after = after.map(|after| sort(kind, after));
        let prefix = sort(kind, "");
        let found = query_prefix(&self.client, &self.table, CATALOGUE, &prefix, after.as_deref(), Some(limit)).await?;
        Ok(found.iter().filter_map(entry).collect())
    }

    /// The entry of a kind with this id.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn get(&self, kind: EntryKind, id: &str) -> Result<Option<Entry>, StoreError> {
        Ok(self.by_id(kind, [id].into_iter()).await?.pop())
    }

    /// The entries of a kind with these names.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn named(&self, kind: EntryKind, names: &BTreeSet<String>) -> Result<Vec<Entry>, StoreError> {
        let ids: BTreeSet<String> = names.iter().map(|name| folded(name)).collect();
        self.by_id(kind, ids.iter().map(String::as_str)).await
    }

    /// The segments of these ids.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn segments(&self, ids: &BTreeSet<SegmentId>) -> Result<Vec<Segment>, StoreError> {
        let found = self.by_id(EntryKind::Segment, ids.iter().map(SegmentId::as_str)).await?;
        let segment = |entry| if let Entry::Segment(segment) = entry { Some(segment) } else { None };
        Ok(found.into_iter().filter_map(segment).collect())
    }

    /// The custom fields and what they hold.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn fields(&self) -> Result<Fields, StoreError> {
        let field = |entry| if let Entry::CustomField { name, holds } = entry { Some((name, holds)) } else { None };
        Ok(self.list(EntryKind::CustomField).await?.into_iter().filter_map(field).collect())
    }

    async fn by_id(&self, kind: EntryKind, ids: impl Iterator<Item = &str>) -> Result<Vec<Entry>, StoreError> {
        let keys: Vec<Item> = ids
            .map(|id| Item::from([("pk".to_owned(), text(CATALOGUE)), ("sk".to_owned(), text(sort(kind, id)))]))
            .collect();
        Ok(get_all(&self.client, &self.table, keys).await?.iter().filter_map(entry).collect())
    }
}

fn sort(kind: EntryKind, id: &str) -> String {
    format!("{}#{id}", kind.word())
}

fn item(entry: &Entry) -> Item {
    let mut item = Item::from([
        ("pk".to_owned(), text(CATALOGUE)),
        ("sk".to_owned(), text(sort(entry.kind(), &entry.id()))),
        ("name".to_owned(), text(entry.name())),
    ]);
    let more = match entry {
        Entry::Segment(segment) => Some(("group", segment.group.clone())),
        Entry::ApiEndpoint { touchpoint, .. } => touchpoint.clone().map(|touchpoint| ("touchpoint", touchpoint)),
        Entry::CustomField { holds, .. } => Some(("type", holds.word().to_owned())),
        _ => None,
    };
    item.extend(more.map(|(name, value)| (name.to_owned(), text(value))));
    item
}

fn entry(item: &Item) -> Option<Entry> {
    let name = read_text(item, "name")?.to_owned();
    let word = read_text(item, "sk")?.split('#').next()?;
    Some(match EntryKind::ALL.into_iter().find(|kind| kind.word() == word)? {
        EntryKind::ApiEndpoint => {
            Entry::ApiEndpoint { name, touchpoint: read_text(item, "touchpoint").map(ToOwned::to_owned) }
        }
        EntryKind::Touchpoint => Entry::Touchpoint(name),
        EntryKind::SegmentGroup => Entry::SegmentGroup(name),
        EntryKind::Segment => Entry::Segment(Segment::new(read_text(item, "group")?, &name)),
        EntryKind::SourceAction => Entry::SourceAction(name),
        EntryKind::CustomField => Entry::CustomField { name, holds: FieldKind::from_word(read_text(item, "type")?)? },
    })
}
