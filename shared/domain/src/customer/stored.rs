//! A customer as it is stored: identifiers, attributes and segments, each with the import and row that set it.

use std::collections::{BTreeMap, BTreeSet};

use super::id::CustomerId;
use super::provenance::{Provenance, Stamped};
use super::segment::{GroupId, SegmentId, folded};
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

    /// Links the customer to a touchpoint; true if that changes it. Names that differ only by case are one touchpoint.
    /// Of two spellings the first in the order of text stays, so imports that run side by side agree.
    pub fn link(&mut self, touchpoint: &str) -> bool {
        let folded_name = folded(touchpoint);
        let linked = self.touchpoints.iter().find(|linked| folded(linked) == folded_name);
        match linked.cloned() {
            Some(linked) if linked.as_str() <= touchpoint => false,
            linked => {
                linked.map(|linked| self.touchpoints.remove(&linked));
                self.touchpoints.insert(touchpoint.to_owned())
            }
        }
    }

    /// Whether a row that only fills what is empty may set a value that is stored so. The rows of an import fill a value
    /// in the order of the file, so an earlier one of them takes it back from a later one that came first.
    pub fn fills<T>(stored: Option<&Stamped<Option<T>>>, by: Provenance) -> bool {
        stored.is_none_or(|stamped| match stamped.value {
            Some(_) => stamped.by.import == by.import && stamped.by.row > by.row,
            None => stamped.by <= by,
        })
    }

    /// Whether a row may set a value that is stored so: no newer row has set it.
    pub fn takes<T>(stored: Option<&Stamped<T>>, by: Provenance) -> bool {
        stored.is_none_or(|stamped| stamped.by <= by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::ImportId;

    #[test]
    fn touchpoints_that_differ_by_case_are_one_in_whatever_order_they_come() {
        let by = Provenance { import: ImportId::from_bytes([7; 16]), row: 1 };
        for order in [["Shop", "shop", "SHOP"], ["SHOP", "Shop", "shop"], ["shop", "SHOP", "Shop"]] {
            let mut customer = Customer::new(CustomerId::created_by(by), by);
            for name in order {
                customer.link(name);
            }
            assert_eq!(customer.touchpoints, BTreeSet::from(["SHOP".to_owned()]));
            assert!(order.iter().all(|name| !customer.link(name)), "nothing changes any more");
            assert!(customer.link("Магазин") && !customer.link("магазин"));
        }
    }
}
