//! One attempt at a batch: decide, note the intent, apply, report, count, and see what comes next.

use std::collections::BTreeSet;

use shared::batch::{BatchMessage, NotABatch};
use shared::catalogue::{Entry, EntryKind};
use shared::customer::{Customer, CustomerId};
use shared::decide::{self, Decision, Known, Row, Stage, Terms, identifiers};
use shared::ledger::Ledger;
use shared::row::ParsedRow;
use shared::segment::{Segment, folded};
use shared::store::StoreError;
use shared::store::batches::Page;
use shared::store::customers::Customers;
use shared::store::intents::Intent;
use shared::store::tasks::Definition;
use shared::task::State;

use crate::{BatchError, RowProcessor};

/// Times that a batch is decided again because its customers changed meanwhile.
const DECISIONS: usize = 20;

/// What came of the writes of a batch.
enum Applied {
    /// They are stored, as this intent says.
    As(Intent),
    /// Another attempt was quicker, and the batch is counted.
    CountedBefore(Page),
}

impl RowProcessor {
    /// Processes a batch, however often it comes; its message was received so many times.
    pub(crate) async fn batch(&self, batch: &BatchMessage, receives: u32) -> Result<(), BatchError> {
        let page = self.progress.tasks.page(batch.task, Ledger::page(batch.batch)).await?;
        if page.done.contains(&batch.batch) {
            return self.counted_before(batch, &page, receives).await;
        }
        let Some(task) = self.progress.tasks.task(batch.task).await? else { return Ok(()) };
        let definition = self.definition(batch.task).await?;
        let Some(checked) = &definition.checked else {
            return Err(NotABatch("its task is not checked".to_owned()).into());
        };
        let records = self.progress.records(batch, checked).await?;
        let numbers = records.numbers();
        let noted = self.progress.tasks.intent(batch.task, batch.batch, &numbers).await?;
        if task.state != State::Importing && noted.is_none() {
            tracing::info!(state = task.state.as_str(), "left out: the task has ended");
            return Ok(());
        }
        let rules = shared::file::row_rules(&definition.request, batch.task.launched(), checked);
        let rows = records.parse(checked, &rules);
        let mut terms = Terms::new(batch.task, &definition.request, &definition.bound, checked);
        terms.confirms = task.beside_earlier;
        let intent = match self.apply(batch, &numbers, &rows, &terms, &definition, noted).await? {
            Applied::As(intent) => intent,
            Applied::CountedBefore(page) => return self.counted_before(batch, &page, receives).await,
        };
        let lines = records.report(checked, &rows, &intent.fates);
        if !lines.is_empty() {
            self.progress.put_report(batch.task, batch.batch, intent.revision, &lines).await?;
        }
        let counters = decide::count(&rows, &intent.fates);
        Ok(self.progress.count(batch.task, batch.batch, &counters, intent.revision).await?)
    }

    /// What follows a batch is the business of the delivery that counted it. One that finds it counted looks after that
    /// only if the message has come before, so the other may have died: if each copy of a message did, every copy would
    /// send the next ordered batch again, and the copies would multiply along the lane.
    async fn counted_before(&self, batch: &BatchMessage, page: &Page, receives: u32) -> Result<(), BatchError> {
        if receives > 1 {
            self.progress.advance(batch.task, batch.batch, page).await?;
        }
        Ok(())
    }

    /// Decides and writes until what was decided is what is stored.
    async fn apply(
        &self,
        batch: &BatchMessage,
        numbers: &[u64],
        rows: &[Row],
        terms: &Terms,
        definition: &Definition,
        mut noted: Option<Intent>,
    ) -> Result<Applied, BatchError> {
        let dry_run = definition.request.dry_run;
        let customers = if dry_run { self.customers.in_dry_run(batch.task) } else { self.customers.clone() };
        for _ in 0..DECISIONS {
            let known = self.known(&customers, rows, terms, noted.as_ref()).await?;
            // Only then: what was read before the batch was counted holds nothing of the batches that come after it, and
            // what is decided on it can only be written while that is so.
            let page = self.progress.tasks.page(batch.task, Ledger::page(batch.batch)).await?;
            if page.done.contains(&batch.batch) {
                return Ok(Applied::CountedBefore(page));
            }
            let prior = noted.as_ref().map(|intent| intent.fates.as_slice());
            let decision = decide::decide(rows, known, terms, prior);
            let revision = match &noted {
                Some(intent) if intent.fates == decision.fates => intent.revision,
                Some(intent) => intent.revision + 1,
                None => 1,
            };
            let intent = Intent { revision, fates: decision.fates.clone() };
            if noted.as_ref() != Some(&intent) {
                let now = self.progress.clock.now();
                if !self.progress.tasks.note(batch.task, batch.batch, numbers, &intent, now).await? {
                    noted = self.progress.tasks.intent(batch.task, batch.batch, numbers).await?;
                    continue;
                }
            }
            noted = Some(intent.clone());
            if self.write(&customers, &decision, dry_run).await? {
                return Ok(Applied::As(intent));
            }
        }
        Err(BatchError::Contended)
    }

    /// Everything stored that the rows name, and the customers that an earlier attempt chose.
    async fn known(
        &self,
        customers: &Customers,
        rows: &[Row],
        terms: &Terms,
        noted: Option<&Intent>,
    ) -> Result<Known, StoreError> {
        let parsed: Vec<&ParsedRow> = rows.iter().filter_map(|row| row.parsed.as_ref().ok()).collect();
        let keys: BTreeSet<String> =
            parsed.iter().flat_map(|parsed| identifiers(parsed).map(shared::row::Identifier::key)).collect();
        let chosen: Vec<CustomerId> =
            noted.into_iter().flat_map(|intent| &intent.fates).filter_map(|fate| fate.customer).collect();
        let mut known = customers.known(&keys, chosen).await?;
        if let Some(setting) = terms.segment.as_ref().filter(|setting| !setting.create) {
            let mut named = BTreeSet::from([Segment::new(&setting.group, &setting.name).id()]);
            named.extend(parsed.iter().filter_map(|parsed| parsed.segment.as_ref()).map(|segment| {
                Segment::new(segment.group.as_deref().unwrap_or(&terms.segment_group), &segment.name).id()
            }));
            known.segments = self.catalogue.segments(&named).await?.iter().map(Segment::id).collect();
        }
        if terms.source_action.as_ref().is_some_and(|setting| !setting.create) {
            let named: BTreeSet<String> = parsed.iter().filter_map(|parsed| parsed.source_action.clone()).collect();
            let there = self.catalogue.named(EntryKind::SourceAction, &named).await?;
            known.actions = there.iter().map(Entry::id).collect();
        }
        let endpoints: BTreeSet<String> = parsed.iter().filter_map(|parsed| parsed.api_endpoint.clone()).collect();
        for entry in self.catalogue.named(EntryKind::ApiEndpoint, &endpoints).await? {
            if let Entry::ApiEndpoint { name, touchpoint } = entry {
                known.api_endpoints.insert(folded(&name), touchpoint);
            }
        }
        let touchpoints: BTreeSet<String> = parsed.iter().filter_map(|parsed| parsed.touchpoint.clone()).collect();
        let touchpoints = self.catalogue.named(EntryKind::Touchpoint, &touchpoints).await?;
        known.touchpoints = touchpoints.iter().map(Entry::id).collect();
        Ok(known)
    }

    /// Writes a decision; false when something changed since it was read, and it must be decided again. A dry run writes
    /// customers and claims beside what is stored, and nothing else.
    async fn write(&self, customers: &Customers, decision: &Decision, dry_run: bool) -> Result<bool, StoreError> {
        if dry_run {
            for stage in &decision.stages {
                let stage = Stage { joins: BTreeSet::new(), leaves: BTreeSet::new(), ..stage.clone() };
                if !self.write_stage(customers, &stage).await? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        self.catalogue.create_all(&decision.segments, &decision.actions).await?;
        for stage in &decision.stages {
            if !self.write_stage(customers, stage).await? {
                return Ok(false);
            }
        }
        customers.add_activities(&decision.activities).await?;
        Ok(true)
    }

    async fn write_stage(&self, customers: &Customers, stage: &Stage) -> Result<bool, StoreError> {
        if !customers.fence(&stage.fences).await? || !customers.claim(&stage.claims).await? {
            return Ok(false);
        }
        self.segments.join(&stage.joins).await?;
        let written = customers.write(&stage.profiles).await?;
        let refused: Vec<&Customer> =
            stage.profiles.iter().zip(written).filter(|(_, written)| !written).map(|(customer, _)| customer).collect();
        if !refused.is_empty() {
            // The answer to an earlier send may have been lost: what is stored may be what was to be written.
            let ids: Vec<CustomerId> = refused.iter().map(|customer| customer.id).collect();
            let stored = customers.read(ids).await?;
            let landed = |wanted: &&Customer| {
                let after = Customer { version: wanted.version + 1, ..(*wanted).clone() };
                stored.contains(&after)
            };
            if !refused.iter().all(landed) {
                return Ok(false);
            }
        }
        customers.release(&stage.releases).await?;
        self.segments.leave(&stage.leaves).await?;
        Ok(true)
    }
}
