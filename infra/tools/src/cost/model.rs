//! What Muster asks of the services for an import, step by step. A test imports a file and compares.

use stack::template::Footprint;
use stores::queues::{MAX_BYTES, MESSAGES_A_CALL};

use super::counts::Counts;
use super::plan::Plan;
use super::rows;
use super::workload::{Pace, Workload};

/// Messages of one invocation of the row processor, as in the template.
const BATCHES_AN_INVOCATION: f64 = 5.0;
/// Write units of an import's own items: the transaction that records it with its settings and its place among the
/// launches, the leases of splitter and finisher, the pin on the object, the memory of the file, the result of the check,
/// and the steps importing, dispatched, finishing, completed, and closed among the launches.
const IMPORT_UNITS: f64 = 26.0;
/// Write units of a wave: it begins, a part of it is dispatched, all of it is.
const WAVE_UNITS: f64 = 3.0;
/// Waves of a file in which rows share identifiers: customers of three and more rows are few, and have their own.
const WAVES_OF_REPEATS: f64 = 4.0;
/// Read units that splitter and finisher spend on those items.
const IMPORT_READS: f64 = 25.0;
/// Write units of folding a full ledger page: one update of the import.
const FOLD_UNITS: f64 = 1.0;
/// Read units of a batch: its ledger page twice, the import three times, its intent once.
const BATCH_READS: f64 = 6.0;
/// Bytes of an intent: its frame, then for each row a letter, and the customer's id unless the row created the
/// customer.
const INTENT: (f64, f64, f64) = (85.0, 1.0, 16.0);
/// Bytes of a rejected row's problem in an intent.
const PROBLEM: f64 = 150.0;
/// Bytes that a report adds to a row: row number, line, code and message.
const REPORT_LINE: f64 = 160.0;
/// Bytes of what a batch keeps of a customer, so that the import can be taken back: its frame, and each new identifier.
/// Bytes of a row in the results, as a batch leaves it and in the CSV. Estimates.
const FORMER: (f64, f64) = (60.0, 45.0);
const RESULT: f64 = 28.0 + 50.0;
/// Bytes that Lambda logs of an invocation (start, end and report, as JSON): an estimate.
const LOG_BYTES: f64 = 1_000.0;
/// Bytes of an upload part that the functions write.
const UPLOAD_PART: f64 = 8.0 * 1024.0 * 1024.0;
/// Bytes of a call that SQS bills as one request.
const BILLED_BYTES: f64 = 64.0 * 1024.0;

/// Muster's own counts for an import.
pub(super) fn muster(work: &Workload, pace: &Pace, footprint: &Footprint) -> Counts {
    let (rows, share, plan) = (work.rows as f64, work.share, Plan::for_workload(work));
    let mut counts = rows::units(work);

    // An intent names the customers that existed, and has the problems of rejected rows.
    let batch_rows = rows / plan.batches().max(1.0);
    let intent = INTENT.0
        + batch_rows
            * (INTENT.1 + INTENT.2 * (share.existing() + work.repeated * share.new) + PROBLEM * share.rejected);
    let intents = plan.batches() * (intent / 1024.0).ceil();
    let wave_units = if plan.later_waves > 0.0 { WAVES_OF_REPEATS * WAVE_UNITS } else { 0.0 };
    counts.write_units.insert("tasks", IMPORT_UNITS + wave_units + intents + plan.batches() + plan.pages * FOLD_UNITS);
    counts.read_units.insert("tasks", IMPORT_READS + plan.batches() * BATCH_READS);

    // Each wave is a pass over the file's parts; the splitter that checked the file sends its first part.
    let waves = if plan.later_waves > 0.0 { 2.0 } else { 1.0 };
    let split_messages = waves * plan.parts;
    let invocations = (plan.batches() / BATCHES_AN_INVOCATION).ceil();
    counts.invocations.extend([("splitter", split_messages), ("row-processor", invocations), ("finisher", 1.0)]);
    let gb = |function: &str| footprint.memory.get(function).map_or(0.0, |mb| f64::from(*mb) / 1024.0);
    let split = work.bytes() / 1e6 * pace.split_ms / 1e3;
    counts.gb_seconds.insert("splitter", gb("splitter") * split);
    counts.gb_seconds.insert("row-processor", gb("row-processor") * rows / 1e3 * pace.row_ms / 1e3);
    counts.log_bytes = (invocations + split_messages + 1.0) * LOG_BYTES;

    // Messages: those of the splitter, of which the upload's event is the first, the batches, and the import to finish.
    counts.messages = split_messages + plan.batches() + 2.0;
    let receives = invocations * billed_requests(BATCHES_AN_INVOCATION.min(plan.batches()) * plan.message);
    let single = split_messages + 2.0;
    counts.queue_requests = sends(plan) + receives + invocations + single * 3.0;
    counts.fair_requests = counts.queue_requests;

    let with_problems = plan.batches() * (1.0 - (1.0 - share.rejected).powf(batch_rows));
    let report = rows * share.rejected * (work.row_bytes + REPORT_LINE);
    let later_rows = if plan.later_waves > 0.0 { plan.parts } else { 0.0 };
    // Each batch keeps what it replaces, if it writes anything, and what became of its rows if that is asked for.
    let writes_existing = share.updated > 0.0 || share.existing() > 0.0 && (work.action || work.segment && work.joins);
    let former = if share.new > 0.0 || writes_existing { plan.batches() } else { 0.0 };
    let results = if work.results { plan.batches() } else { 0.0 };
    let result_bytes = if work.results { rows * RESULT } else { 0.0 };
    let former_bytes = rows * (share.applied() * FORMER.0 + share.new * f64::from(work.identifiers) * FORMER.1);
    let uploads = (report / UPLOAD_PART).ceil() + (result_bytes / UPLOAD_PART).ceil();
    counts.object_puts = 1.0 + later_rows + with_problems + former + results + uploads + 2.0;
    counts.object_gets = 2.0 + split_messages + waves * later_rows + with_problems + results;
    counts.object_bytes = work.bytes() + 2.0 * report + former_bytes + result_bytes;

    counts.table_bytes = rows::growth(work);
    counts
}

/// The counts for the forecast of an import: customers and identifiers are written apart, into the table of tasks, where
/// only the forecast looks; segments and feeds are not. Each read looks there as well.
pub(super) fn forecast(work: &Workload, pace: &Pace, footprint: &Footprint) -> Counts {
    let mut counts = muster(work, pace, footprint);
    let written = rows::units(&Workload { action: false, ..work.clone() }).write_units;
    let apart = written["customers"] + written["identities"];
    let read: f64 = ["customers", "identities"].iter().map(|table| counts.read_units[table]).sum();
    for table in ["customers", "identities", "segments"] {
        counts.write_units.insert(table, 0.0);
    }
    *counts.write_units.entry("tasks").or_default() += apart;
    *counts.read_units.entry("tasks").or_default() += read;
    // It keeps samples of what it would change in place of what it replaces.
    if work.share.updated == 0.0 {
        counts.object_puts -= Plan::for_workload(work).batches();
    }
    counts
}

/// The counts for taking an import back: what it wrote is deleted or written once more, a unit each. Before that, the
/// customers, their identifiers and the feeds of those whom it created are read, and what the batches kept twice: for the
/// undo's file, and to put it back.
pub(super) fn undo(work: &Workload, pace: &Pace, footprint: &Footprint) -> Counts {
    let mut counts = muster(work, pace, footprint);
    let (rows, share, batches) = (work.rows as f64, work.share, Plan::for_workload(work).batches());
    let profile_reads = (work.profile_bytes() / 4096.0).ceil();
    counts.read_units.insert("customers", rows * (share.applied() * profile_reads + share.new));
    counts.read_units.insert("identities", rows * share.applied() * f64::from(work.identifiers));
    // It keeps nothing, and its batches list what the others kept.
    counts.object_gets += 2.0 * batches;
    counts.table_bytes = 0.0;
    counts
}

/// Requests that SQS bills for sending the batches.
fn sends(plan: Plan) -> f64 {
    let a_call = (MAX_BYTES as f64 / plan.message).floor().clamp(1.0, MESSAGES_A_CALL as f64);
    (plan.batches() / a_call).ceil() * billed_requests(a_call.min(plan.batches()) * plan.message)
}

/// Requests that SQS bills for a call with so many bytes.
fn billed_requests(bytes: f64) -> f64 {
    (bytes / BILLED_BYTES).ceil().max(1.0)
}
