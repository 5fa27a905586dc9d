//! The columns of a file: the one table, and how a header row is read with it.

mod header;
mod id;
mod kind;
mod page;
mod table;

pub use header::{Fields, Layout, MAX_COLUMNS, MAX_HEADER, MAX_LAYOUT, Mapping, read_header, read_known_headers};
pub(crate) use header::{KnownHeaders, is_same_header};
pub use id::ColumnId;
pub(crate) use id::is_system;
pub use kind::{FieldKind, Kind};
pub use page::page;
pub use table::{COLUMNS, Column};
