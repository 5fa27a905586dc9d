//! A customer as it is stored: identifiers, attributes and segments, each with the task and row that set it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::row::{Identifier, Slot, Value};
use crate::segment::{GroupId, SegmentId};
use crate::task::TaskId;

/// A row of a task: which one set a value, or created a customer. Ordered as the result must be: by launch, then by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Provenance {
    /// The task.
    pub task: TaskId,
    /// The row, from 1.
    pub row: u64,
}

/// The id of a customer: a ULID of the launch of the task that created it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CustomerId(Ulid);

/// A text that is no customer id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a customer: ids have 26 letters and digits")]
pub struct InvalidCustomerId;

impl CustomerId {
    /// The id that a row gives the customer it creates: the same however often the row is processed.
    pub fn created_by(by: Provenance) -> Self {
        let mut hash = Sha256::new();
        hash.update(by.task.to_bytes());
        hash.update(by.row.to_be_bytes());
        let mut bytes = by.task.to_bytes();
        bytes[6..].copy_from_slice(&hash.finalize()[..10]);
        Self(Ulid::from_bytes(bytes))
    }

    /// The id's 16 bytes.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_bytes()
    }

    /// The id with these 16 bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Ulid::from_bytes(bytes))
    }
}

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CustomerId {
    type Err = InvalidCustomerId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ulid::from_string(text).map(Self).map_err(|_| InvalidCustomerId)
    }
}

/// A value and the row that set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped<T> {
    /// The value; for what was erased, nothing, so that an older row cannot bring it back.
    pub value: T,
    /// The row that set it.
    pub by: Provenance,
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// How often it was written; 0 when it is not stored yet.
    pub version: u64,
    /// The row that created it.
    pub created_by: Provenance,
    /// At most one identifier a slot.
    pub identifiers: BTreeMap<Slot, Stamped<Option<Identifier>>>,
    /// Attributes by name.
    pub attributes: BTreeMap<String, Stamped<Option<Value>>>,
    /// The one segment that it is in, for each segment group.
    pub segments: BTreeMap<GroupId, Stamped<SegmentId>>,
    /// The touchpoints that it is linked to.
    pub touchpoints: BTreeSet<String>,
}

impl Customer {
    /// A customer that nothing is known of yet.
    pub fn new(id: CustomerId, created_by: Provenance) -> Self {
        Self {
            id,
            version: 0,
            created_by,
            identifiers: BTreeMap::new(),
            attributes: BTreeMap::new(),
            segments: BTreeMap::new(),
            touchpoints: BTreeSet::new(),
        }
    }

    /// The identifier in a slot.
    pub fn identifier(&self, slot: &Slot) -> Option<&Identifier> {
        self.identifiers.get(slot).and_then(|stamped| stamped.value.as_ref())
    }

    /// Whether the customer has this very identifier.
    pub fn lists(&self, identifier: &Identifier) -> bool {
        self.identifier(&identifier.slot()) == Some(identifier)
    }

    /// The rows that created it and set what it has.
    pub fn stamps(&self) -> impl Iterator<Item = Provenance> {
        let identifiers = self.identifiers.values().map(|stamped| stamped.by);
        let attributes = self.attributes.values().map(|stamped| stamped.by);
        let segments = self.segments.values().map(|stamped| stamped.by);
        std::iter::once(self.created_by).chain(identifiers).chain(attributes).chain(segments)
    }

    /// Whether a row may still set this slot: nothing newer has.
    pub fn takes<T>(stored: Option<&Stamped<T>>, by: Provenance) -> bool {
        stored.is_none_or(|stamped| stamped.by <= by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_creates_the_same_customer_however_often_it_runs() {
        let task = TaskId::from_bytes([7; 16]);
        let id = CustomerId::created_by(Provenance { task, row: 3 });
        assert_eq!(id, CustomerId::created_by(Provenance { task, row: 3 }));
        assert_ne!(id, CustomerId::created_by(Provenance { task, row: 4 }));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_bytes()[..6], task.to_bytes()[..6]);
    }
}
