//! The results: what became of every row of an import, as a CSV.

use serde::{Deserialize, Serialize};

use super::record::record;
use crate::codes::Outcome;
use crate::customer::CustomerId;
use crate::decide::Fate;
use crate::imports::ImportId;
use crate::plan::BatchRecords;

/// Its columns. A file that is imported may have them: names that begin with `_` are ignored.
const COLUMNS: [&str; 4] = ["_row", "_line", "_outcome", "_customer_id"];

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowResult {
    /// Its number in the file.
    pub row: u64,
    /// Its physical line.
    line: Option<u64>,
    outcome: Outcome,
    customer: Option<[u8; 16]>,
}

impl RowResult {
    /// The results of a batch's rows. A forecast writes nobody, so the customers that it creates are only its own, and are
    /// left out.
    pub fn of_batch(import: ImportId, is_forecast: bool, records: &BatchRecords, fates: &[Fate]) -> Vec<Self> {
        let exists = |customer: &CustomerId| !(is_forecast && customer.may_be_of(import));
        let of_row = |(index, fate): (usize, &Fate)| {
            let (row, line, _) = records.record(index);
            let customer = fate.customer.filter(exists).map(CustomerId::to_bytes);
            Self { row, line: Some(line), outcome: fate.outcome, customer }
        };
        fates.iter().enumerate().map(of_row).collect()
    }

    /// The result of a row that the import did not come to before it was stopped. Its line is in no batch.
    pub const fn left_out(row: u64) -> Self {
        Self { row, line: None, outcome: Outcome::Unprocessed, customer: None }
    }

    /// The header record of the results.
    pub fn header() -> Vec<u8> {
        record(COLUMNS, ',')
    }

    /// The CSV record, with its line end.
    pub fn csv(&self) -> Vec<u8> {
        let line = self.line.map(|line| line.to_string()).unwrap_or_default();
        let customer = self.customer.map(|id| CustomerId::from_bytes(id).to_string()).unwrap_or_default();
        record([self.row.to_string().as_str(), &line, self.outcome.as_str(), &customer], ',')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{pack, unpack};

    #[test]
    fn a_result_names_row_line_outcome_and_customer() {
        let customer = CustomerId::from_bytes([3; 16]);
        let result =
            RowResult { row: 7, line: Some(9), outcome: Outcome::Updated, customer: Some(customer.to_bytes()) };
        assert_eq!(RowResult::header(), b"_row,_line,_outcome,_customer_id\r\n");
        assert_eq!(result.csv(), format!("7,9,updated,{customer}\r\n").into_bytes());
        assert_eq!(RowResult::left_out(8).csv(), b"8,,unprocessed,\r\n");
        assert_eq!(unpack(&pack(&[result, RowResult::left_out(8)])), Some(vec![result, RowResult::left_out(8)]));
    }
}
