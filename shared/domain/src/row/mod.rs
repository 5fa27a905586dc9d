//! A record's cells to typed values.

mod dates;
mod identifiers;
mod parse;
mod rules;
mod values;

pub use dates::{DateEvidence, DateFormat, DatesFound};
pub use identifiers::{Identifier, InvalidIdentifier, Region, Slot};
pub use parse::{Change, ParsedRow, SegmentName, identifier_keys, parse_row};
pub use rules::{DecimalMark, Rules, Zone};
pub use values::Value;
