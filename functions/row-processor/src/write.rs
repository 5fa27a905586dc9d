//! Writing what was decided, stage by stage.

use std::collections::{BTreeMap, BTreeSet};

use domain::customer::{Customer, CustomerId, Segment, SegmentId};
use domain::decide::{Decision, Stage};
use domain::imports::ImportId;
use domain::undo::UndoDecision;
use stores::catalogue::ImportRun;
use stores::customers::Customers;
use stores::{StoreError, Written};

use crate::RowProcessor;

impl RowProcessor {
    /// Writes a decision. `Superseded` if something changed since it was read: decide again.
    pub(crate) async fn write(
        &self,
        customers: &impl Customers,
        run: ImportRun,
        decision: &Decision,
    ) -> Result<Written, StoreError> {
        self.catalogue.create_all(run, &decision.segments, &decision.actions).await?;
        let created: BTreeSet<SegmentId> = decision.segments.iter().map(Segment::id).collect();
        let joined = joined(&decision.stages).filter(|segment| !created.contains(segment)).cloned().collect();
        self.catalogue.keep_all(run, &joined).await?;
        for stage in &decision.stages {
            if !self.write_stage(customers, stage).await?.is_done() {
                return Ok(Written::Superseded);
            }
        }
        self.customers.add_activities(&decision.activities).await?;
        Ok(Written::Done)
    }

    /// Writes the customers and claims of a decision, which a forecast keeps for its own later rows, and nothing else.
    pub(crate) async fn write_forecast(
        &self,
        customers: &impl Customers,
        decision: &Decision,
    ) -> Result<Written, StoreError> {
        self.write_forecast_stages(customers, &decision.stages).await
    }

    pub(crate) async fn write_forecast_stages(
        &self,
        customers: &impl Customers,
        stages: &[Stage],
    ) -> Result<Written, StoreError> {
        for stage in stages {
            let stage = Stage { joins: BTreeMap::new(), leaves: BTreeMap::new(), ..stage.clone() };
            if !self.write_stage(customers, &stage).await?.is_done() {
                return Ok(Written::Superseded);
            }
        }
        Ok(Written::Done)
    }

    /// Writes what an undo decided.
    pub(crate) async fn write_undo(
        &self,
        customers: &impl Customers,
        run: ImportRun,
        undoes: ImportId,
        decision: &UndoDecision,
    ) -> Result<Written, StoreError> {
        self.catalogue.keep_all(run, &joined(&decision.stages).cloned().collect()).await?;
        for stage in &decision.stages {
            if !self.write_stage(customers, stage).await?.is_done() {
                return Ok(Written::Superseded);
            }
        }
        self.customers.delete_activities(undoes, &decision.feed).await?;
        Ok(Written::Done)
    }

    async fn write_stage(&self, customers: &impl Customers, stage: &Stage) -> Result<Written, StoreError> {
        if !customers.fence(&stage.fences).await?.is_done() || !customers.claim(&stage.claims).await?.is_done() {
            return Ok(Written::Superseded);
        }
        self.segments.join(&stage.joins).await?;
        if !self.write_profiles(customers, &stage.profiles).await?.is_done() {
            return Ok(Written::Superseded);
        }
        if !customers.delete(&stage.deletes).await?.is_done() {
            return Ok(Written::Superseded);
        }
        customers.release(&stage.releases).await?;
        self.segments.leave(&stage.leaves).await?;
        Ok(Written::Done)
    }

    async fn write_profiles(&self, customers: &impl Customers, profiles: &[Customer]) -> Result<Written, StoreError> {
        let written = customers.write(profiles).await?;
        let superseded: Vec<&Customer> = profiles
            .iter()
            .zip(written)
            .filter(|(_, written)| !written.is_done())
            .map(|(profile, _)| profile)
            .collect();
        if superseded.is_empty() {
            return Ok(Written::Done);
        }
        // The answer to an earlier send of the same write may have been lost: then what is stored is what was to be
        // written.
        let ids: BTreeSet<CustomerId> = superseded.iter().map(|customer| customer.id).collect();
        let stored = customers.read(ids).await?;
        let is_stored = |wanted: &&Customer| {
            let after = Customer { version: wanted.version + 1, ..(*wanted).clone() };
            stored.contains(&after)
        };
        Ok(if superseded.iter().all(is_stored) { Written::Done } else { Written::Superseded })
    }
}

/// The segments that customers join.
fn joined(stages: &[Stage]) -> impl Iterator<Item = &SegmentId> {
    stages.iter().flat_map(|stage| stage.joins.keys()).map(|(segment, _)| segment)
}
