//! The records of a batch, read back from its text.

use super::batch::BatchText;
use crate::file::{CellReader, Scanner};

/// The records of a batch, and where each stands in the file.
#[derive(Debug)]
pub struct BatchRecords {
    cells: Vec<Vec<String>>,
    places: Vec<(u64, u64)>,
}

/// A batch's text does not have as many records as the batch says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the batch's text has {records} records, and it says {rows} rows")]
pub struct WrongCount {
    records: usize,
    rows: usize,
}

impl BatchRecords {
    /// Reads a batch's text with the import's delimiter and quote character.
    ///
    /// # Errors
    /// When the text does not have as many records as the batch says.
    pub fn read(batch: &BatchText, delimiter: u8, quote: u8) -> Result<Self, WrongCount> {
        let mut scanner = Scanner::of_records();
        let mut reader = CellReader::new(delimiter, quote);
        let places: Vec<(u64, u64)> = batch.places().collect();
        let mut cells = Vec::with_capacity(places.len());
        scanner.push(&batch.text);
        scanner.scan(delimiter, quote, true, &mut |record| {
            cells.push(reader.read(record.text).into_iter().map(ToOwned::to_owned).collect());
        });
        if cells.len() == places.len() {
            Ok(Self { cells, places })
        } else {
            Err(WrongCount { records: cells.len(), rows: places.len() })
        }
    }

    /// How many records there are.
    pub const fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is no record.
    pub const fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The rows' numbers in the file.
    pub fn numbers(&self) -> Vec<u64> {
        self.places.iter().map(|(row, _)| *row).collect()
    }

    /// The row and physical line of a record, and its cells.
    pub fn record(&self, index: usize) -> (u64, u64, Vec<&str>) {
        let (row, line) = self.places[index];
        (row, line, self.cells[index].iter().map(String::as_str).collect())
    }
}
