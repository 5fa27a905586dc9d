//! Bytes to text to records to cells, and what is wrong with them.
//!
//! ```text
//! decoder   bytes -> text, strictly
//! dialect   how a file writes its records                        delimiter  how that is found
//! scanner   text -> records
//! reader    a record -> its cells, for everybody
//! check     what is wrong with the file, record by record        damage  what spreadsheets did to it
//! typed_columns  how dates and numbers are written, and which values cannot be read
//!
//! What is strange about a sound file is noticed by column:
//!
//! identifier_notices   phones that can be read two ways       shared_identifiers   what three rows have in common
//! placeholder_values   words such as NULL among texts         floats               whole numbers with a decimal place
//! ```

mod check;
mod checksum;
mod content;
mod damage;
mod decoder;
pub(crate) mod delimiter;
mod dialect;
mod floats;
mod head;
mod identifier_notices;
mod notices;
mod placeholder_values;
mod reader;
mod scanner;
mod shared_identifiers;
mod stray_quotes;
mod typed_columns;
mod widths;

pub(crate) use check::{Check, Seen, Summary};
pub use check::{FailedCheck, FirstRow, MAX_CELL};
pub use checksum::Checksum;
pub use content::Content;
pub(crate) use decoder::{Decoder, MAX_ROW, Undecodable, guess};
pub use dialect::{Dialect, Escape, Quoting};
pub(crate) use head::HeaderSearch;
pub use reader::CellReader;
pub(crate) use reader::{STAND_IN, exchanged};
pub use scanner::{Record, Scanner};
