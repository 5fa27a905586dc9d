//! The calls of a batch, round after round. A test compares their number with what a local run counts.

use super::super::workload::Workload;
use super::services::Call;

/// Items of a call that writes, and keys of one that reads.
const WRITES_A_CALL: f64 = 25.0;
const KEYS_A_CALL: f64 = 100.0;
/// Calls of a round under way at once.
const CALLS_AT_ONCE: f64 = 8.0;

/// The tables and hot keys that calls ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Customers,
    Identities,
    Segments,
    Tasks,
    /// The item of the import itself, which every batch reads.
    Import,
    Nothing,
}

/// Calls that are made at the same time, before the next ones are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Round {
    pub(super) call: Call,
    pub(super) count: u32,
    pub(super) asked: Asked,
    /// Write units of all its calls; of the import's item, read units.
    pub(super) units: f64,
}

/// The rounds of a batch of so many rows.
pub(super) fn rounds(work: &Workload, rows: f64, intent_units: f64) -> Vec<Round> {
    let (share, mut rounds) = (work.share, Vec::new());
    let one = |asked, units| Round { call: Call::Item, count: 1, asked, units };
    let import = one(Asked::Import, 1.0);
    // Whether it was counted, the import, whether another attempt noted its intent.
    rounds.extend([one(Asked::Nothing, 0.0), import, one(Asked::Nothing, 0.0)]);
    let applied = rows * share.applied();
    add(&mut rounds, Asked::Nothing, rows * f64::from(work.identifiers), KEYS_A_CALL, 0.0);
    add(&mut rounds, Asked::Nothing, rows * share.existing(), KEYS_A_CALL, 0.0);
    rounds.extend([one(Asked::Nothing, 0.0), one(Asked::Tasks, intent_units), import]);
    let profiles = rows * (share.new + share.updated + if work.joins { share.unchanged } else { 0.0 });
    let activities = if work.action { applied } else { 0.0 };
    if profiles + activities > 0.0 {
        rounds.push(Round { call: Call::Object, count: 1, asked: Asked::Nothing, units: 0.0 });
    }
    let members = match (work.segment, work.joins) {
        (false, _) => 0.0,
        (true, false) => rows * share.new,
        (true, true) => applied,
    };
    add(&mut rounds, Asked::Identities, rows * share.new * f64::from(work.identifiers), WRITES_A_CALL, 1.0);
    add(&mut rounds, Asked::Segments, members, WRITES_A_CALL, 1.0);
    add(&mut rounds, Asked::Customers, profiles, WRITES_A_CALL, work.profile_units());
    add(&mut rounds, Asked::Customers, activities, WRITES_A_CALL, 1.0);
    // It is counted, and whoever counts looks whether the page is full.
    rounds.extend([one(Asked::Tasks, 1.0), import]);
    rounds
}

/// Adds the rounds of calls for so many items, as many calls at once as are made.
fn add(rounds: &mut Vec<Round>, asked: Asked, items: f64, a_call: f64, units_an_item: f64) {
    let calls = (items / a_call).ceil();
    let mut left = calls;
    while left > 0.0 {
        let count = left.min(CALLS_AT_ONCE);
        left -= count;
        rounds.push(Round {
            call: Call::Batch,
            count: count as u32,
            asked,
            units: items * units_an_item * count / calls,
        });
    }
}
