//! A batch's text to rows, and rows with something wrong to lines of the report.

use crate::batch::{BatchMessage, NotABatch};
use crate::decide::{Fate, Row, problems};
use crate::file::Checked;
use crate::outcome::{Outcome, RowCode, RowProblem, Severity};
use crate::report::{self, Line, Said};
use crate::row::{self, Rules};
use crate::task::Counters;
use csv_async::{AsyncReaderBuilder, ByteRecord};

/// The records of a batch, as text.
#[derive(Debug)]
pub struct Records {
    records: Vec<ByteRecord>,
    places: Vec<(u64, u64)>,
}

impl Records {
    /// Reads a batch's text with the task's dialect.
    ///
    /// # Errors
    /// When it does not have the rows that the message tells of.
    pub async fn read(batch: &BatchMessage, text: &str, checked: &Checked) -> Result<Self, NotABatch> {
        let mut reader = AsyncReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(checked.delimiter)
            .quote(checked.quote)
            .create_reader(text.as_bytes());
        let places: Vec<(u64, u64)> = batch.places().collect();
        let mut records = Vec::with_capacity(places.len());
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).await.map_err(|error| NotABatch(error.to_string()))? {
            records.push(std::mem::take(&mut record));
        }
        if records.len() == places.len() {
            Ok(Self { records, places })
        } else {
            Err(NotABatch(format!("it has {} records and {} rows", records.len(), places.len())))
        }
    }

    /// The rows' numbers in the file.
    pub fn numbers(&self) -> Vec<u64> {
        self.places.iter().map(|(row, _)| *row).collect()
    }

    /// Parses each record.
    pub fn parse(&self, checked: &Checked, rules: &Rules) -> Vec<Row> {
        self.records
            .iter()
            .zip(&self.places)
            .map(|(record, (number, _))| {
                let cells = cells(record);
                Row { number: *number, parsed: row::parse_row(&checked.layout, rules, &cells) }
            })
            .collect()
    }

    /// The report on those rows that something is wrong with.
    pub fn report(&self, checked: &Checked, rows: &[Row], fates: &[Fate]) -> Vec<Line> {
        let mut lines = Vec::new();
        for (index, (row, fate)) in rows.iter().zip(fates).enumerate() {
            let found: Vec<_> = problems(row, fate).collect();
            lines.extend(self.line(index, checked, &found));
        }
        lines
    }

    /// One line of the report; none when nothing is wrong with the row.
    pub fn line(&self, index: usize, checked: &Checked, problems: &[&RowProblem]) -> Option<Line> {
        let cells = cells(&self.records[index]);
        let (row, line) = self.places[index];
        let said = Said { row, line, cells: &cells, header: &checked.layout.header, problems };
        report::line(said, checked.delimiter)
    }

    /// Every row as unprocessed: the report lines, and what is to be counted.
    pub fn unprocessed(&self, checked: &Checked) -> (Vec<Line>, Counters) {
        let problem = RowProblem {
            severity: Severity::Error,
            code: RowCode::Unprocessed,
            cell: None,
            message: "The row was not processed, although it was tried several times. Upload this report again, or retry the import."
                .to_owned(),
        };
        let mut counters = Counters::default();
        let lines = (0..self.records.len())
            .filter_map(|index| {
                counters.add_row(Outcome::Unprocessed);
                self.line(index, checked, &[&problem])
            })
            .collect();
        counters.codes.insert(RowCode::Unprocessed, counters.unprocessed);
        (lines, counters)
    }
}

fn cells(record: &ByteRecord) -> Vec<&str> {
    // The text was decoded from UTF-8 JSON, so every cell is UTF-8.
    record.iter().map(|cell| std::str::from_utf8(cell).unwrap_or_default()).collect()
}
