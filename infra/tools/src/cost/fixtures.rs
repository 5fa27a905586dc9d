//! What several tests compute with.

use stack::template;

use super::workload::{Pace, Shares, Workload};

pub(super) fn footprint() -> template::Footprint {
    template::footprint().unwrap()
}

pub(super) fn pace() -> Pace {
    Pace { row_ms: 1_000.0, split_ms: 50.0, call_ms: 5.0 }
}

/// A million new customers with three identifiers, a segment and an action.
pub(super) fn million() -> Workload {
    Workload {
        rows: 1_000_000,
        columns: 8,
        row_bytes: 100.0,
        identifiers: 3,
        segment: true,
        joins: false,
        action: true,
        share: Shares::NEW,
        repeated: 0.0,
        results: false,
    }
}
