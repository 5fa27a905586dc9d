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
    /// From when on rows are given up without being tried apart: time is needed to count the batch.
    stop_at: Timestamp,
    failing: BTreeSet<u32>,
}

impl<'a> Narrowing<'a> {
    /// A search that ends before half of the time until the deadline is over.
    pub(crate) fn new(function: &'a RowProcessor, batch: &'a Batch<'a>, deadline: Timestamp) -> Self {
        let now = function.stores.clock.now();
        let stop_at = now + deadline.duration_since(now) / 2;
        let failing = BTreeSet::new();
        Self { function, batch, stop_at, failing }
    }

    /// Applies the rows but for those that fail, which are given up. A batch that failed as a whole is halved at once.
    pub(crate) async fn apply(mut self, rows: Range<usize>) -> Result<Applied, BatchError> {
        let mut left = halves(rows);
        while let Some(rows) = left.pop() {
            if self.function.stores.clock.now() >= self.stop_at {
                self.give_up(rows);
                continue;
            }
            let noted = self.function.noted(self.batch).await?;
            match self.function.apply(self.batch, rows.clone(), noted).await {
                Ok(Applied::Stored(_)) => {}
                Ok(ended) => return Ok(ended),
                Err(error) if error.is_stopping() => return Err(error),
                Err(_) if rows.len() > 1 => left.extend(halves(rows)),
                Err(error) => {
                    tracing::error!(%error, row = rows.start, "a row cannot be processed and is given up");
                    self.give_up(rows);
                }
            }
        }
        self.function.give_up_rows(self.batch, &self.failing).await
    }

    fn give_up(&mut self, rows: Range<usize>) {
        self.failing.extend(rows.filter_map(|row| u32::try_from(row).ok()));
    }
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
