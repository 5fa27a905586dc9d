//! A record's cells to typed values.

mod countries;
mod date_order;
mod dates;
mod decimal_marks;
mod evidence;
mod flags;
mod identifiers;
mod missing;
mod moments;
mod numbers;
mod parse;
mod rules;
mod values;

pub use date_order::{DateEvidence, DatesFound};
pub use dates::DateFormat;
pub use decimal_marks::{NumberEvidence, NumbersFound};
pub(crate) use evidence::{ColumnEvidence, Judgement, Tally};
pub use evidence::{Place, Unreadable};
pub use identifiers::{Identifier, InvalidIdentifier, Region, Slot};
pub use parse::{Change, ParsedRow, SegmentName, identifier_keys, parse_row};
pub use rules::{DecimalMark, Rules, Zone};
pub use values::Value;
