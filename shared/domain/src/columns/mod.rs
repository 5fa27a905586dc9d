//! The columns of a file: the one table, and how a header row is read with it.

mod fingerprint;
mod header;
mod id;
mod kind;
mod layout;
mod lesser;
mod mapping;
mod meaning;
mod opt_outs;
mod page;
mod table;
mod translated;
mod write;

pub use fingerprint::HeaderFingerprint;
pub(crate) use header::suggestion;
pub use header::{MAX_HEADER, read_header, read_known_headers};
pub(crate) use id::is_system;
pub use id::{CHANNELS, ColumnId};
pub use kind::{FieldKind, Kind};
pub use layout::{Layout, MAX_COLUMNS, MAX_LAYOUT};
pub use mapping::{Fields, Mapping};
pub(crate) use mapping::{KnownHeaders, is_same_header};
pub use meaning::How;
pub(crate) use meaning::{known_columns, meanings};
pub(crate) use opt_outs::is_opt_out;
pub use page::page;
pub use table::{COLUMNS, Column};
pub(crate) use translated::translated;
pub use write::{MappedColumn, Write};
