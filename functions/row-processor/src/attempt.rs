//! One attempt at a batch: decide, note the intent, write, report, count, and do what follows.

use domain::decide::{self, Row, Terms};
use domain::imports::{State, row_rules};
use domain::messages::BatchMessage;
use domain::plan::BatchNumbers;
use domain::report;
use steps::{StepError, advance, batch_records, count, put_report_part};
use stores::customers::{Customers, ForecastCustomers};
use stores::imports::{Intent, LedgerPage};

use crate::{BatchError, RowProcessor};

/// Times that a batch is decided again because its customers changed meanwhile.
const DECISIONS: usize = 20;

/// A batch, ready to be decided.
struct Batch<'a> {
    message: &'a BatchMessage,
    /// The rows' numbers in the file.
    numbers: Vec<u64>,
    rows: Vec<Row>,
    terms: Terms,
}

/// How the writes of a batch ended.
enum Applied {
    /// They are stored, as this intent says.
    Stored(Intent),
    /// Another attempt was quicker, and the batch is counted on this page.
    CountedBefore(LedgerPage),
}

impl RowProcessor {
    /// Processes a batch, however often it comes; its message was received so many times.
    pub(crate) async fn batch(&self, message: &BatchMessage, receives: u32) -> Result<(), BatchError> {
        let (id, number) = (message.import, message.batch);
        let page = self.stores.ledger.page(id, BatchNumbers::page(number)).await?;
        if page.done.contains(&number) {
            return self.counted_before(message, &page, receives).await;
        }
        let Some(import) = self.stores.imports.get(id).await? else { return Ok(()) };
        let setup = self.setup(id).await?;
        let checked = setup.checked.as_ref().ok_or(StepError::NotChecked)?;
        let records = batch_records(&self.stores, message, checked).await?;
        let numbers = records.numbers();
        let noted = self.stores.intents.get(id, number, &numbers).await?;
        if import.state != State::Importing && noted.is_none() {
            tracing::info!(state = import.state.as_str(), "left out: the import has ended");
            return Ok(());
        }
        let rows = Row::parse_all(&records, checked, &row_rules(&setup.request, id.launched(), checked));
        let mut terms = Terms::new(id, &setup.request, &setup.catalogue, checked);
        terms.restamps_unchanged = import.earlier_imports_open;
        let batch = Batch { message, numbers, rows, terms };
        let applied = if setup.request.dry_run {
            self.apply(&ForecastCustomers::over(&self.customers, id), &batch, noted, true).await?
        } else {
            self.apply(&self.customers, &batch, noted, false).await?
        };
        let intent = match applied {
            Applied::Stored(intent) => intent,
            Applied::CountedBefore(page) => return self.counted_before(message, &page, receives).await,
        };
        let lines = report::lines(&records, checked, &batch.rows, &intent.fates);
        if !lines.is_empty() {
            put_report_part(&self.stores, id, number, intent.revision, &lines).await?;
        }
        let counters = decide::count(&batch.rows, &intent.fates);
        Ok(count(&self.stores, id, number, &counters, intent.revision).await?)
    }

    /// What follows a batch is done by the delivery that counted it. A delivery that finds it counted does it again
    /// only if the message came before, because the other delivery may then have died. If every copy of a message
    /// did it, every copy would send the next ordered batch again, and the copies would multiply along the lane.
    async fn counted_before(&self, message: &BatchMessage, page: &LedgerPage, receives: u32) -> Result<(), BatchError> {
        if receives > 1 {
            advance(&self.stores, message.import, message.batch, page).await?;
        }
        Ok(())
    }

    /// Decides and writes until what was decided is what is stored.
    async fn apply(
        &self,
        customers: &impl Customers,
        batch: &Batch<'_>,
        mut noted: Option<Intent>,
        is_forecast: bool,
    ) -> Result<Applied, BatchError> {
        let (id, number) = (batch.message.import, batch.message.batch);
        for _ in 0..DECISIONS {
            let stored = self.stored(customers, &batch.rows, &batch.terms, noted.as_ref()).await?;
            // The page is read after the customers. What was read before the batch was counted holds nothing of the
            // batches that come after it, and a decision on it can only be written while that is so.
            let page = self.stores.ledger.page(id, BatchNumbers::page(number)).await?;
            if page.done.contains(&number) {
                return Ok(Applied::CountedBefore(page));
            }
            let prior = noted.as_ref().map(|intent| intent.fates.as_slice());
            let decision = decide::decide(&batch.rows, stored, &batch.terms, prior);
            let revision = match &noted {
                Some(intent) if intent.fates == decision.fates => intent.revision,
                Some(intent) => intent.revision + 1,
                None => 1,
            };
            let intent = Intent { revision, fates: decision.fates.clone() };
            if noted.as_ref() != Some(&intent) {
                let now = self.stores.clock.now();
                if !self.stores.intents.note(id, number, &batch.numbers, &intent, now).await?.is_done() {
                    noted = self.stores.intents.get(id, number, &batch.numbers).await?;
                    continue;
                }
            }
            noted = Some(intent.clone());
            let written = if is_forecast {
                self.write_forecast(customers, &decision).await?
            } else {
                self.write(customers, &decision).await?
            };
            if written.is_done() {
                return Ok(Applied::Stored(intent));
            }
        }
        Err(BatchError::Contended)
    }
}
