//! An import as the calculator takes it: how many rows of what kind, how large, and how long functions take.

use std::str::FromStr;

use domain::plan::{MAX_ROWS, MAX_TEXT, mistaken_rows};
use serde::Serialize;

/// The rows of an import and what becomes of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Workload {
    pub(super) rows: u64,
    pub(super) columns: u32,
    /// Bytes of a row, its line end included.
    pub(super) row_bytes: f64,
    /// Identifiers of a row.
    pub(super) identifiers: u32,
    /// Whether the import names a segment.
    pub(super) segment: bool,
    /// Whether customers who exist already join the segment too.
    pub(super) joins: bool,
    /// Whether the import notes an action.
    pub(super) action: bool,
    pub(super) share: Shares,
    /// Share of rows that share an identifier with an earlier row of the file.
    pub(super) repeated: f64,
    /// Whether what becomes of each row is kept.
    pub(super) results: bool,
}

/// What becomes of the rows, as shares of 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Shares {
    pub(super) new: f64,
    pub(super) updated: f64,
    pub(super) unchanged: f64,
    pub(super) rejected: f64,
}

impl Shares {
    /// Only new customers.
    pub(super) const NEW: Shares = Shares { new: 1.0, updated: 0.0, unchanged: 0.0, rejected: 0.0 };

    /// Rows whose customer exists before they are processed.
    pub(super) fn existing(self) -> f64 {
        self.updated + self.unchanged
    }

    /// Rows that are not rejected.
    pub(super) fn applied(self) -> f64 {
        self.new + self.existing()
    }
}

impl FromStr for Shares {
    type Err = String;

    /// Reads `new=80,updated=15,unchanged=5`, or one word for 100 percent. If `new` is left out, it is the rest of 100.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut shares = Shares { new: 0.0, ..Shares::NEW };
        let mut named_new = false;
        for pair in text.split(',') {
            let (name, percent) = pair.split_once('=').unwrap_or((pair, "100"));
            let percent: f64 = percent.parse().map_err(|_| format!("`{percent}` is not a number"))?;
            let share = match name.trim() {
                "new" => {
                    named_new = true;
                    &mut shares.new
                }
                "updated" => &mut shares.updated,
                "unchanged" => &mut shares.unchanged,
                "rejected" => &mut shares.rejected,
                name => return Err(format!("`{name}` is unknown; write new, updated, unchanged or rejected")),
            };
            *share = percent / 100.0;
        }
        let rest = 1.0 - shares.applied() - shares.rejected;
        if !named_new {
            shares.new = rest;
        }
        if rest < -1e-9 || (named_new && rest > 1e-9) {
            return Err("the shares must add up to 100".to_owned());
        }
        Ok(shares)
    }
}

/// How long things take on Lambda. A local run gives no more than a hint of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Pace {
    /// Milliseconds that the row processor takes for 1,000 rows.
    pub(super) row_ms: f64,
    /// Milliseconds that the splitter takes for a megabyte of the file, both passes together.
    pub(super) split_ms: f64,
    /// Milliseconds of a call to a table, which a design that waits for one call after another spends on each.
    pub(super) call_ms: f64,
}

impl Workload {
    /// Length of the file.
    pub(super) fn bytes(&self) -> f64 {
        self.rows as f64 * self.row_bytes
    }

    /// Rows of a full batch, within the splitter's limits on rows and text.
    pub(super) fn batch_rows(&self) -> f64 {
        (MAX_TEXT as f64 / self.row_bytes).floor().clamp(1.0, f64::from(MAX_ROWS))
    }

    /// Share of rows outside wave 0: those that share an identifier, and those that are taken for such by mistake.
    pub(super) fn later(&self) -> f64 {
        let mistaken = mistaken_rows(self.bytes() as u64, self.rows, self.identifiers);
        self.repeated + (1.0 - self.repeated) * mistaken
    }

    /// Write units of a customer's item.
    pub(super) fn profile_units(&self) -> f64 {
        (self.profile_bytes() / 1024.0).ceil()
    }

    /// Bytes of a customer's item: key and frame, the identifiers with their kinds, names and values of the attributes,
    /// the segment. `shared/stores/src/customers/profile.rs` defines the item; a test compares.
    pub(super) fn profile_bytes(&self) -> f64 {
        const FRAME: f64 = 96.0;
        const ATTRIBUTE_NAME: f64 = 10.0;
        const IDENTIFIER_KIND: f64 = 12.0;
        const SEGMENT: f64 = 37.0;
        let attributes = f64::from(self.columns.saturating_sub(self.identifiers));
        // In a row a delimiter or a line end follows each cell; an item has neither.
        let values = (self.row_bytes - f64::from(self.columns)).max(0.0);
        FRAME
            + values
            + attributes * ATTRIBUTE_NAME
            + f64::from(self.identifiers) * IDENTIFIER_KIND
            + if self.segment { SEGMENT } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_as_percent_and_the_rest_is_new() {
        let shares: Shares = "updated=20,unchanged=30".parse().unwrap();
        assert!((shares.new - 0.5).abs() < 1e-9 && (shares.existing() - 0.5).abs() < 1e-9);
        assert_eq!("unchanged".parse::<Shares>().unwrap().unchanged, 1.0);
        for wrong in ["updated=101", "new=50", "fresh=1", "new=x"] {
            assert!(wrong.parse::<Shares>().is_err(), "{wrong}");
        }
    }
}
