//! Bytes to text to records to cells, and what is wrong with them.
//!
//! ```text
//! decoder   bytes -> text, strictly
//! dialect   which delimiter and quote character the file has
//! scanner   text -> records
//! reader    a record -> its cells, for everybody
//! check     what is wrong with the file, record by record      damage  what spreadsheets did to it
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
pub(crate) mod dialect;
mod floats;
mod identifier_notices;
mod placeholder_values;
mod reader;
mod scanner;
mod shared_identifiers;

pub(crate) use check::{Check, Summary};
pub use check::{FailedCheck, FirstRow, MAX_CELL};
pub use checksum::Checksum;
pub use content::Content;
pub(crate) use decoder::{Decoder, MAX_ROW, Undecodable, guess};
pub use dialect::{Dialect, Escape, Quoting};
pub use reader::CellReader;
pub use scanner::{Record, Scanner};
