//! Indexes that lag: a copy of the tables that makes the same writes later.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// A write of a table with indexes.
#[derive(Debug)]
pub(super) struct LoggedWrite {
    pub at: Instant,
    pub operation: String,
    pub body: String,
}

/// The writes that the copy has not made yet, in their order.
#[derive(Debug, Default)]
pub(super) struct Log {
    writes: VecDeque<LoggedWrite>,
    /// Writes so far, with those that the copy has made.
    pub count: u64,
}

impl Log {
    /// Adds a call if it may write.
    pub(super) fn add(&mut self, operation: &str, body: &str) {
        if !matches!(operation, "CreateTable" | "GetItem" | "BatchGetItem" | "Query" | "Scan") {
            let (operation, body) = (operation.to_owned(), body.to_owned());
            self.writes.push_back(LoggedWrite { at: Instant::now(), operation, body });
            self.count += 1;
        }
    }

    /// Takes out the next write that was made so long ago.
    pub(super) fn next(&mut self, lag: Duration) -> Option<LoggedWrite> {
        let is_due = self.writes.front().is_some_and(|write| write.at + lag <= Instant::now());
        is_due.then(|| self.writes.pop_front()).flatten()
    }
}
