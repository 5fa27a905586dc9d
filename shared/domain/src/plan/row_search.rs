//! Finding the batch of one row: a dispatch pass over the row's part that keeps no other batch.

use super::batch::Batch;
use super::checked::Checked;
use super::dispatch::{Dispatch, NotAsChecked};
use super::later_rows::LaterRows;

/// A search for the batch of one row.
#[derive(Debug)]
pub struct RowSearch {
    pass: Dispatch,
    row: u64,
    found: Option<Batch>,
}

impl RowSearch {
    /// A search in the part that has the row ([`Checked::part_of`]), with the part's later rows. None if there is no such
    /// part.
    pub fn new(checked: &Checked, part: u32, row: u64, later_rows: LaterRows) -> Option<Self> {
        let wave = later_rows.wave_at(row);
        Some(Self { pass: Dispatch::new(checked, part, wave, later_rows)?, row, found: None })
    }

    /// Takes the next bytes of the part. Says whether the batch is found; then no more are needed.
    ///
    /// # Errors
    /// [`NotAsChecked`]: trying again cannot help.
    pub fn push(&mut self, chunk: &[u8]) -> Result<bool, NotAsChecked> {
        let (row, found) = (self.row, &mut self.found);
        self.pass.push(chunk, &mut |batch| keep(found, batch, row))?;
        Ok(self.found.is_some())
    }

    /// The batch; none if the part does not have the row.
    ///
    /// # Errors
    /// [`NotAsChecked`]: trying again cannot help.
    pub fn finish(self) -> Result<Option<Batch>, NotAsChecked> {
        let (row, mut found) = (self.row, self.found);
        if found.is_none() {
            self.pass.finish(&mut |batch| keep(&mut found, batch, row))?;
        }
        Ok(found)
    }
}

fn keep(found: &mut Option<Batch>, batch: Batch, row: u64) {
    if found.is_none() && batch.rows.places().any(|(number, _)| number == row) {
        *found = Some(batch);
    }
}
