//! The catalogue, in the segments table.

use std::collections::{BTreeSet, HashSet};
use std::sync::Mutex;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure};

use domain::catalogue::{Entry, EntryKind};
use domain::columns::{FieldKind, Fields};
use domain::customer::{Segment, SegmentId, folded};
use domain::imports::ImportId;

use crate::client;
use crate::dynamo::{Item, get_all, query_prefix, read_text, text, update_if};
use crate::error::{StoreError, refused};
use crate::resources::Resources;
use crate::written::Written;

/// The partition of the catalogue.
const CATALOGUE: &str = "catalogue";

/// Somebody is about to delete the entry, if nothing uses it.
const DELETING: &str = "deleting";
/// The entry was deleted.
const DELETED: &str = "deleted";
/// No import has written the custom field yet. One that was created before there was this mark counts as used.
const UNUSED: &str = "unused";

/// Entries that a process remembers to have seen to.
const MOST_SEEN_TO: usize = 10_000;

/// Whether an entry is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It was created just now.
    JustNow,
    /// It existed before.
    Before,
}

/// One run of an import: it may be retried.
pub type ImportRun = (ImportId, u32);

/// What deleting an entry came to, before anybody looked whether it is used.
#[derive(Debug)]
pub enum Deletion {
    /// It is marked. It is deleted by [`Catalogue::delete`], unless somebody uses it until then.
    Begun(Doomed),
    /// There is no such entry.
    NoSuchEntry,
    /// It is a custom field that an import may have written.
    MayHaveValues,
}

/// An entry that is marked to be deleted.
#[derive(Debug)]
pub struct Doomed {
    /// The entry.
    pub entry: Entry,
    mark: String,
}

/// The catalogue.
///
/// An entry is deleted in two steps, so that none goes that is used at the same moment: it is marked, then it is looked
/// whether anything uses it, and it goes only if it still has the mark. An import or undo that is about to write with an
/// entry takes the mark off. What is left of a deleted one is its item with the attribute `deleted`, so that an undo can
/// bring it back with its name.
#[derive(Debug)]
pub struct Catalogue {
    client: Client,
    table: String,
    /// Entries that this process has seen to in a run of an import, so that it does not do so again for every batch.
    seen_to: Mutex<HashSet<(ImportRun, String)>>,
}

impl Catalogue {
    /// The table at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, resources: &Resources) -> Self {
        Self { client: client::dynamodb(sdk), table: resources.segments_table.clone(), seen_to: Mutex::default() }
    }

    /// Creates an entry, unless it exists: then it stays as it is.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn create(&self, entry: &Entry) -> Result<Created, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(entry)))
            .condition_expression(format!("attribute_not_exists(pk) OR attribute_exists({DELETED})"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match put {
            Ok(_) => Ok(Created::JustNow),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    // Old emulators do not say what they found.
                    if failed.item().is_none_or(|found| found.contains_key(DELETING)) {
                        self.keep(&sort(entry.kind(), &entry.id())).await?;
                    }
                    Ok(Created::Before)
                }
                _ => Err(refused("PutItem")(error)),
            },
        }
    }

    /// Creates the segments, their groups and the actions that a run of an import uses and that do not exist yet. Those
    /// that somebody is about to delete stay.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn create_all(
        &self,
        run: ImportRun,
        segments: &BTreeSet<Segment>,
        actions: &BTreeSet<String>,
    ) -> Result<(), StoreError> {
        let groups: BTreeSet<&str> = segments.iter().map(|segment| segment.group.as_str()).collect();
        let groups = groups.into_iter().map(|group| Entry::SegmentGroup(group.to_owned()));
        let segments = segments.iter().cloned().map(Entry::Segment);
        let actions = actions.iter().cloned().map(Entry::SourceAction);
        // Groups come after their segments: one without a segment may be deleted.
        for entry in segments.chain(groups).chain(actions) {
            let sort = sort(entry.kind(), &entry.id());
            if !self.is_seen_to(run, &sort) {
                self.create(&entry).await?;
                self.note_seen_to(run, sort);
            }
        }
        Ok(())
    }

    /// Keeps segments that customers join and that are not created: those of an import that creates none, and those to which
    /// an undo brings customers back.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn keep_all(&self, run: ImportRun, segments: &BTreeSet<SegmentId>) -> Result<(), StoreError> {
        for segment in segments {
            let sort = sort(EntryKind::Segment, segment.as_str());
            if !self.is_seen_to(run, &sort) {
                self.keep(&sort).await?;
                self.note_seen_to(run, sort);
            }
        }
        Ok(())
    }

    /// Notes that an import is going to write these custom fields: from then on they cannot be deleted.
    ///
    /// # Errors
    /// When the table cannot be read or written.
    pub async fn use_fields(&self, names: &BTreeSet<String>) -> Result<(), StoreError> {
        for name in self.unused_fields(names).await? {
            self.keep(&sort(EntryKind::CustomField, &name)).await?;
        }
        Ok(())
    }

    async fn unused_fields(&self, names: &BTreeSet<String>) -> Result<Vec<String>, StoreError> {
        let keys = names.iter().map(|name| key(&sort(EntryKind::CustomField, &folded(name)))).collect();
        let found = get_all(&self.client, &self.table, keys).await?;
        let unused = found.iter().filter(|item| item.contains_key(UNUSED));
        Ok(unused.filter_map(|item| Some(folded(read_text(item, "name")?))).collect())
    }

    /// Keeps an entry that exists, or that was deleted, because it is used.
    async fn keep(&self, sort: &str) -> Result<(), StoreError> {
        let update = self.update(sort).update_expression(format!("REMOVE {DELETING}, {DELETED}, {UNUSED}"));
        let _unless_there_was_never_one = update_if(update.condition_expression("attribute_exists(pk)")).await?;
        Ok(())
    }

    fn is_seen_to(&self, run: ImportRun, sort: &str) -> bool {
        self.seen_to.lock().is_ok_and(|seen| seen.contains(&(run, sort.to_owned())))
    }

    fn note_seen_to(&self, run: ImportRun, sort: String) {
        if let Ok(mut seen) = self.seen_to.lock() {
            if seen.len() >= MOST_SEEN_TO {
                seen.clear();
            }
            seen.insert((run, sort));
        }
    }

    /// Marks an entry to be deleted. `mark` is one that nobody else has.
    ///
    /// # Errors
    /// When the table cannot be read or written.
    pub async fn begin_deletion(&self, kind: EntryKind, id: &str, mark: &str) -> Result<Deletion, StoreError> {
        let Some(entry) = self.get(kind, id).await? else { return Ok(Deletion::NoSuchEntry) };
        let mut condition = format!("attribute_exists(pk) AND attribute_not_exists({DELETED})");
        if kind == EntryKind::CustomField {
            condition = format!("{condition} AND attribute_exists({UNUSED})");
        }
        let update = self.update(&sort(kind, id)).update_expression(format!("SET {DELETING} = :mark"));
        let update = update.condition_expression(condition).expression_attribute_values(":mark", text(mark));
        match update_if(update).await? {
            Written::Done => Ok(Deletion::Begun(Doomed { entry, mark: mark.to_owned() })),
            Written::Superseded if self.get(kind, id).await?.is_some() => Ok(Deletion::MayHaveValues),
            Written::Superseded => Ok(Deletion::NoSuchEntry),
        }
    }

    /// Deletes an entry that is marked. `Superseded` if somebody has used it since.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn delete(&self, doomed: &Doomed) -> Result<Written, StoreError> {
        let update = self
            .update(&sort(doomed.entry.kind(), &doomed.entry.id()))
            .update_expression(format!("SET {DELETED} = :mark REMOVE {DELETING}"))
            // A write that is sent again because its answer was lost finds what it did.
            .condition_expression(format!("{DELETING} = :mark OR {DELETED} = :mark"))
            .expression_attribute_values(":mark", text(&doomed.mark));
        update_if(update).await
    }

    fn update(&self, sort: &str) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.table).set_key(Some(key(sort)));
        update.return_consumed_capacity(ReturnConsumedCapacity::Total)
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

    /// At most `limit` entries of a kind after the one of this id, in the order of their ids, and the id after which the
    /// listing goes on.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn list_after(
        &self,
        kind: EntryKind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Entry>, Option<String>), StoreError> {
        let after = after.map(|after| sort(kind, after));
        let prefix = sort(kind, "");
        let (mut entries, mut after) = (Vec::new(), after);
        loop {
            let left = limit - entries.len();
            let found =
                query_prefix(&self.client, &self.table, CATALOGUE, &prefix, after.as_deref(), Some(left)).await?;
            entries.extend(found.iter().filter_map(entry));
            after =
                found.last().filter(|_| found.len() >= left).and_then(|item| read_text(item, "sk")).map(str::to_owned);
            // Those that were deleted do not count.
            if after.is_none() || entries.len() >= limit {
                let cursor = after.and_then(|after| Some(after.strip_prefix(&prefix)?.to_owned()));
                return Ok((entries, cursor));
            }
        }
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
        let keys: Vec<Item> = ids.map(|id| key(&sort(kind, id))).collect();
        Ok(get_all(&self.client, &self.table, keys).await?.iter().filter_map(entry).collect())
    }
}

fn sort(kind: EntryKind, id: &str) -> String {
    format!("{}#{id}", kind.word())
}

fn key(sort: &str) -> Item {
    Item::from([("pk".to_owned(), text(CATALOGUE)), ("sk".to_owned(), text(sort))])
}

fn item(entry: &Entry) -> Item {
    let mut item = key(&sort(entry.kind(), &entry.id()));
    item.insert("name".to_owned(), text(entry.name()));
    if entry.kind() == EntryKind::CustomField {
        item.insert(UNUSED.to_owned(), AttributeValue::Bool(true));
    }
    let more = match entry {
        Entry::Segment(segment) => Some(("group", segment.group.clone())),
        Entry::ApiEndpoint { touchpoint, .. } => touchpoint.clone().map(|touchpoint| ("touchpoint", touchpoint)),
        Entry::CustomField { holds, .. } => Some(("type", holds.word().to_owned())),
        _ => None,
    };
    item.extend(more.map(|(name, value)| (name.to_owned(), text(value))));
    item
}

/// The entry of an item; none if it was deleted.
fn entry(item: &Item) -> Option<Entry> {
    if item.contains_key(DELETED) {
        return None;
    }
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
