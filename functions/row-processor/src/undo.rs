//! Batches of an undo, and what batches of other imports keep for it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use domain::customer::{CustomerId, Former, pack_former};
use domain::decide::Stored;
use domain::imports::ImportId;
use domain::keys::ObjectKey;
use domain::messages::BatchMessage;
use domain::plan::{BatchNumbers, BatchRecords, batch_of, customer_of};
use domain::row::Identifier;
use domain::undo::{UndoRow, UndoTerms, decide_undo};
use steps::{MayApply, StepError, former_of};
use stores::StoreError;
use stores::customers::Customers;
use stores::imports::Intent;

use crate::attempt::{DECISIONS, amended};
use crate::batch::{Applied, Batch, Undo};
use crate::counted::Counted;
use crate::{BatchError, RowProcessor};

impl RowProcessor {
    /// Keeps what a batch is about to replace. It is kept before anything is written, so that nothing is replaced for
    /// good; what an attempt keeps and then does not write does no harm, because only values with the import's stamp are
    /// put back.
    pub(crate) async fn keep_former(&self, batch: &Batch<'_>, former: &[Former]) -> Result<(), StoreError> {
        if former.is_empty() {
            return Ok(());
        }
        let bytes = pack_former(former);
        let (import, number) = (batch.read.import, batch.read.number);
        let key = ObjectKey::former(import, number, &bytes).to_string();
        self.stores.bucket.put(&key, "application/octet-stream", bytes).await
    }

    /// The rows of an undo, each with what a batch of the import replaced.
    pub(crate) async fn undo(
        &self,
        id: ImportId,
        undoes: ImportId,
        records: &BatchRecords,
    ) -> Result<Undo, BatchError> {
        let mut kept: BTreeMap<u32, BTreeMap<CustomerId, Former>> = BTreeMap::new();
        let mut rows = Vec::with_capacity(records.len());
        for index in 0..records.len() {
            let (number, _, cells) = records.record(index);
            let former = match (customer_of(&cells), batch_of(&cells)) {
                (Some(customer), Some(batch)) => {
                    let former = match kept.entry(batch) {
                        Entry::Occupied(read) => read.into_mut(),
                        Entry::Vacant(unread) => unread.insert(former_of(&self.stores, undoes, batch).await?),
                    };
                    former.get(&customer).cloned()
                }
                _ => None,
            };
            rows.push(UndoRow { number, former });
        }
        let is_latest = !self.stores.imports.has_other_after(undoes, id).await?;
        Ok(Undo { terms: UndoTerms { undoes, is_latest }, rows })
    }

    /// Decides and writes some rows of an undo until what was decided is what is stored.
    pub(crate) async fn undo_in(
        &self,
        customers: &impl Customers,
        batch: &Batch<'_>,
        undo: &Undo,
        range: Range<usize>,
        mut noted: Option<Intent>,
    ) -> Result<Applied, BatchError> {
        let (id, number) = (batch.read.import, batch.read.number);
        let rows = undo.rows.get(range.clone()).unwrap_or_default();
        let mut may_have_left_traces = noted.is_some();
        for _ in 0..DECISIONS {
            let prior = noted.as_ref().and_then(|intent| intent.fates.get(range.clone())).unwrap_or_default();
            let (stored, foreign) = self.undo_on(customers, rows, undo.terms.undoes).await?;
            let page = self.stores.ledger.page(id, BatchNumbers::page(number)).await?;
            if page.done.contains(&number) {
                if may_have_left_traces {
                    self.remove_late_traces(batch).await?;
                }
                return Ok(Applied::CountedBefore(page));
            }
            let decision = decide_undo(rows, &stored, &foreign, undo.terms, prior);
            let intent = amended(noted.as_ref(), batch.numbers.len(), range.clone(), &decision.fates);
            if noted.as_ref() != Some(&intent) && !self.note(batch, &intent).await? {
                noted = self.noted(batch).await?;
                continue;
            }
            match self.may_apply(batch).await? {
                MayApply::Yes => {}
                MayApply::AskLater => return Err(StepError::Stopping.into()),
                MayApply::No => return Ok(Applied::LeftOut),
            }
            noted = Some(intent.clone());
            let written = if batch.is_forecast {
                self.write_forecast_stages(customers, &decision.stages).await?
            } else {
                self.write_undo(customers, (id, batch.run), undo.terms.undoes, &decision).await?
            };
            if written.is_done() {
                return Ok(Applied::Stored(intent));
            }
            may_have_left_traces = true;
        }
        Err(BatchError::Contended)
    }

    /// What rows of an undo are decided on: what is stored, and the customers whose feeds have entries of other imports.
    async fn undo_on(
        &self,
        customers: &impl Customers,
        rows: &[UndoRow],
        undoes: ImportId,
    ) -> Result<(Stored, BTreeSet<CustomerId>), StoreError> {
        let stored = stored(customers, rows).await?;
        let created = stored.customers.values().filter(|customer| customer.created_by.import == undoes);
        let created = created.map(|customer| customer.id).collect();
        let foreign = self.customers.with_foreign_feeds(undoes, created).await?;
        Ok((stored, foreign))
    }

    /// Takes back once more what a counted batch of an undo took back. A slow worker of the import may have written it again
    /// meanwhile: a customer whom the undo deleted, or an entry of a feed. By now none of them runs any more.
    pub(crate) async fn undo_again(&self, message: &BatchMessage) -> Result<(), BatchError> {
        let Some(Counted { import, undo: Some(undo), .. }) = self.counted(message).await? else { return Ok(()) };
        let undoes = undo.terms.undoes;
        for _ in 0..DECISIONS {
            let (stored, foreign) = self.undo_on(&self.customers, &undo.rows, undoes).await?;
            let decision = decide_undo(&undo.rows, &stored, &foreign, undo.terms, &[]);
            let run = (import.id, import.run);
            if self.write_undo(&self.customers, run, undoes, &decision).await?.is_done() {
                return Ok(());
            }
        }
        Err(BatchError::Contended)
    }
}

/// The customers that rows of an undo name, and the claims on all identifiers that they had or have.
async fn stored(customers: &impl Customers, rows: &[UndoRow]) -> Result<Stored, StoreError> {
    let former = || rows.iter().filter_map(|row| row.former.as_ref());
    let ids: BTreeSet<CustomerId> = former().map(|former| former.customer).collect();
    let mut stored = customers.stored(&BTreeSet::new(), ids).await?;
    let held = stored.customers.values().flat_map(|customer| customer.identifiers.values());
    let held = held.filter_map(|stamped| stamped.value.as_ref().map(Identifier::key));
    let keys: BTreeSet<String> = held.chain(former().flat_map(Former::identifier_keys)).collect();
    let Stored { claims, customers: holders, erased, suppressed, .. } =
        customers.stored(&keys, BTreeSet::new()).await?;
    stored.claims = claims;
    stored.suppressed = suppressed;
    // As they were read first: whoever changed since fails the write.
    for (id, holder) in holders {
        stored.customers.entry(id).or_insert(holder);
    }
    stored.erased.extend(erased);
    Ok(stored)
}
