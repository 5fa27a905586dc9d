//! How the splitter cuts a file: batches, ledger pages, file parts.

use domain::plan::BATCHES_PER_PAGE;
use splitter::FILE_PART_BYTES;

use super::workload::Workload;

/// Bytes of a batch's message besides the text of its rows.
const MESSAGE_FRAME: f64 = 130.0;

/// How a file is cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    /// Batches that run in any order.
    pub(super) parallel: f64,
    /// Batches that run one after another.
    pub(super) ordered: f64,
    /// Ledger pages.
    pub(super) pages: f64,
    /// Places where the file is cut into file parts.
    pub(super) cuts: f64,
    /// Bytes of a full batch's message.
    pub(super) message: f64,
}

impl Plan {
    pub(super) fn for_workload(work: &Workload) -> Plan {
        let rows = work.rows as f64;
        let in_order = rows * work.ordered();
        let cuts = (work.bytes() / FILE_PART_BYTES as f64 - 1.0).ceil().max(0.0);
        // A cut ends the open batch of each lane, which is half full on average.
        let batches =
            |rows: f64| if rows < 0.5 { 0.0 } else { (rows / work.batch_rows()).ceil() + (cuts / 2.0).floor() };
        let (parallel, ordered) = (batches(rows - in_order), batches(in_order));
        let pages = (parallel / f64::from(BATCHES_PER_PAGE)).ceil() + (ordered / f64::from(BATCHES_PER_PAGE)).ceil();
        // JSON writes each line end as two bytes.
        let message = work.batch_rows().min(rows) * (work.row_bytes + 1.0) + MESSAGE_FRAME;
        Plan { parallel, ordered, pages, cuts, message }
    }

    pub(super) fn batches(self) -> f64 {
        self.parallel + self.ordered
    }
}
