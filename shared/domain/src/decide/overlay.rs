//! What is stored, as it will be once the rows so far are applied, and the writes that lead there.

use std::collections::BTreeSet;

use super::vocabulary::{Decision, Row, Stage, Stored, Terms};
use crate::customer::{Customer, CustomerId, Provenance};

/// What is stored, as it will be once the rows so far are applied.
pub(super) struct Overlay<'a> {
    pub(super) terms: &'a Terms,
    pub(super) stored: Stored,
    pub(super) decision: Decision,
    pub(super) stage: Stage,
    pub(super) dirty: BTreeSet<CustomerId>,
    /// The row numbers of the batch.
    pub(super) numbers: BTreeSet<u64>,
    /// Whether a stored customer has a value that this batch set.
    pub(super) landed: bool,
    /// Identifiers that a customer loses in this stage. Another customer may take them only in the next one.
    pub(super) dropped: BTreeSet<String>,
}

impl<'a> Overlay<'a> {
    pub(super) fn new(rows: &[Row], stored: Stored, terms: &'a Terms) -> Self {
        let numbers: BTreeSet<u64> = rows.iter().map(|row| row.number).collect();
        let of_batch = |by: Provenance| by.import == terms.import && numbers.contains(&by.row);
        let landed = stored.customers.values().any(|customer| customer.stamps().any(of_batch));
        Self {
            numbers,
            landed,
            terms,
            stored,
            decision: Decision::default(),
            stage: Stage::default(),
            dirty: BTreeSet::new(),
            dropped: BTreeSet::new(),
        }
    }

    pub(super) fn customer(&mut self, id: CustomerId, by: Provenance) -> &mut Customer {
        self.stored.customers.entry(id).or_insert_with(|| Customer::new(id, by))
    }

    pub(super) fn end_stage(&mut self) {
        for id in std::mem::take(&mut self.dirty) {
            if let Some(customer) = self.stored.customers.get_mut(&id) {
                self.stage.profiles.push(customer.clone());
                customer.version += 1;
            }
        }
        for (key, _) in &self.stage.releases {
            self.stored.claims.remove(key);
        }
        self.dropped.clear();
        let stage = std::mem::take(&mut self.stage);
        if stage != Stage::default() {
            self.decision.stages.push(stage);
        }
    }
}
