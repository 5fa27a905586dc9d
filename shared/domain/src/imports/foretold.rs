//! What a forecast counts besides the outcomes of rows: who would change.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What a row would be the first of its import to change. Customers who do not exist yet only join segments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foretold {
    /// The attributes and identifiers, by the places of their cells in the record.
    pub cells: BTreeSet<u16>,
    /// How many identifiers.
    pub identifiers: u16,
    /// Whether the customer would join a segment.
    pub joins: bool,
    /// Whether the customer would leave one for that.
    pub leaves: bool,
}

impl Foretold {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What an import would change of customers who exist, and of memberships.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForetoldCounters {
    /// Customers with another value, by the place of the value's column in the file.
    pub customers: BTreeMap<u16, u64>,
    /// Identifiers that they get, lose or change.
    pub identifiers: u64,
    /// Customers who join a segment.
    pub joins: u64,
    /// Those of them who leave another one for that.
    pub leaves: u64,
}

impl ForetoldCounters {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Counts what one row would change.
    pub fn add_row(&mut self, row: &Foretold) {
        for cell in &row.cells {
            *self.customers.entry(*cell).or_default() += 1;
        }
        self.identifiers += u64::from(row.identifiers);
        self.joins += u64::from(row.joins);
        self.leaves += u64::from(row.leaves);
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (cell, count) in &other.customers {
            *self.customers.entry(*cell).or_default() += count;
        }
        self.identifiers += other.identifiers;
        self.joins += other.joins;
        self.leaves += other.leaves;
    }
}
