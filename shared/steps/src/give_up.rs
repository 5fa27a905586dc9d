//! Giving up on a batch.

use domain::messages::BatchMessage;
use domain::plan::BatchNumbers;
use domain::report;
use stores::Stores;
use stores::imports::GIVEN_UP;

use crate::StepError;
use crate::batch_records::batch_records;
use crate::count::{advance, count};
use crate::report_part::put_report_part;

/// Counts a batch that could not be processed, unless it is counted. Its rows come back in the report.
///
/// # Errors
/// When a store fails, or the batch's rows cannot be read.
pub async fn give_up(stores: &Stores, batch: &BatchMessage) -> Result<(), StepError> {
    let (import, number) = (batch.import, batch.batch);
    let page = stores.ledger.page(import, BatchNumbers::page(number)).await?;
    if page.done.contains(&number) {
        return Ok(advance(stores, import, number, &page).await?);
    }
    let setup = stores.imports.setup(import).await?;
    let checked = setup.checked.as_ref().ok_or(StepError::NotChecked)?;
    let records = batch_records(stores, batch, checked).await?;
    let (lines, counters) = report::unprocessed(&records, checked);
    put_report_part(stores, import, number, GIVEN_UP, &lines).await?;
    Ok(count(stores, import, number, &counters, GIVEN_UP).await?)
}
