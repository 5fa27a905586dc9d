//! The ledger's arithmetic: the number of a batch, the page that counts it, and what comes after it.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::wave::{WAVES, Wave};

/// Batches that a ledger page counts. With the counters, their numbers stay within one write unit (1 KB) of DynamoDB.
pub const BATCHES_PER_PAGE: u32 = 128;

/// How many batches an import has in each wave. The check knows it before the first batch is sent.
///
/// Each wave starts on a page of its own, so a wave is done when its pages are folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Vec<u32>", into = "Vec<u32>")]
pub struct BatchNumbers {
    /// Batches of each wave, the tail last.
    batches: [u32; WAVES + 1],
}

/// What follows once a batch is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Nothing: other batches of the wave are still under way.
    Wait,
    /// The batch of the tail with this number may run now.
    RunTail(u32),
    /// Every batch of the wave is counted: this wave may begin.
    BeginWave(Wave),
    /// All batches are counted: the import can be finished.
    Finish,
}

impl BatchNumbers {
    /// So many batches in each wave, the tail last.
    pub const fn new(batches: [u32; WAVES + 1]) -> Self {
        Self { batches }
    }

    /// Batches of a wave.
    pub const fn of(self, wave: Wave) -> u32 {
        self.batches[wave.index()]
    }

    /// Counts one more batch of a wave.
    pub(super) const fn add(&mut self, wave: Wave) {
        self.batches[wave.index()] += 1;
    }

    /// Batches in all.
    pub fn total(self) -> u64 {
        self.batches.iter().map(|batches| u64::from(*batches)).sum()
    }

    fn first_page(self, wave: Wave) -> u32 {
        self.batches[..wave.index()].iter().map(|batches| batches.div_ceil(BATCHES_PER_PAGE)).sum()
    }

    /// The pages that count a wave's batches.
    pub fn pages_of(self, wave: Wave) -> Range<u32> {
        let first = self.first_page(wave);
        first..first + self.of(wave).div_ceil(BATCHES_PER_PAGE)
    }

    /// Pages in all.
    pub fn pages(self) -> u32 {
        self.pages_of(Wave::TAIL).end
    }

    /// The import-wide number of a wave's batch.
    pub fn number(self, wave: Wave, index: u32) -> u32 {
        self.first_page(wave) * BATCHES_PER_PAGE + index
    }

    /// The wave that the batch of this number is in, and its place there.
    pub fn place(self, number: u32) -> (Wave, u32) {
        let page = Self::page(number);
        let wave = Wave::all().find(|wave| self.pages_of(*wave).contains(&page)).unwrap_or(Wave::TAIL);
        (wave, number - self.number(wave, 0))
    }

    /// The page that counts the batch of this number.
    pub const fn page(number: u32) -> u32 {
        number / BATCHES_PER_PAGE
    }

    /// Batches that this page counts when it is full.
    pub fn page_size(self, page: u32) -> u32 {
        let (wave, first) = self.place(page * BATCHES_PER_PAGE);
        self.of(wave).saturating_sub(first).min(BATCHES_PER_PAGE)
    }

    /// The first wave that has batches.
    pub fn first_wave(self) -> Wave {
        if self.of(Wave::FIRST) > 0 { Wave::FIRST } else { self.wave_after(Wave::FIRST).unwrap_or(Wave::FIRST) }
    }

    /// The next wave that has batches.
    pub fn wave_after(self, wave: Wave) -> Option<Wave> {
        Wave::all().skip(wave.index() + 1).find(|wave| self.of(*wave) > 0)
    }

    /// What follows once this batch is counted, while this wave is under way and these pages are folded.
    pub fn after(self, number: u32, wave: Wave, folded: &BTreeSet<u32>) -> NextStep {
        if self.pages_of(wave).all(|page| folded.contains(&page)) {
            return self.wave_after(wave).map_or(NextStep::Finish, NextStep::BeginWave);
        }
        match self.place(number) {
            (Wave::TAIL, index) if wave == Wave::TAIL && index + 1 < self.of(Wave::TAIL) => {
                NextStep::RunTail(number + 1)
            }
            _ => NextStep::Wait,
        }
    }

    /// The batch numbers of a wave.
    pub fn numbers_of(self, wave: Wave) -> Range<u32> {
        let first = self.number(wave, 0);
        first..first + self.of(wave)
    }

    /// Every batch number of the import, in the order of the waves.
    pub fn numbers(self) -> impl Iterator<Item = u32> {
        Wave::all().flat_map(move |wave| self.numbers_of(wave))
    }
}

impl From<Vec<u32>> for BatchNumbers {
    fn from(stored: Vec<u32>) -> Self {
        let mut batches = [0; WAVES + 1];
        for (batches, stored) in batches.iter_mut().zip(stored) {
            *batches = stored;
        }
        Self { batches }
    }
}

impl From<BatchNumbers> for Vec<u32> {
    /// Without the waves after the last one that has batches.
    fn from(numbers: BatchNumbers) -> Self {
        let used = numbers.batches.iter().rposition(|batches| *batches > 0).map_or(0, |last| last + 1);
        numbers.batches[..used].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(first: u32, second: u32, tail: u32) -> BatchNumbers {
        BatchNumbers::new([first, second, 0, 0, 0, 0, 0, 0, tail])
    }

    fn wave(number: u8) -> Wave {
        Wave::try_from(number).unwrap()
    }

    #[test]
    fn pages_hold_every_batch_once_and_no_more() {
        for first in [1, 127, 128, 129, 300] {
            for second in [0, 1, 128, 200] {
                for tail in [0, 1, 130] {
                    let numbers = numbers(first, second, tail);
                    let mut filled = vec![0; numbers.pages() as usize];
                    for number in numbers.numbers() {
                        let (wave, index) = numbers.place(number);
                        assert_eq!(numbers.number(wave, index), number);
                        assert!(numbers.pages_of(wave).contains(&BatchNumbers::page(number)));
                        filled[BatchNumbers::page(number) as usize] += 1;
                    }
                    let sizes: Vec<u32> = (0..numbers.pages()).map(|page| numbers.page_size(page)).collect();
                    assert_eq!(filled, sizes, "{numbers:?}");
                    assert_eq!(BatchNumbers::from(Vec::from(numbers)), numbers);
                }
            }
        }
    }

    #[test]
    fn waves_run_one_after_another_and_the_tail_batch_by_batch() {
        let numbers = numbers(130, 1, 2);
        let folded = |pages: &[u32]| pages.iter().copied().collect::<BTreeSet<u32>>();
        assert_eq!(numbers.after(0, wave(0), &folded(&[0])), NextStep::Wait);
        assert_eq!(numbers.after(129, wave(0), &folded(&[0, 1])), NextStep::BeginWave(wave(1)));
        assert_eq!(numbers.after(256, wave(1), &folded(&[0, 1])), NextStep::Wait);
        assert_eq!(numbers.after(3, wave(1), &folded(&[0, 1])), NextStep::Wait, "a late copy of an earlier wave");
        assert_eq!(numbers.after(256, wave(1), &folded(&[0, 1, 2])), NextStep::BeginWave(Wave::TAIL));
        assert_eq!(numbers.after(384, Wave::TAIL, &folded(&[0, 1, 2])), NextStep::RunTail(385));
        assert_eq!(numbers.after(256, Wave::TAIL, &folded(&[0, 1, 2])), NextStep::Wait);
        assert_eq!(numbers.after(385, Wave::TAIL, &folded(&[0, 1, 2])), NextStep::Wait);
        assert_eq!(numbers.after(385, Wave::TAIL, &folded(&[0, 1, 2, 3])), NextStep::Finish);
    }

    #[test]
    fn waves_without_batches_are_passed_over() {
        let numbers = numbers(0, 3, 0);
        assert_eq!((numbers.first_wave(), numbers.wave_after(wave(1))), (wave(1), None));
        assert_eq!(numbers.place(0), (wave(1), 0));
    }
}
