//! Counting a batch.

use domain::decide::{self, Row};
use domain::imports::{ImportId, ImportRequest};
use domain::keys::PartOf;
use domain::plan::{BatchRecords, Checked};
use domain::report::{self, RowResult};
use stores::imports::{Counted, Intent};
use stores::{StoreError, Stores};

use crate::advance::{Delivery, advance};
use crate::report_part::put_report_part;

/// A batch to be counted.
#[derive(Debug, Clone, Copy)]
pub struct ReadBatch<'a> {
    /// The import.
    pub import: ImportId,
    /// The batch's number.
    pub number: u32,
    /// Its records.
    pub records: &'a BatchRecords,
    /// Its rows, parsed.
    pub rows: &'a [Row],
    /// What the check found.
    pub checked: &'a Checked,
    /// The import's settings.
    pub request: &'a ImportRequest,
}

/// Keeps what a batch leaves for the report and the results, and counts it as this intent says, unless it is counted already; then does what
/// follows.
///
/// # Errors
/// When a store fails.
pub async fn count(stores: &Stores, batch: ReadBatch<'_>, intent: &Intent) -> Result<(), StoreError> {
    let fates = decide::counted_fates(&intent.fates, &intent.given_up);
    let lines = if batch.request.undoes.is_some() {
        report::undo_lines(batch.records, batch.rows, &fates)
    } else {
        report::lines(batch.import, batch.records, batch.checked, batch.rows, &fates)
    };
    let part = (batch.import, batch.number, intent.revision);
    put_report_part(stores, PartOf::Report, part, &lines).await?;
    if batch.request.results {
        let results = RowResult::of_batch(batch.import, batch.request.dry_run, batch.records, &fates);
        put_report_part(stores, PartOf::Results, part, &results).await?;
    }
    let counters = decide::count(batch.rows, &fates);
    let (page, counted) = stores.ledger.count(batch.import, batch.number, &counters, intent.revision).await?;
    if counted == Counted::JustNow {
        figures::rows(&counters);
    }
    advance(stores, batch.import, batch.number, &page, Delivery::First).await
}
