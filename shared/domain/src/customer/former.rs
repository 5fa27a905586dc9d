//! What a batch of an import replaced of a customer: enough to put it back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Customer, CustomerId, GroupId, Provenance, SegmentId, Stamped};
use crate::imports::ImportId;
use crate::row::{Identifier, Slot, Value};

/// What one batch replaced of one customer. A value that the same import had set before is left out: its former value
/// was kept by the batch that set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// The customer.
    pub customer: CustomerId,
    /// The last row of the batch that was applied to it.
    pub last_row: u64,
    /// Identifiers that were set or emptied, with what was there before.
    pub identifiers: BTreeMap<Slot, Option<Stamped<Option<Identifier>>>>,
    /// Attributes that were set or emptied, with what was there before.
    pub attributes: BTreeMap<String, Option<Stamped<Option<Value>>>>,
    /// Segment groups whose segment was set, with what was there before.
    pub segments: BTreeMap<GroupId, Option<Stamped<SegmentId>>>,
    /// Touchpoints that were linked.
    pub linked: BTreeSet<String>,
    /// Other spellings of them that were unlinked.
    pub unlinked: BTreeSet<String>,
    /// Identifiers, by key, that were claimed, with the row that the claim names. Those that the customer gave up, and that
    /// an earlier batch of the import had claimed, are among them.
    pub claimed: BTreeMap<String, Provenance>,
    /// Identifiers, by key, that the customer gave up, with the row that its claim named. Claims that the import made
    /// itself are left out.
    pub released: BTreeMap<String, Provenance>,
    /// Segments whose list the customer was put on, with the row that the list names.
    pub joined: BTreeMap<SegmentId, Provenance>,
    /// Entries that were added to the feed.
    pub feed: BTreeSet<FeedPlace>,
}

/// The place of an entry in its customer's feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FeedPlace {
    /// When the action happened, in milliseconds since 1970.
    pub at: i64,
    /// The row that noted it.
    pub row: u64,
}

/// An object that holds no former values of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the object does not hold former values of this version")]
pub struct NotFormer;

impl Former {
    /// Nothing that was replaced yet of a customer.
    pub fn new(customer: CustomerId) -> Self {
        Self {
            customer,
            last_row: 0,
            identifiers: BTreeMap::new(),
            attributes: BTreeMap::new(),
            segments: BTreeMap::new(),
            linked: BTreeSet::new(),
            unlinked: BTreeSet::new(),
            claimed: BTreeMap::new(),
            released: BTreeMap::new(),
            joined: BTreeMap::new(),
            feed: BTreeSet::new(),
        }
    }

    /// The segments whose lists had the customer or got it, each with the row that the list names.
    pub fn listed_segments(&self) -> BTreeMap<SegmentId, Provenance> {
        let moved_from = self.segments.values().flatten().map(|held| (held.value.clone(), held.by));
        moved_from.chain(self.joined.iter().map(|(segment, by)| (segment.clone(), *by))).collect()
    }

    /// Notes what differs between a customer as it was stored and as an import writes it. Nothing is noted of a customer
    /// that the import creates: all of it is the import's.
    pub(crate) fn note_changes(&mut self, import: ImportId, before: Option<&Customer>, after: &Customer) {
        let Some(before) = before else { return };
        self.identifiers.extend(changed(import, &before.identifiers, &after.identifiers));
        self.attributes.extend(changed(import, &before.attributes, &after.attributes));
        self.segments.extend(changed(import, &before.segments, &after.segments));
        self.linked.extend(after.touchpoints.difference(&before.touchpoints).cloned());
        self.unlinked.extend(before.touchpoints.difference(&after.touchpoints).cloned());
    }

    /// What was kept of each customer, whoever kept it.
    pub fn by_customer(kept: impl IntoIterator<Item = Self>) -> BTreeMap<CustomerId, Self> {
        let mut merged: BTreeMap<CustomerId, Self> = BTreeMap::new();
        for former in kept {
            merged.entry(former.customer).or_insert_with(|| Self::new(former.customer)).merge(former);
        }
        merged
    }

    /// Adds what another attempt at the same batch kept. Of two former values the later one is right: it was there when
    /// the import set its own.
    pub fn merge(&mut self, other: Self) {
        self.last_row = self.last_row.max(other.last_row);
        merge_later(&mut self.identifiers, other.identifiers);
        merge_later(&mut self.attributes, other.attributes);
        merge_later(&mut self.segments, other.segments);
        self.linked.extend(other.linked);
        self.unlinked.extend(other.unlinked);
        self.claimed.extend(other.claimed);
        for (key, by) in other.released {
            self.released.entry(key).and_modify(|known| *known = by.max(*known)).or_insert(by);
        }
        self.joined.extend(other.joined);
        self.feed.extend(other.feed);
    }

    /// The keys of every identifier that the batch gave to the customer, or that the customer lost.
    pub fn identifier_keys(&self) -> impl Iterator<Item = String> {
        self.lost_keys().chain(self.claimed.keys().cloned())
    }

    /// The keys of every identifier that the customer lost.
    pub fn lost_keys(&self) -> impl Iterator<Item = String> {
        self.identifiers.values().flatten().filter_map(|held| Some(held.value.as_ref()?.key()))
    }
}

fn changed<K: Clone + Ord, V: Clone + PartialEq>(
    import: ImportId,
    before: &BTreeMap<K, Stamped<V>>,
    after: &BTreeMap<K, Stamped<V>>,
) -> Vec<(K, Option<Stamped<V>>)> {
    let is_replaced = |(name, stamped): &(&K, &Stamped<V>)| {
        let former = before.get(*name);
        former != Some(*stamped) && former.is_none_or(|former| former.by.import != import)
    };
    let changed = after.iter().filter(is_replaced);
    changed.map(|(name, _)| (name.clone(), before.get(name).cloned())).collect()
}

fn merge_later<K: Ord, V>(into: &mut BTreeMap<K, Option<Stamped<V>>>, other: BTreeMap<K, Option<Stamped<V>>>) {
    for (name, former) in other {
        let is_later = |known: &Option<Stamped<V>>| {
            known.as_ref().map(|stamped| stamped.by) < former.as_ref().map(|stamped| stamped.by)
        };
        if into.get(&name).is_none_or(is_later) {
            into.insert(name, former);
        }
    }
}

/// A former value as it is kept: the value, and the row that had set it.
type Kept<T> = Option<(T, Provenance)>;

/// [`Former`] as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptFormer {
    customer: CustomerId,
    last_row: u64,
    identifiers: Vec<(String, Kept<Option<String>>)>,
    attributes: Vec<(String, Kept<Option<KeptValue>>)>,
    segments: Vec<(String, Kept<String>)>,
    linked: BTreeSet<String>,
    unlinked: BTreeSet<String>,
    claimed: Vec<(String, Provenance)>,
    released: Vec<(String, Provenance)>,
    joined: Vec<(String, Provenance)>,
    feed: BTreeSet<FeedPlace>,
}

/// [`Value`] with its kind: its own form for the API does not tell a date from a text.
#[derive(Serialize, Deserialize)]
enum KeptValue {
    Flag(bool),
    Text(String),
    Number(String),
    Date(String),
    DateTime(String),
    List(Vec<String>),
}

impl From<&Value> for KeptValue {
    fn from(value: &Value) -> Self {
        match value {
            Value::Flag(flag) => Self::Flag(*flag),
            Value::Text(text) => Self::Text(text.clone()),
            Value::Number(digits) => Self::Number(digits.clone()),
            Value::Date(date) => Self::Date(date.clone()),
            Value::DateTime(moment) => Self::DateTime(moment.clone()),
            Value::List(items) => Self::List(items.clone()),
        }
    }
}

impl From<KeptValue> for Value {
    fn from(value: KeptValue) -> Self {
        match value {
            KeptValue::Flag(flag) => Self::Flag(flag),
            KeptValue::Text(text) => Self::Text(text),
            KeptValue::Number(digits) => Self::Number(digits),
            KeptValue::Date(date) => Self::Date(date),
            KeptValue::DateTime(moment) => Self::DateTime(moment),
            KeptValue::List(items) => Self::List(items),
        }
    }
}

fn kept<K, V, T>(
    values: &BTreeMap<K, Option<Stamped<V>>>,
    name: impl Fn(&K) -> String,
    value: impl Fn(&V) -> T,
) -> Vec<(String, Kept<T>)> {
    let kept = |former: &Stamped<V>| (value(&former.value), former.by);
    values.iter().map(|(key, former)| (name(key), former.as_ref().map(kept))).collect()
}

fn given_back<K: Ord, V, T>(
    kept: Vec<(String, Kept<T>)>,
    name: impl Fn(&str) -> Option<K>,
    value: impl Fn(T) -> Option<V>,
) -> Option<BTreeMap<K, Option<Stamped<V>>>> {
    let mut values = BTreeMap::new();
    for (key, former) in kept {
        let former = match former {
            Some((kept, by)) => Some(Stamped { value: value(kept)?, by }),
            None => None,
        };
        values.insert(name(&key)?, former);
    }
    Some(values)
}

impl From<&Former> for KeptFormer {
    fn from(former: &Former) -> Self {
        Self {
            customer: former.customer,
            last_row: former.last_row,
            identifiers: kept(&former.identifiers, Slot::to_string, |held| held.as_ref().map(Identifier::key)),
            attributes: kept(&former.attributes, Clone::clone, |value| value.as_ref().map(KeptValue::from)),
            segments: kept(&former.segments, |group| group.as_str().to_owned(), |id| id.as_str().to_owned()),
            linked: former.linked.clone(),
            unlinked: former.unlinked.clone(),
            claimed: former.claimed.iter().map(|(key, by)| (key.clone(), *by)).collect(),
            released: former.released.iter().map(|(key, by)| (key.clone(), *by)).collect(),
            joined: former.joined.iter().map(|(id, by)| (id.as_str().to_owned(), *by)).collect(),
            feed: former.feed.clone(),
        }
    }
}

impl KeptFormer {
    fn into_former(self) -> Option<Former> {
        let identifier = |key: Option<String>| match key {
            Some(key) => Identifier::from_key(&key).map(Some),
            None => Some(None),
        };
        Some(Former {
            customer: self.customer,
            last_row: self.last_row,
            identifiers: given_back(self.identifiers, |slot| slot.parse().ok(), identifier)?,
            attributes: given_back(
                self.attributes,
                |name| Some(name.to_owned()),
                |value| Some(value.map(Value::from)),
            )?,
            segments: given_back(
                self.segments,
                |group| Some(GroupId::from_stored(group)),
                |id| Some(SegmentId::from_stored(&id)),
            )?,
            linked: self.linked,
            unlinked: self.unlinked,
            claimed: self.claimed.into_iter().collect(),
            released: self.released.into_iter().collect(),
            joined: self.joined.into_iter().map(|(id, by)| (SegmentId::from_stored(&id), by)).collect(),
            feed: self.feed,
        })
    }
}

/// What a batch replaced, as the bytes of an object.
pub fn pack_former(former: &[Former]) -> Vec<u8> {
    let kept: Vec<KeptFormer> = former.iter().map(KeptFormer::from).collect();
    // These types have no map and no length that is unknown, so they always have a form.
    postcard::to_allocvec(&kept).unwrap_or_default()
}

/// Reads the bytes of such an object.
///
/// # Errors
/// When they are of another version, or damaged.
pub fn unpack_former(bytes: &[u8]) -> Result<Vec<Former>, NotFormer> {
    let kept: Vec<KeptFormer> = postcard::from_bytes(bytes).map_err(|_| NotFormer)?;
    kept.into_iter().map(|kept| kept.into_former().ok_or(NotFormer)).collect()
}
