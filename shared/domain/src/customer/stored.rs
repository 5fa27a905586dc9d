//! A customer as it is stored: identifiers, attributes and segments, each with the import and row that set it.

use std::collections::{BTreeMap, BTreeSet};

use super::id::CustomerId;
use super::provenance::{Provenance, Stamped};
use super::segment::{GroupId, SegmentId};
use crate::row::{Identifier, Slot, Value};

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// How often it was written; 0 if it is not stored yet.
    pub version: u64,
    /// The row that created it.
    pub created_by: Provenance,
    /// Identifiers by slot.
    pub identifiers: BTreeMap<Slot, Stamped<Option<Identifier>>>,
    /// Attributes by name.
    pub attributes: BTreeMap<String, Stamped<Option<Value>>>,
    /// The one segment that it is in, for each segment group.
    pub segments: BTreeMap<GroupId, Stamped<SegmentId>>,
    /// The touchpoints that it is linked to.
    pub touchpoints: BTreeSet<String>,
}

impl Customer {
    /// A customer without any value yet.
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

    /// The rows that created it and set its values.
    pub fn stamps(&self) -> impl Iterator<Item = Provenance> {
        let identifiers = self.identifiers.values().map(|stamped| stamped.by);
        let attributes = self.attributes.values().map(|stamped| stamped.by);
        let segments = self.segments.values().map(|stamped| stamped.by);
        std::iter::once(self.created_by).chain(identifiers).chain(attributes).chain(segments)
    }

    /// Whether a row may set a value that is stored so: no newer row has set it.
    pub fn takes<T>(stored: Option<&Stamped<T>>, by: Provenance) -> bool {
        stored.is_none_or(|stamped| stamped.by <= by)
    }
}
