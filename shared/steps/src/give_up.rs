//! Giving up a batch.

use std::collections::BTreeSet;

use domain::decide::Row;
use domain::imports::row_rules;
use domain::messages::BatchMessage;
use domain::plan::BatchNumbers;
use stores::Stores;
use stores::imports::Intent;

use crate::StepError;
use crate::advance::{Delivery, advance};
use crate::batch_records::batch_records;
use crate::count::{ReadBatch, count};
use crate::may_apply::{MayApply, may_apply};

/// Times that an intent is read again because another attempt amended it meanwhile.
const ATTEMPTS: u32 = 20;

/// Gives up all rows of a batch whose processing always died, unless it is counted. They come back in the report.
///
/// # Errors
/// When a store fails, or the batch's rows cannot be read.
pub async fn give_up(stores: &Stores, message: &BatchMessage) -> Result<(), StepError> {
    let (id, number) = (message.import, message.batch);
    let page = stores.ledger.page(id, BatchNumbers::page(number)).await?;
    if page.done.contains(&number) {
        return Ok(advance(stores, id, number, &page, Delivery::Again).await?);
    }
    let Some(import) = stores.imports.get(id).await? else { return Ok(()) };
    if import.plan != message.plan {
        return Err(StepError::OtherPlan);
    }
    let setup = stores.imports.setup(&import).await?;
    let checked = setup.checked.as_ref().ok_or(StepError::NotChecked)?;
    let records = batch_records(stores, message, checked).await?;
    let rows = Row::parse_all(&records, checked, &row_rules(&setup.request, id.launched(), checked));
    let numbers = records.numbers();
    let request = &setup.request;
    let batch = ReadBatch { import: id, number, records: &records, rows: &rows, checked, request };
    for _ in 0..ATTEMPTS {
        let noted = stores.intents.get(id, number, &numbers).await?;
        if noted.is_none() && may_apply(&import, number, false) == MayApply::No {
            return Ok(());
        }
        let all: BTreeSet<u32> = (0..).zip(&rows).map(|(row, _)| row).collect();
        let intent = Intent::giving_up(noted, rows.len(), all);
        if !stores.intents.note(id, number, &numbers, &intent, stores.clock.now()).await?.is_done() {
            continue;
        }
        let Some(import) = stores.imports.get(id).await? else { return Ok(()) };
        return match may_apply(&import, number, true) {
            MayApply::Yes => Ok(count(stores, batch, &intent).await?),
            MayApply::AskLater => Err(StepError::Stopping),
            MayApply::No => Ok(()),
        };
    }
    Err(StepError::Contended)
}
