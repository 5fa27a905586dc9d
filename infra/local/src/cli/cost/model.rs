//! Muster's own counts, from what each step writes, reads and sends. A test imports a file and compares.

use local::stack::template::Footprint;
use shared::ledger::BATCHES_PER_PAGE;
use shared::store::queues::{MAX_BYTES, MESSAGES_A_CALL};
use splitter::PART_BYTES;

use super::counts::Counts;
use super::workload::{Pace, Workload};

/// Messages of one invocation of the row processor, as the template has it.
pub(crate) const BATCHES_AN_INVOCATION: f64 = 5.0;
/// Write units of the task's own items in an import: recorded with its settings in a transaction, leased, pinned, the file
/// remembered, the check result, importing, dispatched, finishing, completed.
const TASK_UNITS: f64 = 16.0;
/// Read units of the same: by splitter and finisher.
const TASK_READS: f64 = 25.0;
/// Write units of folding a full page: two items in a transaction.
const FOLD_UNITS: f64 = 4.0;
/// Read units of a batch: its page twice, the task twice, its intent.
const BATCH_READS: f64 = 5.0;
/// Bytes of a message besides the rows' text.
const MESSAGE_FRAME: f64 = 130.0;
/// Bytes of an intent besides its rows, and of each row: a letter, and the customer unless the row created it.
const INTENT: (f64, f64, f64) = (85.0, 1.0, 16.0);
/// Bytes of a problem in an intent.
const PROBLEM: f64 = 150.0;
/// Bytes that a report adds to a row: number, line, code and message.
const REPORT_LINE: f64 = 160.0;
/// Bytes of the items of an identifier, a member and an activity, in files of `muster generate`; a test prints them.
pub(crate) const ITEM_BYTES: (f64, f64, f64) = (76.0, 53.0, 143.0);
/// What DynamoDB adds to each item for its storage.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
pub(crate) const ITEM_OVERHEAD: f64 = 100.0;
/// Bytes that Lambda logs of an invocation (start, end and report as JSON): an estimate.
const LOG_BYTES: f64 = 1_000.0;
/// Bytes of a piece of an upload in parts.
const PIECE: f64 = 8.0 * 1024.0 * 1024.0;
/// Bytes of a snapshot at a cut, at most: the filter of the ordered lane.
const SNAPSHOT: f64 = 32.0 * 1024.0 * 1024.0;

/// How a file is cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Plan {
    /// Batches in any order.
    pub(crate) parallel: f64,
    /// Batches one after another.
    pub(crate) ordered: f64,
    /// Ledger pages.
    pub(crate) pages: f64,
    /// Places where the file is cut into parts.
    pub(crate) cuts: f64,
    /// Bytes of a full batch's message.
    pub(crate) message: f64,
}

impl Plan {
    pub(crate) fn of(work: &Workload) -> Plan {
        let rows = work.rows as f64;
        let in_order = rows * work.ordered();
        let cuts = (work.bytes() / PART_BYTES as f64 - 1.0).ceil().max(0.0);
        // At a cut the open batch of each lane ends, half full on average.
        let batches =
            |rows: f64| if rows < 0.5 { 0.0 } else { (rows / work.batch_rows()).ceil() + (cuts / 2.0).floor() };
        let (parallel, ordered) = (batches(rows - in_order), batches(in_order));
        let pages = (parallel / f64::from(BATCHES_PER_PAGE)).ceil() + (ordered / f64::from(BATCHES_PER_PAGE)).ceil();
        // JSON writes each line end as two bytes.
        let message = work.batch_rows().min(rows) * (work.row_bytes + 1.0) + MESSAGE_FRAME;
        Plan { parallel, ordered, pages, cuts, message }
    }

    pub(crate) fn batches(self) -> f64 {
        self.parallel + self.ordered
    }

    /// Requests that are billed for sending the parallel batches.
    fn sends(self) -> f64 {
        let a_call = (MAX_BYTES as f64 / self.message).floor().clamp(1.0, MESSAGES_A_CALL as f64);
        (self.parallel / a_call).ceil() * chunks(a_call.min(self.parallel) * self.message)
    }
}

/// Requests that SQS bills for a call with so many bytes.
pub(crate) fn chunks(bytes: f64) -> f64 {
    (bytes / 65_536.0).ceil().max(1.0)
}

/// What Muster asks of the services for an import.
pub(crate) fn muster(work: &Workload, pace: &Pace, footprint: &Footprint) -> Counts {
    let (rows, share, plan) = (work.rows as f64, work.share, Plan::of(work));
    let mut counts = rows_of(work);

    // Rows that are stated in the intent by their customer, and those with a problem.
    let batch_rows = rows / plan.batches().max(1.0);
    let intent = INTENT.0
        + batch_rows * (INTENT.1 + INTENT.2 * (share.known() + work.repeated * share.new) + PROBLEM * share.rejected);
    let intents = plan.batches() * (intent / 1024.0).ceil();
    counts.write_units.insert("tasks", TASK_UNITS + intents + plan.batches() + plan.pages * FOLD_UNITS);
    counts.read_units.insert("tasks", TASK_READS + plan.batches() * BATCH_READS);

    let invocations = (plan.parallel / BATCHES_AN_INVOCATION).ceil() + plan.ordered;
    counts.invocations.extend([("splitter", 1.0 + plan.cuts), ("row-processor", invocations), ("finisher", 1.0)]);
    let gb = |function: &str| footprint.memory.get(function).map_or(0.0, |mb| f64::from(*mb) / 1024.0);
    let split = work.bytes() / 1e6 * pace.split_ms / 1e3;
    counts.gb_seconds.insert("splitter", gb("splitter") * split);
    counts.gb_seconds.insert("row-processor", gb("row-processor") * rows / 1e3 * pace.row_ms / 1e3);
    counts.log_bytes = (invocations + plan.cuts + 2.0) * LOG_BYTES;

    // The event of the upload, the batches, and the task that is to be finished; each part of a file is told by one too.
    let parts = if plan.cuts > 0.0 { plan.cuts + 1.0 } else { 0.0 };
    counts.messages = 2.0 + parts + plan.batches();
    let receives = (plan.parallel / BATCHES_AN_INVOCATION).ceil()
        * chunks(BATCHES_AN_INVOCATION.min(plan.parallel) * plan.message);
    let small = 2.0 + parts + plan.ordered;
    counts.queue_requests = plan.sends() + receives + (plan.parallel / BATCHES_AN_INVOCATION).ceil() + small * 3.0;
    counts.fair_requests = counts.queue_requests;

    let with_problems = plan.batches() * (1.0 - (1.0 - share.rejected).powf(batch_rows));
    let report = rows * share.rejected * (work.row_bytes + REPORT_LINE);
    let snapshot_pieces = (SNAPSHOT / PIECE).ceil() + 2.0;
    counts.object_puts =
        1.0 + plan.ordered + plan.cuts * snapshot_pieces + with_problems + (report / PIECE).ceil() + 2.0;
    counts.object_gets = 4.0 + 2.0 * plan.cuts + plan.ordered + with_problems;
    counts.object_bytes = work.bytes() + plan.cuts * SNAPSHOT + rows * work.ordered() * work.row_bytes + 2.0 * report;

    counts.table_bytes = growth(work);
    counts
}

/// What any design has to write and read for the rows themselves, if it writes only what is new or changed.
pub(crate) fn rows_of(work: &Workload) -> Counts {
    let (rows, share) = (work.rows as f64, work.share);
    let profile = work.profile_units();
    let new = rows * share.new;
    let mut profiles = rows * (share.new + share.updated) * profile;
    let mut members = if work.segment { new } else { 0.0 };
    if work.segment && work.joins {
        // The segment stands in the profile too.
        profiles += rows * share.unchanged * profile;
        members += rows * share.known();
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
        ("customers", rows * share.known() * profile_reads),
        ("identities", rows * f64::from(work.identifiers)),
    ]);
    counts
}

/// Bytes that the rows add to the tables: customers, identifiers, members and feeds.
pub(crate) fn growth(work: &Workload) -> f64 {
    let (identity, member, activity) = ITEM_BYTES;
    let item = |whether: bool, bytes: f64| if whether { bytes + ITEM_OVERHEAD } else { 0.0 };
    let identities = f64::from(work.identifiers) * (identity + ITEM_OVERHEAD);
    let customer = work.profile_bytes() + ITEM_OVERHEAD + identities + item(work.segment, member);
    work.rows as f64 * (work.share.new * customer + work.share.applied() * item(work.action, activity))
}
