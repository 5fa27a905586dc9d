//! What a local run counted, as the calculator's counts.

use local::stack::Usage;
use local::stack::template::Footprint;

use super::counts::{Counts, FUNCTIONS, TABLES};
use super::model::ITEM_OVERHEAD;
use super::workload::{Pace, Workload};
use crate::cli::bench::{Phase, Run, Sample};

/// The pace of a local run, where none is taken: `muster bench --rows 20000` in release, 2026-11-25, on two cores that had
/// other work as well.
pub(super) const MEASURED: Pace = Pace { row_ms: 3_430.0, split_ms: 135.0, call_ms: 0.0 };

/// The pace of new rows in a sample; the other phases take less.
pub(super) fn pace(sample: &Sample) -> Pace {
    let time = |function: &str| {
        let of_run = sample.runs.first().and_then(|run| run.usage.functions.get(function));
        of_run.map_or(0.0, |function| function.milliseconds as f64)
    };
    Pace {
        row_ms: time("row-processor") * 1e3 / sample.rows as f64,
        split_ms: time("splitter") * 1e6 / sample.bytes as f64,
        call_ms: 0.0,
    }
}

/// Each phase's counts for as many rows as the workload has in it.
pub(super) fn scaled(sample: &Sample, work: &Workload, footprint: &Footprint, factor: f64) -> Counts {
    let mut all = Counts::default();
    for run in &sample.runs {
        let share = match run.phase {
            Phase::New => work.share.new,
            Phase::Unchanged => work.share.unchanged,
            Phase::Updated => work.share.updated,
        };
        let counts = counted(run, sample, footprint, factor);
        all = plus(&all, &counts.times(share * work.rows as f64 / sample.rows as f64));
    }
    all
}

/// What one import came to.
pub(super) fn counted(run: &Run, sample: &Sample, footprint: &Footprint, factor: f64) -> Counts {
    let usage = &run.usage;
    let mut counts = Counts::default();
    for table in TABLES {
        let of = |units: &std::collections::BTreeMap<String, f64>| of_table(units, table);
        counts.write_units.insert(table, of(&usage.write_units));
        counts.read_units.insert(table, of(&usage.read_units));
    }
    for function in FUNCTIONS {
        let Some(used) = usage.functions.get(function) else { continue };
        let gb = footprint.memory.get(function).map_or(0.0, |mb| f64::from(*mb) / 1024.0);
        counts.invocations.insert(function, used.invocations as f64);
        counts.gb_seconds.insert(function, used.milliseconds as f64 / 1e3 * factor * gb);
    }
    // The event of the upload is sent by the object store itself.
    counts.messages = usage.total_messages() as f64 + 1.0;
    let sends: u64 = usage.messages.values().map(|sent| sent.billed).sum();
    // What is sent is received again; local polls differ from Lambda's in how many find nothing.
    counts.queue_requests = 2.0 * (sends as f64 + 1.0) + requests(usage, &["sqs.DeleteMessageBatch"]);
    counts.fair_requests = counts.queue_requests;
    // The upload itself is the client's.
    counts.object_puts = 1.0
        + requests(
            usage,
            &[
                "s3.PutObject",
                "s3.CreateMultipartUpload",
                "s3.UploadPart",
                "s3.CompleteMultipartUpload",
                "s3.ListObjectsV2",
            ],
        );
    counts.object_gets = requests(usage, &["s3.GetObject", "s3.HeadObject"]);
    counts.object_bytes = sample.bytes as f64;
    let items: u64 = usage.items.values().sum();
    let bytes: u64 = usage.item_bytes.values().sum();
    counts.table_bytes = bytes as f64 + items as f64 * ITEM_OVERHEAD;
    counts
}

fn of_table(units: &std::collections::BTreeMap<String, f64>, table: &str) -> f64 {
    units.iter().filter(|(name, _)| name.ends_with(&format!("-{table}"))).map(|(_, units)| units).sum()
}

fn requests(usage: &Usage, operations: &[&str]) -> f64 {
    operations.iter().filter_map(|operation| usage.requests.get(*operation)).sum::<u64>() as f64
}

fn plus(one: &Counts, other: &Counts) -> Counts {
    let mut sum = one.clone();
    for (into, from) in [
        (&mut sum.write_units, &other.write_units),
        (&mut sum.read_units, &other.read_units),
        (&mut sum.invocations, &other.invocations),
        (&mut sum.gb_seconds, &other.gb_seconds),
    ] {
        for (name, amount) in from {
            *into.entry(name).or_default() += amount;
        }
    }
    sum.messages += other.messages;
    sum.queue_requests += other.queue_requests;
    sum.fair_requests += other.fair_requests;
    sum.object_puts += other.object_puts;
    sum.object_gets += other.object_gets;
    sum.log_bytes += other.log_bytes;
    sum.table_bytes += other.table_bytes;
    sum.object_bytes += other.object_bytes;
    sum
}
