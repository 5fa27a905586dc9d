//! What the rows themselves need of the tables, whatever the design, if it writes only what is new or changed.

use super::counts::Counts;
use super::workload::Workload;

/// Bytes of the items of an identifier, a member and an activity, in files of `muster generate`. The test that compares
/// the model with a local run prints them.
const ITEM_BYTES: (f64, f64, f64) = (76.0, 53.0, 143.0);
/// Bytes that DynamoDB bills for each item in addition to its attributes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
pub(super) const ITEM_OVERHEAD: f64 = 100.0;

/// The write and read units of customers, identifiers, members and feeds.
pub(super) fn units(work: &Workload) -> Counts {
    let (rows, share) = (work.rows as f64, work.share);
    let profile = work.profile_units();
    let new = rows * share.new;
    let mut profiles = rows * (share.new + share.updated) * profile;
    let mut members = if work.segment { new } else { 0.0 };
    if work.segment && work.joins {
        // A customer's item lists its segments, so joining one rewrites it.
        profiles += rows * share.unchanged * profile;
        members += rows * share.existing();
    }
    let activities = if work.action { rows * share.applied() } else { 0.0 };
    let mut counts = Counts::default();
    counts.write_units.extend([
        ("customers", profiles + activities),
        ("identities", new * f64::from(work.identifiers)),
        ("segments", members),
    ]);
    let profile_reads = (work.profile_bytes() / 4096.0).ceil();
    counts.read_units.extend([
        ("customers", rows * share.existing() * profile_reads),
        ("identities", rows * f64::from(work.identifiers)),
    ]);
    counts
}

/// Bytes that the rows add to the tables: customers, identifiers, members and feeds.
pub(super) fn growth(work: &Workload) -> f64 {
    let (identity, member, activity) = ITEM_BYTES;
    let item = |is_written: bool, bytes: f64| if is_written { bytes + ITEM_OVERHEAD } else { 0.0 };
    let identities = f64::from(work.identifiers) * (identity + ITEM_OVERHEAD);
    let customer = work.profile_bytes() + ITEM_OVERHEAD + identities + item(work.segment, member);
    work.rows as f64 * (work.share.new * customer + work.share.applied() * item(work.action, activity))
}
