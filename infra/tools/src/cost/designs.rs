//! The same import by other designs, computed and not run: the floor, Step Functions' Distributed Map, and what
//! tutorials show.

use super::counts::Counts;
use super::rows;
use super::workload::{Pace, Workload};

/// Most bytes that Step Functions hands to a child workflow.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html>
const CHILD_INPUT: f64 = 256.0 * 1024.0;
/// Bytes of JSON that Distributed Map makes of each byte of CSV, as every cell comes with its header and quotes.
/// Measured with nine columns.
const JSON_FACTOR: f64 = 1.98;
/// Least memory that an express workflow is billed for, in GB.
const EXPRESS_MEMORY: f64 = 64.0 / 1024.0;
/// State transitions of the parent: begin, map, end.
const PARENT_TRANSITIONS: f64 = 3.0;
/// Messages that a mapping hands to a function by default.
const DEFAULT_BATCH: f64 = 10.0;
/// GB of memory of the functions in other designs: as much as the row processor has.
const MEMORY: f64 = 0.5;

/// A design and what it asks of the services.
pub(super) struct Design {
    /// Its name in tables and JSON.
    pub(super) name: &'static str,
    /// What it asks for.
    pub(super) counts: Counts,
}

/// The other designs, the floor first.
pub(super) fn others(work: &Workload, pace: &Pace) -> Vec<Design> {
    vec![
        Design { name: "floor", counts: floor(work) },
        Design { name: "map, express", counts: map(work, pace, true) },
        Design { name: "map, standard", counts: map(work, pace, false) },
        Design { name: "tutorial", counts: tutorial(work, pace) },
        Design { name: "tutorial, bare", counts: bare(work, pace) },
    ]
}

/// One write unit for each item that is new or changed, and nothing else: no reads, no messages, no time.
fn floor(work: &Workload) -> Counts {
    Counts { write_units: rows::units(work).write_units, ..Counts::default() }
}

/// Children with as many rows as fit. Each is a Lambda that treats its rows as Muster's row processor does. Express
/// children run at least once, so counting each row once would take Muster's intents and ledger as well; these figures
/// leave them out.
fn map(work: &Workload, pace: &Pace, express: bool) -> Counts {
    let mut counts = rows::units(work);
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
        // Two for each child: its start and its only state.
        counts.transitions += children * 2.0;
    }
    counts.object_gets = 1.0 + (work.bytes() / CHILD_INPUT).ceil();
    counts.object_puts = 1.0 + children;
    counts.object_bytes = work.bytes();
    counts.table_bytes = rows::growth(work);
    counts
}

/// A message for each row, a call for each item whether it changed or not, and a counter that each row updates.
fn tutorial(work: &Workload, pace: &Pace) -> Counts {
    let one = |is_written: bool| if is_written { 1.0 } else { 0.0 };
    let (identifiers, segment, action) = (f64::from(work.identifiers), one(work.segment), one(work.action));
    let units = [("customers", work.profile_units() + action), ("identities", identifiers), ("segments", segment)];
    by_row(work, pace, &units, 1.0 + identifiers + segment + action)
}

/// The tutorial with the customer's item and the counter alone: no lookup by other identifiers, no segment, no feed.
fn bare(work: &Workload, pace: &Pace) -> Counts {
    let mut counts = by_row(work, pace, &[("customers", work.profile_units())], 1.0);
    counts.table_bytes = work.rows as f64 * work.share.new * (work.profile_bytes() + rows::ITEM_OVERHEAD);
    counts
}

/// A design that handles each row by itself, with `units` to write and `calls` to wait for in each.
fn by_row(work: &Workload, pace: &Pace, units: &[(&'static str, f64)], calls: f64) -> Counts {
    let rows = work.rows as f64;
    let applied = rows * work.share.applied();
    let mut counts = Counts::default();
    for (table, units) in units {
        counts.write_units.insert(table, applied * units);
    }
    // Each row is counted, rejected ones too, on one item of the import.
    counts.write_units.insert("counter", rows);
    counts.messages = rows;
    // Messages are sent one by one, and received and deleted ten at a time.
    counts.queue_requests = rows * (1.0 + 2.0 / DEFAULT_BATCH);
    counts.invocations.extend([("splitter", 1.0), ("row-processor", rows / DEFAULT_BATCH)]);
    counts.gb_seconds.insert("row-processor", rows * (calls + 1.0) * pace.call_ms / 1e3 * MEMORY);
    counts.gb_seconds.insert("splitter", rows * pace.call_ms / 1e3 * MEMORY);
    counts.log_bytes = rows / DEFAULT_BATCH * 1_000.0;
    counts.object_puts = 1.0;
    counts.object_gets = 1.0;
    counts.object_bytes = work.bytes();
    counts.table_bytes = rows::growth(work);
    counts
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{footprint, million, pace};
    use super::super::model;
    use super::*;

    #[test]
    fn no_design_that_writes_the_same_items_is_below_the_floor() {
        let work = million();
        let floor = floor(&work).total_write_units();
        assert_eq!(floor, 6e6);
        assert!(model::muster(&work, &pace(), &footprint()).total_write_units() < floor * 1.01);
        for design in others(&work, &pace()).iter().filter(|design| design.name != "tutorial, bare") {
            assert!(design.counts.total_write_units() >= floor, "{}", design.name);
        }
    }

    #[test]
    fn a_tutorial_rewrites_every_item_and_counts_every_row() {
        let counts = tutorial(&million(), &pace());
        assert_eq!(counts.total_write_units(), 7e6);
        assert_eq!(bare(&million(), &pace()).total_write_units(), 2e6);
    }
}
