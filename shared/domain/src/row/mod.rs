//! A record's cells to typed values.

mod countries;
mod date_order;
mod dates;
mod decimal_marks;
mod email;
mod evidence;
mod external_id;
mod flags;
mod identifiers;
mod invisible;
mod missing;
mod moments;
mod numbers;
mod parse;
mod phone;
mod phone_text;
mod placeholders;
mod rules;
mod spreadsheet_errors;
mod values;

pub use date_order::{DateEvidence, DatesFound};
pub use dates::DateFormat;
pub use decimal_marks::{NumberEvidence, NumbersFound};
pub(crate) use evidence::{ColumnEvidence, Judgement, Tally};
pub use evidence::{Place, Unreadable};
pub use identifiers::{CellIdentifier, Identifier, InvalidIdentifier, Remark, Slot};
pub(crate) use invisible::{composed, is_invisible, trimmed};
pub use parse::{Change, ParsedRow, SegmentName, parse_row};
pub(crate) use parse::{IdentifierKey, cleaned, identifier_keys, says_nothing};
pub use phone::{InvalidRegion, Region};
pub(crate) use placeholders::is_placeholder;
pub use rules::{DecimalMark, Rules, Zone};
pub(crate) use spreadsheet_errors::is_spreadsheet_error;
pub use values::Value;
