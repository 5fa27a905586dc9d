//! An import as the calculator sees it: how many rows of what kind, how large, and how long things take.

use std::str::FromStr;

use serde::Serialize;
use shared::batch::{MAX_ROWS, MAX_TEXT};
use shared::file::mistaken_rows;

/// The rows of an import and what becomes of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Workload {
    pub(crate) rows: u64,
    pub(crate) columns: u32,
    /// Bytes of a row, its line end included.
    pub(crate) row_bytes: f64,
    /// Identifiers of a row.
    pub(crate) identifiers: u32,
    /// Whether the import names a segment.
    pub(crate) segment: bool,
    /// Whether known customers are not in that segment yet.
    pub(crate) joins: bool,
    /// Whether it notes an action.
    pub(crate) action: bool,
    pub(crate) share: Shares,
    /// Share of rows that share an identifier with an earlier row of the file.
    pub(crate) repeated: f64,
}

/// What becomes of the rows, as shares of 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Shares {
    pub(crate) new: f64,
    pub(crate) updated: f64,
    pub(crate) unchanged: f64,
    pub(crate) rejected: f64,
}

impl Shares {
    /// Only new customers.
    pub(crate) const NEW: Shares = Shares { new: 1.0, updated: 0.0, unchanged: 0.0, rejected: 0.0 };

    /// Rows whose customer is stored before they are processed.
    pub(crate) fn known(self) -> f64 {
        self.updated + self.unchanged
    }

    /// Rows that are applied.
    pub(crate) fn applied(self) -> f64 {
        self.new + self.known()
    }
}

impl FromStr for Shares {
    type Err = String;

    /// Reads `new=80,updated=15,unchanged=5` or one word; what is missing of 100 is new.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut shares = Shares { new: 0.0, ..Shares::NEW };
        let mut named_new = false;
        for pair in text.split(',') {
            let (name, percent) = pair.split_once('=').unwrap_or((pair, "100"));
            let percent: f64 = percent.parse().map_err(|_| format!("`{percent}` is no number"))?;
            let share = match name.trim() {
                "new" => {
                    named_new = true;
                    &mut shares.new
                }
                "updated" => &mut shares.updated,
                "unchanged" => &mut shares.unchanged,
                "rejected" => &mut shares.rejected,
                name => return Err(format!("`{name}` is none of new, updated, unchanged and rejected")),
            };
            *share = percent / 100.0;
        }
        let rest = 1.0 - shares.applied() - shares.rejected;
        if !named_new {
            shares.new = rest;
        }
        if rest < -1e-9 || (named_new && rest > 1e-9) {
            return Err("the shares are to be 100 together".to_owned());
        }
        Ok(shares)
    }
}

/// How long things take on Lambda, which a local run can only give a hint of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Pace {
    /// Milliseconds of the row processor for 1,000 rows.
    pub(crate) row_ms: f64,
    /// Milliseconds of the splitter for a megabyte of the file, both passes together.
    pub(crate) split_ms: f64,
    /// Milliseconds of a call of a table, which a design that awaits one after another spends on each.
    pub(crate) call_ms: f64,
}

impl Workload {
    /// The file's length.
    pub(crate) fn bytes(&self) -> f64 {
        self.rows as f64 * self.row_bytes
    }

    /// Rows of a full batch: as many as fit, up to the limits that the splitter has.
    pub(crate) fn batch_rows(&self) -> f64 {
        (MAX_TEXT as f64 / self.row_bytes).floor().clamp(1.0, f64::from(MAX_ROWS))
    }

    /// Share of rows in the ordered lane: those that share an identifier, and those that the filter takes for such.
    pub(crate) fn ordered(&self) -> f64 {
        let mistaken = mistaken_rows(self.bytes() as u64, self.rows, self.identifiers);
        self.repeated + (1.0 - self.repeated) * mistaken
    }

    /// Write units of a customer's item.
    pub(crate) fn profile_units(&self) -> f64 {
        (self.profile_bytes() / 1024.0).ceil()
    }

    /// Bytes of a customer's item: key and frame, the identifiers with their kinds, names and values of the attributes,
    /// the segment. `shared/src/store/profile.rs` says what is in it; a test compares.
    pub(crate) fn profile_bytes(&self) -> f64 {
        const FRAME: f64 = 96.0;
        const OF_A_NAME: f64 = 10.0;
        const OF_AN_IDENTIFIER: f64 = 12.0;
        const SEGMENT: f64 = 37.0;
        let attributes = f64::from(self.columns.saturating_sub(self.identifiers));
        // A row has a delimiter or line end after each cell, which an item has not.
        let values = (self.row_bytes - f64::from(self.columns)).max(0.0);
        FRAME
            + values
            + attributes * OF_A_NAME
            + f64::from(self.identifiers) * OF_AN_IDENTIFIER
            + if self.segment { SEGMENT } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_as_percent_and_the_rest_is_new() {
        let shares: Shares = "updated=20,unchanged=30".parse().unwrap();
        assert!((shares.new - 0.5).abs() < 1e-9 && (shares.known() - 0.5).abs() < 1e-9);
        assert_eq!("unchanged".parse::<Shares>().unwrap().unchanged, 1.0);
        for wrong in ["updated=101", "new=50", "fresh=1", "new=x"] {
            assert!(wrong.parse::<Shares>().is_err(), "{wrong}");
        }
    }
}
