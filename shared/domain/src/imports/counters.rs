//! The counters of an import.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::foretold::ForetoldCounters;
use super::request::ImportRequest;
use crate::codes::{Outcome, RowCode};

/// How many rows had which outcome, and how often each code was given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Rows that created a customer.
    pub created: u64,
    /// Rows that changed a known customer.
    pub updated: u64,
    /// Rows whose customer already had their values.
    pub unchanged: u64,
    /// Rows that could not be applied.
    pub rejected: u64,
    /// Rows that were never applied.
    pub unprocessed: u64,
    /// Values that were left out of rows that were applied.
    pub warnings: u64,
    /// Errors and warnings by code.
    pub codes: BTreeMap<RowCode, u64>,
    /// What would change, in a forecast.
    #[serde(default, skip_serializing_if = "ForetoldCounters::is_empty")]
    pub foretold: ForetoldCounters,
}

impl Counters {
    /// Rows that have an outcome.
    pub fn rows(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.rejected + self.unprocessed
    }

    /// The counters of an import or an undo as clients see them.
    pub fn shown_of(&self, request: &ImportRequest, rows: u64) -> serde_json::Value {
        if request.undoes.is_some() { self.shown_of_undo(rows) } else { self.shown(rows) }
    }

    /// The counters as clients see them, with the number of rows of the file.
    pub fn shown(&self, rows: u64) -> serde_json::Value {
        serde_json::json!({
            "rows": rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "unprocessed": self.unprocessed,
            "warnings": self.warnings,
        })
    }

    /// The counters of an undo as clients see them: what one batch had done to one customer counts as one.
    fn shown_of_undo(&self, rows: u64) -> serde_json::Value {
        serde_json::json!({
            "rows": rows,
            "reverted": self.updated,
            "kept": self.unchanged,
            "failed": self.rejected + self.unprocessed,
        })
    }

    /// Counts one row.
    pub fn add_row(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Created => &mut self.created,
            Outcome::Updated => &mut self.updated,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Rejected => &mut self.rejected,
            Outcome::Unprocessed => &mut self.unprocessed,
        } += 1;
    }

    /// Adds the counters of another page or batch.
    pub fn add(&mut self, other: &Counters) {
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.rejected += other.rejected;
        self.unprocessed += other.unprocessed;
        self.warnings += other.warnings;
        for (code, count) in &other.codes {
            *self.codes.entry(*code).or_default() += count;
        }
        self.foretold.add(&other.foretold);
    }
}
