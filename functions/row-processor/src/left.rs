//! What attempts at a batch left behind.

use std::collections::{BTreeMap, BTreeSet};

use domain::customer::{CustomerId, Former, Provenance, SegmentId, Traces};
use domain::decide::{Claim, Stored};
use domain::imports::ImportId;
use domain::row::Identifier;
use steps::former_of;
use stores::StoreError;
use stores::customers::Customers as _;
use stores::imports::Intent;

use crate::attempt::DECISIONS;
use crate::batch::Batch;
use crate::{BatchError, RowProcessor};

impl RowProcessor {
    /// Removes what an earlier attempt at a batch left: one that died after it had claimed an identifier or listed a member,
    /// or before it had released one, or that was decided anew. Nobody takes it for true, but nobody would ever delete it.
    pub(crate) async fn remove_left_traces(&self, batch: &Batch<'_>, intent: &Intent) -> Result<(), StoreError> {
        let import = batch.read.import;
        let former = match &batch.undo {
            None => former_of(&self.stores, import, batch.read.number).await?,
            Some(undo) => undo.former(),
        };
        self.remove_traces(import, &former, intent).await
    }

    /// Removes what this attempt at a batch left that another one counted meanwhile. Later batches may have changed the
    /// same customers since, so that what this attempt claimed is theirs no more.
    pub(crate) async fn remove_late_traces(&self, batch: &Batch<'_>) -> Result<(), BatchError> {
        let Some(counted) = self.noted(batch).await?.filter(|_| !batch.is_forecast) else { return Ok(()) };
        Ok(self.remove_left_traces(batch, &counted).await?)
    }

    /// Removes what attempts at a batch left that replaced or were to replace this.
    pub(crate) async fn remove_traces(
        &self,
        import: ImportId,
        former: &BTreeMap<CustomerId, Former>,
        intent: &Intent,
    ) -> Result<(), StoreError> {
        self.release_left_claims(import, intent, former).await?;
        self.leave_left_segments(former, intent).await
    }

    /// Takes customers off the lists of segments on which this batch put them, or from which it moved them, and which their
    /// profiles do not name.
    async fn leave_left_segments(
        &self,
        former: &BTreeMap<CustomerId, Former>,
        intent: &Intent,
    ) -> Result<(), StoreError> {
        let listed: BTreeMap<CustomerId, BTreeMap<SegmentId, Provenance>> =
            former.values().map(|former| (former.customer, former.listed_segments())).collect();
        for _ in 0..DECISIONS {
            let profiles = self.customers.profiles(listed.keys().copied().collect()).await?;
            let (mut fences, mut left) = (Vec::new(), BTreeMap::new());
            for (id, segments) in &listed {
                let stored = profiles.customers.get(id);
                let is_named = |segment: &SegmentId| {
                    stored.is_some_and(|customer| customer.segments.values().any(|held| held.value == *segment))
                };
                // Another import may be about to write a customer who is not stored.
                let is_written = stored.is_some() || profiles.erased.contains_key(id);
                let is_ours = |by: &Provenance| *id == CustomerId::created_by(*by) && !intent.decides_on(*id);
                let before = left.len();
                let segments =
                    segments.iter().filter(|(segment, by)| !is_named(segment) && (is_written || is_ours(by)));
                left.extend(segments.map(|(segment, by)| ((segment.clone(), *id), *by)));
                if let Some(customer) = stored.filter(|_| left.len() > before) {
                    fences.push((*id, customer.version));
                }
            }
            // A slower copy of this attempt may be about to write one of these segments into the profile.
            if left.is_empty() || self.customers.fence(&fences).await?.is_done() {
                return self.segments.leave(&left).await;
            }
        }
        Ok(())
    }

    async fn release_left_claims(
        &self,
        import: ImportId,
        intent: &Intent,
        former: &BTreeMap<CustomerId, Former>,
    ) -> Result<(), StoreError> {
        let keys: BTreeSet<String> = former.values().flat_map(Former::identifier_keys).collect();
        let stored = self.customers.stored(&keys, BTreeSet::new()).await?;
        let mut left = Vec::new();
        for (key, claim) in &stored.claims {
            let was_touched =
                former.get(&claim.customer).is_some_and(|former| former.identifier_keys().any(|own| own == *key));
            if !was_touched {
                continue;
            }
            if stored.erased.contains_key(&claim.customer) {
                let identifiers = BTreeSet::from([key.clone()]);
                let traces = Traces { identifiers, ..Traces::default() };
                self.stores.erasures.add_traces(claim.customer, &traces).await?;
            } else if is_left(key, claim, &stored, import, intent) {
                left.push((key.clone(), *claim));
            }
        }
        self.customers.release(&left).await
    }
}

/// Whether an attempt left a claim that nobody will use: for a customer who does not list the identifier, or for one whom
/// the batch was to create and, as it is decided now, does not.
fn is_left(key: &str, claim: &Claim, stored: &Stored, import: ImportId, intent: &Intent) -> bool {
    match stored.customers.get(&claim.customer) {
        Some(customer) => Identifier::from_key(key).is_some_and(|identifier| !customer.lists(&identifier)),
        None => {
            let was_to_be_created = claim.by.import == import && claim.customer == CustomerId::created_by(claim.by);
            was_to_be_created && !intent.decides_on(claim.customer)
        }
    }
}
