//! Where something was seen first, and how often.

use serde::{Deserialize, Serialize};

/// Where something was seen first, and how often it was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FirstSeen {
    pub(super) row: u64,
    pub(super) line: u64,
    pub(super) count: u64,
}

impl FirstSeen {
    pub(super) fn add(&mut self, row: u64, line: u64) {
        if self.count == 0 {
            (self.row, self.line) = (row, line);
        }
        self.count += 1;
    }
}
