//! A record to typed values.

mod dates;
mod identifiers;
mod parse;
mod values;

pub use dates::{DateEvidence, DateFormat, DatesFound};
pub use identifiers::{Identifier, InvalidIdentifier, Region, Slot};
pub use parse::{Change, ParsedRow, SegmentName, identifier_keys, parse_row};
pub use values::Value;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::settings::{ImportRequest, OnEmptyCell, OnInvalidValue};

/// What an import settles for reading its cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// The region that national phone numbers are of.
    pub default_region: Option<Region>,
    /// How dates are written.
    pub date_format: Option<DateFormat>,
    /// Whether numbers have a decimal comma.
    pub decimal_comma: bool,
    /// Whether an empty cell erases.
    pub clear_empty: bool,
    /// Whether a bad value rejects its row.
    pub reject_invalid: bool,
    /// The task's launch, which says what is still to come.
    pub launched: Timestamp,
}

impl Rules {
    /// The rules of an import's settings; a date format that the check pass found is set by its caller.
    pub fn new(request: &ImportRequest, launched: Timestamp) -> Self {
        Self {
            default_region: request.default_region.as_deref().and_then(Region::parse),
            date_format: request.date_format.as_deref().and_then(DateFormat::parse),
            decimal_comma: request.decimal_mark.as_deref() == Some(","),
            clear_empty: request.on_empty_cell == OnEmptyCell::Clear,
            reject_invalid: request.on_invalid_value == OnInvalidValue::Reject,
            launched,
        }
    }
}
