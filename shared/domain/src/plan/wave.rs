//! When a row runs: in a wave, or after the last wave in the tail.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Waves of an import, the tail not counted.
pub const WAVES: usize = 8;

/// Batches that may run side by side: no two rows of a wave share an identifier. Waves run one after another. What would
/// come after the last wave is in the tail, whose batches run one by one in file order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Wave(u8);

/// The number is not that of a wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no wave {0}")]
pub struct NoSuchWave(u8);

impl Wave {
    /// The wave of rows whose identifiers no earlier row of the file has.
    pub const FIRST: Self = Self(0);
    /// The tail.
    pub const TAIL: Self = Self(WAVES as u8);

    /// The waves in the order in which they run, the tail last.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        (0..=Self::TAIL.0).map(Self)
    }

    /// The wave after this one; after the tail comes the tail.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.0 < Self::TAIL.0 { Self(self.0 + 1) } else { Self::TAIL }
    }

    /// Its place among the waves, from 0.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl TryFrom<u8> for Wave {
    type Error = NoSuchWave;

    fn try_from(number: u8) -> Result<Self, NoSuchWave> {
        if number <= Self::TAIL.0 { Ok(Self(number)) } else { Err(NoSuchWave(number)) }
    }
}

impl From<Wave> for u8 {
    fn from(wave: Wave) -> Self {
        wave.0
    }
}

impl fmt::Display for Wave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
