//! The ledger's arithmetic: which number a batch has, on which page it is counted, and what comes after it.

use serde::{Deserialize, Serialize};

use crate::batch::Lane;

/// Batches a ledger page counts. Their numbers and the counters stay within one write unit (1 KB) of DynamoDB.
pub const BATCHES_PER_PAGE: u32 = 128;

/// How many batches a task has in each lane; known from the check pass, before the first is sent.
///
/// The ordered lane starts on a page of its own, so that the parallel lane is done when its pages are full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// Batches that may run in any order and beside each other.
    pub parallel: u32,
    /// Batches that run one after another, in file order, once all parallel ones are counted.
    pub ordered: u32,
}

/// What is to be done once a batch has been counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing: other batches are still under way.
    Wait,
    /// The ordered batch with this number may run now.
    Ordered(u32),
    /// All batches are counted: the task can be finished.
    Finish,
}

impl Ledger {
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

    /// The task-wide number of a lane's batch.
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

    /// What may go on after this batch was counted, when `pages_folded` pages of the task are full.
    pub const fn after(self, number: u32, pages_folded: u32) -> Next {
        if pages_folded >= self.pages() {
            return Next::Finish;
        }
        match self.place(number) {
            (Lane::Parallel, _) if pages_folded >= self.parallel_pages() && self.ordered > 0 => {
                Next::Ordered(self.number(Lane::Ordered, 0))
            }
            (Lane::Parallel, _) => Next::Wait,
            (Lane::Ordered, index) if index + 1 < self.ordered => Next::Ordered(number + 1),
            (Lane::Ordered, _) => Next::Wait,
        }
    }

    /// Every batch number of the task, parallel ones first.
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
                let ledger = Ledger { parallel, ordered };
                let mut filled = vec![0; ledger.pages() as usize];
                for number in ledger.numbers() {
                    let (lane, index) = ledger.place(number);
                    assert_eq!(ledger.number(lane, index), number);
                    filled[Ledger::page(number) as usize] += 1;
                }
                let sizes: Vec<u32> = (0..ledger.pages()).map(|page| ledger.page_size(page)).collect();
                assert_eq!(filled, sizes, "{ledger:?}");
            }
        }
    }

    #[test]
    fn the_ordered_lane_waits_for_the_parallel_one_and_runs_one_by_one() {
        let ledger = Ledger { parallel: 130, ordered: 2 };
        assert_eq!(ledger.after(0, 1), Next::Wait);
        assert_eq!(ledger.after(129, 2), Next::Ordered(256));
        assert_eq!(ledger.after(256, 2), Next::Ordered(257));
        assert_eq!(ledger.after(257, 2), Next::Wait);
        assert_eq!(ledger.after(257, 3), Next::Finish);
    }
}
