//! Erasing a customer beside imports that are under way.
//!
//! A worker may have read the customer before it was erased, and a batch may be delivered again hours later. So an
//! erased customer is marked as such in place of its profile, and every write that was decided on the profile fails.
//! Its identifiers stay claimed until every import that was launched before has ended: rows of those imports that name
//! one of them are refused, and imports that were launched later may take them.
//!
//! ```text
//! recorded ──> marked ──> feed and memberships gone ──> those imports have ended ──> identifiers, mark and record gone
//! ```

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::id::CustomerId;
use super::segment::SegmentId;
use crate::imports::ImportId;

/// How long after the mark a worker may still write what it decided before: longer than any function runs, plus what
/// clocks may differ by.
const LAST_WRITES: SignedDuration = SignedDuration::from_mins(20);

/// A customer that is being erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The customer.
    pub customer: CustomerId,
    /// The import that was launched last before: it and those before it must not bring the customer back.
    pub up_to: ImportId,
    /// When this was asked for.
    pub at: Timestamp,
    /// What may be left of the customer elsewhere.
    pub traces: Traces,
}

/// Where something of a customer may be stored besides its profile and its feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traces {
    /// The keys of identifiers that may be claimed for it.
    pub identifiers: BTreeSet<String>,
    /// The segments that may list it.
    pub segments: BTreeSet<SegmentId>,
}

impl Erasure {
    /// Whether nobody can write anything of the customer any more, so that the mark may go. `open` are the imports that
    /// have not ended.
    pub fn can_end(&self, open: &BTreeSet<ImportId>, now: Timestamp) -> bool {
        now.duration_since(self.at) >= LAST_WRITES && self.is_unopposed(open)
    }

    /// Whether no import is open that must not bring the customer back.
    pub fn is_unopposed(&self, open: &BTreeSet<ImportId>) -> bool {
        open.iter().all(|import| *import > self.up_to)
    }
}

impl Traces {
    /// Whether nothing of the customer is known to be elsewhere.
    pub fn is_empty(&self) -> bool {
        self.identifiers.is_empty() && self.segments.is_empty()
    }

    /// Adds what is known from elsewhere.
    pub fn extend(&mut self, other: Self) {
        self.identifiers.extend(other.identifiers);
        self.segments.extend(other.segments);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::Provenance;

    #[test]
    fn an_erasure_waits_for_the_imports_before_it_and_for_the_last_writes() {
        let import = |index: u8| ImportId::from_bytes([index; 16]);
        let at: Timestamp = "2026-11-26T10:00:00Z".parse().unwrap();
        let customer = CustomerId::created_by(Provenance { import: import(1), row: 1 });
        let erasure = Erasure { customer, up_to: import(3), at, traces: Traces::default() };
        let (early, late) = (at + SignedDuration::from_mins(19), at + SignedDuration::from_mins(20));
        assert!(erasure.can_end(&BTreeSet::new(), late));
        assert!(!erasure.can_end(&BTreeSet::new(), early), "a worker may still be writing");
        assert!(!erasure.can_end(&BTreeSet::from([import(3)]), late), "import 3 may not bring the customer back");
        assert!(erasure.can_end(&BTreeSet::from([import(4)]), late), "import 4 may");
    }
}
