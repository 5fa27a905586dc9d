//! Bytes to text to records to cells, and what is wrong with them.
//!
//! ```text
//! decoder   bytes -> text, strictly
//! dialect   which delimiter and quote character the file has
//! scanner   text -> records
//! reader    a record -> its cells, for everybody
//! check     what is wrong with the file, record by record      damage  what spreadsheets did to it
//! ```

mod check;
mod checksum;
mod content;
mod damage;
mod decoder;
pub(crate) mod dialect;
mod reader;
mod scanner;

pub(crate) use check::{Check, Summary};
pub use check::{FailedCheck, FirstRow, MAX_CELL};
pub use checksum::Checksum;
pub use content::Content;
pub(crate) use decoder::{Decoder, MAX_ROW, Undecodable, guess};
pub use dialect::{Dialect, Escape, Quoting};
pub use reader::CellReader;
pub use scanner::{Record, Scanner};
