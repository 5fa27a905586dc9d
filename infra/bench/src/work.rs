//! What is measured: the check of a file, its dispatch into messages, and the decisions about a batch.

use std::hint::black_box;

use domain::decide::{Row, Stored, Terms, decide};
use domain::imports::{CatalogueAtLaunch, ImportId, row_rules};
use domain::messages::{BatchMessage, BatchRows, Message};
use domain::plan::{
    Batch, BatchRecords, BatchText, Checked, Dispatch, FILE_PART_BYTES, LaterRows, MAX_ROWS, Planner, Run, Wave,
};

use crate::read_options::{options, request};

/// Bytes of a chunk, about as many as a read of an object gives.
const CHUNK: usize = 256 * 1024;

/// Checks a file, and gives its rows.
///
/// # Errors
/// What is wrong with it.
#[inline(never)]
pub fn check(bytes: &[u8], region: Option<&str>) -> Result<u64, String> {
    let mut request = request();
    request.default_region = region.map(ToOwned::to_owned);
    let mut planner = Planner::new(options(&request, bytes.len() as u64));
    for chunk in bytes.chunks(CHUNK) {
        planner.push(chunk);
        black_box(planner.begin_part(FILE_PART_BYTES, |part| part.to_string()));
    }
    let checked = planner.finish(|part| part.to_string());
    checked.map(|(checked, _)| checked.rows).map_err(|failed| format!("{:?}", failed.problems))
}

/// What the check finds about a file; none if the file is not sound.
pub fn checked(text: &str, region: Option<&str>) -> Option<Checked> {
    let mut request = request();
    request.default_region = region.map(ToOwned::to_owned);
    let mut planner = Planner::new(options(&request, text.len() as u64));
    planner.push(text.as_bytes());
    planner.finish(|part| part.to_string()).ok().map(|(checked, _)| checked)
}

/// Writes the body of a batch's message, and gives its bytes.
pub fn body(batch: u32, rows: BatchText) -> usize {
    let rows = BatchRows::Here(rows);
    let message = Message::Batch(BatchMessage { import: ImportId::from_bytes([1; 16]), plan: 1, batch, rows });
    black_box(message.to_body()).len()
}

/// Cuts a checked file into messages, and gives their bytes; 0 if it is not the one that was checked.
#[inline(never)]
pub fn dispatch(checked: &Checked, bytes: &[u8]) -> usize {
    let mut sent = 0;
    let Some(mut dispatch) = Dispatch::new(checked, 0, Wave::FIRST, LaterRows::default()) else { return sent };
    let mut send = |batch: Batch| sent += body(batch.index, batch.rows);
    for chunk in bytes.chunks(CHUNK) {
        if dispatch.push(chunk, &mut send).is_err() {
            return 0;
        }
    }
    if dispatch.finish(&mut send).is_err() {
        return 0;
    }
    sent
}

/// A batch of rows of a sound file, and how they are read.
#[derive(Debug)]
pub struct Prepared {
    checked: Checked,
    batch: BatchText,
}

impl Prepared {
    /// The first rows of a file, as they travel; none if the file is not sound.
    pub fn new(text: &str, region: Option<&str>) -> Option<Self> {
        let checked = checked(text, region)?;
        let records: String = text.split_inclusive('\n').skip(1).take(MAX_ROWS as usize).collect();
        let batch = BatchText { count: MAX_ROWS, runs: vec![Run { at: 0, row: 1, line: 2 }], text: records };
        Some(Self { checked, batch })
    }
}

/// Reads the rows and decides them as those of new customers; gives how many there are.
#[inline(never)]
pub fn decided(prepared: &Prepared, region: Option<&str>) -> usize {
    let mut request = request();
    request.default_region = region.map(ToOwned::to_owned);
    let import = ImportId::from_bytes([1; 16]);
    let Ok(records) = BatchRecords::read(&prepared.batch, &prepared.checked) else { return 0 };
    let rules = row_rules(&request, import.launched(), &prepared.checked);
    let rows = Row::parse_all(&records, &prepared.checked, &rules);
    let terms = Terms::new(import, &request, &CatalogueAtLaunch::default(), &prepared.checked);
    let decision = decide(&rows, Stored::default(), &terms, &[]);
    black_box(decision.fates.len())
}
