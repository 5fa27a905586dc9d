//! The rules by which an import reads its cells.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::dates::DateFormat;
use super::identifiers::Region;

/// The rules by which an import reads its cells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// The region that national phone numbers are of.
    pub default_region: Option<Region>,
    /// How dates are written.
    pub date_format: Option<DateFormat>,
    /// Whether numbers have a decimal comma.
    pub decimal_comma: bool,
    /// Whether an empty cell erases the attribute of its column.
    pub clear_empty: bool,
    /// Whether a bad value rejects its row.
    pub reject_invalid: bool,
    /// When the import was launched. A date after it lies in the future.
    pub launched: Timestamp,
}
