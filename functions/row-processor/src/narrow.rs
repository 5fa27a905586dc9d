//! A batch that cannot be processed is halved until the rows that fail by themselves are found. Only they are given up.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::Timestamp;

use crate::batch::{Applied, Batch};
use crate::{BatchError, RowProcessor};

/// The search for the rows that a batch fails for.
pub(crate) struct Narrowing<'a> {
    function: &'a RowProcessor,
    batch: &'a Batch<'a>,
    /// From when on no more rows are tried apart: time is needed to count the batch.
    stop_at: Timestamp,
    /// Whether the message comes no more. Until then a row is only given up for an error that cannot pass.
    is_last: bool,
    failing: BTreeSet<u32>,
}

impl<'a> Narrowing<'a> {
    /// A search that ends before half of the time until the deadline is over.
    pub(crate) fn new(function: &'a RowProcessor, batch: &'a Batch<'a>, deadline: Timestamp, is_last: bool) -> Self {
        let now = function.stores.clock.now();
        let stop_at = now + deadline.duration_since(now) / 2;
        Self { function, batch, stop_at, is_last, failing: BTreeSet::new() }
    }

    /// Applies the rows but for those that fail, which are given up. A batch that failed as a whole is halved at once.
    /// If the message comes again, so does a search that met an error that may pass, or that lacked time.
    pub(crate) async fn apply(mut self, rows: Range<usize>) -> Result<Applied, BatchError> {
        let mut left = halves(rows);
        while let Some(rows) = left.pop() {
            match self.try_apart(rows.clone()).await {
                Ok(Applied::Stored(_)) => {}
                Ok(ended) => return Ok(ended),
                Err(error) if error.is_stopping() || error.can_retry() && !self.is_last => return Err(error),
                Err(BatchError::OutOfTime) => self.failing.extend(places(rows)),
                Err(_) if rows.len() > 1 => left.extend(halves(rows)),
                Err(error) => {
                    tracing::error!(%error, row = rows.start, "a row cannot be processed and is given up");
                    self.failing.extend(places(rows));
                    // Noted before a later row is decided, which may now create the customer that this row was to create.
                    self.function.give_up_rows(self.batch, &self.failing).await?;
                }
            }
        }
        self.function.give_up_rows(self.batch, &self.failing).await
    }

    /// Applies some rows if there is time.
    async fn try_apart(&self, rows: Range<usize>) -> Result<Applied, BatchError> {
        if self.function.stores.clock.now() >= self.stop_at {
            return Err(BatchError::OutOfTime);
        }
        let noted = self.function.noted(self.batch).await?;
        self.function.apply(self.batch, rows, noted).await
    }
}

/// The places in a batch of some of its rows, as an intent has them.
fn places(rows: Range<usize>) -> impl Iterator<Item = u32> {
    rows.filter_map(|row| u32::try_from(row).ok())
}

/// The halves of some rows, the first one last: it is taken first. A single row is its own half.
fn halves(rows: Range<usize>) -> Vec<Range<usize>> {
    let middle = rows.start + rows.len().div_ceil(2);
    [middle..rows.end, rows.start..middle].into_iter().filter(|half| !half.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_taken_in_the_order_of_rows() {
        assert_eq!(halves(0..5), [3..5, 0..3]);
        assert_eq!(halves(4..5).first(), Some(&(4..5)));
        assert_eq!(halves(4..5).len(), 1);
        assert_eq!(halves(4..4), Vec::<Range<usize>>::new());
    }
}
