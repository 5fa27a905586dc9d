//! Bytes to text to records to cells, and what is wrong with them.
//!
//! ```text
//! decoder        bytes -> text, strictly            encoding   the encodings that can be named
//! detector       which encoding a file has          languages  how likely letters follow each other, by language
//! unusual        which encoding that is no superset of ASCII, or hides in it
//! utf8_share     how much of a file is UTF-8
//! dialect        how a file writes its records      delimiter  how that is found
//! scanner        text -> records
//! reader         a record -> its cells, for everybody
//! check          what is wrong with the file, record by record
//! damage         what spreadsheets did to it
//! plausibility   cells that nobody writes, as the encoding is another one
//! typed_columns  how dates and numbers are written, and which values cannot be read
//! unreadable_identifiers   which emails, phones and ids cannot be read
//!
//! What is strange about a sound file is noticed by column:
//!
//! identifier_notices   phones that can be read two ways       shared_identifiers   what three rows have in common
//! placeholder_values   words such as NULL among texts         floats               whole numbers with a decimal place
//! many_contacts        ids of rows with no contact in common
//! ```

mod as_base64;
mod candidates;
mod check;
mod checksum;
mod content;
mod damage;
mod decoder;
pub(crate) mod delimiter;
mod detector;
mod dialect;
mod encoding;
pub(crate) mod encoding_message;
mod first_seen;
mod floats;
mod head;
mod identifier_notices;
mod languages;
mod many_contacts;
mod notices;
mod placeholder_values;
mod plausibility;
mod reader;
mod scanner;
mod shared_identifiers;
mod signatures;
mod stray_quotes;
mod typed_columns;
mod unreadable_identifiers;
mod unusual;
mod utf8_share;
mod widths;

pub(crate) use check::{Check, Judging, Seen, Summary};
pub use check::{FailedCheck, FirstRow};
pub use checksum::Checksum;
pub use content::Content;
pub(crate) use decoder::{AUTO, BAD, Decoder, MAX_ROW, Undecodable};
pub use dialect::{Dialect, Escape, Quoting};
pub use encoding::{BadLabel, Charset};
pub(crate) use head::HeaderSearch;
pub(crate) use plausibility::Reading;
pub use reader::{CellReader, MAX_CELL};
pub(crate) use reader::{STAND_IN, emptied, exchanged};
pub(crate) use scanner::line_ends;
pub use scanner::{Record, Scanner};
pub(crate) use typed_columns::Found;
