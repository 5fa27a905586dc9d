//! How the splitter cuts a file: batches, ledger pages, file parts.

use domain::plan::{BATCHES_PER_PAGE, FILE_PART_BYTES};

use super::workload::Workload;

/// Bytes of a batch's message besides the text of its rows.
const MESSAGE_FRAME: f64 = 130.0;

/// How a file is cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    /// Batches of wave 0.
    pub(super) first_wave: f64,
    /// Batches of the waves after it. A customer is taken to have two rows at most, so it is one wave.
    pub(super) later_waves: f64,
    /// Ledger pages.
    pub(super) pages: f64,
    /// Parts that the file is dispatched in.
    pub(super) parts: f64,
    /// Bytes of a full batch's message.
    pub(super) message: f64,
}

impl Plan {
    pub(super) fn for_workload(work: &Workload) -> Plan {
        let rows = work.rows as f64;
        let later = rows * work.later();
        let parts = (work.bytes() / FILE_PART_BYTES as f64).ceil().max(1.0);
        // The end of a part ends the open batch of each wave, which is half full on average.
        let batches = |rows: f64| {
            if rows < 0.5 { 0.0 } else { (rows / work.batch_rows()).ceil() + ((parts - 1.0) / 2.0).floor() }
        };
        let (first_wave, later_waves) = (batches(rows - later), batches(later));
        let per_page = f64::from(BATCHES_PER_PAGE);
        let pages = (first_wave / per_page).ceil() + (later_waves / per_page).ceil();
        // JSON writes each line end as two bytes.
        let message = work.batch_rows().min(rows) * (work.row_bytes + 1.0) + MESSAGE_FRAME;
        Plan { first_wave, later_waves, pages, parts, message }
    }

    pub(super) fn batches(self) -> f64 {
        self.first_wave + self.later_waves
    }
}
