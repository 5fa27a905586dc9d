//! Waiting for the batches of a stopped import that may be half-way: then its counters are final.
//!
//! A worker notes its intent, then reads the import, and writes only if the import goes on or waits for the batch. The
//! import is stopped first, and the intents are read after that. So a worker that saw the import going on noted its
//! intent before it was stopped, and that intent is found here.

use std::collections::BTreeSet;

use domain::plan::BATCHES_PER_PAGE;
use stores::imports::Import;
use stores::{StoreError, Stores};

/// Whether a stopped import may end.
#[derive(Debug)]
pub enum Settled {
    /// No batch is half-way any more.
    Yes(Box<Import>),
    /// These batches are not counted yet; each calls the finisher once it is.
    WaitsFor(BTreeSet<u32>),
    /// The import has ended, or goes on.
    No,
}

/// Says whether a stopped import may end. The first time it notes which batches to wait for.
///
/// # Errors
/// When a store fails.
pub async fn settle(stores: &Stores, import: &Import) -> Result<Settled, StoreError> {
    let settled = match &import.settling {
        Some(_) => Some(import.clone()),
        None => stores.imports.settle(import, &half_way(stores, import).await?).await?,
    };
    let Some(import) = settled else { return Ok(Settled::No) };
    let counted = counted(stores, &import).await?;
    let left: BTreeSet<u32> =
        import.settling.iter().flatten().copied().filter(|batch| !counted.contains(batch)).collect();
    Ok(if left.is_empty() { Settled::Yes(Box::new(import)) } else { Settled::WaitsFor(left) })
}

/// The batches that an attempt noted an intent of and that are not counted.
async fn half_way(stores: &Stores, import: &Import) -> Result<BTreeSet<u32>, StoreError> {
    let counted = counted(stores, import).await?;
    let pages: Vec<u32> = import.numbers.pages_of(import.wave).collect();
    let mut half_way = BTreeSet::new();
    // Full pages are passed over: their intents need not be read.
    for open in pages.split(|page| is_full(import, *page, &counted)) {
        if let (Some(first), Some(last)) = (open.first(), open.last()) {
            let batches = first * BATCHES_PER_PAGE..(last + 1) * BATCHES_PER_PAGE;
            half_way.extend(stores.intents.noted(import.id, batches).await?);
        }
    }
    Ok(half_way.into_iter().filter(|batch| !counted.contains(batch)).collect())
}

fn is_full(import: &Import, page: u32, counted: &BTreeSet<u32>) -> bool {
    let first = page * BATCHES_PER_PAGE;
    counted.range(first..first + BATCHES_PER_PAGE).count() >= import.numbers.page_size(page) as usize
}

async fn counted(stores: &Stores, import: &Import) -> Result<BTreeSet<u32>, StoreError> {
    Ok(stores.ledger.pages(import.id).await?.into_iter().flat_map(|page| page.done).collect())
}
