//! The records of a batch, read back from its text.

use super::batch::BatchText;
use super::checked::Checked;
use crate::file::{CellReader, Scanner};

/// The records of a batch, with their places in the file.
#[derive(Debug)]
pub struct BatchRecords {
    records: Vec<Record>,
    places: Vec<(u64, u64)>,
}

/// The cells of a record, one after another in one text.
#[derive(Debug)]
struct Record {
    text: String,
    ends: Vec<usize>,
}

impl Record {
    fn new(cells: &[&str]) -> Self {
        let mut ends = Vec::with_capacity(cells.len());
        let mut text = String::with_capacity(cells.iter().map(|cell| cell.len()).sum());
        for cell in cells {
            text.push_str(cell);
            ends.push(text.len());
        }
        Self { text, ends }
    }

    fn cells(&self) -> Vec<&str> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| &self.text[*start..*end]).collect()
    }
}

/// A batch's text does not have as many records as the batch says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the batch's text has {records} records, and it says {rows} rows")]
pub struct WrongCount {
    records: usize,
    rows: usize,
}

impl BatchRecords {
    /// Reads a batch's text as the check found that it is written.
    ///
    /// # Errors
    /// When the text does not have as many records as the batch says.
    pub fn read(batch: &BatchText, checked: &Checked) -> Result<Self, WrongCount> {
        let mut scanner = Scanner::of_records();
        let mut reader = CellReader::new(checked.dialect).of_width(checked.layout.columns.len());
        let places: Vec<(u64, u64)> = batch.places().collect();
        let mut records = Vec::with_capacity(places.len());
        scanner.push(&batch.text);
        scanner.scan(checked.dialect, true, &mut |record| {
            records.push(Record::new(&reader.read(record.text)));
        });
        if records.len() == places.len() {
            Ok(Self { records, places })
        } else {
            Err(WrongCount { records: records.len(), rows: places.len() })
        }
    }

    /// How many records there are.
    pub const fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no record.
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The rows' numbers in the file.
    pub fn numbers(&self) -> Vec<u64> {
        self.places.iter().map(|(row, _)| *row).collect()
    }

    /// The row and physical line of a record, and its cells.
    pub fn record(&self, index: usize) -> (u64, u64, Vec<&str>) {
        let (row, line) = self.places[index];
        (row, line, self.records[index].cells())
    }
}
