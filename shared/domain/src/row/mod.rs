//! A record's cells to typed values.

mod dates;
mod email;
mod external_id;
mod identifiers;
mod invisible;
mod parse;
mod phone;
mod phone_text;
mod placeholders;
mod rules;
mod values;

pub use dates::{DateEvidence, DateFormat, DatesFound};
pub use identifiers::{CellIdentifier, Identifier, InvalidIdentifier, Remark, Slot};
pub(crate) use invisible::{composed, is_invisible, trimmed};
pub use parse::{Change, ParsedRow, SegmentName, parse_row};
pub(crate) use parse::{IdentifierKey, cleaned, identifier_keys};
pub use phone::{InvalidRegion, Region};
pub(crate) use placeholders::is_placeholder;
pub use rules::{DecimalMark, Rules, Zone};
pub use values::Value;
