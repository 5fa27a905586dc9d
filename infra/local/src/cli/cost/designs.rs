//! The same import by other designs, on paper: the floor, Step Functions' Distributed Map, and what tutorials show.

use super::counts::Counts;
use super::model;
use super::workload::{Pace, Workload};

/// Bytes that Step Functions hands to a child workflow at most.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html>
const CHILD_INPUT: f64 = 256.0 * 1024.0;
/// Bytes of a row as the JSON object that Distributed Map makes of it, for each byte of CSV: every cell comes with its
/// header's name and quotes. Measured with nine columns.
const JSON_FACTOR: f64 = 1.98;
/// Memory that an express workflow is billed for at least, in GB.
const EXPRESS_MEMORY: f64 = 64.0 / 1024.0;
/// State transitions of the parent: begin, map, end.
const PARENT_TRANSITIONS: f64 = 3.0;
/// Messages that a mapping hands to a function unless it is told otherwise.
const DEFAULT_BATCH: f64 = 10.0;
/// GB of memory that the functions of other designs are given: as the row processor.
const MEMORY: f64 = 0.5;

/// A design's name and its counts.
pub(crate) type Design = (&'static str, Counts);

/// The other designs, cheapest idea first.
pub(crate) fn others(work: &Workload, pace: &Pace) -> Vec<Design> {
    vec![
        ("floor", floor(work)),
        ("map, express", map(work, pace, true)),
        ("map, standard", map(work, pace, false)),
        ("tutorial", tutorial(work, pace)),
        ("tutorial, bare", bare(work, pace)),
    ]
}

/// One write unit for each item that is new or changed, and nothing else: no reads, no messages, no time.
pub(crate) fn floor(work: &Workload) -> Counts {
    Counts { write_units: model::rows_of(work).write_units, ..Counts::default() }
}

/// Children with as many rows as fit, each a Lambda that does to its rows what Muster's does. Express children run at least
/// once, so to count each row once it would need Muster's intents and ledger as well; they are left out here.
fn map(work: &Workload, pace: &Pace, express: bool) -> Counts {
    let mut counts = model::rows_of(work);
    let rows = work.rows as f64;
    let children = (rows / (CHILD_INPUT / (work.row_bytes * JSON_FACTOR)).floor().max(1.0)).ceil();
    let seconds = rows / 1e3 * pace.row_ms / 1e3;
    counts.invocations.insert("row-processor", children);
    counts.gb_seconds.insert("row-processor", seconds * MEMORY);
    counts.transitions = PARENT_TRANSITIONS;
    if express {
        counts.express_requests = children;
        counts.express_gb_seconds = seconds * EXPRESS_MEMORY;
    } else {
        // Its start and its one state.
        counts.transitions += children * 2.0;
    }
    counts.object_gets = 1.0 + (work.bytes() / CHILD_INPUT).ceil();
    counts.object_puts = 1.0 + children;
    counts.object_bytes = work.bytes();
    counts.table_bytes = model::growth(work);
    counts
}

/// A message a row, each item by a call of its own whether it changed or not, and a counter updated for each row.
fn tutorial(work: &Workload, pace: &Pace) -> Counts {
    let one = |whether: bool| if whether { 1.0 } else { 0.0 };
    let (identifiers, segment, action) = (f64::from(work.identifiers), one(work.segment), one(work.action));
    let units = [("customers", work.profile_units() + action), ("identities", identifiers), ("segments", segment)];
    by_row(work, pace, &units, 1.0 + identifiers + segment + action)
}

/// The same with the customer's item and the counter only: no lookup by other identifiers, no segment, no feed.
fn bare(work: &Workload, pace: &Pace) -> Counts {
    let mut counts = by_row(work, pace, &[("customers", work.profile_units())], 1.0);
    counts.table_bytes = work.rows as f64 * work.share.new * (work.profile_bytes() + model::ITEM_OVERHEAD);
    counts
}

fn by_row(work: &Workload, pace: &Pace, units: &[(&'static str, f64)], calls: f64) -> Counts {
    let rows = work.rows as f64;
    let applied = rows * work.share.applied();
    let mut counts = Counts::default();
    for (table, units) in units {
        counts.write_units.insert(table, applied * units);
    }
    // Every row is counted, rejected ones too, on one item of the task.
    counts.write_units.insert("counter", rows);
    counts.messages = rows;
    // Sent one by one; received and deleted ten at a time.
    counts.queue_requests = rows * (1.0 + 2.0 / DEFAULT_BATCH);
    counts.invocations.extend([("splitter", 1.0), ("row-processor", rows / DEFAULT_BATCH)]);
    counts.gb_seconds.insert("row-processor", rows * (calls + 1.0) * pace.call_ms / 1e3 * MEMORY);
    counts.gb_seconds.insert("splitter", rows * pace.call_ms / 1e3 * MEMORY);
    counts.log_bytes = rows / DEFAULT_BATCH * 1_000.0;
    counts.object_puts = 1.0;
    counts.object_gets = 1.0;
    counts.object_bytes = work.bytes();
    counts.table_bytes = model::growth(work);
    counts
}

#[cfg(test)]
mod tests {
    use super::super::tests::{footprint, million, pace};
    use super::*;

    #[test]
    fn the_floor_is_below_every_design_that_writes_the_same() {
        let work = million();
        let floor = floor(&work).total_write_units();
        assert_eq!(floor, 6e6);
        assert!(model::muster(&work, &pace(), &footprint()).total_write_units() < floor * 1.01);
        for (name, counts) in others(&work, &pace()).iter().filter(|(name, _)| *name != "tutorial, bare") {
            assert!(counts.total_write_units() >= floor, "{name}");
        }
    }

    #[test]
    fn a_tutorial_writes_for_every_row_and_counts_it() {
        let counts = tutorial(&million(), &pace());
        assert_eq!(counts.total_write_units(), 7e6);
        assert_eq!(bare(&million(), &pace()).total_write_units(), 2e6);
    }
}
