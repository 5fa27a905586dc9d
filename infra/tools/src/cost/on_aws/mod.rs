//! How long an import takes on AWS, by a clock of its own: splitters send batches, row processors make their calls one round
//! after another, and whatever bounds them makes them wait. Nothing is measured on AWS: latencies and limits are those that
//! AWS publishes.
//!
//! ```text
//! services   what a call waits for: latencies, and rates that tables, partitions and processors take
//! batch      the rounds of calls that a batch makes
//! clock      events in the order of their times
//! run        splitters, pollers and row processors
//! table      the outcomes for people
//! ```

mod batch;
mod clock;
mod run;
mod services;
pub(super) mod table;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub(super) use run::simulate;

/// Members a second that one segment takes, over all its partition keys.
pub(super) const SEGMENT_WRITES: f64 = services::SHARDS * services::PARTITION_WRITES;

/// Calls to the tables for many items at once that the batches of an import make.
#[cfg(test)]
pub(super) fn batch_calls(work: &super::workload::Workload) -> f64 {
    let batches = super::plan::Plan::for_workload(work).batches();
    let rounds = batch::rounds(work, work.rows as f64 / batches, 1.0);
    let of_many = rounds.iter().filter(|round| round.call == services::Call::Batch);
    of_many.map(|round| f64::from(round.count)).sum::<f64>() * batches
}

/// What an import runs on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Deployment {
    /// Row processors at a time: the parameter `RowConcurrency`.
    pub(super) concurrency: u32,
    /// Write units a second that each table takes.
    pub(super) write_rate: f64,
    /// Memory of the row processor, in MB.
    pub(super) row_memory: f64,
    /// Memory of the splitter, in MB.
    pub(super) splitter_memory: f64,
    /// Milliseconds that a whole core computes for 1,000 rows in the row processor.
    pub(super) row_cpu_ms: f64,
    /// Milliseconds that a whole core computes for a megabyte of the file in the splitter, both passes together.
    pub(super) split_cpu_ms: f64,
    /// Milliseconds of a call for one item, as most take.
    pub(super) call_ms: f64,
}

/// How an import went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Outcome {
    pub(super) deployment: Deployment,
    /// From the upload to the last counted batch.
    pub(super) seconds: f64,
    /// Of these, until the check had ended.
    pub(super) check_seconds: f64,
    /// What was busy for the largest share of the time, and that share.
    pub(super) bound: &'static str,
    pub(super) busy: f64,
    /// The longest time that a call waited for its table, in seconds. Beyond some ten, messages fail and come again.
    pub(super) longest_wait: f64,
    /// GB-seconds of the row processors and of the splitters.
    pub(super) row_gb_seconds: f64,
    pub(super) split_gb_seconds: f64,
}
