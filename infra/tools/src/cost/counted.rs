//! The counts of a local run.

use std::collections::BTreeMap;

use stack::Usage;
use stack::template::Footprint;

use super::counts::{Counts, FUNCTIONS, TABLES};
use super::rows::ITEM_OVERHEAD;
use super::workload::{Pace, Workload};
use crate::sample::{Phase, Run, Sample};

/// The pace to assume if no sample is taken: that of `muster bench --rows 20000`, a release build, on 2026-11-25, on
/// two cores that had other work as well.
pub(super) const MEASURED: Pace = Pace { row_ms: 3_430.0, split_ms: 135.0, call_ms: 0.0 };

/// The pace of a sample's new rows, which take the longest.
pub(super) fn pace(sample: &Sample) -> Pace {
    let time = |function: &str| {
        let used = sample.runs.first().and_then(|run| run.usage.functions.get(function));
        used.map_or(0.0, |function| function.milliseconds as f64)
    };
    Pace {
        row_ms: time("row-processor") * 1e3 / sample.rows as f64,
        split_ms: time("splitter") * 1e6 / sample.bytes as f64,
        call_ms: 0.0,
    }
}

/// The counts of all imports of a sample, each scaled to the rows of its kind in the workload.
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

/// The counts of one import.
pub(super) fn counted(run: &Run, sample: &Sample, footprint: &Footprint, factor: f64) -> Counts {
    let usage = &run.usage;
    let mut counts = Counts::default();
    for table in TABLES {
        counts.write_units.insert(table, units_of(table, &usage.write_units));
        counts.read_units.insert(table, units_of(table, &usage.read_units));
    }
    for function in FUNCTIONS {
        let Some(used) = usage.functions.get(function) else { continue };
        let gb = footprint.memory.get(function).map_or(0.0, |mb| f64::from(*mb) / 1024.0);
        counts.invocations.insert(function, used.invocations as f64);
        counts.gb_seconds.insert(function, used.milliseconds as f64 / 1e3 * factor * gb);
    }
    // The store itself sends the event of the upload, so no function's call is counted for it.
    counts.messages = usage.total_messages() as f64 + 1.0;
    let sends: u64 = usage.messages.values().map(|sent| sent.billed).sum();
    // Each message sent is also received. Local polls are not counted, as their number says nothing about Lambda's.
    counts.queue_requests = 2.0 * (sends as f64 + 1.0) + requests(usage, &["sqs.DeleteMessageBatch"]);
    counts.fair_requests = counts.queue_requests;
    // The client, not a function, uploads the file.
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

/// The units of a table, whose full name begins with the stack's.
fn units_of(table: &str, units: &BTreeMap<String, f64>) -> f64 {
    units.iter().filter(|(name, _)| name.ends_with(&format!("-{table}"))).map(|(_, units)| units).sum()
}

/// How often functions called these operations.
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
