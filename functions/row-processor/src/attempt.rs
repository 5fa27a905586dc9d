//! One attempt at a batch: decide, note the intent, write, and count.

use std::collections::BTreeSet;
use std::ops::Range;

use domain::decide::{self, Row, Terms};
use domain::imports::row_rules;
use domain::messages::BatchMessage;
use domain::plan::BatchNumbers;
use steps::{MayApply, ReadBatch, StepError, batch_records, count, may_apply};
use stores::customers::{Customers, ForecastCustomers};
use stores::imports::Intent;

use crate::batch::{Applied, Batch};
use crate::narrow::Narrowing;
use crate::{BatchError, Received, RowProcessor};

/// Times that a batch is decided again because its customers changed meanwhile.
pub(crate) const DECISIONS: usize = 20;

impl RowProcessor {
    /// Processes a batch, however often it comes.
    pub(crate) async fn batch(&self, message: &BatchMessage, received: Received) -> Result<(), BatchError> {
        let (id, number) = (message.import, message.batch);
        let page = self.stores.ledger.page(id, BatchNumbers::page(number)).await?;
        if page.done.contains(&number) {
            return self.counted_before(message, &page, received).await;
        }
        let Some(import) = self.stores.imports.get(id).await? else { return Ok(()) };
        if import.plan != message.plan {
            return Err(StepError::OtherPlan.into());
        }
        let setup = self.setup(&import).await?;
        let checked = setup.checked.as_ref().ok_or(StepError::NotChecked)?;
        let records = batch_records(&self.stores, message, checked).await?;
        let numbers = records.numbers();
        let noted = self.stores.intents.get(id, number, &numbers).await?;
        match may_apply(&import, number, noted.is_some()) {
            MayApply::Yes => {}
            MayApply::AskLater => return Err(StepError::Stopping.into()),
            MayApply::No => {
                tracing::info!(state = import.state.as_str(), "left out: the import has ended");
                return Ok(());
            }
        }
        let rows = Row::parse_all(&records, checked, &row_rules(&setup.request, id.launched(), checked));
        let mut terms = Terms::new(id, &setup.request, &setup.catalogue, checked);
        // What a forecast writes is seen by nobody, so no earlier import overwrites it.
        terms.restamps_unchanged = import.earlier_imports_open && !setup.request.dry_run;
        terms.keeps_former = !setup.request.dry_run;
        terms.foretells = setup.request.dry_run;
        let undo = match setup.request.undoes {
            Some(undoes) => Some(self.undo(id, undoes, &records).await?),
            None => None,
        };
        let request = &setup.request;
        let read = ReadBatch { import: id, number, records: &records, rows: &rows, checked, request };
        let batch = Batch { read, numbers, terms, is_forecast: setup.request.dry_run, run: import.run, undo };
        let all = 0..rows.len();
        let applied = match self.apply(&batch, all.clone(), noted).await {
            Err(error) if self.is_given_up(&error, received) => {
                tracing::error!(%error, "a batch cannot be processed; the rows that fail are looked for");
                Narrowing::new(self, &batch, received.deadline, self.is_last(received)).apply(all).await?
            }
            applied => applied?,
        };
        match applied {
            Applied::Stored(intent) => {
                count(&self.stores, batch.read, &intent).await?;
                match setup.request.undoes.filter(|_| !batch.is_forecast) {
                    Some(undoes) => self.undo_again_later(message, &import, undoes).await,
                    None => Ok(()),
                }
            }
            Applied::CountedBefore(page) => self.counted_before(message, &page, received).await,
            Applied::LeftOut => Ok(()),
        }
    }

    /// Whether a batch that failed so is not tried again as a whole.
    fn is_given_up(&self, error: &BatchError, received: Received) -> bool {
        !error.can_retry() || self.is_last(received) && !error.is_stopping()
    }

    /// Whether the message goes to the dead letters if it fails once more.
    const fn is_last(&self, received: Received) -> bool {
        received.receives >= self.max_receives
    }

    /// The intent of a batch.
    pub(crate) async fn noted(&self, batch: &Batch<'_>) -> Result<Option<Intent>, BatchError> {
        Ok(self.stores.intents.get(batch.read.import, batch.read.number, &batch.numbers).await?)
    }

    /// Decides and writes some rows of a batch until what was decided is what is stored.
    pub(crate) async fn apply(
        &self,
        batch: &Batch<'_>,
        rows: Range<usize>,
        noted: Option<Intent>,
    ) -> Result<Applied, BatchError> {
        // Boxed, because the futures of SDK calls are deep types, and the compiler follows them only so far.
        let forecast = || ForecastCustomers::over(&self.customers, batch.read.import);
        match (&batch.undo, batch.is_forecast) {
            (None, false) => Box::pin(self.apply_to(&self.customers, batch, rows, noted)).await,
            (None, true) => Box::pin(self.apply_to(&forecast(), batch, rows, noted)).await,
            (Some(undo), false) => Box::pin(self.undo_in(&self.customers, batch, undo, rows, noted)).await,
            (Some(undo), true) => Box::pin(self.undo_in(&forecast(), batch, undo, rows, noted)).await,
        }
    }

    async fn apply_to(
        &self,
        customers: &impl Customers,
        batch: &Batch<'_>,
        range: Range<usize>,
        mut noted: Option<Intent>,
    ) -> Result<Applied, BatchError> {
        let (id, number) = (batch.read.import, batch.read.number);
        let rows = batch.read.rows.get(range.clone()).unwrap_or_default();
        let mut may_have_left_traces = noted.is_some();
        for _ in 0..DECISIONS {
            let prior = noted.as_ref().and_then(|intent| intent.fates.get(range.clone())).unwrap_or_default();
            let stored = self.stored(customers, rows, &batch.terms, prior).await?;
            // The page is read after the customers. What was read before the batch was counted holds nothing of the
            // batches that come after it, and a decision on it can only be written while that is so.
            let page = self.stores.ledger.page(id, BatchNumbers::page(number)).await?;
            if page.done.contains(&number) {
                if may_have_left_traces {
                    self.remove_late_traces(batch).await?;
                }
                return Ok(Applied::CountedBefore(page));
            }
            let decision = decide::decide(rows, stored, &batch.terms, prior);
            // Before the intent: once that says that a row is rejected, nobody looks for its traces again.
            for (customer, traces) in &decision.traces {
                self.stores.erasures.add_traces(*customer, traces).await?;
            }
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
            self.keep_former(batch, &decision.former).await?;
            self.keep_samples(batch, &decision.samples).await?;
            let written = if batch.is_forecast {
                self.write_forecast(customers, &decision).await?
            } else {
                self.write(customers, (id, batch.run), &decision).await?
            };
            if written.is_done() {
                if may_have_left_traces && !batch.is_forecast {
                    self.remove_left_traces(batch, &intent).await?;
                }
                return Ok(Applied::Stored(intent));
            }
            may_have_left_traces = true;
        }
        Err(BatchError::Contended)
    }

    /// Notes an intent of a batch; false if another attempt was quicker.
    pub(crate) async fn note(&self, batch: &Batch<'_>, intent: &Intent) -> Result<bool, BatchError> {
        let ReadBatch { import, number, .. } = batch.read;
        let now = self.stores.clock.now();
        Ok(self.stores.intents.note(import, number, &batch.numbers, intent, now).await?.is_done())
    }

    /// Notes that these rows of a batch are given up.
    pub(crate) async fn give_up_rows(&self, batch: &Batch<'_>, rows: &BTreeSet<u32>) -> Result<Applied, BatchError> {
        for _ in 0..DECISIONS {
            let intent = Intent::giving_up(self.noted(batch).await?, batch.numbers.len(), rows.clone());
            if !self.note(batch, &intent).await? {
                continue;
            }
            return match self.may_apply(batch).await? {
                MayApply::Yes => Ok(Applied::Stored(intent)),
                MayApply::AskLater => Err(StepError::Stopping.into()),
                MayApply::No => Ok(Applied::LeftOut),
            };
        }
        Err(BatchError::Contended)
    }

    /// Whether a batch with a noted intent may be applied. An import that is stopped after this waits for the batch
    /// (`steps::settle`).
    pub(crate) async fn may_apply(&self, batch: &Batch<'_>) -> Result<MayApply, BatchError> {
        let import = self.stores.imports.get(batch.read.import).await?;
        Ok(import.map_or(MayApply::No, |import| may_apply(&import, batch.read.number, true)))
    }
}

/// The intent once some rows of a batch are decided; the one before it, if nothing changed.
pub(crate) fn amended(noted: Option<&Intent>, rows: usize, range: Range<usize>, decided: &[decide::Fate]) -> Intent {
    let mut fates = noted.map_or_else(|| vec![None; rows], |intent| intent.fates.clone());
    for (fate, decided) in fates.iter_mut().skip(range.start).zip(decided) {
        *fate = Some(decided.clone());
    }
    match noted {
        Some(before) if before.fates == fates && before.given_up.is_empty() => before.clone(),
        before => Intent { revision: before.map_or(0, |intent| intent.revision) + 1, fates, given_up: BTreeSet::new() },
    }
}
