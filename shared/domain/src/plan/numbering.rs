//! The ledger's arithmetic: the number of a batch, the page that counts it, and what comes after it.

use serde::{Deserialize, Serialize};

use super::batch::Lane;

/// Batches that a ledger page counts. With the counters, their numbers stay within one write unit (1 KB) of DynamoDB.
pub const BATCHES_PER_PAGE: u32 = 128;

/// How many batches an import has in each lane. The check knows it before the first batch is sent.
///
/// The ordered lane starts on a page of its own, so that the parallel lane is done when its pages are full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BatchNumbers {
    /// Batches that may run in any order and side by side.
    pub parallel: u32,
    /// Batches that run one after another, in file order, once all parallel ones are counted.
    pub ordered: u32,
}

/// What follows once a batch is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Nothing: other batches are still under way.
    Wait,
    /// The ordered batch with this number may run now.
    Ordered(u32),
    /// All batches are counted: the import can be finished.
    Finish,
}

impl BatchNumbers {
    const fn pages_for(batches: u32) -> u32 {
        batches.div_ceil(BATCHES_PER_PAGE)
    }

    /// Pages of the parallel lane.
    pub const fn parallel_pages(self) -> u32 {
        Self::pages_for(self.parallel)
    }

    /// Pages in all.
    pub const fn pages(self) -> u32 {
        self.parallel_pages() + Self::pages_for(self.ordered)
    }

    /// The import-wide number of a lane's batch.
    pub const fn number(self, lane: Lane, index: u32) -> u32 {
        match lane {
            Lane::Parallel => index,
            Lane::Ordered => self.parallel_pages() * BATCHES_PER_PAGE + index,
        }
    }

    /// The lane that the batch of this number is in, and its place there.
    pub const fn place(self, number: u32) -> (Lane, u32) {
        let first_ordered = self.parallel_pages() * BATCHES_PER_PAGE;
        if number < first_ordered { (Lane::Parallel, number) } else { (Lane::Ordered, number - first_ordered) }
    }

    /// The page that counts the batch of this number.
    pub const fn page(number: u32) -> u32 {
        number / BATCHES_PER_PAGE
    }

    /// Batches that this page counts when it is full.
    pub const fn page_size(self, page: u32) -> u32 {
        let (batches, first) =
            if page < self.parallel_pages() { (self.parallel, 0) } else { (self.ordered, self.parallel_pages()) };
        let before = (page - first) * BATCHES_PER_PAGE;
        let rest = batches.saturating_sub(before);
        if rest < BATCHES_PER_PAGE { rest } else { BATCHES_PER_PAGE }
    }

    /// What follows once this batch is counted and `pages_folded` pages of the import are folded.
    pub const fn after(self, number: u32, pages_folded: u32) -> NextStep {
        if pages_folded >= self.pages() {
            return NextStep::Finish;
        }
        match self.place(number) {
            (Lane::Parallel, _) if pages_folded >= self.parallel_pages() && self.ordered > 0 => {
                NextStep::Ordered(self.number(Lane::Ordered, 0))
            }
            (Lane::Parallel, _) => NextStep::Wait,
            (Lane::Ordered, index) if index + 1 < self.ordered => NextStep::Ordered(number + 1),
            (Lane::Ordered, _) => NextStep::Wait,
        }
    }

    /// Every batch number of the import, parallel ones first.
    pub fn numbers(self) -> impl Iterator<Item = u32> {
        (0..self.parallel).chain((0..self.ordered).map(move |index| self.number(Lane::Ordered, index)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_every_batch_once_and_no_more() {
        for parallel in [1, 127, 128, 129, 300] {
            for ordered in [0, 1, 128, 200] {
                let numbers = BatchNumbers { parallel, ordered };
                let mut filled = vec![0; numbers.pages() as usize];
                for number in numbers.numbers() {
                    let (lane, index) = numbers.place(number);
                    assert_eq!(numbers.number(lane, index), number);
                    filled[BatchNumbers::page(number) as usize] += 1;
                }
                let sizes: Vec<u32> = (0..numbers.pages()).map(|page| numbers.page_size(page)).collect();
                assert_eq!(filled, sizes, "{numbers:?}");
            }
        }
    }

    #[test]
    fn the_ordered_lane_waits_for_the_parallel_one_and_runs_one_by_one() {
        let numbers = BatchNumbers { parallel: 130, ordered: 2 };
        assert_eq!(numbers.after(0, 1), NextStep::Wait);
        assert_eq!(numbers.after(129, 2), NextStep::Ordered(256));
        assert_eq!(numbers.after(256, 2), NextStep::Ordered(257));
        assert_eq!(numbers.after(257, 2), NextStep::Wait);
        assert_eq!(numbers.after(257, 3), NextStep::Finish);
    }
}
